"""Crash dump of a host: what the host wrote down when Xen or its control domain crashed."""

from __future__ import annotations

from xe_py.schema.fields import CASCADE, Int, Ref
from xe_py.schema.values import EPOCH, Time
from xe_py.schema.xenclass import XenClass

HOST_CRASHDUMP = XenClass(
    "host-crashdump",
    label="host_crashdump",
    section=500,
    doc="A crash dump of a host. Simulated hosts do not crash, so only somebody who edits the file makes one.",
    fields=(
        Ref("host-uuid", "host", required=True, on_delete=CASCADE, doc="The host that crashed."),
        Time("timestamp", unknown=EPOCH, doc="When the host crashed."),
        Int("size", doc="The size of the dump, in bytes."),
    ),
    list_fields=("uuid", "timestamp", "size"),
)
