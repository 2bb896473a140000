"""Doing a message on the state: by its row, or as its class or field implies."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.running import soundly
from xe_py.serve.generic import READING, WRITING
from xe_py.serve.written import WRITTEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.serve.desk import Caller, Desk
    from xe_py.serve.directory import Directory, Operation
    from xe_py.serve.model import Message
    from xe_py.state.state import State


def operation_on_state(of: Directory, message: Message) -> Operation | None:
    """Who does the message on the state; None if nobody can."""
    if message.full_name in WRITTEN:
        return _written
    if message.cls not in of.kinds:
        return _on_nothing if message.verb in READING else None
    if message.verb in READING:
        return _read
    return _write if of.implied(message).can_write else None


async def _read(desk: Desk, message: Message, _caller: Caller, arguments: list[Any]) -> Any:
    """What a message that a class or field implies finds."""
    implied = desk.implied(message)
    function = READING[message.verb]
    return await desk.pool.read(lambda state: function(implied, state, *arguments))


async def _written(desk: Desk, message: Message, _caller: Caller, arguments: list[Any]) -> Any:
    """Do what the row of the message says."""
    row = WRITTEN[message.full_name]
    implied = desk.implied(message)

    def work(state: State) -> Any:
        return soundly(state, lambda: row.run(implied, state, arguments))

    if row.reads:
        return await desk.pool.read(work)
    return await desk.pool.change(message.full_name, work)


async def _write(desk: Desk, message: Message, _caller: Caller, arguments: list[Any]) -> None:
    implied = desk.implied(message)
    function = WRITING[implied.message.verb]

    def work(state: State) -> Any:
        return soundly(state, lambda: function(implied, state, *arguments))

    await desk.pool.change(message.full_name, work)


async def _on_nothing(_desk: Desk, message: Message, _caller: Caller, arguments: list[Any]) -> Any:
    """What there is of a class that has no objects here."""
    if message.result.startswith("map("):
        return {}
    if message.result.startswith("set("):
        return []
    if message.verb == "get_by_uuid":
        raise Failure("UUID_INVALID", message.cls, arguments[0])
    raise Failure("HANDLE_INVALID", message.cls, arguments[0])
