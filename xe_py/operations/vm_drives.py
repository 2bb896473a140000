"""The disks and the CD drives of a VM, named by their device or by the CD in them."""

from __future__ import annotations

from contextlib import suppress

from xe_py.errors import Failure, Misuse
from xe_py.operations import vbd as vbds
from xe_py.operations import vdi as vdis
from xe_py.schema.command import VM, command
from xe_py.schema.fields import Ref, Text
from xe_py.schema.values import Size
from xe_py.xapi.devices import OWNER
from xe_py.xapi.isos import cds_named, is_on_iso_sr
from xe_py.xapi.placement import default_sr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_DEVICE = Text("device", doc="The position among the disks of the VM: 0, 1, … or autodetect.")
_CD = Text("cd-name", doc="The name of the CD, as cd-list shows it.")
_NAME = "Created by xe"
_NO_CD = "<EMPTY>"


# Disks


def _there_is_an_sr(state: State, _vm: Record, *, sr: Record | None = None, **_others: object) -> None:
    if sr is None and default_sr(state) is None:
        raise Misuse("Error: The pool has no default SR. Give sr-uuid=.")


@command(
    "vm-disk-add",
    required=(
        Size("disk-size", doc="The size of the disk, in bytes or with a suffix such as GiB."),
        _DEVICE,
    ),
    optional=(Ref("sr-uuid", "sr", doc="The SR for the disk; the default SR of the pool if left out."),),
    doc="Make a disk for a VM, and attach it if the VM runs.",
    selector=VM,
    standard=True,
    grammar=_there_is_an_sr,
)
def add_disk(state: State, vm: Record, disk_size: int, device: str, sr: Record | None = None) -> None:
    """Make a VDI and a VBD for the VM, so that vm-uninstall destroys both; attach it if the VM takes it now."""
    where = sr or state.ref(state.all("pool")[0], "default-SR")
    vdi = vdis.create(state, where, _NAME, disk_size, sm_config={"vmhint": vm["uuid"]})
    state.update(vdi, {"name-description": _NAME})
    vbd = vbds.create(state, vm, device, vdi)
    state.update(vbd, {"other-config": {OWNER: ""}})
    _try_to_attach(state, vbd)


def _disk_is_there(state: State, vm: Record, device: str) -> None:
    if not _at(state, vm, device):
        raise Misuse(f"Error: The VM has no disk {device}.")


@command(
    "vm-disk-remove",
    required=(Text("device", doc="The position of the disk, as its VBD has it in userdevice."),),
    doc="Destroy a disk of a VM: its VBD and its VDI.",
    selector=VM,
    standard=True,
    grammar=_disk_is_there,
)
def remove_disk(state: State, vm: Record, device: str) -> None:
    """Destroy the VBD at this position, and its VDI."""
    vbd = _at(state, vm, device)[0]
    vdi = state.ref_or_none(vbd, "vdi-uuid")
    vbds.destroy(state, vbd)
    if vdi is None:
        raise Failure("HANDLE_INVALID", "VDI", "OpaqueRef:NULL")
    vdis.destroy(state, vdi)


# CD drives


def _cd_is_known(state: State, _vm: Record, cd_name: str, **_others: object) -> None:
    if not cds_named(state, cd_name):
        raise Misuse(f"Error: There is no CD {cd_name}. xe cd-list shows the CDs.")


@command(
    "vm-cd-add",
    required=(_CD, _DEVICE),
    undeclared=(Text("cd-location", doc="Ignored; old versions of xe used it."),),
    doc="Make a CD drive for a VM with a CD in it.",
    selector=VM,
    standard=True,
    grammar=_cd_is_known,
)
def add_cd(state: State, vm: Record, cd_name: str, device: str, **_ignored: object) -> None:
    """Make a CD drive with the first CD of this name, and attach it if the VM takes it now."""
    _try_to_attach(state, vbds.create(state, vm, device, cds_named(state, cd_name)[0], type="CD", mode="RO"))


def _cd_is_in_a_drive(state: State, vm: Record, cd_name: str) -> None:
    if not _with_cd(state, vm, cd_name):
        raise Misuse(f"Error: The VM has no drive with the CD {cd_name}. xe vm-cd-list shows its drives.")


@command(
    "vm-cd-remove",
    required=(Text("cd-name", doc="The name of the CD in the drive; <EMPTY> for an empty drive."),),
    doc="Destroy the CD drive of a VM that has this CD in it.",
    selector=VM,
    standard=True,
    grammar=_cd_is_in_a_drive,
)
def remove_cd(state: State, vm: Record, cd_name: str) -> None:
    """Destroy the first drive that has the CD in it; the CD stays."""
    vbds.destroy(state, _with_cd(state, vm, cd_name)[0])


def _one_cd_fits_one_drive(state: State, vm: Record, cd_name: str) -> None:
    _cd_is_known(state, vm, cd_name)
    found = len(cds_named(state, cd_name))
    if found > 1:
        raise Misuse(f"Error: {found} CDs have the name {cd_name}. Use vbd-insert with the uuid of one of them.")
    if len(_drives(state, vm, empty=True)) > 1:
        raise Misuse("Error: The VM has several empty CD drives. Use vbd-insert with the uuid of one of them.")


@command(
    "vm-cd-insert",
    required=(_CD,),
    doc="Put a CD into the empty drive of a VM.",
    selector=VM,
    standard=True,
    grammar=_one_cd_fits_one_drive,
)
def insert_cd(state: State, vm: Record, cd_name: str) -> None:
    """Put the CD of this name into the empty drive of the VM."""
    drives = _drives(state, vm, empty=True)
    if not drives:
        raise Failure("VM_NO_EMPTY_CD_VBD", vm)
    vbds.insert(state, drives[0], cds_named(state, cd_name)[0])


def _there_is_one_drive(state: State, vm: Record) -> None:
    drives = _drives(state, vm)
    if not drives:
        raise Misuse("Error: The VM has no CD drive.")
    if len(drives) > 1:
        raise Misuse("Error: The VM has several CD drives. Use vbd-eject with the uuid of one of them.")


@command(
    "vm-cd-eject",
    doc="Take the CD out of the drive of a VM.",
    selector=VM,
    standard=True,
    grammar=_there_is_one_drive,
)
def eject_cd(state: State, vm: Record) -> None:
    """Take the CD out of the only drive of the VM."""
    vbds.eject(state, _drives(state, vm)[0])


def _try_to_attach(state: State, vbd: Record) -> None:
    """Attach the VBD. If that is refused, the guest sees it after its next start."""
    with suppress(Failure):
        vbds.plug(state, vbd)


def _at(state: State, vm: Record, device: str) -> list[Record]:
    return [vbd for vbd in state.pointing_at(vm, "vbd.vm-uuid") if vbd["userdevice"] == device]


def _drives(state: State, vm: Record, *, empty: bool = False) -> list[Record]:
    drives = [vbd for vbd in state.pointing_at(vm, "vbd.vm-uuid") if vbd["type"] == "CD"]
    return [vbd for vbd in drives if not (empty and vbd["vdi-uuid"])]


def _with_cd(state: State, vm: Record, name: str) -> list[Record]:
    """The VBDs of the VM with a CD of this name."""
    found = []
    for vbd in state.pointing_at(vm, "vbd.vm-uuid"):
        vdi = state.ref_or_none(vbd, "vdi-uuid")
        if name == _NO_CD if vdi is None else vdi["name-label"] == name and is_on_iso_sr(state, vdi):
            found.append(vbd)
    return found
