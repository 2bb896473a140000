"""The desk at which calls arrive: which message is meant, whether it may be asked, and who does it.

The order of the checks is XAPI's: the name, the number of parameters, their types, the session, the operation.
"""

from __future__ import annotations

import asyncio

from xe_py.errors import Failure, Misuse, SeveralFailed, StateFileError, UnsoundStateError
from xe_py.serve import tasks, wire
from xe_py.serve.directory import SHELVES, Directory
from xe_py.serve.events import Log
from xe_py.serve.generic import told_as
from xe_py.serve.model import ASYNC, NULL
from xe_py.serve.pool import Pool
from xe_py.serve.sessions import WRONG_PASSWORD, Sessions
from xe_py.serve.shelves import Shelf
from xe_py.xapi import hosts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from xe_py.serve.model import Message
    from xe_py.state.changes import Change
    from xe_py.store.promise import Store

_SYSTEM = "system."
_LIST_METHODS, _IS_ALIVE = "system.listMethods", "system.isAlive:"


class Caller:
    """Who calls: the originator that the request names, whether it comes by a socket of root, and its session."""

    __slots__ = ("is_root", "originator", "session")

    def __init__(self, *, originator: str = "", is_root: bool = False) -> None:
        self.originator = originator
        self.is_root = is_root
        self.session = NULL


class Desk(Directory):
    """Answers calls on the pool in a store. It belongs to one event loop."""

    def __init__(self, store: Store, user: str, password: str, *, delay: float = WRONG_PASSWORD) -> None:
        super().__init__()
        self.log = Log(self.kinds)
        self.pool = Pool(store, self._told)
        self.shelves = {label: Shelf(label, self._told_of_shelf) for label in SHELVES}
        self.sessions = Sessions(self.shelves["session"], user, password, delay=delay)
        self._readers: dict[str, list[wire.Reader]] = {}
        self._working: set[asyncio.Task[None]] = set()

    async def call(self, name: str, given: Sequence[Any], caller: Caller) -> Any:
        """What the message of this name gives; Failure if it is refused."""
        if name.startswith(_SYSTEM):
            return self._system(name, given)
        message = self.model.message(name.removeprefix(ASYNC))
        if message is None:
            if given:
                self.sessions.use(str(given[0]))
            raise Failure("MESSAGE_METHOD_UNKNOWN", name)
        arguments = self._arguments(message, given)
        if message.needs_session:
            caller.session = arguments.pop(0)
            self.sessions.use(caller.session)
        if message.is_removed:
            raise Failure("MESSAGE_REMOVED")
        if message.is_internal:
            raise wire.internal(f'Internal API "{message.full_name}" call attempted with non-pool (external) session')
        if not name.startswith(ASYNC):
            return await self._do(message, arguments, caller)
        if not message.is_async:
            raise Failure("Fault", f"No async mode for this operation (rpc: {name})")
        return await self._begin(name, message, arguments, caller)

    async def host(self) -> str:
        """The reference of the host that clients talk to."""
        ref: str = await self.pool.read(lambda state: self.kinds["host"].ref(hosts.this_host(state)))
        return ref

    def description(self, error: BaseException) -> list[str]:
        """What a refusal tells a client: the code and its parameters."""
        if isinstance(error, SeveralFailed):
            return self.description(error.refusals[0][1])
        if isinstance(error, Failure):
            return [error.code, *(told_as(self.kinds, value) for value in error.values)]
        if isinstance(error, UnsoundStateError):
            return ["STATE_UNSOUND", error.text]
        if isinstance(error, StateFileError):
            return ["STATE_FILE_UNUSABLE", error.text]
        text = error.text if isinstance(error, Misuse) else f"{type(error).__name__}: {error}"
        return ["INTERNAL_ERROR", text]

    async def end(self) -> None:
        """Stop what is being done for tasks, and wait for what is being committed."""
        for task in self._working:
            task.cancel()
        await asyncio.to_thread(self.pool.close)

    # Whether a call may be done

    def _system(self, name: str, given: Sequence[Any]) -> Any:
        if name == _LIST_METHODS:
            return list(self.model.messages)
        if name.startswith(_IS_ALIVE):
            return given[0] if given else ""
        raise Failure("MESSAGE_METHOD_UNKNOWN", name)

    def _arguments(self, message: Message, given: Sequence[Any]) -> list[Any]:
        """The arguments by their types, the session first; what is left out has its default."""
        with_session = int(message.needs_session)
        required = sum(not each.is_optional for each in message.parameters)
        has_optional = required < len(message.parameters)
        received = len(given) - with_session
        if received < required or (received > required and not has_optional):
            raise Failure("MESSAGE_PARAMETER_COUNT_MISMATCH", message.full_name, str(required), str(received))
        readers = self._readers.get(message.full_name)
        if readers is None:
            types = ["string"] * with_session + [each.type for each in message.parameters]
            readers = self._readers[message.full_name] = [wire.reader(self.model, type) for type in types]
        arguments = [read(value) for read, value in zip(readers, given, strict=False)]
        return [*arguments, *(each.default for each in message.parameters[len(arguments) - with_session :])]

    # Doing it

    async def _do(self, message: Message, arguments: list[Any], caller: Caller) -> Any:
        return await self.operation(message)(self, message, caller, arguments)

    async def _begin(self, name: str, message: Message, arguments: list[Any], caller: Caller) -> str:
        """Begin to do it; the task."""
        self.operation(message)
        shelf = self.shelves["task"]
        ref = tasks.begin(shelf, name, "", await self.host())

        async def work() -> None:
            try:
                tasks.succeed(shelf, ref, await self._do(message, arguments, caller))
            except Exception as error:  # noqa: BLE001 - the task tells of it
                tasks.fail(shelf, ref, self.description(error))

        task = asyncio.create_task(work())
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return ref

    # Hearing of changes

    def _told(self, _serial: int, changes: list[Change]) -> None:
        self.log.note_changes(changes)

    def _told_of_shelf(self, label: str, ref: str, operation: str) -> None:
        if self.model.classes[label].has_events:
            self.log.note(label, ref, operation)
