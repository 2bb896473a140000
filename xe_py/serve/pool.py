"""The pool that is served: its state as it is now, and changes to it, which are committed in groups.

The store stays the truth. The server holds its lock only to commit, and notices what other programs commit. Whoever
asks for a change is answered when the change is durable.
"""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from xe_py import classes
from xe_py.errors import StaleError, StateFileError
from xe_py.running import let_guests_act, need_sound, soundly
from xe_py.state.changes import Change
from xe_py.state.differences import between
from xe_py.store import surely

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.state.state import State
    from xe_py.store.promise import Opened, Store

    Work = Callable[[State], Any]
    # What was made, or why not.
    _Answer = tuple[Any, Exception | None]
    Told = Callable[[int, list[Change]], None]

# The seconds between two looks at the store for what others have committed.
_BETWEEN_LOOKS = 0.05
# The seconds between two tries to read a file that holds no state: that may take long.
_BETWEEN_TRIES = 0.5
# So many changes are committed together at most.
_GROUP = 256


class Pool:
    """The state in the store, for the tasks of one event loop.

    `told` is called in the loop with the serial and the changes of each new version, whoever made it.
    """

    def __init__(self, store: Store, told: Told) -> None:
        self._store = store
        self._told = told
        self._loop = asyncio.get_running_loop()
        self._opened: Opened = store.read()
        self._next_try = 0.0
        self._turn = threading.Lock()
        self._reader = ThreadPoolExecutor(1, "read")
        self._writer = ThreadPoolExecutor(1, "write")
        self._queue: list[tuple[str, Work, asyncio.Future[Any]]] = []
        self._committing: asyncio.Task[None] | None = None

    @property
    def serial(self) -> int:
        """The serial of the version that was read last."""
        return self._opened.state.serial

    async def read(self, work: Work) -> Any:
        """What the work makes of the present state, which it only reads."""
        return await self._loop.run_in_executor(self._reader, self._read, work)

    async def change(self, what: str, work: Work) -> Any:
        """Do the work on the state; what it makes, once that is committed. `what` is noted in the history."""
        done: asyncio.Future[Any] = self._loop.create_future()
        self._queue.append((what, work, done))
        if self._committing is None or self._committing.done():
            self._committing = self._loop.create_task(self._commit_all())
        return await done

    async def changes_since(self, serial: int) -> list[Change] | None:
        """All changes since the version with this serial; None if the store cannot tell."""

        def asked() -> list[Change] | None:
            committed = self._store.watch(serial)
            return None if committed is None else committed.changes

        return await self._loop.run_in_executor(self._reader, asked)

    async def watch(self) -> None:
        """Look for what others commit, for ever."""
        while True:
            await asyncio.sleep(_BETWEEN_LOOKS)
            if not self._opened.is_current():
                await self.read(lambda _state: None)

    def close(self) -> None:
        """Wait for what is being committed, and begin nothing more."""
        self._reader.shutdown()
        self._writer.shutdown()

    # In the thread of the readers

    def _read(self, work: Work) -> Any:
        with self._turn:
            if not self._opened.is_current():
                self._catch_up()
            try:
                return surely(self._opened, lambda: _looked(self._opened.state, work))
            except StateFileError:  # What a writer has opened cannot be read anew when its index is damaged.
                self._opened = self._store.read()
                return surely(self._opened, lambda: _looked(self._opened.state, work))

    def _catch_up(self) -> None:
        """Go on with the version that others have committed. If that cannot be read, the last one stays for a while."""
        if time.monotonic() < self._next_try:
            return
        try:
            opened = self._store.read()
        except StateFileError:
            self._next_try = time.monotonic() + _BETWEEN_TRIES
            return
        self._tell(opened.state.serial, _differences(self._opened.state, opened.state))
        self._opened = opened

    def _tell(self, serial: int, changes: list[Change]) -> None:
        if changes:
            self._loop.call_soon_threadsafe(self._told, serial, changes)

    # In the thread of the writer

    async def _commit_all(self) -> None:
        while self._queue:
            group, self._queue = self._queue[:_GROUP], self._queue[_GROUP:]
            answers = await self._loop.run_in_executor(self._writer, self._commit, group)
            for (_, _, done), (answer, refusal) in zip(group, answers, strict=True):
                if done.done():
                    continue
                if refusal is None:
                    done.set_result(answer)
                else:
                    done.set_exception(refusal)

    def _commit(self, group: list[tuple[str, Work, Any]]) -> list[_Answer]:
        """Do all work of the group and commit it at once; what each makes, or why it was refused."""
        what = ", ".join(dict.fromkeys(name for name, _, _ in group))
        try:
            with self._store.write(f"serve: {what}") as opened:
                answers, changes = surely(opened, lambda: self._done(opened, group))
                with self._turn:
                    self._tell(opened.state.serial, changes)
                    self._opened = opened
        except Exception as error:  # noqa: BLE001 - each of the group must hear of it
            return [(None, error)] * len(group)
        return answers

    def _done(self, opened: Opened, group: list[tuple[str, Work, Any]]) -> tuple[list[_Answer], list[Change]]:
        with self._turn:
            if not self._opened.is_current():
                self._catch_up()
        state = need_sound(opened)
        answers = [_answer(state, work) for _, work, _ in group]
        return answers, opened.commit().changes


def _looked(state: State, work: Work) -> Any:
    """What the work makes of the state; what guests have done by then is not kept."""
    mark = state.mark()
    try:
        let_guests_act(state)
        return work(state)
    finally:
        state.rollback(mark)


def _answer(state: State, work: Work) -> _Answer:
    """What the work makes, or why it is refused: then the state is as it was."""
    try:
        let_guests_act(state)
        return soundly(state, lambda: work(state)), None
    except StaleError:
        raise
    except Exception as refusal:  # noqa: BLE001 - it is told to whoever asked for the work
        return None, refusal


def _differences(before: State, after: State) -> list[Change]:
    """What changed from one version to the other; if the earlier one can no longer be read, all that is there."""
    try:
        return between(before, after)
    except StaleError:
        return [Change(cls, obj["uuid"], {}, obj) for cls in classes.sections() for obj in after.all(cls.name)]
