"""Secret: a password that other objects name by its uuid, so that nobody has to show it."""

from __future__ import annotations

from xe_py.schema.fields import RW, Map
from xe_py.schema.values import Secret
from xe_py.schema.xenclass import XenClass

SECRET = XenClass(
    "secret",
    label="secret",
    section=300,
    doc="A password that other objects name by its uuid.",
    fields=(
        Secret("value", mode=RW, doc="The password."),
        Map("other-config", hidden=True, doc="Extra settings that clients keep."),
    ),
    list_fields=(),
)
