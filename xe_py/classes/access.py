"""Who may do what: subjects with their roles, callers, and how often callers may call."""

from __future__ import annotations

from xe_py.schema.collections import Choices
from xe_py.schema.derived import Back
from xe_py.schema.fields import CLEAR, RW, SRO, SRW, Map, Ref, Set, Text
from xe_py.schema.values import EPOCH, Float, Time
from xe_py.schema.xenclass import NAMES, XenClass
from xe_py.xapi.roles import ADMIN, ROLES, roles

SUBJECT = XenClass(
    "subject",
    label="subject",
    section=310,
    doc="A user or a group of a directory, who may log in.",
    fields=(
        Text("subject-identifier", doc="The identifier of the user or the group in the directory."),
        Map("other-config", mode="MRO", doc="What the directory says of the user or the group."),
        Choices("roles", tuple(ROLES), default=[ADMIN], mode=SRO, doc="The names of the roles."),
    ),
    list_fields=("uuid", "subject-identifier", "other-config", "roles"),
)

ROLE = XenClass(
    "role",
    label="role",
    doc="A role: what a subject may do. The roles are always the same.",
    fields=(
        Text("name", doc="The name, by which subjects have it."),
        Text("description", doc="What a subject with the role may do."),
    ),
    follows=roles,
    list_fields=("uuid", "name", "description"),
)

CALLER = XenClass(
    "caller",
    label="Caller",
    section=320,
    doc="Programs that call, told apart by what they are and where they are.",
    fields=(
        *NAMES,
        Text("user-agent", doc="What the program says it is; empty for any."),
        Text("client-ip", doc="The address from which it calls; empty for any."),
        Time("last-access", unknown=EPOCH, doc="When it last called."),
        Set("groups", mode=SRW, doc="Words for finding and grouping callers."),
        Ref("rate-limit", "rate-limit", on_delete=CLEAR, unknown="OpaqueRef:NULL", doc="How often it may call."),
    ),
    list_fields=(
        "uuid",
        "name-label",
        "name-description",
        "user-agent",
        "client-ip",
        "last-access",
        "groups",
        "rate-limit",
    ),
)

RATE_LIMIT = XenClass(
    "rate-limit",
    label="Rate_limit",
    section=325,
    doc="How often its callers may call, all together.",
    fields=(
        *NAMES,
        Back("callers", "caller.rate-limit", mode=SRO, doc="The callers that share the limit."),
        Float("burst-size", mode=RW, doc="How much may be called at once."),
        Float("fill-rate", mode=RW, doc="How much more may be called in each second."),
    ),
    list_fields=("uuid", "name-label", "callers", "burst-size", "fill-rate"),
)
