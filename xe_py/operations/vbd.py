"""What can be done to VBDs."""

from __future__ import annotations

from xe_py.classes import vbd as guards
from xe_py.errors import Failure, Misuse, refuse
from xe_py.operations.effects.disks import check_medium, connect
from xe_py.schema.command import command
from xe_py.schema.fields import Bool, Choice, Ref, Text
from xe_py.schema.values import Float
from xe_py.xapi.devices import device_is_known, device_is_used_once, device_name, position

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_VBD = Ref("uuid", "vbd", doc="The VBD.")
_NOT_FOR_VMS = frozenset(("HA statefile", "Redo log", "CBT metadata"))
_AUTODETECT = "autodetect"
_POSITIONS = 255
_WRONG_TYPE = "Unknown type: {} (it must be Disk, CD or Floppy)"
_WRONG_MODE = "Unknown mode: {} (it must be RO or RW)"


def _only_cd_drives_are_empty(
    _state: State, *, vdi: Record | None = None, type: str = "Disk", **_others: object
) -> None:
    if vdi is None and type == "Disk":
        raise Misuse("Error: Empty VBDs can only be made for type=CD")


@command(
    "vbd-create",
    required=(
        Ref("vm-uuid", "vm", doc="The VM that gets the disk."),
        Text("device", doc="The position among the disks of the VM: 0, 1, … or autodetect."),
    ),
    optional=(
        Ref("vdi-uuid", "vdi", doc="The VDI; only a CD drive may be empty."),
        Bool("bootable", doc="Whether the VM may boot from it."),
        Choice("type", ("Disk", "CD", "Floppy"), otherwise=_WRONG_TYPE, doc="The kind of drive that the guest sees."),
        Choice(
            "mode", ("RO", "RW"), otherwise=_WRONG_MODE, doc="Whether the guest may only read (RO) or also write (RW)."
        ),
        Bool("unpluggable", doc="Whether the VBD may be detached while the VM runs."),
    ),
    doc="Make a VBD, so that a VM sees a VDI as a disk.",
    grammar=_only_cd_drives_are_empty,
)
def create(
    state: State,
    vm: Record,
    device: str,
    vdi: Record | None = None,
    *,
    bootable: bool = False,
    type: str = "Disk",
    mode: str = "RW",
    unpluggable: bool = True,
) -> Record:
    """Make a VBD of the VM, not yet attached."""
    if vdi is not None and vdi["type"] in _NOT_FOR_VMS:
        raise Failure("VDI_INCOMPATIBLE_TYPE", vdi, vdi["type"])
    if type == "CD" and mode != "RO":
        raise Failure("VBD_CDS_MUST_BE_READONLY")
    if vdi is None and type != "CD":
        raise Failure("VBD_NOT_REMOVABLE_MEDIA", "in constructor")
    if vdi is not None and vdi["read-only"] and mode == "RW":
        raise Failure("VDI_READONLY", vdi)
    if type == "Floppy" and state.value(vm, "domain-type") != "hvm":
        raise Failure("NOT_IMPLEMENTED", "VBD of type 'floppy' is not supported on PV domain")
    vbd = state.add(
        "vbd",
        {
            "vm-uuid": vm["uuid"],
            "vdi-uuid": vdi["uuid"] if vdi else None,
            "userdevice": _free_device(state, vm, type) if device == _AUTODETECT else device,
            "bootable": bootable,
            "type": type,
            "mode": mode,
            "unpluggable": unpluggable,
        },
    )
    if vdi is not None and vm["ha-always-run"]:
        for rule in (device_is_known, device_is_used_once):
            refuse(rule.check(state, vbd))
        _keep_agile(state, vm, vdi)
    return vbd


def _keep_agile(state: State, vm: Record, vdi: Record) -> None:
    """Refuse the VDI if high availability could no longer start the VM on every host."""
    if vm["ha-always-run"]:
        from xe_py.xapi.agility import stays_agile_with

        refuse(stays_agile_with(state, vm, vdi))


@command("vbd-destroy", required=(_VBD,), doc="Destroy a VBD; the VDI stays.")
def destroy(state: State, vbd: Record) -> None:
    """Destroy a detached VBD."""
    refuse(guards.can_destroy(state, vbd))
    state.delete(vbd)


@command("vbd-plug", required=(_VBD,), doc="Attach a VBD to its running VM.")
def plug(state: State, vbd: Record) -> None:
    """Attach the VBD to its running VM."""
    refuse(guards.can_plug(state, vbd))
    connect(state, vbd)


@command(
    "vbd-unplug",
    required=(_VBD,),
    optional=(
        Float("timeout", doc="How many seconds to wait for the guest."),
        Bool("force", doc="Do not ask the guest."),
    ),
    doc="Detach a VBD from its running VM.",
)
def unplug(state: State, vbd: Record, timeout: float = 0, *, force: bool = False) -> None:  # noqa: ARG001 - no guest
    """Detach the VBD from its running VM; a simulated guest agrees at once."""
    refuse(guards.can_unplug(state, vbd))
    state.update(vbd, {"currently-attached": False})


@command(
    "vbd-insert",
    required=(_VBD, Ref("vdi-uuid", "vdi", doc="The VDI to put into the drive.")),
    doc="Put a disc into a CD drive.",
)
def insert(state: State, vbd: Record, vdi: Record) -> None:
    """Put the disc into the empty drive; a running VM sees it at once."""
    refuse(guards.can_insert(state, vbd))
    refuse(guards.can_hold(vdi))
    _keep_agile(state, state.ref(vbd, "vm-uuid"), vdi)
    if vbd["currently-attached"]:
        check_medium(state, vdi)
    state.update(vbd, {"vdi-uuid": vdi["uuid"]})


@command("vbd-eject", required=(_VBD,), doc="Take the disc out of a CD drive.")
def eject(state: State, vbd: Record) -> None:
    """Take the disc out of the drive."""
    refuse(guards.can_eject(state, vbd))
    state.update(vbd, {"vdi-uuid": None})


@command("vbd-pause", required=(_VBD,), doc="Pause a VBD; no driver can do this.", hidden=True)
def pause(state: State, vbd: Record) -> None:
    """Refuse, as XAPI does since no driver can pause."""
    refuse(guards.can_pause(state, vbd))
    vdi = state.ref_or_none(vbd, "vdi-uuid")
    if vdi is None:
        raise Failure("HANDLE_INVALID", "VDI", "OpaqueRef:NULL")
    raise Failure("SR_OPERATION_NOT_SUPPORTED", state.ref(vdi, "sr-uuid"))


@command(
    "vbd-unpause",
    required=(_VBD, Text("token", doc="What vbd-pause has printed.")),
    doc="Continue a paused VBD; no driver can do this.",
    hidden=True,
)
def unpause(state: State, vbd: Record, **_token: object) -> None:
    """Refuse, as XAPI does since no driver can pause."""
    pause(state, vbd)


def _free_device(state: State, vm: Record, type: str) -> str:
    used = {position(vbd) for vbd in state.pointing_at(vm, "vbd.vm-uuid")}
    if type == "Floppy":
        free = next((n for n in range(2) if ("floppy", n) not in used), None)
        word = "" if free is None else device_name(free, "fd")
    else:
        free = next((n for n in range(_POSITIONS) if ("disk", n) not in used), None)
        word = str(free)
    if free is None:
        raise Failure("INVALID_DEVICE", _AUTODETECT)
    return word
