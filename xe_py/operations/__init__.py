"""What commands do: plain functions on a state. They never print and know nothing of the command line.

A command is found by the first word of its name: `vm-start` is in `vm.py` or in a file that begins with `vm_`.
"""

from __future__ import annotations

import os

from xe_py.schema.command import COMMANDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.command import Command


def find(name: str) -> Command | None:
    """The command of this name, declared or generated, or None."""
    if "-param-" in name or name.endswith("-list"):
        from xe_py.operations.generated import generated

        if (made := generated(name)) is not None:
            return made
    family = name.partition("-")[0]
    for module in _modules():
        if name in COMMANDS:
            break
        if module.partition("_")[0] == family:
            _load(module)
    return COMMANDS.get(name)


def declared() -> dict[str, Command]:
    """All declared commands by name, sorted."""
    for module in _modules():
        _load(module)
    return dict(sorted(COMMANDS.items()))


def names() -> list[str]:
    """The names of all commands, declared or generated, sorted."""
    from xe_py.operations.generated import generated_names

    return sorted({*declared(), *generated_names()})


def _load(module: str) -> None:
    __import__(f"{__name__}.{module}")


def _modules() -> list[str]:
    return sorted(
        entry.removesuffix(".py")
        for folder in __path__
        for entry in os.listdir(folder)
        if entry.endswith(".py") and not entry.startswith("_")
    )
