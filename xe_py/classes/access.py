"""Who may do what: subjects with their roles, callers, and how often callers may call."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.collections import Choices
from xe_py.schema.derived import Back
from xe_py.schema.fields import CLEAR, RW, SRO, SRW, Map, Ref, Set, Text
from xe_py.schema.values import EPOCH, Float, Time
from xe_py.schema.xenclass import NAMES, XenClass
from xe_py.xapi.roles import ADMIN, ROLES, roles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xe_py.schema.fields import Guard
    from xe_py.state.record import Record
    from xe_py.state.state import State

_LONGEST_GROUP = 64
_IN_GROUPS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.")


# Guards


def is_group_name(name: str) -> Iterator[Failure]:
    """Why no group of callers can have the name."""
    if not name:
        yield Failure("INVALID_VALUE", "group", "empty group name")
    if len(name) > _LONGEST_GROUP:
        yield Failure("INVALID_VALUE", "group", f"a group name has at most {_LONGEST_GROUP} characters")
    if not set(name) <= _IN_GROUPS:
        yield Failure("INVALID_VALUE", "group", "a group name has letters, digits and the characters _ - . only")


def _are_groups(_state: State, _caller: Record, names: Sequence[str]) -> Iterator[Failure]:
    for name in names:
        yield from is_group_name(name)


def is_positive(name: str, value: float) -> Iterator[Failure]:
    """Why the number cannot be part of a rate limit."""
    if value <= 0:
        yield Failure("INVALID_VALUE", name, f"{value:.3f}")


def _is_positive(name: str) -> Guard:
    return lambda _state, _limit, value: is_positive(name, value)


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
        Set("groups", mode=SRW, guard=_are_groups, doc="Words for finding and grouping callers."),
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
        Float("burst-size", mode=RW, guard=_is_positive("burst_size"), doc="How much may be called at once."),
        Float(
            "fill-rate",
            mode=RW,
            guard=_is_positive("fill_rate"),
            doc="How much more may be called in each second.",
        ),
    ),
    list_fields=("uuid", "name-label", "callers", "burst-size", "fill-rate"),
)
