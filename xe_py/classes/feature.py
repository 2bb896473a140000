"""Feature: something that the licence of a host lets people try out."""

from __future__ import annotations

from xe_py.schema.fields import CASCADE, Bool, Ref, Text
from xe_py.schema.xenclass import XenClass

FEATURE = XenClass(
    "feature",
    label="Feature",
    section=480,
    doc="Something that the licence of a host lets people try out.",
    fields=(
        Text("name-label", doc="The name."),
        Text("name-description", doc="The description."),
        Bool("enabled", doc="Whether it is switched on."),
        Bool("experimental", doc="Whether it is still tried out."),
        Text("version", default="1.0", doc="The version."),
        Ref("host-uuid", "host", required=True, on_delete=CASCADE, doc="The host."),
    ),
    list_fields=("uuid", "name-label", "name-description", "enabled", "experimental", "version", "host-uuid"),
)
