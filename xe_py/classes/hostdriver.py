"""Drivers of a host that come in several variants, of which one is loaded."""

from __future__ import annotations

from xe_py.schema.derived import Computed
from xe_py.schema.fields import CASCADE, CLEAR, RO, Bool, Ref, Set, Text
from xe_py.schema.values import Float
from xe_py.schema.xenclass import XenClass
from xe_py.xapi import hostdrivers

HOSTDRIVER = XenClass(
    "hostdriver",
    label="Host_driver",
    section=470,
    doc="A driver of a host that comes in several variants.",
    fields=(
        Text("name", doc="The name."),
        Text("type", doc="What it drives."),
        Text("description", doc="The description."),
        Text("info", doc="More about it."),
        Ref("host-uuid", "host", on_delete=CASCADE, doc="The host."),
        Computed(
            "active-variant",
            Text,
            hostdrivers.name_of("active"),
            doc="The name of the variant that is loaded.",
        ),
        Computed(
            "selected-variant",
            Text,
            hostdrivers.name_of("selected"),
            doc="The name of the variant that is loaded at the next boot.",
        ),
        Computed("variants", Set, hostdrivers.with_version, mode=RO, doc="The variants with their versions."),
        Computed("variants-dev-status", Set, hostdrivers.with_status, mode=RO, doc="How ready each variant is."),
        Computed("variants-uuid", Set, hostdrivers.with_uuid, mode=RO, doc="The variants with their uuids."),
        Computed(
            "variants-hw-present",
            Set,
            hostdrivers.with_hardware,
            mode=RO,
            doc="The variants for which the host has hardware.",
        ),
        Ref("active", "hostdriver-variant", on_delete=CLEAR, hidden=True, doc="The variant that is loaded."),
        Ref("selected", "hostdriver-variant", on_delete=CLEAR, hidden=True, doc="The variant for the next boot."),
    ),
    list_fields=("uuid", "name", "host-uuid", "active-variant", "selected-variant", "variants", "variants-uuid"),
)

HOSTDRIVER_VARIANT = XenClass(
    "hostdriver-variant",
    label="Driver_variant",
    section=475,
    doc="A variant of a driver of a host.",
    fields=(
        Text("name", doc="The name."),
        Text("version", doc="The version."),
        Text("status", doc="How ready it is."),
        Float("priority", doc="The variant with the greatest priority is the first choice."),
        Computed("active", Bool, hostdrivers.is_the("active"), doc="Whether it is loaded."),
        Computed("selected", Bool, hostdrivers.is_the("selected"), doc="Whether it is loaded at the next boot."),
        Ref("driver-uuid", "hostdriver", required=True, on_delete=CASCADE, doc="The driver."),
        Computed("driver-name", Text, hostdrivers.driver_name, doc="The name of that driver."),
        Computed("host-uuid", Ref, hostdrivers.host_uuid, to="host", doc="The host."),
        Bool("hw-present", doc="Whether the host has hardware for it."),
    ),
    list_fields=(
        "uuid",
        "driver-name",
        "name",
        "version",
        "priority",
        "host-uuid",
        "driver-uuid",
        "active",
        "selected",
        "status",
        "hw-present",
    ),
)
