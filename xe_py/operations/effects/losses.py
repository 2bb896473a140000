"""What becomes of the VMs if hosts, SRs or PIFs are lost, or hosts are taken out of service."""

from __future__ import annotations

from functools import partial

from xe_py.errors import Failure
from xe_py.operations import vm_migrate, vm_power
from xe_py.operations.effects import domain
from xe_py.xapi import evacuation, memory, placement
from xe_py.xapi.guest import is_live
from xe_py.xapi.networks import pifs_on
from xe_py.xapi.vm_settings import RESTART

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from xe_py.state.record import Record
    from xe_py.state.state import State

RESTARTS, MOVES, STAYS, NO_NETWORK, LOST, NO_START = (
    "restarts on",
    "moves to",
    "cannot leave",
    "loses a network",
    "is lost",
    "cannot start",
)
_PRIORITIES = (RESTART, "best-effort")


class Fate:
    """What becomes of one VM: the host where it was, the host to which it comes, and why not to each other host."""

    __slots__ = ("before", "reasons", "then", "to", "vm")

    def __init__(
        self,
        vm: Record,
        before: Record | None,
        then: str,
        to: Record | None = None,
        reasons: Sequence[tuple[Record | None, Failure]] = (),
    ) -> None:
        self.vm = vm
        self.before = before
        self.then = then
        self.to = to
        self.reasons = list(reasons)


def fates(
    state: State,
    hosts: Sequence[Record] = (),
    srs: Sequence[Record] = (),
    pifs: Sequence[Record] = (),
    maintained: Sequence[Record] = (),
) -> list[Fate]:
    """What becomes of each VM that this touches. It changes the state: the caller takes that back.

    All is lost at once. Then the VMs that stopped start again, those that high availability protects first; then others
    leave hosts that lost a network, and hosts that are maintained.
    """
    homes = {vm["uuid"]: state.ref_or_none(vm, "resident-on") for vm in _guests(state)}
    could_start = [vm for vm in _guests(state) if not is_live(vm) and _hosts_for(state, vm)]
    cut_off = list(_cut_off(state, pifs, [host for host in state.all("host") if host not in hosts]))
    for pool in state.all("pool"):
        state.update(pool, {"ha-allow-overcommit": True})
    stopped = sorted(_lose(state, hosts, srs), key=_urgency)
    for vm in stopped:
        domain.end(state, vm)
    _lose_pifs(state, pifs)
    for host in (*hosts, *maintained):
        state.update(host, {"enabled": False, "host-metrics-live": host not in hosts})
    found = [_restarted(state, vm, homes[vm["uuid"]]) for vm in stopped]
    found += [_moved(state, vm, homes[vm["uuid"]]) for vm in cut_off if vm not in stopped]
    for host in maintained:
        found += _evacuated(state, host) if host not in hosts else ()
    found += [
        Fate(vm, None, NO_START, reasons=_why_nowhere(state, vm)) for vm in could_start if not _hosts_for(state, vm)
    ]
    for fate in found:  # That a VM cannot run on the host that fails goes without saying, if there are others.
        fate.reasons = [(host, why) for host, why in fate.reasons if host not in hosts] or fate.reasons
    return found


def _guests(state: State) -> list[Record]:
    return [vm for vm in state.all("vm") if not (vm["is-control-domain"] or vm["is-a-template"] or vm["is-a-snapshot"])]


def _urgency(vm: Record) -> tuple[int, int, int]:
    """High availability begins with what it protects; then the start order counts, and the bigger VM."""
    priority = vm["ha-restart-priority"]
    rank = _PRIORITIES.index(priority) if priority in _PRIORITIES else len(_PRIORITIES)
    return rank, vm["order"], -memory.least(vm)


# Losing


def _lose(state: State, hosts: Sequence[Record], srs: Sequence[Record]) -> list[Record]:
    """Unplug the SRs; the VMs that stop, because their host or a disk is gone."""
    lost = {sr["uuid"] for sr in srs}
    for sr in srs:
        for pbd in state.pointing_at(sr, "pbd.sr-uuid"):
            state.update(pbd, {"currently-attached": False})
    names = {host["uuid"] for host in hosts}
    live = [vm for vm in _guests(state) if is_live(vm)]
    return [vm for vm in live if vm["resident-on"] in names or not lost.isdisjoint(_srs_of(state, vm))]


def _srs_of(state: State, vm: Record) -> Iterator[str]:
    for vbd in state.pointing_at(vm, "vbd.vm-uuid"):
        vdi = state.ref_or_none(vbd, "vdi-uuid")
        if vdi is not None and vbd["currently-attached"]:
            yield vdi["sr-uuid"]


def _lose_pifs(state: State, pifs: Sequence[Record]) -> None:
    for pif in _with_what_is_above(state, pifs):
        if state.get("pif", pif["uuid"]) is pif:
            state.delete(pif)


def _with_what_is_above(state: State, pifs: Sequence[Record]) -> list[Record]:
    """The PIFs, the bonds that have no other member, and the VLANs on top of them."""
    found = list(pifs)
    for pif in found:
        bond = state.ref_or_none(pif, "bond-slave-of")
        if bond is not None and all(each in found for each in state.pointing_at(bond, "pif.bond-slave-of")):
            found.append(state.ref(bond, "master"))
        vlans = state.pointing_at(pif, "vlan.tagged-PIF")
        found += [state.ref(vlan, "untagged-PIF") for vlan in vlans]
    return list({pif["uuid"]: pif for pif in found}.values())


def _cut_off(state: State, pifs: Sequence[Record], hosts: list[Record]) -> Iterator[Record]:
    """The VMs on these hosts that lose a network with the PIFs."""
    lost = _with_what_is_above(state, pifs)
    for host in hosts if lost else ():
        for vm in evacuation.guests_of(state, host):
            vifs = [vif for vif in state.pointing_at(vm, "vif.vm-uuid") if vif["currently-attached"]]
            ways = [pifs_on(state, state.ref(vif, "network-uuid"), host) for vif in vifs]
            if any(way and all(pif in lost for pif in way) for way in ways):
                yield vm


# Going on


def _restarted(state: State, vm: Record, before: Record | None) -> Fate:
    failure = _tried(state, partial(vm_power.start, state, vm))
    if failure is None:
        return Fate(vm, before, RESTARTS, state.ref(vm, "resident-on"))
    return Fate(vm, before, LOST, reasons=failure.reasons or [(None, failure)])


def _moved(state: State, vm: Record, before: Record | None) -> Fate:
    reasons = []
    for host in state.all("host"):
        if host is before:
            continue
        failure = _tried(state, partial(vm_migrate.migrate, state, vm, host=host))
        if failure is None:
            return Fate(vm, before, MOVES, host)
        reasons.append((host, failure))
    return Fate(vm, before, NO_NETWORK, reasons=reasons)


def _evacuated(state: State, host: Record) -> list[Fate]:
    plan = evacuation.plan(state, host)
    for vm, to in plan.moves:
        domain.migrate(state, vm, to)
    stay = [Fate(vm, host, STAYS, reasons=why.reasons or [(None, why)]) for vm, why in plan.prevented]
    return [*(Fate(vm, host, MOVES, to) for vm, to in plan.moves), *stay]


def _tried(state: State, do: Callable[[], object]) -> Failure | None:
    """Do it, or leave all as it was and return the refusal."""
    mark = state.mark()
    try:
        do()
    except Failure as failure:
        state.rollback(mark)
        return failure
    return None


def _hosts_for(state: State, vm: Record) -> list[Record]:
    """The hosts on which the VM could start, if they had the memory."""
    return [host for host in state.all("host") if not any(placement.can_run_on(state, vm, host, with_memory=False))]


def _why_nowhere(state: State, vm: Record) -> list[tuple[Record | None, Failure]]:
    return [
        (host, why)
        for host in state.all("host")
        if (why := next(placement.can_run_on(state, vm, host, with_memory=False), None)) is not None
    ]
