"""Where things stand in the text of a state file: its statements, with their keys, lines and offsets.

Only the outline is read here; what a statement says is left to tomllib, which has accepted the text before. So a
statement that is not of the plain form is delimited by asking tomllib which lines make a whole.
"""

from __future__ import annotations

import re
import tomllib

Path = tuple[str, ...]

_PLAIN_HEADER = re.compile(r"\[([A-Za-z0-9_-]+)(?:\.([A-Za-z0-9_-]+))?\]\s*$")
_PLAIN_PAIR = re.compile(
    r"""\s*([A-Za-z0-9_-]+)\s*=\s*("[^"\\]*"|'[^']*'|true|false|[-+]?[0-9][0-9_]*|\{\}|\[\])[ \t]*(?:\#.*)?$"""
)


class Statement:
    """A header or a `key = value`: its whole key path, its line (from 1) and its offsets in the text.

    `start` and `end` enclose whole lines, the last line break included; `value` encloses the value of a pair.
    """

    __slots__ = ("end", "is_header", "line", "path", "start", "value")

    def __init__(self, path: Path, line: int, start: int, end: int, value: tuple[int, int] | None) -> None:
        self.path = path
        self.line = line
        self.start = start
        self.end = end
        self.value = value or (start, end)
        self.is_header = value is None


def statements(text: str) -> list[Statement]:
    """The statements of a valid TOML text, in order."""
    found: list[Statement] = []
    table: Path = ()
    lines = text.splitlines(keepends=True) if "\r" not in text and text.isascii() else _lines(text)
    offset = number = 0
    while number < len(lines):
        line = lines[number]
        stripped = line.lstrip()
        taken = 1
        if stripped.startswith("["):
            table = _header(stripped)
            found.append(Statement(table, number + 1, offset, offset + len(line), None))
        elif stripped and not stripped.startswith("#"):
            plain = _PLAIN_PAIR.match(line)
            if plain:
                key: Path = (plain[1],)
                value = plain.span(2)
            else:
                taken = _whole(lines, number)
                line = "".join(lines[number : number + taken])
                key, value = _pair(line)
            span = (offset + value[0], offset + value[1])
            found.append(Statement(table + key, number + 1, offset, offset + len(line), span))
        offset += len(line)
        number += taken
    return found


def lines_of(text: str) -> dict[Path, int]:
    """The line where each table and key is first written."""
    lines: dict[Path, int] = {}
    for statement in statements(text):
        for depth in range(1, len(statement.path) + 1):
            lines.setdefault(statement.path[:depth], statement.line)
    return lines


def _lines(text: str) -> list[str]:
    """The lines as TOML breaks them: only at a line feed."""
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _header(stripped: str) -> Path:
    plain = _PLAIN_HEADER.match(stripped)
    if plain:
        return (plain[1], plain[2]) if plain[2] else (plain[1],)
    return _only_path(tomllib.loads(stripped))


def _whole(lines: list[str], number: int) -> int:
    """How many lines, from this one, the pair takes."""
    for taken in range(1, len(lines) - number):
        if _is_toml("".join(lines[number : number + taken])):
            return taken
    return len(lines) - number


def _pair(text: str) -> tuple[Path, tuple[int, int]]:
    """The key of a pair and the span of its value, a comment behind it left out."""
    comments = [place for place, letter in enumerate(text) if letter == "#" and "\n" not in text[place:-1]]
    end = next((place for place in comments if _is_toml(text[:place])), len(text))
    equals = next(
        place for place, letter in enumerate(text) if letter == "=" and _is_toml(text[:place].rstrip() + " = 0")
    )
    start = equals + 1 + len(text[equals + 1 :]) - len(text[equals + 1 :].lstrip())
    return _only_path(tomllib.loads(text[:equals] + " = 0")), (start, len(text[:end].rstrip()))


def _only_path(nested: dict[str, object]) -> Path:
    path = []
    inner: object = nested
    while isinstance(inner, (dict, list)) and inner:
        if isinstance(inner, list):
            inner = inner[0]
        else:
            ((key, inner),) = inner.items()
            path.append(key)
    return tuple(path)


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True
