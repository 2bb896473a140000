"""The physical devices of the host that a VM has while it runs: GPUs, USB and PCI devices."""

from __future__ import annotations

from xe_py.errors import refuse
from xe_py.xapi import gpus
from xe_py.xapi.passthrough import can_get, can_take, given_pcis, pcis_of_gpu

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def take(state: State, vm: Record, host: Record) -> None:
    """Give the VM its GPUs and PCI devices on the host; those that it has there already stay its own."""
    refuse(can_get(state, vm))
    pcis = given_pcis(state, vm, host)
    for uuid, pgpu in gpus.chosen(state, vm, host).items():
        vgpu = state.need("vgpu", uuid)
        state.update(vgpu, {"resident-on": pgpu["uuid"], "currently-attached": True})
        if gpus.is_whole(state, vgpu):
            pcis += pcis_of_gpu(state, pgpu)
    for pci in pcis:
        refuse(can_take(pci, vm))
        state.update(pci, {"attached-VMs": [vm["uuid"]]})


def leave(state: State, vm: Record) -> None:
    """Take the devices from the VM."""
    for vgpu in state.pointing_at(vm, "vgpu.vm-uuid"):
        state.update(vgpu, {"resident-on": None, "currently-attached": False})
    for vusb in state.pointing_at(vm, "vusb.vm-uuid"):
        state.update(vusb, {"currently-attached": False})
    for pci in state.pointing_at(vm, "pci.attached-VMs"):
        state.update(pci, {"attached-VMs": [uuid for uuid in pci["attached-VMs"] if uuid != vm["uuid"]]})
