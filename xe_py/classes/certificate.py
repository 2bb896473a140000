"""Certificate: of a host, or one that the pool trusts."""

from __future__ import annotations

from xe_py.schema.collections import Choices
from xe_py.schema.fields import CASCADE, Choice, Ref, Text
from xe_py.schema.values import EPOCH, Time
from xe_py.schema.xenclass import XenClass

PURPOSES = ("licensing", "ldaps")

CERTIFICATE = XenClass(
    "certificate",
    label="Certificate",
    section=330,
    doc="A certificate of a host, or one that the pool trusts.",
    fields=(
        Choice("type", ("ca", "host", "host_internal", "pinned"), default="host", doc="What it is for."),
        Text("name", doc="The name of its file, if the pool trusts it."),
        Ref("host", "host", on_delete=CASCADE, doc="The host that shows it to clients."),
        Time("not-before", unknown=EPOCH, doc="From when on it is valid."),
        Time("not-after", unknown=EPOCH, doc="Until when it is valid."),
        Text("fingerprint", doc="The SHA-256 checksum."),
        Text("fingerprint_sha256", doc="The SHA-256 checksum."),
        Text("fingerprint_sha1", doc="The SHA-1 checksum."),
        Choices("purpose", PURPOSES, doc="For which connections the pool trusts it; without any, for all."),
        Text("pem", hidden=True, doc="The certificate itself, if it was given to a host or the host made it here."),
    ),
    list_fields=("uuid", "type", "name", "host", "not-before", "not-after", "fingerprint", "purpose"),
)
