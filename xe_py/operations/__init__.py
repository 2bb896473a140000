"""What commands do: plain functions on a state. They never print and know nothing of the command line.

A command is in a file that begins with the first word of its name: `vm-start` in `vm.py` or `vm_….py`. A command that
only records something is a row in `recorded.py`. The generated table says where each command is and holds what lists of
commands show, so that a list imports no command.
"""

from __future__ import annotations

import os

from xe_py import classes
from xe_py.schema.command import COMMANDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.command import Command

    # The module that declares a command, "generated" for a generated one; its mark; what it does.
    Row = tuple[str, str, str]

_GENERATED = "generated"
# The marks of a command: which lists show it.
STANDARD, STANDARD_ONLY, LISTED, HIDDEN = "standard", "standard only", "listed", "hidden"

_known: list[dict[str, Row]] = []


def find(name: str) -> Command | None:
    """The command of this name, declared or generated, or None."""
    if "-param-" in name or name.endswith("-list"):
        from xe_py.operations.generated import generated

        if (made := generated(name)) is not None:
            return made
    if name not in COMMANDS and (row := table().get(name)):
        _load(row[0])
    return COMMANDS.get(name)


def declared() -> dict[str, Command]:
    """All declared commands by name, sorted."""
    for module in _modules():
        _load(module)
    return dict(sorted(COMMANDS.items()))


def table() -> dict[str, Row]:
    """A row for each command, declared or generated, by name, sorted; made again if files were added or removed."""
    if not _known:
        from xe_py.operations import _table

        if list(_table.FILES) != files():
            return rows()
        _known.append(_table.COMMANDS)
    return _known[0]


def rows() -> dict[str, Row]:
    """The table, from the declarations. From now on it replaces the one in the generated file."""
    from xe_py.operations.generated import generated_names

    found = {name: (command.run.__module__.rpartition(".")[2], command) for name, command in declared().items()}
    for name in generated_names():
        if name not in found and (made := find(name)) is not None:
            found[name] = _GENERATED, made
    _known[:] = [{name: (module, _mark(command), command.doc) for name, (module, command) in sorted(found.items())}]
    return _known[0]


def names() -> list[str]:
    """The names of all commands, declared or generated, sorted."""
    return list(table())


def files() -> list[str]:
    """The modules and the files of classes that the table is made of."""
    return [*_modules(), *classes.files()]


def _mark(command: Command) -> str:
    if command.hidden:
        return STANDARD_ONLY if command.standard else HIDDEN
    return STANDARD if command.standard else LISTED


def _load(module: str) -> None:
    __import__(f"{__name__}.{module}")


def _modules() -> list[str]:
    return sorted(
        entry.removesuffix(".py")
        for folder in __path__
        for entry in os.listdir(folder)
        if entry.endswith(".py") and not entry.startswith("_")
    )
