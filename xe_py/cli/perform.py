"""Performing one call on a state."""

from __future__ import annotations

import os

from xe_py import running
from xe_py.errors import Misuse, SeveralFailed, XeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.cli.binding import Call
    from xe_py.state.state import State


def perform(state: State, call: Call) -> Any:
    """The result of the command; of each object, in a list, where it is done to several.

    What is raised knows the call.
    """
    try:
        return _result(state, call)
    except SeveralFailed as several:
        for uuid, each in several.refusals:
            each.call = call.on(uuid)
        raise
    except XeError as refusal:
        refusal.call = call
        raise


def _result(state: State, call: Call) -> Any:
    if call.command.takes_words:
        return running.run(state, call.command, words=call.pairs)
    if call.command.selectors:
        return _perform_on_chosen(state, call)
    return running.run(state, call.command, call.arguments)


def warning_of(call: Call, place: str = "") -> str:
    """One warning for the parameters that the command does not know; with XE_STRICT=1 they are refused.

    `place` says where the call is written.
    """
    if not call.unknown:
        return ""
    known = [parameter.name for parameter in call.command.taken()]
    notes = [_about(name, known) for name in call.unknown]
    what = f"{call.command.name} does not know the parameter{'s' if len(notes) > 1 else ''}: {', '.join(notes)}"
    if os.environ.get("XE_STRICT") == "1":
        raise Misuse(f"Error: {what}")
    from xe_py.cli.remarks import are_wanted

    return f"Warning: {place}{what}; ignored.\n" if are_wanted() else ""


def _about(name: str, known: list[str]) -> str:
    from xe_py.schema.secrets import without_secret
    from xe_py.schema.similar import meant_by_name

    if name in known:
        return f"{name} without a key (it is a map: {name}:<key>=<value>)"
    return " ".join([without_secret(name), *(f"({note})" for note in meant_by_name(name, known))])


def _perform_on_chosen(state: State, call: Call) -> Any:
    results = running.run_on_chosen(
        state, call.command, call.arguments, call.filters, multiple=call.multiple or "false"
    )
    return running.parts_of(results) or None
