"""Message: a note about what happened to an object, which stays when the object goes."""

from __future__ import annotations

from xe_py.schema.fields import Choice, Int, Text
from xe_py.schema.values import EPOCH, Time
from xe_py.schema.xenclass import XenClass

MESSAGE = XenClass(
    "message",
    label="message",
    section=190,
    doc="A note about what happened to an object.",
    fields=(
        Text("name", doc="What happened, in a word, as VM_STARTED."),
        Int("priority", doc="How much it matters: from 1, data may be lost, to 5, for information."),
        Choice(
            "class",
            ("VM", "Host", "SR", "Pool", "VMPP", "VMSS", "PVS_proxy", "VDI", "Certificate"),
            default="VM",
            doc="The class of the object.",
        ),
        Text("obj-uuid", doc="The uuid of the object, which may be gone."),
        Time("timestamp", unknown=EPOCH, doc="When it happened."),
        Text("body", doc="What happened, in a sentence."),
    ),
    list_fields=(),
)
