"""docs/coverage.md: how much there is of each command of the real xe, with counts."""

from __future__ import annotations

from xe_py import operations
from xe_py.cli.real_xe import COMMANDS
from xe_py.operations.effects.wording import family_name
from xe_py.reference.declared import documented
from xe_py.reference.gfm import code, plain, table, title
from xe_py.schema.command import MODELLED, RECORDED, REFUSED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from xe_py.schema.command import Command

_INTRODUCTION = """\
This page lists the commands of the real xe (XAPI 26, API 2.23) and says how much of each there is. The commands of a
class (`*-list` and `*-param-*`) follow from its fields; all others are explicit."""
_MEANINGS = {
    MODELLED: "The command does what it does on a real pool, on the state.",
    RECORDED: "xe accepts the command and keeps its last call in the hidden field `recorded` of the pool. "
    "Nothing else follows.",
    REFUSED: "xe checks the words and the objects, and then refuses the command with `NOT_IMPLEMENTED`. "
    "The command needs hardware, a kernel or a service that a state file cannot have.",
}
_GENERATED = ("list", "param-list", "param-get", "param-set", "param-add", "param-remove", "param-clear")


def page() -> str:
    """The whole page."""
    found: dict[str, list[str]] = {coverage: [] for coverage in _MEANINGS}
    for name in sorted(COMMANDS):
        command = operations.find(name)
        if command is not None:
            found[command.coverage].append(name)
    parts = [title("Coverage", _INTRODUCTION), _counts(found), _ours()]
    parts += [_names(MODELLED, found), _rows(RECORDED, found, _doc), _rows(REFUSED, found, _why)]
    return "\n".join(parts)


def _counts(found: dict[str, list[str]]) -> str:
    generated = _of_classes()
    rows = [_count(coverage, names, generated) for coverage, names in found.items()]
    return table(("Kind", "Explicit", "Of classes", "All"), [*rows, _count("all", COMMANDS, generated)])


def _count(label: str, names: Iterable[str], generated: frozenset[str]) -> tuple[str, ...]:
    every = set(names)
    return label, str(len(every - generated)), str(len(every & generated)), str(len(every))


def _of_classes() -> frozenset[str]:
    """The commands that follow from the fields of a class."""
    names = [name.removesuffix("-param-list") for name in COMMANDS if name.endswith("-param-list")]
    return COMMANDS & {f"{name}-{what}" for name in names for what in _GENERATED}


def _ours() -> str:
    ours = [name for name in operations.names() if name not in COMMANDS]
    return f"xe_py has {len(ours)} more commands, which the real xe does not have: {_listed(ours)}.\n"


def _names(coverage: str, found: dict[str, list[str]]) -> str:
    return f"## {coverage.capitalize()}\n\n{_MEANINGS[coverage]}\n\n{_by_family(found[coverage])}"


def _rows(coverage: str, found: dict[str, list[str]], says: Callable[[Command], str]) -> str:
    commands = [command for name in found[coverage] if (command := operations.find(name)) is not None]
    rows = [(code(command.name), plain(says(command))) for command in commands]
    head = "What it does" if coverage == RECORDED else "Why"
    return f"## {coverage.capitalize()}\n\n{_MEANINGS[coverage]}\n\n{table(('Command', head), rows)}"


def _doc(command: Command) -> str:
    return documented(command.doc, f"the command {command.name}")


def _why(command: Command) -> str:
    return documented(command.why, f"the refusal of {command.name}")


def _by_family(names: list[str]) -> str:
    families: dict[str, list[str]] = {}
    for name in names:
        families.setdefault(family_name(name), []).append(name)
    return table(("Family", "Commands"), [(family, _listed(families[family])) for family in sorted(families)])


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(code, names))
