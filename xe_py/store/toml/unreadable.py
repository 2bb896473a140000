"""Why a text cannot be read as TOML, and where, in words that say what to do."""

from __future__ import annotations

import re

from xe_py.errors import StateFileError, on_file

# tomllib's time and memory grow with the square of the parts of a name. Class, uuid, field and key are four parts.
_MOST_PARTS = 8
# Python refuses to read numbers with more digits.
_MOST_DIGITS = 4300
_PART = r"""(?: [A-Za-z0-9_-]++ | "(?: [^"\\\n] | \\[^\n] )*+" | '[^'\n]*+' )"""
_TOKEN = re.compile(
    rf"""
    \#[^\n]*+
  | \"{{3}} (?: [^"\\] | \\. | "(?!"") )*+ \"{{3,5}}
  | '{{3}} (?: [^'] | '(?!'') )*+ '{{3,5}}
  | (?P<torn> \"{{3}} | '{{3}} )
  | (?P<deep> (?: {_PART} [ \t]*+ \. [ \t]*+ ){{{_MOST_PARTS}}} )
  | (?P<long> [-+]? [0-9][0-9_]{{{_MOST_DIGITS},}}+ ) (?! [A-Za-z0-9_.-] | [ \t]*+ = )
  | {_PART}
  | (?P<open> ["'] )
    """,
    re.VERBOSE | re.DOTALL,
)
_WHERE = re.compile(r"(?s)(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)")
_TWICE = re.compile(r"Cannot declare \((.*)\) twice")
_NO_KEY = "Invalid initial character for a key part"
# What to do about what tomllib says.
_WAYS = {
    'A table in braces must be on one line, with no comma after its last value: { a = "1", b = "2" }': (
        _NO_KEY,
        "Unclosed inline table",
    ),
    "A text must end on the line on which it begins, with the same quote; in double quotes, write \\n for a line break."
    " A text of several lines needs three quotes on each side.": (
        "Illegal character '\\n'",
        "Found invalid character '\\n'",
        "Unterminated string",
        'Expected "\'"',
        'Expected \'"""\'',
        "Expected \"'''\"",
    ),
    "In double quotes, write a backslash twice, \\\\; in single quotes, write it once.": (
        "Unescaped '\\' in a string",
        "Invalid hex value",
    ),
}
_MARKERS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")


def refuse_deep_names(path: str, text: str) -> None:
    """StateFileError if a name has so many parts that reading the text would take too long."""
    if any(line.count(".") >= _MOST_PARTS for line in text.split("\n")):
        place = _first("deep", text)
        if place is not None:
            raise StateFileError(
                f"{path}:{_line(text, place.start())}: this name has more than {_MOST_PARTS} parts with dots between"
                " them.\nNo name in a state file has more than four: class, uuid, field and key."
            )


def no_toml(path: str, text: str, error: Exception) -> StateFileError:
    """The error for what tomllib found wrong with the text."""
    found = _WHERE.fullmatch(str(error))
    if found is None:
        return _no_value(path, text, error)
    lines = text.split("\n")
    unclosed = None if found["line"] else _first("torn", text) or _first("open", text)
    line = int(found["line"]) if found["line"] else _line(text, unclosed.start()) if unclosed else len(lines)
    if lines[line - 1].startswith(_MARKERS):
        return StateFileError(
            f"{path}:{line}: a merge left a conflict here, so this is not TOML.\n"
            "Keep one side of each conflict, and the larger serial; remove the lines that begin with <<<<<<<, ======="
            f" and >>>>>>>.\nThen run: {on_file(path, 'state-check')}"
        )
    column = f" (column {found['column']})" if found["column"] else ""
    way = _way(found["what"], lines[line - 1][: int(found["column"] or 0)])
    return StateFileError(f"{path}:{line}: this is not TOML: {_in_words(found['what'])}{column}.{way}")


def _way(what: str, before: str) -> str:
    """What to do about it, on its own line, if known; `before` is the line up to the place."""
    if what == _NO_KEY and "{" not in before:
        return ""
    return next((f"\n{way}" for way, told in _WAYS.items() if what in told), "")


def _in_words(what: str) -> str:
    twice = _TWICE.fullmatch(what)
    if twice:
        return f"the table [{'.'.join(re.findall(r'[^ ,]+', twice[1].replace(chr(39), '')))}] is there twice"
    if what == "Cannot overwrite a value":
        return "this key is there twice"
    return what[:1].lower() + what[1:]


def _no_value(path: str, text: str, error: Exception) -> StateFileError:
    place = _first("long", text)
    if place is None:
        return StateFileError(f"{path} holds a value that cannot be read: {error}.")
    name, equals, _ = text[text.rfind("\n", 0, place.start()) + 1 : place.start()].partition("=")
    what = f"{name.strip()} is" if equals else "this is"
    digits = sum(map(str.isdigit, place["long"]))
    return StateFileError(
        f"{path}:{_line(text, place.start())}: {what} a number of {digits} digits, which is too long to be read."
        "\nNo number in a state file has more than 19 digits."
    )


def _first(kind: str, text: str) -> re.Match[str] | None:
    """The first token of the kind; in a text that is not TOML, only before a text without an end."""
    for token in _TOKEN.finditer(text):
        if token.lastgroup == kind:
            return token
        if token.lastgroup in {"torn", "open"}:
            return None
    return None


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
