"""The messages that came up while a command worked on VMs, as `message-priority=` asks for them."""

from __future__ import annotations

from xe_py.schema.numbers import integer_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from xe_py.running import Call
    from xe_py.state.state import State

    T = TypeVar("T")

WORD = "message-priority"
# What the real xe takes for a word that is no number. No command here leaves a message that matters more.
_OTHERWISE = 5


def listening(work: Callable[[State], T], call: Call, news: list[str]) -> Callable[[State], T]:
    """The work, after which the news are what the call, if it asks for that, tells of the messages that came up."""
    if call.command.selector is None or call.command.selector.name != "vm" or WORD not in dict(call.words):
        return work

    def telling(state: State) -> T:
        mark = state.mark()
        try:
            return work(state)
        finally:
            news[:] = _news_since(state, mark, call)

    return telling


def _news_since(state: State, mark: int, call: Call) -> list[str]:
    """A line for each new message about a VM whose priority is below the one in the call."""
    number = integer_of(dict(reversed(call.words))[WORD])
    below = _OTHERWISE if number is None else number
    messages = [change.after for change in state.changes(mark) if change.cls.name == "message"]
    return [
        f"Message: time={each['timestamp']} priority={each['priority']} name='{each['name']}'\n"
        for each in messages
        if each is not None and each["class"] == "VM" and each["priority"] < below
    ]
