"""The messages about what the server itself holds: sessions, tasks, and events."""

from __future__ import annotations

import asyncio

from xe_py.errors import Failure
from xe_py.serve import events, tasks
from xe_py.serve.on_state import operation_on_state
from xe_py.serve.shelves import ADD, DEL, MOD
from xe_py.serve.wire import Count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from xe_py.serve.desk import Caller, Desk
    from xe_py.serve.directory import Operation
    from xe_py.serve.model import Message
    from xe_py.state.state import State

    # The class and reference of an object, what became of it, and the number of the change.
    _News = tuple[str, str, str, int]

# As in XAPI: the seconds before the first look, and between two, so that what belongs together comes together; and
# how long a negative timeout lasts.
_BEFORE_LOOK = 0.05
_LONGEST = 24 * 3600.0
_ORDER = (ADD, MOD, DEL)


# Sessions


async def _log_in(desk: Desk, _message: Message, caller: Caller, arguments: list[Any]) -> str:
    user, password, _version, originator = arguments
    return await desk.sessions.log_in(
        user, password, originator or caller.originator, await desk.host(), is_root=caller.is_root
    )


async def _log_in_locally(desk: Desk, _message: Message, caller: Caller, arguments: list[Any]) -> str:
    user, password = arguments
    return await desk.sessions.log_in(user, password, caller.originator, await desk.host(), is_root=caller.is_root)


async def _log_out(desk: Desk, _message: Message, caller: Caller, _arguments: list[Any]) -> None:
    desk.sessions.end(caller.session)
    desk.log.wake()


async def _change_password(desk: Desk, _message: Message, _caller: Caller, arguments: list[Any]) -> None:
    desk.sessions.change_password(arguments[1])


async def _identifiers(_desk: Desk, _message: Message, _caller: Caller, _arguments: list[Any]) -> list[str]:
    """Nobody has logged in by an external directory."""
    return []


# Tasks


async def _create_task(desk: Desk, _message: Message, _caller: Caller, arguments: list[Any]) -> str:
    return tasks.begin(desk.shelves["task"], arguments[0], arguments[1], await desk.host())


async def _destroy_task(desk: Desk, _message: Message, _caller: Caller, arguments: list[Any]) -> None:
    tasks.destroy(desk.shelves["task"], arguments[0])


async def _cancel_task(desk: Desk, message: Message, caller: Caller, arguments: list[Any]) -> Any:
    shelf, ref = desk.shelves["task"], arguments[0]
    on_state = operation_on_state(desk, message)
    if ref not in shelf and on_state is not None:
        return await on_state(desk, message, caller, arguments)
    if shelf[ref]["status"] == tasks.PENDING:
        shelf.set(ref, current_operations={ref: "cancel"})
    return None


# Events


async def _from(desk: Desk, _message: Message, caller: Caller, arguments: list[Any]) -> dict[str, Any]:
    """What changed since the token, as soon as there is something, or after the timeout."""
    classes, given, timeout = arguments
    wants = events.wanted(classes)
    loop = asyncio.get_running_loop()
    end = loop.time() + (_LONGEST if timeout < 0 else min(timeout, _LONGEST))
    begin = _begin(desk, given)
    first = await _news_since(desk, given)
    await asyncio.sleep(0 if given == "" else _BEFORE_LOOK)
    number = desk.log.number
    found = _joined(first, desk.log.since(begin), wants)
    while not found and (left := end - loop.time()) > 0:
        await desk.log.news(number, left)
        desk.sessions.use(caller.session)
        if desk.log.number > number:
            await asyncio.sleep(min(_BEFORE_LOOK, max(0.0, end - loop.time())))
        number = desk.log.number
        found = _joined([], desk.log.since(begin), wants)
    desk.sessions.use(caller.session)
    answer: dict[str, Any] = await desk.pool.read(lambda state: _answer(desk, state, found, number))
    return answer


def _begin(desk: Desk, given: str) -> int:
    """The number from which the log of this server counts for the token: from now on, if it is not of this server."""
    number = events.moment_of(given)[1] if given else 0
    return number if number >= desk.log.start else desk.log.number


async def _news_since(desk: Desk, given: str) -> list[_News]:
    """What the log of this server does not have: all objects without a token, and what changed before its start."""
    number = desk.log.number
    if given and events.moment_of(given)[1] >= desk.log.start:
        return []
    if given:
        changes = await desk.pool.changes_since(events.moment_of(given)[0])
        if changes is not None:
            earlier = events.Log(desk.kinds)
            earlier.note_changes(changes)
            return [(label, ref, operation, number) for label, ref, operation, _ in earlier.since(0)]

    def everything(state: State) -> list[_News]:
        return [
            (label, kind.ref(obj), ADD, number)
            for label, kind in desk.kinds.items()
            if desk.model.classes[label].has_events
            for obj in kind.all(state)
        ]

    in_memory = [(label, ref, ADD, number) for label, shelf in desk.shelves.items() for ref in shelf]
    return [*await desk.pool.read(everything), *(each for each in in_memory if desk.model.classes[each[0]].has_events)]


def _joined(first: Iterable[_News], then: Iterable[_News], wants: Any) -> list[_News]:
    """What a client is told, once for each object: what is new, what is different, what is gone."""
    found = {(label, ref): (label, ref, operation, number) for label, ref, operation, number in first}
    for label, ref, operation, number in then:
        before = found.get((label, ref))
        is_new = before is not None and before[2] == ADD and operation != DEL
        found[label, ref] = (label, ref, ADD if is_new else operation, number)
    told = [each for each in found.values() if wants(each[0], each[1])]
    return sorted(told, key=lambda each: (_ORDER.index(each[2]), each[3]))


def _answer(desk: Desk, state: State, found: list[_News], number: int) -> dict[str, Any]:
    made = []
    for label, ref, operation, when in found:
        event = {
            "id": str(when),
            "timestamp": "0.0",
            "class": label.lower(),
            "operation": operation,
            "ref": ref,
        }
        if operation != DEL:
            snapshot = _snapshot(desk, state, label, ref)
            if snapshot is None:
                continue  # It went in the meantime; the next answer tells so.
            event["snapshot"] = snapshot
        made.append(event)
    return {"events": made, "valid_ref_counts": _counts(desk, state), "token": events.token(state.serial, number)}


def _snapshot(desk: Desk, state: State, label: str, ref: str) -> Any:
    if label in desk.shelves and ref in desk.shelves[label]:
        return desk.shelves[label][ref]
    try:
        kind = desk.kinds[label]
        return kind.record(state, kind.find(state, ref))
    except (KeyError, Failure):
        return None


def _counts(desk: Desk, state: State) -> dict[str, Count]:
    """How many objects of each class in the database there are."""
    counts = {}
    for label, cls in desk.model.classes.items():
        if cls.in_database:
            in_state = desk.kinds[label].count(state) if label in desk.kinds else 0
            counts[label.lower()] = Count(in_state + len(desk.shelves.get(label, ())))
    return counts


async def _inject(desk: Desk, _message: Message, _caller: Caller, arguments: list[Any]) -> str:
    """Touch the object, so that a change of it follows; the token of the moment before."""
    label, ref = arguments

    def serial(state: State) -> int:
        if label not in desk.kinds or ref in desk.shelves.get(label, ()):
            raise Failure("HANDLE_INVALID", label, ref)
        desk.kinds[label].find(state, ref)
        return state.serial

    token = events.token(await desk.pool.read(serial), desk.log.number)
    desk.log.note(label, ref, MOD)
    return token


async def _current_id(desk: Desk, _message: Message, _caller: Caller, _arguments: list[Any]) -> int:
    return desk.log.number


STANDING: Mapping[str, Operation] = {
    "session.login_with_password": _log_in,
    "session.slave_local_login_with_password": _log_in_locally,
    "session.logout": _log_out,
    "session.local_logout": _log_out,
    "session.change_password": _change_password,
    "session.get_all_subject_identifiers": _identifiers,
    "task.create": _create_task,
    "task.destroy": _destroy_task,
    "task.cancel": _cancel_task,
    "event.from": _from,
    "event.inject": _inject,
    "event.get_current_id": _current_id,
}
