"""USB devices: physical ones, their groups, and what VMs get of them."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.derived import Back, NameOf
from xe_py.schema.fields import CASCADE, CLEAR, RW, SRO, Bool, Ref, Text
from xe_py.schema.values import Float
from xe_py.schema.xenclass import NAMES, OPERATIONS, OTHER_CONFIG, XenClass
from xe_py.xapi.guest import RUNNING
from xe_py.xapi.licence import allows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State

_MOST_VUSBS = 6
_USB_PATH = "usb_path"


# Guards, in the order in which XAPI asks them


def can_create(state: State, vm: Record, group: Record) -> Iterator[Failure]:
    """Why the VM cannot have a device of the group."""
    yield from allows(state, "USB_passthrough", "usb_passthrough")
    if len(state.pointing_at(vm, "vusb.vm-uuid")) >= _MOST_VUSBS:
        yield Failure("TOO_MANY_VUSBS", str(_MOST_VUSBS))
    for other in state.pointing_at(group, "vusb.usb-group-uuid"):
        yield Failure("USB_GROUP_CONFLICT", group, blockers=(other,))
    if vm["ha-restart-priority"] == "restart":
        said = f"VM {vm['uuid']} has the ha-restart-priority 'restart', so it cannot have a VUSB"
        yield Failure("OPERATION_NOT_ALLOWED", said, blockers=(vm,))


def can_destroy(state: State, vusb: Record) -> Iterator[Failure]:
    """Why the VUSB cannot be destroyed."""
    if vusb["currently-attached"]:
        vm = state.ref(vusb, "vm-uuid")
        said = f"VUSB '{vusb['uuid']}' still attached to '{vm['uuid']}'"
        yield Failure("OPERATION_NOT_ALLOWED", said, blockers=(vusb,))


def can_unplug(state: State, vusb: Record) -> Iterator[Failure]:
    """Why the device cannot be detached."""
    yield from _vm_runs(state, vusb)
    if not vusb["currently-attached"]:
        yield Failure("DEVICE_ALREADY_DETACHED", vusb)


def _can_plug(state: State, vusb: Record) -> Iterator[Failure]:
    yield from _vm_runs(state, vusb)
    if vusb["currently-attached"]:
        yield Failure("DEVICE_ALREADY_ATTACHED", vusb)


def _vm_runs(state: State, vusb: Record) -> Iterator[Failure]:
    vm = state.ref(vusb, "vm-uuid")
    if vm["power-state"] != RUNNING:
        yield Failure("VM_BAD_POWER_STATE", vm, RUNNING, vm["power-state"])


def _can_attach(_state: State, _vusb: Record) -> Iterator[Failure]:
    return iter(())


def _vdis_on(state: State, pusb: Record) -> list[Record]:
    """The VDIs that the control domain shows of the device."""
    srs = state.find("sr", type="udev")
    vdis = [vdi for sr in srs for vdi in state.pointing_at(sr, "vdi.sr-uuid")]
    return [vdi for vdi in vdis if vdi["sm-config"].get(_USB_PATH, "") == pusb["path"]]


def _vusbs_of(state: State, pusb: Record) -> list[Record]:
    group = state.ref_or_none(pusb, "usb-group-uuid")
    return [] if group is None else state.pointing_at(group, "vusb.usb-group-uuid")


def _can_pass(state: State, pusb: Record, value: Any) -> Iterator[Failure]:
    """Why VMs may not have the device, or must keep it."""
    for vdi in _vdis_on(state, pusb) if value else ():
        if state.pointing_at(vdi, "vbd.vdi-uuid"):
            yield Failure("PUSB_VDI_CONFLICT", pusb, vdi)
    for vusb in () if value else _vusbs_of(state, pusb):
        if vusb["currently-attached"]:
            yield Failure("USB_ALREADY_ATTACHED", pusb, state.ref(vusb, "vm-uuid"), blockers=(vusb,))


def _was_passed(state: State, pusb: Record, value: Any) -> None:
    """Take the device from the control domain, or from the VMs."""
    for obj in _vdis_on(state, pusb) if value else _vusbs_of(state, pusb):
        state.delete(obj)


PUSB = XenClass(
    "pusb",
    label="PUSB",
    section=430,
    doc="A USB device that is plugged into a host.",
    fields=(
        Ref("usb-group-uuid", "usb-group", on_delete=CLEAR, doc="The group that it is in."),
        Ref("host-uuid", "host", on_delete=CASCADE, doc="The host that it is plugged into."),
        NameOf("host-name-label", "host-uuid", doc="The name of that host."),
        Text("path", doc="The place where it is plugged in."),
        Text("vendor-id", doc="The number of who made it."),
        Text("vendor-desc", doc="Who made it."),
        Text("product-id", doc="The number of what it is."),
        Text("product-desc", doc="What it is."),
        Text("serial", doc="Its serial number."),
        Text("version", doc="The version of USB that it speaks."),
        Text("description", doc="The description."),
        Float("speed", default=-1.0, doc="Its speed, in megabits per second."),
        Bool("passthrough-enabled", mode=RW, guard=_can_pass, effect=_was_passed, doc="Whether VMs may have it."),
    ),
    list_fields=(
        "uuid",
        "path",
        "product-id",
        "product-desc",
        "vendor-id",
        "vendor-desc",
        "serial",
        "version",
        "description",
        "speed",
    ),
)

USB_GROUP = XenClass(
    "usb-group",
    label="USB_group",
    section=425,
    doc="A group of USB devices; VMs get devices through groups.",
    fields=(
        *NAMES,
        Back("VUSB-uuids", "vusb.usb-group-uuid", mode=SRO, doc="What VMs have of the group."),
        Back("PUSB-uuids", "pusb.usb-group-uuid", mode=SRO, doc="The devices in it."),
        OTHER_CONFIG,
    ),
    list_fields=("uuid", "name-label", "name-description"),
)

VUSB = XenClass(
    "vusb",
    label="VUSB",
    section=435,
    doc="A USB device of a VM.",
    fields=(
        Ref("vm-uuid", "vm", required=True, on_delete=CASCADE, doc="The VM that has it."),
        NameOf("vm-name-label", "vm-uuid", doc="The name of that VM."),
        Ref("usb-group-uuid", "usb-group", required=True, on_delete=CASCADE, doc="The group that it comes from."),
        NameOf("usb-group-name-label", "usb-group-uuid", doc="The name of that group."),
        OTHER_CONFIG,
        Bool("currently-attached", doc="Whether the running VM has it."),
        *OPERATIONS,
    ),
    operations={"attach": _can_attach, "plug": _can_plug, "unplug": can_unplug},
    list_fields=("uuid", "vm-uuid", "usb-group-uuid"),
)
