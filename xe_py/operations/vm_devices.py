"""What devices a VM has."""

from __future__ import annotations

from xe_py.schema.command import command
from xe_py.schema.fields import Text
from xe_py.schema.listing import Listing, columns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_COLUMNS = (
    Text("vbd-params", doc="The fields of the VBDs to show, with commas, or all."),
    Text("vdi-params", doc="The fields of the VDIs to show, with commas, or all."),
)
_OF_DISKS = ("uuid", "vm-name-label", "userdevice")
_OF_CDS = (*_OF_DISKS, "empty")
_OF_VDIS = ("uuid", "name-label", "virtual-size", "sr-name-label")
_OF_VIFS = ("uuid", "device", "MAC", "network-uuid", "network-name-label", "vm-name-label")


@command("vm-disk-list", optional=_COLUMNS, doc="List the disks of a VM.", selectors="vm", reads=True, standard=True)
def disk_list(state: State, vm: Record, vbd_params: str | None = None, vdi_params: str | None = None) -> list[Listing]:
    """The VBD of each disk, and its VDI."""
    return _drives(state, vm, "Disk", (vbd_params, vdi_params), _OF_DISKS)


@command("vm-cd-list", optional=_COLUMNS, doc="List the CD drives of a VM.", selectors="vm", reads=True, standard=True)
def cd_list(state: State, vm: Record, vbd_params: str | None = None, vdi_params: str | None = None) -> list[Listing]:
    """The VBD of each CD drive, and the medium in it."""
    return _drives(state, vm, "CD", (vbd_params, vdi_params), _OF_CDS)


@command("vm-vif-list", doc="List the VIFs of VMs.", selectors="vm", reads=True, standard=True)
def vif_list(state: State, vm: Record) -> Listing:
    """The VIFs of the VM."""
    vifs = state.pointing_at(vm, "vif.vm-uuid")
    return Listing(vifs, columns(vifs[0].cls, None, _OF_VIFS) if vifs else ())


def _drives(
    state: State, vm: Record, type: str, chosen: tuple[str | None, str | None], otherwise: tuple[str, ...]
) -> list[Listing]:
    """Two parts for each drive of the type, each under a head; an empty drive has only one."""
    found = []
    vbds = [vbd for vbd in state.pointing_at(vm, "vbd.vm-uuid") if vbd["type"] == type]
    for number, vbd in enumerate(vbds):
        found.append(Listing([vbd], columns(vbd.cls, chosen[0], otherwise), head=f"{type} {number} VBD:"))
        vdi = state.ref_or_none(vbd, "vdi-uuid")
        if vdi is not None:
            found.append(Listing([vdi], columns(vdi.cls, chosen[1], _OF_VDIS), head=f"{type} {number} VDI:"))
    return found
