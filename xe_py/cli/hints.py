"""Hints: of the ways out of a refusal the first that works in the state at hand, tried in memory and taken back."""

from __future__ import annotations

from itertools import islice

from xe_py import classes
from xe_py.cli.binding import binding_of
from xe_py.cli.remedies import candidates, other_rules
from xe_py.errors import Failure, SeveralFailed, XeError, on_file
from xe_py.running import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.running import Call
    from xe_py.state.state import State


def hints_for(state: State, failure: Failure, call: Call) -> list[str]:
    """The command lines to show: a way out, and one into a set of rules that allows what was refused.

    A line is shown if it is done as things stand, and if the refused call then goes through or gets further. The same
    command in another way is what takes its place.
    """
    lines = candidates(state, failure, call.command.name)
    found = [*islice((line for line in lines if _helps(state, line, call, failure)), 1)]
    if failure.profile is not None and _can_switch(state, other_rules(failure), call, failure):
        found.append(f"state-set rules={other_rules(failure)}")
    return [f"xe {line}" if call.state_file is None else on_file(call.state_file, line) for line in found]


def _helps(state: State, line: str, call: Call, refused: Failure) -> bool:
    name, *words = line.split(" ")
    mark = state.mark()
    try:
        run(state, binding_of(name).call(words))
        return name == call.command.name or _gets_further(state, call, refused)
    except XeError:
        return False
    finally:
        state.rollback(mark)


def _can_switch(state: State, rules: str, call: Call, refused: Failure) -> bool:
    """Whether the call goes through under the other rules, and the state as it is keeps those that only they have."""
    mark = state.mark()
    try:
        for cls in classes.sections():
            checks = [rule.check for rule in cls.rules if rule.profile == rules]
            if checks and any(any(check(state, obj)) for obj in state.all(cls.name) for check in checks):
                return False
        state.set_rules(rules)
        return _gets_further(state, call, refused)
    finally:
        state.rollback(mark)


def _gets_further(state: State, call: Call, refused: Failure) -> bool:
    client, call.client = call.client, None  # Files are not read or written to find out.
    try:
        run(state, call)
    except SeveralFailed as several:
        return all(_told_by(each) != _told_by(refused) for _, each in several.refusals)
    except XeError as failure:
        return _told_by(failure) != _told_by(refused)
    finally:
        call.client = client
    return True


def _told_by(error: XeError) -> tuple[object, ...]:
    """What tells one refusal from another."""
    return (*error.args, *(obj["uuid"] for obj in error.blockers)) if isinstance(error, Failure) else error.args
