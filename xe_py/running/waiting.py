"""Running a command that waits: on a store, which others change meanwhile, or on a state that nobody else changes."""

from __future__ import annotations

import time

from xe_py.errors import Misuse, StateFileError, XeError
from xe_py.schema.xenclass import GUESTS_ACT
from xe_py.store import surely
from xe_py.xapi.guest import NEVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from xe_py.errors import UnsoundStateError
    from xe_py.running import Call
    from xe_py.state.state import State
    from xe_py.store.promise import Opened, Store

_LATER = 0.3


def wait(store: Store, call: Call, doubt: Callable[[UnsoundStateError], None]) -> None:
    """Run the call on each version that the store has, until there is nothing to wait for.

    `doubt` is told of a state that is unsound, once.
    """
    doubted = False
    opened = store.read()
    while True:
        if opened.findings and not doubted:
            doubt(opened.unsound())
            doubted = True
        seconds = surely(opened, lambda: _answer(opened.state, call))  # noqa: B023 - it is called at once
        if seconds is None:
            return
        opened.wait_for_next(seconds)
        opened = _read_again(store)


def wait_alone(state: State, call: Call) -> None:
    """Run the call on a state that only time can change; Misuse if not even time will end the wait."""
    while (seconds := _answer(state, call)) is not None:
        if seconds == NEVER:
            raise Misuse("Error: The wait would never end, because nobody else can change the state meanwhile.")
        time.sleep(seconds)


def _read_again(store: Store) -> Opened:
    """The state, which somebody may just be writing with an editor: what cannot be read is read once more, later."""
    try:
        return store.read()
    except StateFileError:
        time.sleep(_LATER)
        return store.read()


def _answer(state: State, call: Call) -> float | None:
    if GUESTS_ACT in state.header:
        from xe_py.operations.effects.guests import act

        act(state)
    try:
        seconds: float | None = call.command.run(state, call.words)
    except XeError as refusal:
        refusal.state, refusal.call = state, call
        raise
    return seconds
