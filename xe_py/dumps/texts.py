"""How XAPI's database writes sets and maps: `('a'%.'b')`, and `(('k'%.'v'))`, with its own escapes for blanks.

The escapes stand around the quotes, and the quotes around the values. XML comes around all of that.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BLANKS = {"%.": " ", "%t": "\t", "%n": "\n", "%r": "\r", "%%": "%", "%_": "  "}
_ESCAPE = re.compile("%[.tnr%_]")
_PROTECTED = str.maketrans({" ": "%.", "\t": "%t", "\n": "%n", "\r": "%r", "%": "%%"})
_QUOTED = str.maketrans({"'": "\\'", "\\": "\\\\"})
_TOKEN = re.compile(r"'((?:[^'\\]|\\.)*)'|([()])|\s+|.", re.DOTALL)
_BEHIND_BACKSLASH = re.compile(r"\\(.)", re.DOTALL)
# A set of texts, or a map as a list of pairs.
_DEEPEST = 2


def unprotected(text: str) -> str:
    """The text with its blanks and percent signs."""
    return _ESCAPE.sub(lambda found: _BLANKS[found[0]], text) if "%" in text else text


def protected(text: str) -> str:
    """The text as an attribute has it, before XML."""
    return text.translate(_PROTECTED)


def set_of(text: str) -> list[str] | None:
    """The members of the set in the text; None if it is none."""
    found = _parsed(text)
    return None if found is None or any(type(each) is not str for each in found) else [str(each) for each in found]


def map_of(text: str) -> dict[str, str] | None:
    """The map in the text; None if it is none."""
    found = _parsed(text)
    if found is None:
        return None
    made = {}
    for pair in found:
        if type(pair) is not list or len(pair) != 2:  # noqa: PLR2004 - a key and a value
            return None
        made[pair[0]] = pair[1]
    return made


def text_of_set(members: Iterable[str]) -> str:
    """The set as a text."""
    return f"({' '.join(map(_quoted, members))})"


def text_of_map(pairs: Mapping[str, str]) -> str:
    """The map as a text."""
    return f"({' '.join(f'({_quoted(key)} {_quoted(value)})' for key, value in pairs.items())})"


def _quoted(text: str) -> str:
    return f"'{text.translate(_QUOTED)}'"


def _parsed(text: str) -> list[str | list[str]] | None:
    """The list in the text, of texts and of lists of texts; None for any other text."""
    whole: list[str | list[str]] = []
    inner: list[str] | None = None
    depth, ended = 0, False
    for token in _TOKEN.finditer(text):
        quoted, bracket = token.groups()
        if ended and not token[0].isspace():
            return None
        if quoted is not None:
            value = _BEHIND_BACKSLASH.sub(r"\1", quoted) if "\\" in quoted else quoted
            if not depth:
                return None
            (whole if inner is None else inner).append(value)
        elif bracket == "(":
            depth += 1
            if depth > _DEEPEST:
                return None
            inner = None if depth == 1 else []
        elif bracket == ")":
            depth -= 1
            if inner is not None:
                whole.append(inner)
                inner = None
            ended = depth <= 0
        elif not token[0].isspace():
            return None
    return whole if ended and not depth else None
