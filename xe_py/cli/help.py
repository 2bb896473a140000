"""`xe help`: the lists of commands and the record of one, in the layout of the real xe."""

from __future__ import annotations

from xe_py import operations
from xe_py.cli.output import layout
from xe_py.cli.words import pairs
from xe_py.errors import DONE
from xe_py.operations import LISTED, STANDARD, STANDARD_ONLY
from xe_py.schema.description import description
from xe_py.schema.fields import Map

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from xe_py.cli.environment import Environment
    from xe_py.cli.words import Line
    from xe_py.schema.fields import Field

_USAGE = """\
Usage:
  xe <command> [ name=value | --name ] ...
    [ --state <file> ]   the state file; else XE_STATE, else the default file
    [ --minimal ]        bare values, with commas between them
    [ --json | --csv | --yaml | --table | --shell ]  other forms of output
    [ --dry-run ]        say what would change, and change nothing
    [ --explain ]        say how the line is read; change nothing
  xe can <command> ...   say yes or no: whether the command would be done now
  Connection options (-s -p -u -pw -pwf --nossl) are accepted and ignored.

What a command takes:
  xe help <command>

"""
_ALL_COMMANDS = "All commands\n------------\n"
_COMMON_COMMANDS = "All commands:\n  xe help --all\n\nCommon commands\n---------------\n"
_LINE = 74
# Among more names than these nobody is told what each was meant to be.
_GUESSED = 10
# All other words of `xe help` are names of commands.
_NO_NAMES = frozenset(("server", "username", "password", "port", "minimal", "all"))


def show(line: Line, environment: Environment) -> int:
    """Answer a line of `help`; the exit status."""
    environment.out(help_text(line.words, minimal=line.minimal, plain=environment.is_plain))
    return DONE


def help_text(words: list[str], *, minimal: bool, plain: bool) -> str:
    """What `xe help` prints for these words: command names, `--all`, or none. Plain help says nothing of slips."""
    given = pairs(words, frozenset())
    names = [name for name, _ in given if name not in _NO_NAMES]
    if names and minimal:
        return ",".join(name if name in operations.table() else _unknown(name) for name in reversed(names)) + "\n"
    if names:
        return "".join(_of_command(name, guess=not plain and len(names) <= _GUESSED) for name in names)
    everything = ("all", "true") in given
    marks = {STANDARD, LISTED} if everything else {STANDARD, STANDARD_ONLY}
    shown = [name for name, (_, mark, _) in operations.table().items() if mark in marks]
    if minimal:
        return ",".join(shown) + "\n"
    if not everything:
        return _USAGE + _COMMON_COMMANDS + _wrapped(shown)
    hosts = [name for name in shown if name.startswith("host-")]
    vms = [name for name in shown if name.startswith("vm-")]
    others = [name for name in shown if not name.startswith(("host-", "vm-"))]
    return _USAGE + _ALL_COMMANDS + "    \n".join(map(_wrapped, (hosts, vms, others)))


def parameter_names(parameters: Iterable[Field]) -> list[str]:
    """The names as help shows them: a map with a colon, or a dash, behind it."""
    return [field.name + field.mark if isinstance(field, Map) else field.name for field in parameters]


def _of_command(name: str, *, guess: bool) -> str:
    command = operations.find(name)
    if command is None:
        from xe_py.cli.unknown import known_of

        return "".join(f"{line}\n" for line in (_unknown(name), *(f"Note: {note}" for note in known_of(name) if guess)))
    optional = parameter_names(command.optional)
    if command.selector:
        optional.append(f"<{command.selector.name}-selectors>")
    rows = [
        ("command name        ", command.name),
        ("reqd params     ", ", ".join(parameter_names(command.required))),
        ("optional params ", ", ".join(optional)),
        ("description     ", description(command)),
    ]
    return layout(rows) + "\n\n"


def _unknown(name: str) -> str:
    return f"Unknown command '{name}'"


def _wrapped(names: list[str]) -> str:
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) > _LINE:
            lines.append("")
        lines[-1] += ("    " if not lines[-1] else ", ") + name
    return "\n".join(lines) + "\n"
