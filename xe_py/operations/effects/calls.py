"""What the state keeps of the call of a command that is only recorded."""

from __future__ import annotations

from xe_py.schema.fields import show, with_key
from xe_py.schema.secrets import command_line
from xe_py.state.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xe_py.schema.command import Command
    from xe_py.state.state import State


def note_call(state: State, command: Command, obj: Record | None, given: dict[str, Any]) -> None:
    """Keep the call in the pool, in place of the last one of this command: its words, without the secrets."""
    words = [] if obj is None or command.about is None else [f"{command.about.name}={obj['uuid']}"]
    for keyword, parameter in command.by_argument().items():
        if keyword in given:
            words += _words(parameter.name, given[keyword])
    line = command_line([command.name, *words])
    pool = state.all("pool")[0]
    state.update(pool, {"recorded": with_key(pool["recorded"], command.name, line.partition(" ")[2])})


def _words(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict) and not isinstance(value, Record):
        yield from (f"{name}:{key}={text}" for key, text in value.items())
    elif isinstance(value, list):
        yield f"{name}={','.join(map(_text, value))}"
    else:
        yield f"{name}={_text(value)}"


def _text(value: Any) -> str:
    return str(value["uuid"]) if isinstance(value, Record) else show(value)
