"""Commands that ask before they are run: what would happen is shown, and a line of standard input must say yes."""

from __future__ import annotations

from xe_py.errors import Misuse, XeError
from xe_py.running.binding import bind
from xe_py.running.choosing import chosen
from xe_py.schema.fields import Bool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.cli.environment import Environment
    from xe_py.running import Call
    from xe_py.schema.command import Question
    from xe_py.state.state import State

    Work = Callable[[State], str]

_YES = "yes"


class _NotAgreedError(Exception):
    """Nobody has agreed yet to what would happen, which the text says."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def run_asked(
    question: Question, call: Call, change: Callable[[Work], str], work: Work, environment: Environment
) -> None:
    """Let `change` do the work of the call once a person agrees to it, or at once with force.

    No lock is held while the person thinks. So what would happen is worked out again for the change, and if it is
    something else by then, it is shown and asked again.
    """
    agreed = ""

    def agreed_work(state: State) -> str:
        text = _told(question, state, call)
        if text != agreed and not _is_forced(call):
            raise _NotAgreedError(text)
        done = f"{_line(question.done)}{work(state)}"
        return done if agreed else text + done

    while True:
        try:
            environment.out(change(agreed_work))
        except _NotAgreedError as open_question:
            environment.out(f"{open_question.text}Type '{_YES}' to continue\n")
            typed = environment.input_bytes.readline().decode(errors="backslashreplace").removesuffix("\n")
            if typed.strip().lower() != _YES:
                environment.out(f"Aborted (you typed: '{typed}')\n")
                return
            agreed = open_question.text
        else:
            return


def unasked(question: Question, call: Call, state: State) -> str:
    """What xe prints before it runs the call in a script, where no person answers. Misuse without force."""
    text = _told(question, state, call)
    if not _is_forced(call):
        raise Misuse(f"xe batch cannot ask. Add force=true to {call.command.name}.")
    return f"{text}{_line(question.done)}"


def _line(text: str) -> str:
    return f"{text}\n" if text else ""


def _told(question: Question, state: State, call: Call) -> str:
    if question.hushes and _is_forced(call):
        return ""
    try:
        lines = question.about(state, **_given(state, call))
    except XeError as refusal:
        refusal.state, refusal.call = state, call
        raise
    return "".join(f"{line}\n" for line in lines)


def _given(state: State, call: Call) -> dict[str, Any]:
    """The arguments, and under the name of the selector the objects that it chooses."""
    command = call.command
    if command.selector is not None:
        return {**call.arguments, command.selector.name: chosen(state, command.selector, call)}
    given = bind(state, command, call.arguments)
    if command.grammar is not None:
        command.grammar(state, **given)
    return given


def _is_forced(call: Call) -> bool:
    return Bool("force").parse(call.arguments.get("force", "false"))
