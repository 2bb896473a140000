"""Running one command line: find the command, sort its words, run it on the store, show the result."""

from __future__ import annotations

import os

from xe_py import running
from xe_py.cli import streams, where
from xe_py.cli.binding import binding_of, warning_of
from xe_py.errors import DONE, XeError
from xe_py.schema.command import LINES, STORE
from xe_py.schema.listing import Doubtful
from xe_py.store import surely

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.cli.words import Line
    from xe_py.running import Call
    from xe_py.state.state import State
    from xe_py.store.promise import Opened

    Work = Callable[[State], str]


def run(line: Line) -> int:
    """Run the command line; the exit status. Raises XeError for what is refused."""
    call = binding_of(line.command, line.words).call(line.words)
    call.state_file = line.state
    streams.err(warning_of(call))
    line.dry_run |= os.environ.get("XE_DRY_RUN") == "1"
    if call.command.kind.gets == STORE:
        streams.out(_on_store(line, call))
        return DONE
    work = _work(line, call)
    way = _reading if call.command.kind.reads else _dry_run if line.dry_run else _writing
    streams.out(way(line, work))
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


def _on_store(line: Line, call: Call) -> str:
    from xe_py.schema.listing import Note
    from xe_py.state.state import State

    result = running.run_on_store(where.store(line.state, make=False), call, dry_run=line.dry_run)
    if isinstance(result, Note):
        streams.note(result.text + "\n")
        return ""
    if isinstance(result, Doubtful):
        from xe_py.cli.report import warning_of_unsound

        streams.err("".join(map(warning_of_unsound, result.unsound)))
        return result.text
    return result if isinstance(result, str) else _text(State({}), result, line)


def _reading(line: Line, work: Work) -> str:
    opened = where.store(line.state).read()
    return surely(opened, lambda: _warned(opened, work))


def _warned(opened: Opened, work: Work) -> str:
    """Do it, with a warning first where the state is unsound; such a one is read in full, and never proves stale."""
    if opened.findings:
        from xe_py.cli.report import warning_of_unsound

        streams.err(warning_of_unsound(opened.unsound()))
    return work(opened.state)


def _writing(line: Line, work: Work) -> str:
    from xe_py.schema.secrets import command_line

    store = where.store(line.state)
    with store.write(command_line([line.command, *line.words])) as opened:
        return surely(opened, lambda: _changing(opened, work))


def _changing(opened: Opened, work: Work) -> str:
    if opened.findings:
        raise opened.unsound()
    try:
        text = work(opened.state)
    except XeError as refusal:
        if refusal.rest_is_done:
            opened.commit()
        raise
    opened.commit()
    return text


def _dry_run(line: Line, work: Work) -> str:
    """What would change. No lock is taken, as nothing is written."""
    opened = where.store(line.state, make=False).read()
    return surely(opened, lambda: _trying(opened, work))


def _trying(opened: Opened, work: Work) -> str:
    from xe_py.state.differences import describe

    if opened.findings:
        raise opened.unsound()
    state = opened.state
    rules = state.rules
    try:
        work(state)
    except XeError as refusal:
        if refusal.rest_is_done:
            streams.out(describe(state.changes(), rules, state.rules))
        raise
    return describe(state.changes(), rules, state.rules)
