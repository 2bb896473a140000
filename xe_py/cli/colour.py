"""Colour for a person at a terminal: for states, heads and signs, and for nothing else.

Without the colours the text is the same, byte for byte.
"""

from __future__ import annotations

import re

from xe_py.cli.environment import Drawn, clean
from xe_py.schema.listing import Listing, Node, Page, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

STATES = {
    "power-state": {"running": "green", "paused": "yellow", "suspended": "yellow", "halted": "dim"},
    "currently-attached": {"true": "green", "false": "dim"},
    "enabled": {"true": "green", "false": "yellow"},
    "status": {"success": "green", "failure": "red", "pending": "yellow"},
}
"""The colours of the values of some fields."""
_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}
_HEAD, _REFUSED = "bold", "red"
# A line of a list, and one of the facts of a page: what stands before the value, the field, and the value.
_IN_LIST = re.compile(r"(?P<before> *(?P<field>[\w-]+) \([ A-Z]+\)(?: \[DEPRECATED\])? *: )(?P<value>.*)")
_IN_PAGE = re.compile(r"(?P<before>  (?P<field>[\w-]+) {2,})(?P<value>.*)")
_IN_TREE = re.compile(r"(?P<before>  )(?P<value>running|paused|suspended|halted)(?=,| on )")


def painted(text: str, colour: str) -> str:
    """The text in a colour."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if text else text


def result_in_colour(result: Any, text: str) -> Drawn:
    """The text of the result with its heads and states in colour."""
    first = result[0] if isinstance(result, list) and result else result
    lines = clean(text).split("\n")
    if isinstance(first, Listing):
        lines = [_IN_LIST.sub(_state, line) for line in lines]
    elif isinstance(first, Page):
        lines = [_IN_PAGE.sub(_state, line) if line.startswith(" ") else painted(line, _HEAD) for line in lines]
    elif isinstance(first, Node):
        lines = [_IN_TREE.sub(_power_state, line, count=1) for line in lines]
    elif isinstance(first, Table):
        lines[0] = painted(lines[0], _HEAD)
    return Drawn("\n".join(lines))


def refusal_in_colour(text: str) -> Drawn:
    """What is said of a refusal, with its first line in colour."""
    head, line_break, rest = clean(text).partition("\n")
    return Drawn(painted(head, _REFUSED) + line_break + rest)


def _state(found: re.Match[str]) -> str:
    colour = STATES.get(found["field"], {}).get(found["value"])
    return found[0] if colour is None else found["before"] + painted(found["value"], colour)


def _power_state(found: re.Match[str]) -> str:
    return found["before"] + painted(found["value"], STATES["power-state"][found["value"]])
