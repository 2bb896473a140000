"""Evacuating a host: to which host each of its VMs goes, or why it cannot go."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.xapi import anti_affinity, memory, packing, placement
from xe_py.xapi.hosts import is_no_older
from xe_py.xapi.vm_lifecycle import refusals
from xe_py.xapi.vm_settings import is_protected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


# With so many hosts in the pool, XAPI keeps the VMs of anti-affinity groups apart.
_ENOUGH_TO_SPREAD = 3


class Plan:
    """For each VM of the host that can go, the host to which it goes; for each other one, why it cannot go."""

    __slots__ = ("moves", "prevented")

    def __init__(self, moves: list[tuple[Record, Record]], prevented: list[tuple[Record, Failure]]) -> None:
        self.moves = moves
        self.prevented = prevented


def plan(state: State, host: Record) -> Plan:
    """The plan for all VMs of the host but its control domains.

    A VM must be able to run on every target, whichever it gets. Memory decides about that, the biggest VM first, each
    onto the host with most room; VMs of anti-affinity groups come before, to keep them apart.
    """
    others, guests = [each for each in state.all("host") if each is not host], guests_of(state, host)
    targets = [each for each in others if each["enabled"] and is_no_older(each, than=host)]
    if not targets:
        return Plan([], [(vm, _finds_no_host(vm, others)) for vm in guests])
    stays = {vm["uuid"]: next(_stays(state, vm, targets), None) for vm in guests}
    goes = packed(state, [vm for vm in guests if stays[vm["uuid"]] is None], targets)
    found = Plan([], [])
    for vm in guests:
        uuid = vm["uuid"]
        failure = next(refusals(state, vm, "pool_migrate"), stays[uuid])
        if stays[uuid] is None and uuid not in goes:
            failure = _finds_no_room(state, vm, targets)
        if failure is None:
            found.moves.append((vm, goes[uuid]))
        else:
            found.prevented.append((vm, failure))
    return found


def packed(state: State, vms: list[Record], targets: list[Record]) -> dict[str, Record]:
    """The host among the targets to which each VM goes, by uuid; without those for which there is no room."""
    by_uuid = {host["uuid"]: host for host in targets}
    found = anti_affinity.packed(state, vms, targets) if state.count("host") >= _ENOUGH_TO_SPREAD else None
    if found is None:
        sizes = {vm["uuid"]: memory.to_move(vm) for vm in vms}
        found = packing.spread(sizes, {uuid: memory.free(state, host) for uuid, host in by_uuid.items()})
    return {vm: by_uuid[host] for vm, host in found.items()}


def guests_of(state: State, host: Record) -> list[Record]:
    """The VMs that run on the host, without its control domains."""
    return [vm for vm in state.pointing_at(host, "vm.resident-on") if not vm["is-control-domain"]]


def _stays(state: State, vm: Record, targets: list[Record]) -> Iterator[Failure]:
    """Why the VM cannot leave its host, whatever memory the targets have."""
    if state.all("pool")[0]["ha-enabled"] and not is_protected(vm):
        yield Failure("HOST_EVACUATE_VM_NOT_HA_PROTECTED", vm)
    for target in targets:
        yield from placement.can_run_on(state, vm, target, with_memory=False)


def _finds_no_host(vm: Record, others: list[Record]) -> Failure:
    why = [
        (each, Failure("VM_HOST_INCOMPATIBLE_VERSION_MIGRATE", each, vm) if each["enabled"] else _disabled(each))
        for each in others
    ]
    return Failure("NO_HOSTS_AVAILABLE", vm, reasons=tuple(why))


def _disabled(host: Record) -> Failure:
    return Failure("HOST_DISABLED", host)


def _finds_no_room(state: State, vm: Record, targets: list[Record]) -> Failure:
    needed = str(memory.to_move(vm))
    full = [(each, Failure("HOST_NOT_ENOUGH_FREE_MEMORY", needed, str(memory.free(state, each)))) for each in targets]
    return Failure("HOST_NOT_ENOUGH_FREE_MEMORY", vm, reasons=tuple(full))
