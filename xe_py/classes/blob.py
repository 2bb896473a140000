"""Blob: binary data that clients keep with an object. xe can make, write and read it; only XenAPI lists it."""

from __future__ import annotations

from xe_py.classes.vdi import CONTENT
from xe_py.schema.fields import CASCADE, Bool, Int, Ref, Text
from xe_py.schema.values import EPOCH, Time
from xe_py.schema.xenclass import NAMES, XenClass
from xe_py.xapi.blobs import OWNERS

BLOB = XenClass(
    "blob",
    label="blob",
    section=510,
    doc="Binary data that clients keep with an object.",
    fields=(
        *NAMES,
        Int("size", doc="How many bytes were put into it last."),
        Bool("public", mode="RW", doc="Whether anybody may read it without a login."),
        Time("last-updated", unknown=EPOCH, doc="When something was put into it last."),
        Text("mime-type", doc="What kind of data it is."),
        Text("name", doc="The name by which its object knows it."),
        *(Ref(f"{cls}-uuid", cls, on_delete=CASCADE, doc="The object that it belongs to.") for cls in OWNERS),
        CONTENT,
    ),
    list_fields=(),
)
