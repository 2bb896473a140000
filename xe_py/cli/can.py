"""`xe can <command>`: whether the command would be done now, in one line; nothing is changed."""

from __future__ import annotations

from xe_py import running
from xe_py.cli import where
from xe_py.cli.formats.refusals import object_of
from xe_py.cli.formats.texts import json
from xe_py.cli.report import sentence
from xe_py.cli.words import JSON
from xe_py.errors import DONE, Failure, Misuse, ScriptRefused, SeveralFailed, StateFileError, XeError
from xe_py.schema.command import STORE
from xe_py.schema.listing import Compared, Plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.cli.environment import Environment
    from xe_py.cli.words import Line
    from xe_py.running import Call
    from xe_py.state.state import State


def answer(line: Line, call: Call, work: Callable[[State], Any], environment: Environment) -> int:
    """Print `yes` with what would change, or `no` with the reason; the exit status.

    `work` is the call on a state. A line that makes no sense, and a state that cannot be used, are no answers: they are
    raised as without `can`.
    """
    try:
        plan = _outcome(line, call, work, environment)
    except (Misuse, StateFileError):
        raise
    except XeError as refusal:
        environment.out(json({"can": False} | object_of(refusal)) if line.form == JSON else f"no: {_reason(refusal)}\n")
        return refusal.exit_status
    summary = "" if plan is None else plan.summary or "nothing changes"
    data = {"can": True} if plan is None else {"can": True} | plan.data
    environment.out(json(data) if line.form == JSON else f"yes: {summary}\n" if summary else "yes\n")
    return DONE


def _outcome(line: Line, call: Call, work: Callable[[State], Any], environment: Environment) -> Plan | None:
    """What the call would change; None if it only reads, or does not say. Raises what would be refused."""
    kind = call.command.kind
    store = where.store(line.state, environment, make=False)
    if kind.gets == STORE:
        result = running.run_on_store(store, call, dry_run=True)
        result = result.result if isinstance(result, Compared) else result
        return result if isinstance(result, Plan) else None
    if kind.waits:
        raise Misuse(f"Error: {call.command.name} changes nothing and is never refused. Run it without can.")
    if kind.reads:
        running.look(store, work, lambda _: None)
        return None
    plan, refusal = running.attempt(store, work)
    if refusal is not None:
        raise refusal
    return plan


def _reason(refusal: XeError) -> str:
    """Why not, in a line."""
    if isinstance(refusal, Failure):
        return f"{sentence(refusal)} [{refusal.code}]"
    if isinstance(refusal, SeveralFailed):
        uuid, first = refusal.refusals[0]
        count = len(refusal.refusals)
        return f"{count} of the objects would be refused, the first of them {uuid}: {_reason(first)}"
    if isinstance(refusal, ScriptRefused):
        number, first = refusal.refusals[0]
        return f"line {number}: {_reason(first)}"
    return str(refusal).removeprefix("Error: ").replace("\n", " ")
