"""Agility: whether a VM could run on every host of its pool."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.xapi.networks import pifs
from xe_py.xapi.sriov import is_sriov
from xe_py.xapi.vm_settings import is_kept_running

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


def is_agile(state: State, vm: Record) -> Iterator[Failure]:
    """Why the VM could not run on every enabled host: a device, or an SR or network that not all of them have."""
    for vgpu in state.pointing_at(vm, "vgpu.vm-uuid"):
        yield Failure("VM_HAS_VGPU", vm, blockers=(vgpu,))
    for vusb in state.pointing_at(vm, "vusb.vm-uuid"):
        yield Failure("VM_HAS_VUSBS", vm, blockers=(vusb,))
    for vbd in state.pointing_at(vm, "vbd.vm-uuid"):
        vdi = state.ref_or_none(vbd, "vdi-uuid")
        if vdi is not None:
            yield from _is_on_all_hosts(state, vdi)
    for vif in state.pointing_at(vm, "vif.vm-uuid"):
        network = state.ref(vif, "network-uuid")
        yield from _reaches_all_hosts(state, network)
        if is_sriov(state, network):
            yield Failure("VM_HAS_SRIOV_VIF", vm, blockers=(vif,))


def stays_agile(state: State, vm: Record, network: Record) -> Iterator[Failure]:
    """Why the VM cannot have a VIF on the network: high availability must be able to start it on every host."""
    if _must_stay_agile(state, vm):
        yield from _reaches_all_hosts(state, network)


def stays_agile_with(state: State, vm: Record, vdi: Record) -> Iterator[Failure]:
    """Why the VM cannot have the VDI: high availability must be able to start it on every host."""
    if _must_stay_agile(state, vm):
        yield from _is_on_all_hosts(state, vdi)


def _must_stay_agile(state: State, vm: Record) -> bool:
    is_protected = vm["ha-always-run"] and is_kept_running(vm)
    return is_protected and any(pool["ha-enabled"] and not pool["ha-allow-overcommit"] for pool in state.all("pool"))


def _is_on_all_hosts(state: State, vdi: Record) -> Iterator[Failure]:
    sr = state.ref(vdi, "sr-uuid")
    plugged = {pbd["host-uuid"] for pbd in state.pointing_at(sr, "pbd.sr-uuid") if pbd["currently-attached"]}
    if not sr["shared"] or not _enabled(state) <= plugged:
        yield Failure("HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED", sr)


def _enabled(state: State) -> set[str]:
    return {host["uuid"] for host in state.all("host") if host["enabled"]}


def _reaches_all_hosts(state: State, network: Record) -> Iterator[Failure]:
    if not _enabled(state) <= {pif["host-uuid"] for pif in pifs(state, network) if not pif["bond-slave-of"]}:
        yield Failure("HA_CONSTRAINT_VIOLATION_NETWORK_NOT_SHARED", network)
