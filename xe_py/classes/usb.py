"""USB devices: physical ones, their groups, and what VMs get of them."""

from __future__ import annotations

from xe_py.schema.derived import Back, NameOf
from xe_py.schema.fields import CASCADE, CLEAR, RW, SRO, Bool, Ref, Text
from xe_py.schema.values import Float
from xe_py.schema.xenclass import NAMES, OPERATIONS, OTHER_CONFIG, XenClass

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
        Bool("passthrough-enabled", mode=RW, doc="Whether VMs may have it."),
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
    list_fields=("uuid", "vm-uuid", "usb-group-uuid"),
)
