"""Performing one call on a state."""

from __future__ import annotations

import os

from xe_py import session
from xe_py.cli.binding import nearest
from xe_py.errors import Misuse, SeveralFailed, XeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.cli.binding import Call
    from xe_py.state.state import State


def perform(state: State, call: Call) -> Any:
    """The result of the command; of each object, in a list, where it is done to several."""
    if call.command.takes_words:
        return session.run(state, call.command, words=call.pairs)
    if call.command.selectors:
        return _perform_on_chosen(state, call)
    return session.run(state, call.command, call.arguments)


def warning_of(call: Call) -> str:
    """One warning for the parameters that the command does not know; with XE_STRICT=1 they are refused."""
    if not call.unknown:
        return ""
    known = [parameter.name for parameter in call.command.parameters()]
    notes = []
    for name in call.unknown:
        near = nearest(name, known)
        notes.append(f"{name} (did you mean {near[0]}?)" if near else name)
    what = f"{call.command.name} does not know the parameter{'s' if len(notes) > 1 else ''}: {', '.join(notes)}"
    if os.environ.get("XE_STRICT") == "1":
        raise Misuse(f"Error: {what}")
    return f"Warning: {what}; ignored.\n"


def _perform_on_chosen(state: State, call: Call) -> Any:
    from xe_py.operations.select import only, selected  # noqa: PLC0415 - other commands name their objects

    command = call.command
    chosen = only(command, selected(state, command, call.filters), multiple=call.multiple)
    results = []
    refusals: list[tuple[str, XeError]] = []
    for obj in chosen:
        try:
            result = session.run(state, command, {**call.arguments, command.selectors: obj})
        except XeError as refusal:
            if len(chosen) == 1:
                raise
            refusals.append((obj["uuid"], refusal))
        else:
            results += result if isinstance(result, list) else [result]
    if refusals:
        raise SeveralFailed(refusals)
    return [result for result in results if result is not None] or None
