"""Running one command line: find the command, sort its words, run it on the state file, show the result."""

from __future__ import annotations

import os

from xe_py import running
from xe_py.cli import streams, where
from xe_py.cli.binding import binding_of, warning_of
from xe_py.errors import DONE, DamagedIndexError, XeError
from xe_py.schema.command import LINES, PATH
from xe_py.schema.listing import Doubtful
from xe_py.store import state_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.cli.words import Line
    from xe_py.errors import UnsoundStateError
    from xe_py.running import Call
    from xe_py.state.core import Finding
    from xe_py.state.state import State
    from xe_py.store.files.document import Document

    Work = Callable[[State], str]


def run(line: Line) -> int:
    """Run the command line; the exit status. Raises XeError for what is refused."""
    call = binding_of(line.command, line.words).call(line.words)
    call.state_file = line.state
    streams.err(warning_of(call))
    line.dry_run |= os.environ.get("XE_DRY_RUN") == "1"
    if call.command.kind.gets == PATH:
        streams.out(_on_file(line, call))
        return DONE
    work = _work(line, call)
    way = _reading if call.command.kind.reads else _dry_run if line.dry_run else _writing
    try:
        text = way(line, work)
    except DamagedIndexError:
        text = way(line, work, by_index=False)  # Nothing was written or printed until then.
    streams.out(text)
    return DONE


def _work(line: Line, call: Call) -> Work:
    """What the call does to a state, handing back what it prints."""
    if call.command.kind.gets == LINES:
        from xe_py.cli.batch import batch_of

        return batch_of(call).run

    def work(state: State) -> str:
        return _text(state, running.run(state, call), line)

    return work


def _text(state: State, result: Any, line: Line) -> str:
    """What the line prints for the result."""
    if result is None and not line.minimal:
        return ""
    from xe_py.cli.output import text_of

    return text_of(state, result, minimal=line.minimal)


def _on_file(line: Line, call: Call) -> str:
    from xe_py.schema.listing import Note
    from xe_py.state.state import State

    result = running.run_on_file(where.state_path(line.state, make=False), call, dry_run=line.dry_run)
    if isinstance(result, Note):
        streams.note(result.text + "\n")
        return ""
    if isinstance(result, Doubtful):
        from xe_py.cli.report import warning_of_unsound

        streams.err("".join(map(warning_of_unsound, result.unsound)))
        return result.text
    return result if isinstance(result, str) else _text(State({}), result, line)


def _reading(line: Line, work: Work, *, by_index: bool = True) -> str:
    document, state, findings = state_file.open_to_read(where.state_path(line.state), by_index=by_index)
    if findings:
        from xe_py.cli.report import warning_of_unsound

        streams.err(warning_of_unsound(_unsound(document, findings)))
    return work(state)


def _writing(line: Line, work: Work, *, by_index: bool = True) -> str:
    from xe_py.schema.secrets import command_line

    typed = command_line([line.command, *line.words])
    path = where.state_path(line.state)
    with state_file.open_to_write(path, typed, by_index=by_index) as (document, state, findings):
        if findings:
            raise _unsound(document, findings)
        try:
            text = work(state)
        except XeError as refusal:
            if refusal.rest_is_done:
                state_file.commit(document, state)
            raise
        state_file.commit(document, state)
    return text


def _dry_run(line: Line, work: Work, *, by_index: bool = True) -> str:
    """What would change. No lock is taken, as nothing is written."""
    from xe_py.state.differences import describe

    path = where.state_path(line.state, make=False)
    document, state, findings = state_file.open_to_read(path, by_index=by_index)
    if findings:
        raise _unsound(document, findings)
    rules = state.rules
    try:
        work(state)
    except XeError as refusal:
        if refusal.rest_is_done:
            streams.out(describe(state.changes(), rules, state.rules))
        raise
    return describe(state.changes(), rules, state.rules)


def _unsound(document: Document, findings: list[Finding]) -> UnsoundStateError:
    from xe_py.store.toml.reader import unsound

    return unsound(document, findings)
