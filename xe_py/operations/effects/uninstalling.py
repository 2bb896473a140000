"""A VM that goes together with the disks that are its own."""

from __future__ import annotations

from xe_py.operations import vdi as vdis
from xe_py.operations import vm_power, vm_record
from xe_py.schema.fields import Bool
from xe_py.xapi.devices import OWNER
from xe_py.xapi.guest import HALTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

FORCE = Bool("force", doc="Do not ask before destroying.")
DONE = "All of them are destroyed."
_HEAD = "These objects are about to be destroyed:"


def what_goes(state: State, vms: list[Record]) -> list[str]:
    """A head, and a line for each VM and each VDI that `uninstall` destroys."""
    lines = [_HEAD]
    for vm in vms:
        lines.append(f"VM : {vm['uuid']} ({vm['name-label']})")
        image = state.ref_or_none(vm, "suspend-VDI-uuid")
        for vdi in [*_own_disks(state, vm), *([] if image is None else [image])]:
            is_shared = len(state.pointing_at(vdi, "vbd.vdi-uuid")) > 1
            warning = "** WARNING: other VMs use this disk too" if is_shared else ""
            lines.append(f"VDI: {vdi['uuid']} ({vdi['name-label']}) {warning}")
    return lines


def uninstall(state: State, vm: Record) -> None:
    """Halt the VM, and destroy it with its devices, its suspend VDI and the disks of which it is the owner."""
    disks = _own_disks(state, vm)
    if vm["power-state"] != HALTED:
        vm_power.shutdown(state, vm, force=True)
    vm_record.destroy(state, vm)
    for vdi in disks:
        vdis.destroy(state, vdi)


def _own_disks(state: State, vm: Record) -> list[Record]:
    """The disks whose VBD says that the VM is the owner, each once."""
    vbds = [vbd for vbd in state.pointing_at(vm, "vbd.vm-uuid") if OWNER in vbd["other-config"]]
    disks = [state.ref_or_none(vbd, "vdi-uuid") for vbd in vbds]
    return list({vdi["uuid"]: vdi for vdi in disks if vdi is not None}.values())
