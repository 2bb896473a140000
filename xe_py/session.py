"""A session: running commands on a state, each of them whole or not at all.

This is what the command line and Python programs share. A command gets its arguments, does its work, and is kept only
if the validation core finds the result sound.
"""

from __future__ import annotations

from xe_py.errors import Failure, Misuse, XeError
from xe_py.schema.fields import Ref, Refs
from xe_py.state.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from xe_py.schema.command import Command
    from xe_py.schema.fields import Field
    from xe_py.state.state import State


def run(
    state: State,
    command: Command,
    arguments: Mapping[str, Any] | None = None,
    *,
    words: list[tuple[str, str]] | None = None,
) -> Any:
    """Run the command on the state; one that is refused leaves the state as it was.

    `arguments` are named as the function names them: objects as records or uuids, other values as their own kind or as
    the words of the command line. A command that takes words gets `words` instead.
    """
    mark = state.mark()
    try:
        if command.takes_words:
            result = command.run(state, words)
        else:
            result = command.run(state, **bind(state, command, arguments or {}))
        if state.mark() > mark:
            from xe_py.state.core import verify  # noqa: PLC0415 - what only reads does not need the rules

            verify(state, state.changes(mark), everything=state.rules_changed(mark))
    except BaseException as error:
        state.rollback(mark)
        if isinstance(error, XeError):
            error.state = state
        raise
    return result


def bind(state: State, command: Command, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as values of the declared kinds, uuids replaced by their objects; raises Misuse and Failure."""
    parameters = command.by_argument()
    bound = {}
    for name, value in arguments.items():
        parameter = parameters.get(name)
        bound[name] = value if parameter is None else _value(state, parameter, value)
    for name, parameter in zip(parameters, command.required, strict=False):
        if name not in bound:
            raise Misuse(f"Required parameter not found: {parameter.name}")
        if bound[name] is None and isinstance(parameter, Ref):
            state.need(parameter.to, "")
    return bound


def _value(state: State, parameter: Field, value: Any) -> Any:
    if isinstance(value, str):
        value = parameter.parse_word(value)
    if isinstance(parameter, Ref):
        return value if value is None or isinstance(value, Record) else state.need(parameter.to, value)
    if isinstance(parameter, Refs):
        return [obj if isinstance(obj, Record) else state.need(parameter.to, obj) for obj in value]
    if not parameter.accepts(value):
        raise Failure("FIELD_TYPE_ERROR", parameter.name)
    return value
