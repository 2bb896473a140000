"""Anti-affinity: VMs of a group that are to run on different hosts."""

from __future__ import annotations

from xe_py.xapi import memory, packing
from xe_py.xapi.guest import RUNNING
from xe_py.xapi.vm_settings import ANTI_AFFINITY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xe_py.state.record import Record
    from xe_py.state.state import State

    # By group, how many of its VMs run on each host.
    Running = Mapping[str, Mapping[str, int]]

_ENOUGH_HOSTS = 2


def group_of(state: State, vm: Record) -> Record | None:
    """The group whose VMs are to run on other hosts than this one, if the VM is in one."""
    groups = (state.get("vm-group", uuid) for uuid in vm["groups"])
    return next((group for group in groups if group is not None and group["placement"] == ANTI_AFFINITY), None)


def running(state: State, group: Record, hosts: list[Record]) -> dict[str, int]:
    """How many VMs of the group run on each of the hosts."""
    vms = [vm["resident-on"] for vm in state.pointing_at(group, "vm.groups") if vm["power-state"] == RUNNING]
    return {host["uuid"]: vms.count(host["uuid"]) for host in hosts}


def packed(state: State, vms: list[Record], targets: list[Record]) -> dict[str, str] | None:
    """A host for each VM, by uuid, so that the groups are spread evenly or else are on two hosts at least.

    None if there is no group among them, or no such plan.
    """
    groups = {vm["uuid"]: group for vm in vms if (group := group_of(state, vm)) is not None}
    sizes = {vm["uuid"]: memory.to_move(vm) for vm in vms}
    room = {host["uuid"]: memory.free(state, host) for host in targets}
    members = {uuid: str(groups[uuid]["uuid"]) for uuid in sorted(groups, key=lambda uuid: sizes[uuid])}
    now = {str(group["uuid"]): running(state, group, targets) for group in groups.values()}
    for plan in (_evenly(members, sizes, room, now), _apart(members, sizes, room, now)):
        rest = {uuid: size for uuid, size in sizes.items() if uuid not in plan}
        others = packing.spread(rest, packing.less(room, sizes, plan))
        if plan and len(others) == len(rest):
            return plan | others
    return None


def _evenly(
    members: Mapping[str, str], sizes: Mapping[str, int], room: Mapping[str, int], now: Running
) -> dict[str, str]:
    """The smallest VM first, each onto a host with the fewest VMs of its group; nothing if one of them does not fit."""
    plan: dict[str, str] = {}
    for vm, group in members.items():
        left = packing.less(room, sizes, plan)
        fit = [host for host in room if sizes[vm] <= left[host]]
        if not fit:
            return {}
        counts = _counts(members, plan, now[group], group)
        plan[vm] = min(fit, key=lambda host: (counts[host], left[host]))
    return plan


def _apart(
    members: Mapping[str, str], sizes: Mapping[str, int], room: Mapping[str, int], now: Running
) -> dict[str, str]:
    """VMs for hosts where none of their group runs, until each group is on two hosts."""
    plan: dict[str, str] = {}
    for vm, group in members.items():
        left = packing.less(room, sizes, plan)
        counts = _counts(members, plan, now[group], group)
        free = [host for host in room if counts[host] == 0]
        if len(room) - len(free) < _ENOUGH_HOSTS and (fit := [host for host in free if sizes[vm] <= left[host]]):
            plan[vm] = min(fit, key=lambda host: left[host])
    return plan


def _counts(members: Mapping[str, str], plan: Mapping[str, str], now: Mapping[str, int], group: str) -> dict[str, int]:
    """How many VMs of the group are on each host if the plan is followed."""
    moved = [host for vm, host in plan.items() if members[vm] == group]
    return {host: count + moved.count(host) for host, count in now.items()}


def ranked(state: State, vm: Record, hosts: list[Record]) -> Iterator[list[Record]]:
    """The hosts in groups, the best group first: the affinity of the VM, then hosts with few VMs of its group."""
    group = group_of(state, vm)
    if group is None:
        return
    yield [host for host in hosts if host["uuid"] == vm["affinity"]]
    others = [host for host in hosts if host["uuid"] != vm["affinity"]]
    counts = running(state, group, others)
    for count in sorted(set(counts.values())):
        yield [host for host in others if counts[host["uuid"]] == count]
