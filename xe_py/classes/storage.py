"""Storage: what is left of an SR that is forgotten. It has no commands; an SR that is introduced again finds it."""

from __future__ import annotations

from xe_py.classes.sr import UNKNOWN_SIZE
from xe_py.errors import Failure
from xe_py.schema.fields import CLEAR, Int, Ref, Set, Text
from xe_py.schema.values import Uuid
from xe_py.schema.xenclass import XenClass, rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


# What breaks the rule changes one of the two: its own side is all it watches.


@rule("sr")
def an_sr_left_one_storage(state: State, storage: Record) -> Iterator[Failure]:
    """Of one SR there is one storage."""
    for other in state.having("storage", "sr", storage["sr"]):
        if other is not storage:
            yield Failure("DB_UNIQUENESS_CONSTRAINT_VIOLATION", "storage", "sr", storage["sr"], blockers=(other,))
            return


STORAGE = XenClass(
    "storage",
    label="storage",
    section=130,
    doc="What is left of an SR that is forgotten; it is found again when the SR is introduced and plugged.",
    fields=(
        Uuid("sr", required=True, doc="The uuid of the SR."),
        Text("type", doc="The driver that wrote it."),
        Int("physical-size", default=UNKNOWN_SIZE, doc="The bytes it has; -1 if nobody knows."),
        Set("devices", doc="The devices it lies on, which an SR that is made there takes for itself."),
        Ref("host-uuid", "host", on_delete=CLEAR, doc="The host that the devices belong to, if to one alone."),
    ),
    rules=(an_sr_left_one_storage,),
    list_fields=(),
)
