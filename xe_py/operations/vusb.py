"""USB devices of VMs."""

from __future__ import annotations

from xe_py.classes import usb as guards
from xe_py.errors import refuse
from xe_py.schema.command import command
from xe_py.schema.fields import Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_VUSB = Ref("uuid", "vusb", doc="The USB device of a VM.")


@command(
    "vusb-create",
    required=(Ref("usb-group-uuid", "usb-group", doc="The group of USB devices."), Ref("vm-uuid", "vm", doc="The VM.")),
    doc="Give a USB device to a VM.",
)
def create(state: State, usb_group: Record, vm: Record) -> Record:
    """Make the VUSB."""
    refuse(guards.can_create(state, vm, usb_group))
    return state.add("vusb", {"vm-uuid": vm["uuid"], "usb-group-uuid": usb_group["uuid"]})


@command("vusb-destroy", required=(_VUSB,), doc="Take a USB device from a VM.")
def destroy(state: State, vusb: Record) -> None:
    """Destroy a VUSB that is not attached."""
    refuse(guards.can_destroy(state, vusb))
    state.delete(vusb)


@command("vusb-unplug", required=(_VUSB,), doc="Unplug a USB device from a running VM.")
def unplug(state: State, vusb: Record) -> None:
    """Detach the device."""
    refuse(guards.can_unplug(state, vusb))
    state.update(vusb, {"currently-attached": False})
