"""Doing what can be done: what is refused is left out, and nothing else is refused because of it."""

from __future__ import annotations

from functools import partial

from xe_py.classes.pbd import can_plug
from xe_py.errors import Failure, refuse
from xe_py.operations.effects.storage import attach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from xe_py.state.record import Record
    from xe_py.state.state import State


def if_possible(state: State, work: Callable[[], object]) -> None:
    """Do the work, or nothing of it if it is refused."""
    mark = state.mark()
    try:
        work()
    except Failure:
        state.rollback(mark)


def plug_if_possible(state: State, pbd: Record) -> None:
    """Plug the PBD, unless it is plugged or the host refuses it."""
    if not pbd["currently-attached"]:
        if_possible(state, partial(_plug, state, pbd))


def _plug(state: State, pbd: Record) -> None:
    refuse(can_plug(state, pbd))
    attach(state, pbd)
