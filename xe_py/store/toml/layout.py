"""Where things are in the text of a state file: its statements, with their keys, lines and offsets.

This reads only the outline, in one pass; tomllib has accepted the text before.
"""

from __future__ import annotations

import re
import tomllib

from xe_py.store.toml.plain import Path, Statement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PLAIN_HEADER = re.compile(r"\[([A-Za-z0-9_-]+)(?:\.([A-Za-z0-9_-]+))?\]\s*$")
_PLAIN_PAIR = re.compile(
    r"""\s*([A-Za-z0-9_-]+)\s*=\s*("[^"\\]*"|'[^']*'|true|false|[-+]?[0-9][0-9_]*|\{\}|\[\])[ \t]*(?:\#.*)?$"""
)
# A string of several lines may itself end in one or two quotes, before the three that close it.
_STRING = r"""
    \"{3} (?: [^"\\]++ | \\. | "(?!"") )*+ \"{3,5}
  | '{3} (?: [^']++ | '(?!'') )*+ '{3,5}
  | " (?: [^"\\]++ | \\. )*+ "
  | ' [^']*+ '
"""
_KEY_PART = re.compile(rf"[ \t]* ( [A-Za-z0-9_-]++ | {_STRING} ) [ \t]* (\.?)", re.VERBOSE | re.DOTALL)
_TOKEN = re.compile(
    rf"""
    (?P<blank> [ \t\r]++ )
  | (?P<open> [\[{{] )
  | (?P<close> [\]}}] )
  | (?P<line> \n | \Z )
  | (?P<comment> \#[^\n]*+ )
  | {_STRING}
  | [^\s\[\]{{}}\#"']++
    """,
    re.VERBOSE | re.DOTALL,
)


def statements(text: str) -> Iterator[Statement]:
    """The statements of a valid TOML text, in order."""
    table: Path = ()
    lines = text.splitlines(keepends=True) if "\r" not in text and text.isascii() else _lines(text)
    offset = behind = 0
    for number, line in enumerate(lines, 1):
        stripped = line.lstrip()
        if offset < behind:
            pass  # The value above goes on here.
        elif stripped.startswith("["):
            table = _header(stripped)
            yield Statement(table, number, offset, offset + len(line), None)
        elif stripped and not stripped.startswith("#"):
            plain = _PLAIN_PAIR.match(line)
            if plain:
                key: Path = (plain[1],)
                value = offset + plain.start(2), offset + plain.end(2)
                behind = offset + len(line)
            else:
                key, equals = _key(text, offset)
                value, behind = _value(text, equals + 1)
            yield Statement(table + key, number, offset, behind, value)
        offset += len(line)


def lines_of(text: str, paths: Iterable[Path]) -> dict[Path, int]:
    """The line where each of the tables and keys, and their parents, first appears."""
    wanted = {path[:depth] for path in paths for depth in range(1, len(path) + 1)}
    lines: dict[Path, int] = {}
    for statement in statements(text):
        for depth in range(1, len(statement.path) + 1):
            if statement.path[:depth] in wanted:
                lines.setdefault(statement.path[:depth], statement.line)
    return lines


def _lines(text: str) -> list[str]:
    """The lines as TOML counts them: only a line feed ends a line."""
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _header(stripped: str) -> Path:
    plain = _PLAIN_HEADER.match(stripped)
    if plain:
        return (plain[1], plain[2]) if plain[2] else (plain[1],)
    return _key(stripped, 2 if stripped.startswith("[[") else 1)[0]


def _key(text: str, place: int) -> tuple[Path, int]:
    """The key that begins at the place, and where it ends."""
    path = []
    more = "."
    while more:
        part = _token(_KEY_PART, text, place)
        name, more = part[1], part[2]
        path.append(tomllib.loads(f"k = {name}")["k"] if name[0] in "\"'" else name)
        place = part.end()
    return tuple(path), place


def _value(text: str, place: int) -> tuple[tuple[int, int], int]:
    """The span of the value after the place, without a comment, and where the next line begins."""
    start = end = -1
    depth = 0
    while True:
        token = _token(_TOKEN, text, place)
        place = token.end()
        kind = token.lastgroup
        if kind == "line" and not depth:
            return (start, end), place
        if kind not in {"line", "blank", "comment"}:
            start, end = token.start() if start < 0 else start, place
            depth += (kind == "open") - (kind == "close")


def _token(kind: re.Pattern[str], text: str, place: int) -> re.Match[str]:
    found = kind.match(text, place)
    if found is None:
        raise ValueError(f"the text is no TOML at {place}")
    return found
