"""Making messages and destroying them."""

from __future__ import annotations

import time

from xe_py.errors import Failure, Misuse
from xe_py.operations.effects.messages import leave
from xe_py.schema.command import command
from xe_py.schema.fields import Int, Ref, Refs, Text
from xe_py.schema.values import TIME_FORM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from xe_py.state.record import Record
    from xe_py.state.state import State

# The classes of the objects that a message may be about, in the order in which xe asks for them, by keyword.
_ABOUT = {
    "vm_uuid": ("vm", "VM"),
    "pool_uuid": ("pool", "Pool"),
    "sr_uuid": ("sr", "SR"),
    "host_uuid": ("host", "Host"),
}


def _is_about_something(_state: State, **given: object) -> None:
    if not _ABOUT.keys() & given.keys():
        raise Misuse("Error: Name the object with one of vm-uuid, host-uuid, sr-uuid and pool-uuid.")


@command(
    "message-create",
    required=(
        Text("name", doc="What happened, in a word."),
        Int("priority", doc="How much it matters: from 1, data may be lost, to 5, for information."),
        Text("body", doc="What happened, in a sentence."),
    ),
    optional=(
        Text("vm-uuid", doc="The VM that the message is about."),
        Text("host-uuid", doc="The host that the message is about."),
        Text("sr-uuid", doc="The SR that the message is about."),
        Text("pool-uuid", doc="The pool that the message is about."),
    ),
    doc="Leave a message about an object.",
    grammar=_is_about_something,
)
def create(state: State, name: str, priority: int, body: str, **about: str) -> None:
    """Leave the message; of several objects it is about the first in XAPI's order."""
    keyword = next(each for each in _ABOUT if each in about)
    cls, label = _ABOUT[keyword]
    if state.get(cls, about[keyword]) is None:
        raise Failure("UUID_INVALID", label, about[keyword])
    leave(state, (label, about[keyword]), name, priority, body)


def _is_one_of_both(_state: State, **given: object) -> None:
    if not given:
        raise Misuse("Error: Name the messages with uuid or uuids.")
    if len(given) > 1:
        raise Misuse("Error: Give either uuid or uuids, not both.")


@command(
    "message-destroy",
    optional=(
        Ref("uuid", "message", doc="The message."),
        Refs("uuids", "message", doc="Several messages, separated by commas."),
    ),
    doc="Destroy one message or several.",
    grammar=_is_one_of_both,
)
def destroy(state: State, uuid: Record | None = None, uuids: Sequence[Record] = ()) -> None:
    """Destroy the messages, all of them or none."""
    for message in uuids if uuid is None else (uuid,):
        state.delete(message)


def _are_times(_state: State, **given: object) -> None:
    for name in ("before", "after"):
        if name in given and not _moment(str(given[name])):
            raise Misuse(f"Error: {name} must be a time as 2026-01-02T03:04:05Z or 20260102T03:04:05Z.")


@command(
    "message-destroy-all",
    optional=(
        Text("before", doc="Only messages from before this time, as 2026-01-02T03:04:05Z."),
        Text("after", doc="Only messages from after this time."),
        Int("priority", doc="Only messages with this priority."),
    ),
    doc="Destroy all messages, or those of some time or priority.",
    grammar=_are_times,
)
def destroy_all(state: State, before: str = "", after: str = "", priority: int | None = None) -> None:
    """Destroy the messages of which all is true that is given."""
    first, last = _moment(after), _moment(before)
    for message in state.all("message"):
        told = message["timestamp"] or ""
        if (not last or told < last) and (not first or told > first) and priority in {None, message["priority"]}:
            state.delete(message)


def _moment(text: str) -> str:
    """The time as the state has it; empty if the text is none."""
    plain = text.replace("-", "").removesuffix("Z") + "Z"
    try:
        time.strptime(plain, TIME_FORM)
    except ValueError:
        return ""
    return plain
