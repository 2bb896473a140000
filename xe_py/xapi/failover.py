"""High availability: for how many failures of hosts there is a plan that starts all protected VMs again."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.xapi import memory, packing
from xe_py.xapi.agility import is_agile
from xe_py.xapi.messages import leave
from xe_py.xapi.vm_settings import is_protected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


WARNING = 3
"""The priority of the messages about high availability."""


class Change:
    """What is asked about before it is done: a VM comes to a host, a host is disabled, or a VM is protected too."""

    __slots__ = ("arriving", "disabled", "protecting")

    def __init__(
        self,
        *,
        arriving: tuple[Record, Record] | None = None,
        disabled: Record | None = None,
        protecting: Record | None = None,
    ) -> None:
        self.arriving = arriving
        self.disabled = disabled
        self.protecting = protecting


_NONE = Change()


def protected(state: State) -> list[Record]:
    """The VMs that high availability keeps running."""
    return [vm for vm in state.all("vm") if is_protected(vm)]


def plan_exists(state: State, failures: int, vms: list[Record], change: Change = _NONE) -> bool:
    """Whether all these VMs start again, now and after so many failures, if the change is made.

    All VMs count with all the memory that they can ever have. VMs that do not run get a host first. A VM that could not
    run on every host has no plan.
    """
    wanted = {vm["uuid"]: vm for vm in vms}
    if change.protecting is not None:
        wanted[change.protecting["uuid"]] = change.protecting
    if any(any(is_agile(state, vm)) for vm in wanted.values()):
        return False
    hosts = sorted(state.all("host"), key=lambda host: str(host["uuid"]))
    room = {host["uuid"]: _room(state, host, change) for host in hosts if _runs(host) and host is not change.disabled}
    sizes = {uuid: memory.most_of(wanted[uuid]) for uuid in sorted(wanted)}
    placed = {uuid: _host_of(wanted[uuid], change) for uuid in sizes}
    waiting = {uuid: size for uuid, size in sizes.items() if placed[uuid] not in room}
    started = packing.spread(waiting, room)
    return len(started) == len(waiting) and packing.survives(
        packing.less(room, sizes, started), sizes, placed | started, hosts=len(hosts), failures=failures
    )


def most_failures(state: State, vms: list[Record]) -> int:
    """The largest number of failures for which there is a plan; 0 if there is none at all. XAPI searches like this."""
    low, high = 0, state.count("host")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if plan_exists(state, middle, vms) else (low, middle)
    return high if plan_exists(state, high, vms) else low


def note_plan(state: State) -> None:
    """Note for how many failures there is a plan, up to the number that the pool wants, and whether that is too few."""
    pool, vms = state.all("pool")[0], protected(state)
    wanted = pool["ha-host-failures-to-tolerate"]
    if plan_exists(state, wanted, vms):
        state.update(pool, {"ha-overcommitted": False, "ha-plan-exists-for": wanted})
        return
    most = most_failures(state, vms)
    note_most(state, pool, most)
    if not pool["ha-overcommitted"]:
        state.update(pool, {"ha-overcommitted": True})
        body = f"Pool '{pool.name}' is to tolerate {wanted} failures of hosts, but there is a plan only for {most}"
        leave(state, ("Pool", pool["uuid"]), "HA_POOL_OVERCOMMITTED", WARNING, body)


def note_most(state: State, pool: Record, most: int) -> None:
    """Note the largest number of failures for which there is a plan, and tell if it is smaller than before."""
    before = pool["ha-plan-exists-for"]
    state.update(pool, {"ha-plan-exists-for": min(pool["ha-host-failures-to-tolerate"], most)})
    if most < before:
        leave(state, ("Pool", pool["uuid"]), "HA_POOL_DROP_IN_PLAN_EXISTS_FOR", WARNING, str(most))


def keeps_plan(state: State, change: Change = _NONE, failures: int | None = None) -> Iterator[Failure]:
    """Why the change is refused, or planning for another number of failures: there would no longer be a plan.

    If there is no plan now, nothing makes it worse, so nothing is refused.
    """
    pool = state.all("pool")[0]
    if pool["ha-enabled"] and not pool["ha-allow-overcommit"]:
        planned, vms = pool["ha-plan-exists-for"], protected(state)
        wanted = planned if failures is None else failures
        if plan_exists(state, planned, vms) and not plan_exists(state, wanted, vms, change):
            yield Failure("HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN", blockers=(pool,))


def keeps_plan_with(state: State, vm: Record, host: Record) -> Iterator[Failure]:
    """Why the VM cannot start on the host, or move there."""
    is_new = vm["ha-restart-priority"] == "restart" and not vm["ha-always-run"]
    return keeps_plan(state, Change(protecting=vm) if is_new else Change(arriving=(vm, host)))


def _runs(host: Record) -> bool:
    return bool(host["enabled"] and host["host-metrics-live"])


def _room(state: State, host: Record, change: Change) -> int:
    """What the host has left if every guest has all its memory; control domains have what they have now."""
    vms = state.pointing_at(host, "vm.resident-on")
    guests = [vm for vm in vms if not vm["is-control-domain"]]
    if change.arriving is not None and change.arriving[1] is host:
        guests.append(change.arriving[0])
    kept = sum(int(vm["memory-dynamic-max"]) for vm in vms if vm["is-control-domain"])
    return memory.for_guests(host) - kept - sum(map(memory.most_of, guests))


def _host_of(vm: Record, change: Change) -> str:
    """The host that already counts the VM; the empty text if none does."""
    if change.arriving is not None and change.arriving[0] is vm:
        return str(change.arriving[1]["uuid"])
    return str(vm["resident-on"] or "")
