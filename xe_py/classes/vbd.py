"""VBD: the virtual block device, which joins one VM to one VDI."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.derived import Computed, Fixed, NameOf
from xe_py.schema.fields import CASCADE, RW, Bool, Choice, Int, Map, Ref, Set, Text
from xe_py.schema.xenclass import OPERATIONS, OTHER_CONFIG, XenClass, rule
from xe_py.xapi import sharing
from xe_py.xapi.devices import device_is_known, device_is_used_once, device_name, name_in_guest_is_known, position

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


def name_in_guest(vbd: Record) -> str:
    """The name under which a guest that has the disk now sees it."""
    place = position(vbd)
    if place is None:
        return ""
    bus, number = place
    return device_name(number, "fd" if bus == "floppy" else "xvd")


def _device(_state: State, vbd: Record) -> str:
    """The name that the disk got when it was last attached; computed if the file does not hold it."""
    return str(vbd["attached-as"] or (name_in_guest(vbd) if vbd["currently-attached"] else ""))


# Guards, in the order in which XAPI asks them


def can_attach(state: State, vbd: Record) -> Iterator[Failure]:
    """Why the VM cannot start with this VBD."""
    yield from _vdi_is_managed(state, vbd)
    yield from _can_share(state, vbd)


def can_plug(state: State, vbd: Record) -> Iterator[Failure]:
    """Why the VBD cannot be attached to its running VM."""
    vm = state.ref(vbd, "vm-uuid")
    if vm["power-state"] == "running" and vbd["currently-attached"]:
        yield Failure("DEVICE_ALREADY_ATTACHED", vbd)
    yield from _vm_is_running(vm)
    yield from _guest_can_hotplug(state, vbd, vm)
    yield from _vdi_is_managed(state, vbd)
    yield from _can_share(state, vbd)
    if state.value(vm, "hvm") and vbd["type"] != "CD" and vbd["mode"] == "RO":
        yield Failure("DISK_VBD_MUST_BE_READWRITE_FOR_HVM", vbd)


def can_unplug(state: State, vbd: Record) -> Iterator[Failure]:
    """Why the VBD cannot be detached from its running VM."""
    vm = state.ref(vbd, "vm-uuid")
    if not vbd["unpluggable"]:
        yield Failure("VBD_NOT_UNPLUGGABLE", vbd)
    if vm["power-state"] == "running" and not vbd["currently-attached"]:
        yield Failure("DEVICE_ALREADY_DETACHED", vbd)
    yield from _vm_is_running(vm)
    yield from _guest_can_hotplug(state, vbd, vm)
    yield from _vdi_is_managed(state, vbd)


def can_insert(state: State, vbd: Record) -> Iterator[Failure]:
    """Why no disc can be put into the drive."""
    yield from _is_drive(vbd)
    if vbd["vdi-uuid"] is not None:
        yield Failure("VBD_NOT_EMPTY", vbd)
    yield from _vm_is_not_suspended(state, vbd)


def can_eject(state: State, vbd: Record) -> Iterator[Failure]:
    """Why the disc cannot be taken out of the drive."""
    yield from _is_drive(vbd)
    if vbd["vdi-uuid"] is None:
        yield Failure("VBD_IS_EMPTY", vbd)
    yield from _vm_is_not_suspended(state, vbd)
    yield from _vdi_is_managed(state, vbd)


def can_pause(state: State, vbd: Record) -> Iterator[Failure]:
    """Why the VBD cannot be paused or unpaused."""
    vm = state.ref(vbd, "vm-uuid")
    if vm["power-state"] not in {"running", "paused"}:
        yield Failure("VM_BAD_POWER_STATE", vm, "running", vm["power-state"])
    yield from _vdi_is_managed(state, vbd)


def can_destroy(_state: State, vbd: Record) -> Iterator[Failure]:
    """Why the VBD cannot be destroyed."""
    if vbd["currently-attached"]:
        yield Failure(
            "OPERATION_NOT_ALLOWED",
            f"VBD '{vbd['uuid']}' still attached to '{vbd['vm-uuid']}'",
            blockers=(vbd,),
        )


def can_hold(vdi: Record) -> Iterator[Failure]:
    """Why this disc cannot be put into a drive."""
    if not vdi["managed"]:
        yield Failure("VDI_NOT_MANAGED", vdi)


def _can_share(state: State, vbd: Record) -> Iterator[Failure]:
    """Why the VBD cannot be attached beside the other VBDs of its VDI."""
    vdi = state.ref_or_none(vbd, "vdi-uuid")
    if vdi is not None and not vbd["currently-attached"]:
        yield from sharing.others_do_not_write(state, vbd, vdi)
        yield from sharing.does_not_write(vbd, vdi)


def _is_drive(vbd: Record) -> Iterator[Failure]:
    if vbd["type"] != "CD":
        yield Failure("VBD_NOT_REMOVABLE_MEDIA", vbd)


def _vm_is_running(vm: Record) -> Iterator[Failure]:
    if vm["power-state"] != "running":
        yield Failure("VM_BAD_POWER_STATE", vm, "running", vm["power-state"])


def _vm_is_not_suspended(state: State, vbd: Record) -> Iterator[Failure]:
    vm = state.ref(vbd, "vm-uuid")
    if vm["power-state"] == "suspended":
        yield Failure("VM_BAD_POWER_STATE", vm, "halted, running", "suspended")


def _guest_can_hotplug(state: State, vbd: Record, vm: Record) -> Iterator[Failure]:
    if vm["power-state"] == "running" and state.value(vm, "hvm"):
        if not state.value(vm, "PV-drivers-detected"):
            yield Failure("VM_MISSING_PV_DRIVERS", vm)
        if vbd["type"] == "CD":
            yield Failure(
                "OPERATION_NOT_ALLOWED", "HVM CDROMs cannot be hotplugged/unplugged, only inserted or ejected"
            )


def _vdi_is_managed(state: State, vbd: Record) -> Iterator[Failure]:
    vdi = state.ref_or_none(vbd, "vdi-uuid")
    if vdi is not None and not vdi["managed"]:
        yield Failure("VDI_NOT_MANAGED", vbd)


def _vm_is_halted(state: State, vbd: Record, _mode: str) -> Iterator[Failure]:
    vm = state.ref(vbd, "vm-uuid")
    if vm["power-state"] != "halted":
        yield Failure("VM_BAD_POWER_STATE", vm, "halted", vm["power-state"])


def _attachable(state: State, vbd: Record) -> str:
    failure = next(can_attach(state, vbd), None)
    return "true" if failure is None else f"false (error: {failure.code})"


# Rules


@rule("type", "mode")
def cds_are_read_only(_state: State, vbd: Record) -> Iterator[Failure]:
    """A CD drive is read-only."""
    if vbd["type"] == "CD" and vbd["mode"] != "RO":
        yield Failure("VBD_CDS_MUST_BE_READONLY")


@rule("vdi-uuid", "type")
def only_drives_are_empty(_state: State, vbd: Record) -> Iterator[Failure]:
    """Only a CD drive can be empty."""
    if vbd["type"] != "CD" and vbd["vdi-uuid"] is None:
        yield Failure("VBD_NOT_REMOVABLE_MEDIA", vbd)


@rule("currently-attached", "vm-uuid", "vm-uuid/power-state")
def only_live_vms_have_attached_devices(state: State, vbd: Record) -> Iterator[Failure]:
    """A VBD of a halted VM is not attached."""
    vm = state.ref_or_none(vbd, "vm-uuid") if vbd["currently-attached"] else None
    if vm is not None and vm["power-state"] == "halted":
        yield Failure("VM_BAD_POWER_STATE", vm, "running, paused, suspended", "halted")


VBD = XenClass(
    "vbd",
    label="VBD",
    section=100,
    doc="A virtual block device: presents a VDI to a VM as a disk.",
    fields=(
        Ref("vm-uuid", "vm", required=True, on_delete=CASCADE, doc="The VM that sees the disk."),
        NameOf("vm-name-label", "vm-uuid", doc="The name of that VM."),
        Ref("vdi-uuid", "vdi", on_delete=CASCADE, doc="The VDI that the VM sees; none for an empty drive."),
        NameOf("vdi-name-label", "vdi-uuid", nothing="<EMPTY>", doc="The name of that VDI."),
        *OPERATIONS,
        Computed(
            "empty",
            Bool,
            lambda _state, vbd: vbd["vdi-uuid"] is None,
            reads=("vdi-uuid",),
            doc="Whether the drive holds no disc.",
        ),
        Computed(
            "device",
            Text,
            _device,
            reads=("attached-as", "currently-attached", "userdevice", "type"),
            doc="The name of the disk in the guest; none until the VBD is attached.",
        ),
        Text("attached-as", hidden=True, doc="The name that the disk got in the guest when it was last attached."),
        Text("userdevice", mode=RW, doc="The position among the disks of the VM: 0, 1, … or a name such as xvda."),
        Bool("bootable", mode=RW, doc="Whether the VM may boot from the disk."),
        Choice(
            "mode",
            ("RO", "RW"),
            default="RW",
            mode=RW,
            guard=_vm_is_halted,
            doc="Whether the guest may only read (RO) or also write (RW).",
        ),
        Choice("type", ("CD", "Disk", "Floppy"), default="Disk", mode=RW, doc="The kind of drive that the guest sees."),
        Bool("unpluggable", default=True, mode=RW, doc="Whether the VBD may be detached while the VM runs."),
        Bool("currently-attached", doc="Whether the guest sees the disk now."),
        Computed("attachable", Text, _attachable, expensive=True, doc="Whether the VBD could be attached now."),
        Bool("storage-lock", doc="Whether the storage is locked for this VBD."),
        Int("status-code", doc="The result code of the last attach."),
        Text("status-detail", doc="What the last attach reported."),
        Text("qos_algorithm_type", mode=RW, doc="The quality-of-service algorithm."),
        Map("qos_algorithm_params", mode="MRW", doc="The parameters of that algorithm."),
        Set("qos_supported_algorithms", mode="SRO", doc="The algorithms that the device supports."),
        OTHER_CONFIG,
        Fixed("io_read_kbs", "<unknown>", expensive=True, doc="KiB read per second; not simulated."),
        Fixed("io_write_kbs", "<unknown>", expensive=True, doc="KiB written per second; not simulated."),
    ),
    rules=(
        device_is_known,
        device_is_used_once,
        name_in_guest_is_known,
        cds_are_read_only,
        only_drives_are_empty,
        sharing.read_only_vdis_are_not_written,
        sharing.a_vdi_has_one_vbd,
        sharing.one_that_writes_is_alone,
        sharing.attached_vdis_are_within_reach,
        only_live_vms_have_attached_devices,
    ),
    operations={
        "attach": can_attach,
        "eject": can_eject,
        "insert": can_insert,
        "plug": can_plug,
        "unplug": can_unplug,
        "unplug_force": can_unplug,
        "pause": can_pause,
        "unpause": can_pause,
    },
    list_fields=("uuid", "vm-uuid", "vm-name-label", "vdi-uuid", "empty", "device"),
)
