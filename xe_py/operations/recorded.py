"""Commands that only record something: each row says which fields are set, and which guard is asked first."""

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
    """The function of such a command; other parameters of the command have no effect."""

    def run(state: State, obj: Record, **_without_effect: Any) -> None:
        refuse(guard(state, obj))
        state.update(obj, sets)

    return run


_ROWS = (
    Command(
        "host-disable",
        _recording({"enabled": False}, answers),
        selector=HOST,
        optional=(Bool("auto-enable", default=True, doc="Whether the host enables itself at its next boot."),),
        doc="Disable a host, so that no more VMs start on it.",
    ),
)
COMMANDS.update({command.name: command for command in _ROWS})
