"""The grammar of xe's command line: from the words to a command and its `name=value` pairs.

Nothing here knows what a command does; whether `--name` takes the next word is asked of the command's declaration.
"""

from __future__ import annotations

from xe_py.errors import Failure, Misuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Pairs = list[tuple[str, str]]

WITH_VALUE = frozenset(("-s", "-h", "-u", "-pw", "-pwf", "-p", "--traceparent"))
_ALONE = frozenset(("--nossl", "--debug", "--debug-on-fail"))
_CONNECTION = frozenset(
    ("server", "port", "username", "password", "passwordfile", "nossl", "debug", "debugonfail", "traceparent")
)
_FOR_ALL = {
    "--dry-run": "dry_run",
    "--explain": "explain",
    "--minimal": "minimal",
    "minimal=true": "minimal",
    "--help": "help",
    "-help": "help",
    "--version": "version",
}
# The formats of output that xe_py has besides those of xe. Each is a switch, which takes one of these values or none.
JSON, CSV, YAML, TABLE, SHELL = "json", "csv", "yaml", "table", "shell"
NO_HEADER = "noheader"
# The word in front of a command that only asks whether it would be done.
CAN = "can"
# The value of --dry-run that leaves nothing out.
FULL = "full"
FORMAT_VARIABLE = "XE_FORMAT"
FORMATS = {JSON: ("true",), CSV: ("true", NO_HEADER), YAML: ("true",), TABLE: ("true",), SHELL: ("true",)}
# Switches of xe_py itself that may have their value behind `=`.
WITH_EQUALS = ("--state", "--dry-run", *(f"--{name}" for name in FORMATS))
_SWITCHES = (
    WITH_VALUE
    | _ALONE
    | _CONNECTION
    | {"--state", "minimal", *(word.partition("=")[0] for word in _FOR_ALL)}
    | {switch for name in FORMATS for switch in (name, f"--{name}")}
)
_NONE: dict[str, str] = {}
_SYNTAX = "Syntax error: \nFor usage run: 'xe help'"


class Line:
    """A command line taken apart: the command, its other words, and what concerns every command."""

    __slots__ = (
        "asks",
        "command",
        "dry_run",
        "explain",
        "form",
        "has_header",
        "help",
        "in_full",
        "minimal",
        "state",
        "version",
        "words",
    )

    def __init__(self) -> None:
        self.command = ""
        self.words: list[str] = []
        self.state: str | None = None
        self.minimal = False
        self.form = ""
        self.has_header = True
        self.asks = self.dry_run = self.in_full = False
        self.explain = False
        self.help = False
        self.version = False


def split(argv: list[str], extra: str = "") -> Line:
    """Take the line apart; `extra` is the content of XE_EXTRA_ARGS. Switches for a connection lead nowhere here."""
    line = Line()
    words = iter([*argv, *extra_words(extra)] if extra else argv)
    for word in words:
        if word.partition("=")[0] in _SWITCHES and _switch(line, word, words):
            continue
        if not line.command and not word.startswith("-"):
            if "=" in word:
                raise Misuse(_SYNTAX)
            if word == CAN and not line.asks:
                line.asks = True
            else:
                line.command = word
        else:
            line.words.append(word)
    if argv and not (line.command or line.help or line.version):
        raise Misuse("Error: Name a command behind can, as in: xe can vm-start vm=web" if line.asks else _SYNTAX)
    if line.minimal and line.form:
        raise Misuse(f"Error: --minimal and --{line.form} exclude each other. Give one of them.")
    try:
        "".join(line.words).encode()
    except UnicodeEncodeError as error:
        word = next(word for word in line.words if error.object[error.start] in word)
        name, equals, _ = word.partition("=")
        what = f"The value of {name}" if equals and name.isascii() else f"This word, {name!a},"
        raise Misuse(f"Error: {what} is not UTF-8 text.") from None
    return line


def _switch(line: Line, word: str, following: Iterator[str]) -> bool:
    """Whether the word concerns every command; what it says is noted in the line."""
    name, equals, value = word.partition("=")
    if word in WITH_VALUE:
        _next(following, word)
    elif name == "--state":
        line.state = value if equals else _next(following, word)
    elif name == "--dry-run" and equals:
        line.in_full |= value == FULL
        line.dry_run |= line.in_full or _is_true(name, value)
    elif word in _FOR_ALL:
        setattr(line, _FOR_ALL[word], True)
    elif name == "minimal":
        return _is_minimal(value)
    elif name.removeprefix("--") in FORMATS:
        return _is_format(line, name, value if equals else "true" if name.startswith("--") else "")
    else:
        return word in _ALONE or name in _CONNECTION
    return True


def _is_format(line: Line, name: str, value: str) -> bool:
    """Whether the switch chooses a format, which is then noted; Misuse for a second one, and for a wrong value."""
    form = name.removeprefix("--")
    if value not in FORMATS[form]:
        if form == name:
            return False
        raise Misuse(f"Error: {name} takes {' or '.join(['no value', *FORMATS[form][1:]])}, not {value!r}.")
    if line.form not in {"", form}:
        raise Misuse(f"Error: --{line.form} and --{form} exclude each other. Give one of them.")
    line.form, line.has_header = form, line.has_header and value != NO_HEADER
    return True


def _is_true(name: str, value: str) -> bool:
    """Whether the value of the switch says yes; Misuse if it says neither yes nor no."""
    from xe_py.schema.fields import Bool

    return Bool(name).parse(value)


def _is_minimal(value: str) -> bool:
    """Whether the value of `minimal=` is one of the two that there are; if not, that is the real xe's own mistake."""
    if value not in {"true", "false"}:
        raise Failure("INTERNAL_ERROR", 'INTERNAL_ERROR: [ Invalid_argument("bool_of_string") ]')
    return True


def _next(words: Iterator[str], switch: str) -> str:
    following = next(words, None)
    if following is None:
        raise Misuse(f"Syntax error: Switch {switch} requires a parameter\nFor usage run: 'xe help'")
    return following


def pairs(words: list[str], valued: frozenset[str], any_case: Mapping[str, str] = _NONE) -> Pairs:
    """The words as (name, value), in their order. Of several parameters of one name the first counts, filters all do.

    `valued` are the names behind which, written `--name value`, the next word is the value; `--name=value` is no such
    thing, but a name with `=` in it. `any_case` are the names that are understood in any case, by themselves in small
    letters.
    """
    found: Pairs = []
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        name, _, value = word.partition("=")
        if name.startswith("--"):
            name, value = word[2:], "true"
            if any_case:
                name = any_case.get(name.lower(), name)
            takes_next = "=" not in name and (name in valued or name.partition(":")[0] in valued)
            if takes_next and position < len(words) and not words[position].startswith("--"):
                value = words[position]
                position += 1
        elif name.startswith("-") and word != "-":
            raise Misuse(f"Syntax error: Unknown switch: {word}\nFor usage run: 'xe help'")
        if any_case:
            name = any_case.get(name.lower(), name)
        found.append((name, value))
    return found


def extra_words(text: str) -> list[str]:
    r"""The words of XE_EXTRA_ARGS: separated by commas, `\,` being a comma inside a word."""
    words = [""]
    escaped = False
    for letter in text:
        if letter == "," and not escaped:
            words.append("")
        elif letter != "\\" or escaped:
            words[-1] += letter
        escaped = letter == "\\" and not escaped
    return [word for word in words if word]
