"""The commands that only record something: each is a row that says what is set, and which guard is asked before."""

from __future__ import annotations

from xe_py.errors import refuse
from xe_py.schema.command import COMMANDS, HOST, Command
from xe_py.schema.fields import Bool
from xe_py.xapi.hosts import answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.schema.fields import Guard
    from xe_py.state.record import Record
    from xe_py.state.state import State


def _recording(sets: dict[str, Any], guard: Guard) -> Callable[..., None]:
    """What such a command does; parameters that it takes besides change nothing here."""

    def run(state: State, obj: Record, **_without_effect: Any) -> None:
        refuse(guard(state, obj))
        state.update(obj, sets)

    return run


_ROWS = (
    Command(
        "host-disable",
        _recording({"enabled": False}, answers),
        selector=HOST,
        optional=(Bool("auto-enable", default=True, doc="Whether its next boot would enable it."),),
        doc="Let no further VM start on a host.",
    ),
)
COMMANDS.update({command.name: command for command in _ROWS})
