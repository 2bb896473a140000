"""TOML as `xe_py.store.toml.render` writes it, read without a parser: a fast way for the usual form.

This module returns None for any other form; then tomllib reads the text, and `layout.py` finds its statements. For the
usual form, tomllib would read the same; a test checks that.

    [vm.77aa0b2e-…]                   a header of an object, or [state], alone on its line
    name-label = "web"                a text, a number, true, false, a time in UTC
    other-config = { a = "1" }        a map on one line, of texts
    tags = [                          a list of texts, one on each line
        "one",
    ]
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from mmap import mmap
    from typing import Any

Path = tuple[str, ...]

_NO = object()
_STATE: Path = ("state",)
# A name needs no quotes where this leaves nothing of it.
BARE = str.maketrans("", "", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
_CONTROL = frozenset(map(chr, [*range(9), *range(10, 32), 127]))
_DIGITS = 19
_PAIR = r'^([A-Za-z0-9_-]+) = (?:"([^"\\\x00-\x08\x0a-\x1f\x7f]*)"|(.+))$'
_LARGE = 1 << 16
_WORDS: dict[str, Any] = {"true": True, "false": False, "[]": [], "{}": {}}
_MOMENT = "0000-00-00T00:00:00Z"
_AS_ZERO = str.maketrans("123456789", "000000000")
_HEX = "0123456789abcdefABCDEF"
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


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


def load(text: str) -> dict[str, Any] | None:
    """The same as tomllib reads; None for a text that is not entirely of the plain form."""
    first, *blocks = text.split("\n[")
    if first.startswith("["):
        blocks.insert(0, first[1:])
    elif not all(not line or _is_comment(line) for line in first.split("\n")):
        return None
    tables: dict[str, Any] = {}
    known: dict[str, Any] = {}
    find_pairs = _pair_finder(text)
    for block in blocks:
        head, end, body = block.partition("]\n")
        path = _path(head) if end else None
        table = None if path is None else _new_table(tables, path)
        if table is None:
            return None
        if not (_load_pairs(table, body, find_pairs(body), known) or _load_lines(table, body, known)):
            return None
    return tables


def _pair_finder(text: str) -> Callable[[str], list[tuple[str, str, str]]]:
    """A function that finds `name = value` lines: names, texts, other values; in a small text, to save time, none."""
    if len(text) < _LARGE:
        return lambda _body: []
    import re

    return re.compile(_PAIR, re.MULTILINE).findall


def _load_pairs(table: dict[str, Any], body: str, pairs: list[tuple[str, str, str]], known: dict[str, Any]) -> bool:
    """Put the pairs into the table; False, and nothing done, if the body has more than pairs on their own lines."""
    for name, text, shown in pairs:
        if not shown:
            table[name] = text
            continue
        value = known.get(shown)
        if value is None:
            value = known[shown] = _value(shown)
        if value is _NO:
            break
        table[name] = value
    if len(table) == len(pairs) == body.count("\n") + (not body.endswith("\n")):
        return True
    table.clear()
    return False


def _load_lines(table: dict[str, Any], body: str, known: dict[str, Any]) -> bool:
    """Put the values in the lines into the table; False if a line is not of the plain form."""
    lines = iter(body.split("\n"))
    for line in lines:
        if not line or _is_comment(line):
            continue
        name, equals, shown = line.partition(" = ")
        if not equals or not name or name.translate(BARE) or name in table:
            return False
        if shown not in known:
            known[shown] = _value(shown)
        value = _members(lines) if shown == "[" else known[shown]
        if value is _NO:
            return False
        table[name] = value
    return True


def statements(text: str) -> list[Statement] | None:
    """The statements of a valid TOML text; None for a text that is not entirely of the plain form."""
    found: list[Statement] = []
    table: Path = ()
    offset = 0
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        line = lines[number]
        first, start = number, offset
        number += 1
        offset += len(line) + 1
        if not line or line[0] == "#":
            continue
        if line[0] == "[":
            path = _path(line[1:-1])
            if path is None or line[-1] != "]":
                return None
            table = path
            found.append(Statement(table, first + 1, start, offset, None))
            continue
        name, _, shown = line.partition(" = ")
        if name.translate(BARE) or not name or not table:
            return None
        if shown == "[":
            while number < len(lines) and _member(lines[number]) is not None:
                offset += len(lines[number]) + 1
                number += 1
            if number == len(lines) or lines[number] != "]":
                return None
            number += 1
            offset += 2
        elif _value(shown) is _NO:
            return None
        found.append(Statement((*table, name), first + 1, start, offset, (start + len(name) + 3, offset - 1)))
    return found


def lines_of(data: bytes | mmap, paths: Iterable[tuple[str, str, str]]) -> dict[Path, int] | None:
    """The lines of some objects and their fields in a file of the plain form; None if not all objects are in it."""
    found: dict[Path, int] = {}
    for cls, uuid, field in paths:
        header = f"\n[{cls}.{uuid}]\n".encode()
        is_first = data[: len(header) - 1] == header[1:]
        start = 0 if is_first else data.find(header) + 1
        if not start and not is_first:
            return None
        end = data.find(b"\n[", start)
        at = data.find(f"\n{field} = ".encode(), start, len(data) if end < 0 else end) + 1
        found[cls, uuid] = data[:start].count(b"\n") + 1
        if at:
            found[cls, uuid, field] = data[:at].count(b"\n") + 1
    return found


def _is_comment(line: str) -> bool:
    return line[0] == "#" and _has_no_control(line)


def _has_no_control(shown: str) -> bool:
    return shown.isprintable() or _CONTROL.isdisjoint(shown)


def _path(head: str) -> Path | None:
    """What a header is about: `state`, or a class and a uuid; None if it is another, or not of the plain form."""
    cls, _, uuid = head.partition(".")
    if cls and uuid and not (cls + uuid).translate(BARE):
        return cls, uuid
    return _STATE if head == _STATE[0] else None


def _new_table(tables: dict[str, Any], path: Path) -> dict[str, Any] | None:
    """A new table for a header; None if there already is one."""
    outer = tables if len(path) == 1 else tables.setdefault(path[0], {})
    if path[-1] in outer:
        return None
    table: dict[str, Any] = {}
    outer[path[-1]] = table
    return table


def _value(shown: str) -> Any:
    """The value as tomllib reads it; _NO if it is not of the plain form."""
    first = shown[:1]
    if first == '"':
        text = _text(shown)
        return _NO if text is None else text
    if shown in _WORDS:
        return _WORDS[shown]
    return _map(shown) if first == "{" else _number(shown)


def _number(shown: str) -> Any:
    if shown.translate(_AS_ZERO) == _MOMENT:
        return _moment(shown)
    digits = shown.removeprefix("-")
    if digits.isascii() and digits.isdecimal():
        return int(shown) if len(digits) <= _DIGITS and (digits[0] != "0" or shown == "0") else _NO
    try:
        number = float(shown)
    except ValueError:
        return _NO
    return number if repr(number) == shown else _NO


def _text(shown: str) -> str | None:
    """The text between the quotes of a plain text."""
    if shown[0] != '"' or shown[-1] != '"' or len(shown) == 1 or not _has_no_control(shown):
        return None
    if "\\" not in shown:
        return None if '"' in shown[1:-1] else shown[1:-1]
    text = _hidden(shown)
    return None if text[-1] != '"' or '"' in text[1:-1] else _unescaped(text[1:-1])


def _hidden(shown: str) -> str:
    """The text with control characters, which it never contains, for escaped backslashes and quotes."""
    return shown.replace("\\\\", "\0").replace('\\"', "\1")


def _unescaped(hidden: str) -> str | None:
    """The meant text; None if it has an escape that is not of the plain form."""
    first, *parts = hidden.split("\\")
    found = [_shown(first)]
    for part in parts:
        char, rest = _ESCAPES.get(part[:1]), part[1:]
        if part[:1] == "u":
            char, rest = _char(part[1:5]), part[5:]
        if char is None:
            return None
        found += char, _shown(rest)
    return "".join(found)


def _shown(hidden: str) -> str:
    return hidden.replace("\0", "\\").replace("\1", '"')


def _char(digits: str) -> str | None:
    """The character with this number of four hexadecimal digits; None if there is none."""
    if len(digits) < 4 or digits.strip(_HEX) or 0xD800 <= int(digits, 16) < 0xE000:  # noqa: PLR2004 - halves of pairs
        return None
    return chr(int(digits, 16))


def _map(shown: str) -> Any:
    """A map of texts on one line."""
    if shown[:2] != "{ " or shown[-2:] != " }" or not _has_no_control(shown):
        return _NO
    # The odd elements are those between quotes: texts, and names that need quotes.
    parts = iter(_hidden(shown)[2:-2].split('"'))
    found: dict[str, str] = {}
    for number, before in enumerate(parts):
        if not before and found:
            return found if next(parts, None) is None else _NO
        comma = ", " if number else ""
        name = before.removeprefix(comma).removesuffix(" = ")
        if before == comma:
            name = next(parts, "")
            before = f"{comma}{name}{next(parts, '')}"  # noqa: PLW2901 - now it has the name in it
        elif not name or name.translate(BARE):
            return _NO
        key, text = _unescaped(name), _unescaped(next(parts, ""))
        if before != f"{comma}{name} = " or key is None or text is None or key in found:
            return _NO
        found[key] = text
    return _NO


def _members(lines: Iterator[str]) -> Any:
    """The texts of a list, one on each line, up to the line that closes it."""
    found: list[str] = []
    for line in lines:
        if line == "]":
            return found
        member = _member(line)
        if member is None:
            return _NO
        found.append(member)
    return _NO


def _member(line: str) -> str | None:
    return _text(line[4:-1]) if line[:5] == '    "' and line[-2:] == '",' else None


def _moment(shown: str) -> Any:
    from datetime import datetime

    try:
        return datetime.fromisoformat(shown)
    except ValueError:
        return _NO
