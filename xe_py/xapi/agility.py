"""Agility: whether a VM could run on every host of its pool."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.xapi.networks import pifs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


def is_agile(state: State, vm: Record) -> Iterator[Failure]:
    """Why the VM could not run on every enabled host: an SR or a network that not all of them have."""
    hosts = {host["uuid"] for host in state.all("host") if host["enabled"]}
    for vbd in state.pointing_at(vm, "vbd.vm-uuid"):
        vdi = state.ref_or_none(vbd, "vdi-uuid")
        if vdi is not None:
            sr = state.ref(vdi, "sr-uuid")
            plugged = {pbd["host-uuid"] for pbd in state.pointing_at(sr, "pbd.sr-uuid") if pbd["currently-attached"]}
            if not sr["shared"] or not hosts <= plugged:
                yield Failure("HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED", sr)
    for vif in state.pointing_at(vm, "vif.vm-uuid"):
        network = state.ref(vif, "network-uuid")
        if not hosts <= {pif["host-uuid"] for pif in pifs(state, network) if not pif["bond-slave-of"]}:
            yield Failure("HA_CONSTRAINT_VIOLATION_NETWORK_NOT_SHARED", network)
