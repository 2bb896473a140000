"""Running one command line: find the command, sort its words, run it on the store, show the result."""

from __future__ import annotations

from xe_py import running
from xe_py.cli import where
from xe_py.cli.binding import binding_of, unknown_in
from xe_py.cli.words import FORMAT_VARIABLE, JSON, YAML
from xe_py.errors import DONE, XeError
from xe_py.schema.command import LINES, STORE
from xe_py.schema.listing import Compared, Note, Plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.cli.environment import Environment
    from xe_py.cli.words import Line
    from xe_py.errors import UnsoundStateError
    from xe_py.running import Call
    from xe_py.state.state import State

    Work = Callable[[State], str]


def run(line: Line, environment: Environment) -> int:
    """Run the command line; the exit status. Raises XeError for what is refused."""
    if not (line.form or line.minimal) and (form := environment.variables.get(FORMAT_VARIABLE)):
        from xe_py.cli.formats import by_default

        line.form = by_default(form)
    environment.wants_objects = line.form == JSON
    call = binding_of(line.command, line.words).call(line.words)
    call.state_file, call.client = line.state, environment
    if unknown := unknown_in(call, environment):
        environment.tell(f"Warning: {unknown}\n")
    line.dry_run |= line.asks or environment.says("XE_DRY_RUN")
    environment.rehearses = line.dry_run
    if line.explain:
        return _explain(line, call, environment)
    news: list[str] = []
    if line.asks:
        from xe_py.cli.can import answer

        return answer(line, call, _work(line, call, environment, news), environment)
    try:
        status = _run(line, call, environment, news)
    except XeError as refusal:
        if refusal.rest_is_done:
            environment.err("".join(news))
        raise
    environment.err("".join(news))
    return status


def _explain(line: Line, call: Call, environment: Environment) -> int:
    from xe_py.cli.explaining import explained
    from xe_py.state.state import State

    environment.out(_text(State({}), explained(line, call, environment), line, environment))
    return DONE


def _run(line: Line, call: Call, environment: Environment, news: list[str]) -> int:
    """Run the call in the way of its kind; the exit status.

    `news` gets the lines that standard error is to show afterwards.
    """
    kind = call.command.kind
    if kind.gets == STORE:
        return _run_on_store(line, call, environment)
    if kind.waits:
        _wait(line, call, environment)
    elif kind.reads:
        _read(line, _work(line, call, environment, news), environment)
    elif line.dry_run:
        _try(line, _work(line, call, environment, news), environment)
    elif call.command.asks is not None:
        from xe_py.cli.asking import run_asked

        work = _work(line, call, environment, news)
        run_asked(call.command.asks, call, lambda work: _changed(line, work, environment), work, environment)
    else:
        environment.out(_changed(line, _work(line, call, environment, news), environment))
    return DONE


def _work(line: Line, call: Call, environment: Environment, news: list[str]) -> Work:
    """What the call does to a state, handing back what it prints."""
    if call.command.kind.gets == LINES:
        from xe_py.cli.batch import batch_of

        batch = batch_of(call, environment)
        batch.news = news
        return batch.run

    def work(state: State) -> str:
        try:
            return _text(state, running.run(state, call), line, environment)
        except XeError as refusal:
            from xe_py.cli.telling import told_of

            refusal.call = refusal.call or call
            refusal.told = told_of(refusal, environment)
            raise

    if not any(word.startswith("message-priority") for word in line.words):
        return work
    from xe_py.cli.news import listening

    return listening(work, call, news)


def _text(state: State, result: Any, line: Line, environment: Environment) -> str:
    """What the line prints for the result."""
    if result is None and not line.minimal:
        return ""
    from xe_py.cli.formats import printed

    text = printed(state, result, line, environment.output)
    if line.form or line.minimal or not environment.has_colours(environment.output):
        return text
    from xe_py.cli.colour import result_in_colour

    return result_in_colour(result, text)


def _run_on_store(line: Line, call: Call, environment: Environment) -> int:
    from xe_py.schema.service import Service
    from xe_py.state.state import State

    store = where.store(line.state, environment, make=False)
    result = running.run_on_store(store, call, dry_run=line.dry_run)
    if isinstance(result, Note):
        environment.note(result.text + "\n")
        return DONE
    status = DONE
    if isinstance(result, Compared):
        for each in result.unsound:
            _doubt(each, environment)
        result, status = result.result, result.status
    if isinstance(result, Plan):
        environment.out(_planned(result, line, environment))
    elif isinstance(result, Service) and line.dry_run:
        environment.out("".join(f"would listen at {door}\n" for door in result.doors))
    elif isinstance(result, Service):
        from xe_py.serve.starting import serve

        serve(store, result, environment.variables, environment.out, environment.err)
    else:
        environment.out(result if isinstance(result, str) else _text(State({}), result, line, environment))
    return status


def _planned(plan: Plan, line: Line, environment: Environment) -> str:
    """What the line prints of a plan: its text, or its data in a format that has objects."""
    if line.form not in {JSON, YAML}:
        return str(plan.in_full() if line.in_full else plan)
    from xe_py.state.state import State

    return _text(State({}), plan, line, environment)


def _read(line: Line, work: Work, environment: Environment) -> None:
    store = where.store(line.state, environment)
    environment.out(running.look(store, work, lambda error: _doubt(error, environment)))


def _wait(line: Line, call: Call, environment: Environment) -> None:
    from xe_py.running.waiting import wait
    from xe_py.state.state import State

    wait(where.store(line.state, environment), call, lambda error: _doubt(error, environment))
    environment.out(_text(State({}), None, line, environment))


def _changed(line: Line, work: Work, environment: Environment) -> str:
    """Do the work on the store of the line; what it prints."""
    from xe_py.schema.secrets import command_line

    store = where.store(line.state, environment)
    return running.change(store, command_line([line.command, *line.words]), work)


def _try(line: Line, work: Work, environment: Environment) -> None:
    plan, refusal = running.attempt(where.store(line.state, environment, make=False), work)
    environment.out(_planned(plan, line, environment))
    if refusal is not None:
        raise refusal


def _doubt(error: UnsoundStateError, environment: Environment) -> None:
    from xe_py.cli.report import warning_of_unsound

    environment.tell(warning_of_unsound(error))
