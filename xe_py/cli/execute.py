"""Doing one command line: find the command, sort its words, run it on the state file, show the result."""

from __future__ import annotations

import os
import sys

from xe_py import operations, session
from xe_py.cli import binding, output, report, where, words
from xe_py.errors import DONE, Misuse, SeveralFailed, XeError
from xe_py.operations.select import only, selected
from xe_py.state.state import State
from xe_py.store import state_file
from xe_py.store.reader import UnsoundStateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.cli.words import Line, Pairs
    from xe_py.schema.command import Command


def execute(line: Line) -> int:
    """Do the command line; the exit status. Raises XeError for what is refused."""
    if line.command == "help":
        from xe_py.cli.help import help_text  # noqa: PLC0415 - only help needs all declarations

        sys.stdout.write(help_text(line.words, minimal=line.minimal))
        return DONE
    command = find(line.command)
    pairs = words.pairs(line.words, binding.valued(command))
    binding.require(command, pairs)
    if command.on_file:
        sys.stdout.write(_on_file(command, pairs, line))
    elif command.reads:
        sys.stdout.write(_reading(command, pairs, line))
    else:
        sys.stdout.write(_writing(command, pairs, line))
    return DONE


def find(name: str) -> Command:
    """The command of this name; Misuse that names the nearest ones if there is none."""
    command = operations.find(name)
    if command is None:
        near = binding.nearest(name, operations.names())
        maybe = f"Did you mean: {', '.join(near)}\n" if near else ""
        raise Misuse(f"Unknown command: {name}\n{maybe}For usage run: 'xe help'")
    return command


def _on_file(command: Command, pairs: Pairs, line: Line) -> str:
    bound = binding.bind(command, pairs)
    _warn_of_unknown(command, bound.unknown)
    path = where.state_path(line.state, make=False)
    return str(command.run(path, **session.bind(State({}), command, bound.arguments)))


def _reading(command: Command, pairs: Pairs, line: Line) -> str:
    document, state, findings = state_file.open_to_read(where.state_path(line.state))
    if findings:
        sys.stderr.write(f"Warning: {report.unsound(UnsoundStateError(document, findings))}")
    return output.text_of(state, _do(state, command, pairs), minimal=line.minimal)


def _writing(command: Command, pairs: Pairs, line: Line) -> str:
    with state_file.open_to_write(where.state_path(line.state), line.command) as (document, state, findings):
        if findings:
            raise UnsoundStateError(document, findings)
        try:
            text = output.text_of(state, _do(state, command, pairs), minimal=line.minimal)
        except SeveralFailed:
            state_file.commit(document, state)
            raise
        state_file.commit(document, state)
    return text


def _do(state: State, command: Command, pairs: Pairs) -> Any:
    """The result of the command; of each object, in a list, where it is done to several."""
    if command.takes_words:
        return session.run(state, command, words=pairs)
    bound = binding.bind(command, pairs)
    _warn_of_unknown(command, bound.unknown)
    if not command.selectors:
        return session.run(state, command, bound.arguments)
    chosen = only(command, selected(state, command, bound.filters), multiple=bound.multiple)
    results = []
    refusals: list[tuple[str, XeError]] = []
    for obj in chosen:
        try:
            result = session.run(state, command, {**bound.arguments, command.selectors: obj})
        except XeError as refusal:
            if len(chosen) == 1:
                raise
            refusals.append((obj["uuid"], refusal))
        else:
            results += result if isinstance(result, list) else [result]
    if refusals:
        raise SeveralFailed(refusals)
    return [result for result in results if result is not None] or None


def _warn_of_unknown(command: Command, names: list[str]) -> None:
    """One warning for the parameters that the command does not know; with XE_STRICT=1 they are refused."""
    if not names:
        return
    known = [parameter.name for parameter in command.parameters()]
    notes = []
    for name in names:
        near = binding.nearest(name, known)
        notes.append(f"{name} (did you mean {near[0]}?)" if near else name)
    what = f"{command.name} does not know the parameter{'s' if len(notes) > 1 else ''}: {', '.join(notes)}"
    if os.environ.get("XE_STRICT") == "1":
        raise Misuse(f"Error: {what}")
    sys.stderr.write(f"Warning: {what}; ignored.\n")
