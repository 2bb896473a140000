"""Storage and volume: what remains of a forgotten SR and of a forgotten VDI. Neither has commands.

An SR that is introduced again finds its storage. A scan of the SR makes VDIs of its volumes again.
"""

from __future__ import annotations

from xe_py.classes.sr import UNKNOWN_SIZE
from xe_py.classes.vdi import CONTENT, SIZES, TYPES
from xe_py.errors import Failure
from xe_py.schema.fields import CASCADE, CLEAR, Bool, Choice, Map, Ref, Set, Text
from xe_py.schema.values import EPOCH, Size, Time, Uuid
from xe_py.schema.xenclass import XenClass, rule
from xe_py.xapi.drivers import size_refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


# Breaking the rule takes a change of one of the two storages, so it watches only its own.


@rule("sr")
def an_sr_left_one_storage(state: State, storage: Record) -> Iterator[Failure]:
    """An SR has at most one storage."""
    for other in state.having("storage", "sr", storage["sr"]):
        if other is not storage:
            yield Failure("DB_UNIQUENESS_CONSTRAINT_VIOLATION", "storage", "sr", storage["sr"], blockers=(other,))
            return


@rule("sr-uuid", "storage-uuid")
def it_lies_in_one_place(_state: State, volume: Record) -> Iterator[Failure]:
    """A volume is either on an SR or on the storage of a forgotten SR."""
    if (volume["sr-uuid"] is None) == (volume["storage-uuid"] is None):
        yield Failure("INVALID_VALUE", "sr-uuid", str(volume["sr-uuid"] or ""))


@rule("virtual-size")
def it_has_a_size(_state: State, volume: Record) -> Iterator[Failure]:
    """The size of a volume is not negative."""
    if volume["virtual-size"] < 0:
        yield size_refused(f"{volume['virtual-size']} bytes is not a valid size")


STORAGE = XenClass(
    "storage",
    label="storage",
    section=130,
    doc="What remains of a forgotten SR; the SR finds it when it is introduced again and plugged.",
    fields=(
        Uuid("sr", required=True, doc="The uuid of the SR."),
        Text("type", doc="The driver that wrote it."),
        Size("physical-size", default=UNKNOWN_SIZE, doc="The size, in bytes; -1 if it is not known."),
        Set("devices", doc="The devices it is on, or its place on a server; a new SR on such a device destroys it."),
        Ref("host-uuid", "host", on_delete=CLEAR, doc="The host that alone has it, if there is one."),
    ),
    rules=(an_sr_left_one_storage,),
    list_fields=(),
)

VOLUME = XenClass(
    "volume",
    label="volume",
    section=140,
    doc="The data of a forgotten VDI; sr-scan makes a VDI of it again.",
    fields=(
        Uuid("vdi", required=True, doc="The uuid of the VDI."),
        Ref("sr-uuid", "sr", on_delete=CASCADE, doc="The SR it is on."),
        Ref("storage-uuid", "storage", on_delete=CASCADE, doc="The storage it is on, if its SR is forgotten."),
        Text("location", doc="The name that the driver uses for it."),
        Size("virtual-size", doc="The size that a guest would see, in bytes."),
        Text("name-label", doc="The name, if the driver stores it."),
        Text("name-description", doc="The description, if the driver stores it."),
        Choice("type", TYPES, default="User", doc="What is kept on it, likewise."),
        Bool("is-a-snapshot", doc="Whether it is a snapshot, likewise."),
        Text("snapshot-of", doc="The uuid of the VDI that it is a snapshot of, likewise."),
        Time("snapshot-time", unknown=EPOCH, doc="When the snapshot was taken, likewise."),
        Bool("read-only", doc="Whether it is read-only."),
        Bool("managed", default=True, doc="Whether VMs may use it."),
        Bool("cbt-enabled", doc="Whether changed blocks are tracked."),
        Map("sm-config", doc="The settings that the driver can find again."),
        CONTENT,
    ),
    rules=(it_lies_in_one_place, it_has_a_size),
    sums=SIZES,
    list_fields=(),
)
