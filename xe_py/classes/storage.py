"""Storage and volume: what is left of an SR and of a VDI that are forgotten. Neither has commands.

An SR that is introduced again finds its storage; a scan of the storage makes VDIs of its volumes again.
"""

from __future__ import annotations

from xe_py.classes.sr import UNKNOWN_SIZE
from xe_py.classes.vdi import TYPES
from xe_py.errors import Failure
from xe_py.schema.fields import CASCADE, CLEAR, Bool, Choice, Int, Map, Ref, Set, Text
from xe_py.schema.values import Uuid
from xe_py.schema.xenclass import XenClass, rule
from xe_py.xapi.drivers import size_refused

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


@rule("sr-uuid", "storage-uuid")
def it_lies_in_one_place(_state: State, volume: Record) -> Iterator[Failure]:
    """A volume lies on an SR, or on the storage of one that is forgotten."""
    if (volume["sr-uuid"] is None) == (volume["storage-uuid"] is None):
        yield Failure("INVALID_VALUE", "sr-uuid", str(volume["sr-uuid"] or ""))


@rule("virtual-size")
def it_has_a_size(_state: State, volume: Record) -> Iterator[Failure]:
    """A volume has no less than no bytes."""
    if volume["virtual-size"] < 0:
        yield size_refused(f"{volume['virtual-size']} bytes is not a valid size")


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

VOLUME = XenClass(
    "volume",
    label="volume",
    section=140,
    doc="The data of a VDI that is forgotten; sr-scan makes a VDI of it again.",
    fields=(
        Uuid("vdi", required=True, doc="The uuid of the VDI."),
        Ref("sr-uuid", "sr", on_delete=CASCADE, doc="The SR it lies on."),
        Ref("storage-uuid", "storage", on_delete=CASCADE, doc="What is left of the SR that it lay on."),
        Text("location", doc="What the driver knows it by."),
        Int("virtual-size", doc="The bytes that a guest would see."),
        Text("name-label", doc="The name, where the driver keeps it."),
        Text("name-description", doc="What it is for, likewise."),
        Choice("type", TYPES, default="User", doc="What is kept on it, likewise."),
        Bool("read-only", doc="Whether nobody may write to it."),
        Bool("managed", default=True, doc="Whether VMs may use it."),
        Bool("cbt-enabled", doc="Whether changed blocks are tracked."),
        Map("sm-config", doc="What the driver finds out of its settings."),
    ),
    rules=(it_lies_in_one_place, it_has_a_size),
    list_fields=(),
)
