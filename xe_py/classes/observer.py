"""Observer: notes what the toolstack does, to find out what takes how long."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.collections import Words
from xe_py.schema.fields import KEYS_TOGETHER, MRW, RW, SRW, WHOLE, Bool, Map, Refs, Text
from xe_py.schema.xenclass import XenClass
from xe_py.xapi.repositories import host_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xe_py.state.record import Record
    from xe_py.state.state import State

BUGTOOL = "bugtool"
_COMPONENTS = ("xapi", "xenopsd", "xapi-clusterd", "smapi")
_LONGEST_VALUE = 4095


# Guards, in the order in which XAPI asks them


def are_components(_state: State, _observer: Record | None, components: Sequence[str]) -> Iterator[Failure]:
    """Why the programs cannot be observed."""
    for component in components:
        if component not in _COMPONENTS:
            yield Failure("INVALID_VALUE", "component", component)


def are_endpoints(_state: State, _observer: Record | None, endpoints: Sequence[str]) -> Iterator[Failure]:
    """Why notes cannot be sent there."""
    for endpoint in endpoints:
        if endpoint != BUGTOOL and not host_of(endpoint)[0]:
            yield Failure("INVALID_VALUE", "endpoint", endpoint)


def are_attributes(_state: State, _observer: Record | None, attributes: Mapping[str, str]) -> Iterator[Failure]:
    """Why the attributes cannot be added to notes."""
    for key, text in attributes.items():
        known = len(key) > 1 and set(key) <= _IN_KEYS and key[0] not in "._" and key[-1] not in "._"
        if not known or len(text) > _LONGEST_VALUE:
            yield Failure("INVALID_VALUE", "attributes", f"{key}:{text}")


_IN_KEYS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._")

OBSERVER = XenClass(
    "observer",
    label="Observer",
    section=495,
    doc="An observer: it notes what the toolstack does.",
    fields=(
        Refs("host-uuids", "host", mode=SRW, param_set=WHOLE, doc="The hosts that it observes; without any, all."),
        Text("name-label", doc="The name."),
        Text("name-description", doc="The description."),
        Map(
            "attributes",
            mode=MRW,
            param_set=KEYS_TOGETHER,
            guard=are_attributes,
            doc="What it adds to each of its notes.",
        ),
        Words(
            "endpoints",
            mode=SRW,
            param_set=WHOLE,
            guard=are_endpoints,
            doc="Where it sends its notes.",
        ),
        Words(
            "components",
            mode=SRW,
            param_set=WHOLE,
            guard=are_components,
            doc="What it observes.",
        ),
        Bool("enabled", mode=RW, doc="Whether it is switched on."),
    ),
    list_fields=("uuid", "name-label", "name-description", "host-uuids", "endpoints", "enabled"),
)
