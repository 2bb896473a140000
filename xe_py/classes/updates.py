"""What brings hosts up to date: patches of old, updates, and the repositories of today."""

from __future__ import annotations

from xe_py.schema.collections import Choices
from xe_py.schema.fields import CLEAR, RW, SRO, Bool, Choice, Int, Ref, Refs, Text
from xe_py.schema.xenclass import NAMES, XenClass
from xe_py.xapi.repositories import is_key

_FIXED_NAMES = (
    Text("name-label", doc="The name."),
    Text("name-description", doc="The description."),
)
_GUIDANCE = Choices(
    "after-apply-guidance",
    ("restartHVM", "restartPV", "restartHost", "restartXAPI"),
    mode=SRO,
    join=", ",
    doc="What to do afterwards.",
)

PATCH = XenClass(
    "patch",
    label="pool_patch",
    section=340,
    doc="A patch for hosts, as XenServer had it before version 7.1.",
    fields=(
        *_FIXED_NAMES,
        Int("size", doc="The size, in bytes."),
        Refs("hosts", "host", mode=SRO, join=", ", doc="The hosts that have it."),
        _GUIDANCE,
        Ref("update", "update", on_delete=CLEAR, doc="The update that stands behind it."),
    ),
    list_fields=("uuid", "name-label", "name-description", "size", "hosts", "after-apply-guidance"),
)

UPDATE = XenClass(
    "update",
    label="pool_update",
    section=350,
    doc="An update for hosts, on an ISO image.",
    fields=(
        *_FIXED_NAMES,
        Text("version", doc="The version."),
        Int("installation-size", doc="How much room it takes when it is installed, in bytes."),
        Refs("hosts", "host", mode=SRO, join=", ", doc="The hosts that have it."),
        _GUIDANCE,
        Bool("enforce-homogeneity", doc="Whether either all hosts of a pool have it, or none."),
        Ref("vdi", "vdi", on_delete=CLEAR, hidden=True, doc="The VDI that holds it."),
    ),
    list_fields=(
        "uuid",
        "name-label",
        "name-description",
        "version",
        "installation-size",
        "hosts",
        "after-apply-guidance",
    ),
)

REPOSITORY = XenClass(
    "repository",
    label="Repository",
    section=360,
    doc="A place where a pool gets updates from.",
    fields=(
        *NAMES,
        Text("binary-url", doc="The address of the packages."),
        Text("source-url", doc="The address of their sources."),
        Bool("update", doc="Whether it has updates, so that its packages come with instructions."),
        Text("hash", doc="The checksum of what was last synced."),
        Text("gpgkey-path", mode=RW, guard=is_key, doc="The file with the key that signs the packages."),
        Choice("origin", ("remote", "bundle", "remote_pool"), default="remote", doc="Where it is."),
        Text("certificate", hidden=True, doc="The certificate of the pool that it is in."),
    ),
    list_fields=(
        "uuid",
        "name-label",
        "name-description",
        "binary-url",
        "source-url",
        "update",
        "hash",
        "gpgkey-path",
        "origin",
    ),
)
