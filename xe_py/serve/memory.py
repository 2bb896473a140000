"""The messages that classes and fields imply, on what the server holds in memory: sessions and tasks.

A task may also be in the state, because somebody wrote it there.
"""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.fields import with_key
from xe_py.serve import model
from xe_py.serve.on_state import operation_on_state
from xe_py.serve.queries import fulfilling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from xe_py.serve.desk import Caller, Desk
    from xe_py.serve.directory import Operation
    from xe_py.serve.model import Message


async def _of_object(desk: Desk, message: Message, caller: Caller, arguments: list[Any]) -> Any:
    """Read or write one object."""
    shelf = desk.shelves[message.cls]
    ref = arguments[0]
    on_state = operation_on_state(desk, message)
    if ref not in shelf and on_state is not None and message.cls in desk.kinds:
        return await on_state(desk, message, caller, arguments)
    record = shelf[ref]
    implied = message.as_writer(desk.model.classes[message.cls].fields)
    if message.verb == "get_record":
        return record
    if implied.verb == model.GETTER:
        return record[implied.field]
    shelf.set(ref, **{implied.field: _changed(implied, ref, record[implied.field], arguments[1:])})
    return None


def _changed(message: Message, ref: str, present: Any, given: list[Any]) -> Any:
    """The value of the field after the message."""
    if message.verb == model.SETTER:
        return given[0]
    key = given[0]
    if message.verb == model.REMOVE:
        return {each: text for each, text in present.items() if each != key}
    if key in present:
        raise Failure("MAP_DUPLICATE_KEY", message.cls, message.field, ref, key)
    return with_key(present, key, given[1])


async def _get_by_uuid(desk: Desk, message: Message, caller: Caller, arguments: list[Any]) -> Any:
    try:
        return desk.shelves[message.cls].by_uuid(arguments[0])
    except Failure:
        on_state = operation_on_state(desk, message)
        if on_state is None or message.cls not in desk.kinds:
            raise
        return await on_state(desk, message, caller, arguments)


async def _find(desk: Desk, message: Message, caller: Caller, arguments: list[Any]) -> Any:
    """Find objects in memory and in the state."""
    shelf = desk.shelves[message.cls]
    fulfils = _filter(desk, message, arguments)
    found = {ref: shelf[ref] for ref in shelf if fulfils(ref, shelf[ref])}
    on_state = operation_on_state(desk, message)
    others = await on_state(desk, message, caller, arguments) if on_state else {}
    return {**others, **found} if isinstance(others, dict) else [*others, *found]


def _filter(desk: Desk, message: Message, arguments: list[Any]) -> Callable[[str, Mapping[str, Any]], bool]:
    if message.verb == "get_by_name_label":
        return lambda _ref, record: bool(record["name_label"] == arguments[0])
    if not message.verb.endswith("_where"):
        return lambda _ref, _record: True
    return fulfilling(arguments[0], desk.model.classes[message.cls].fields)


SHELVED: Mapping[str, Operation] = {
    **dict.fromkeys(("get_record", model.GETTER, model.SETTER, model.ADD, model.REMOVE), _of_object),
    **dict.fromkeys(
        ("get_all", "get_all_records", "get_all_where", "get_all_records_where", "get_by_name_label"), _find
    ),
    "get_by_uuid": _get_by_uuid,
}
