"""From `name=value` pairs to what a command takes: arguments, filters of its selectors, and words it does not know."""

from __future__ import annotations

from xe_py import classes
from xe_py.errors import Misuse
from xe_py.operations.generated import COMMON
from xe_py.operations.select import split_key
from xe_py.schema.command import argument
from xe_py.schema.fields import Bool, Map

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.cli.words import Pairs
    from xe_py.schema.command import Command

# Words that every command takes and that change nothing where it does not declare them.
_IGNORED = (COMMON | {"database"}) - {"multiple"}


class Bound:
    """The arguments as words, the filters of the selectors, `--multiple`, and the names nothing was known of."""

    __slots__ = ("arguments", "filters", "multiple", "unknown")

    def __init__(self) -> None:
        self.arguments: dict[str, Any] = {}
        self.filters: Pairs = []
        self.multiple = False
        self.unknown: list[str] = []


def bind(command: Command, pairs: Pairs) -> Bound:
    """Sort the pairs."""
    bound = Bound()
    maps = [parameter for parameter in command.parameters() if isinstance(parameter, Map)]
    plain = {parameter.name: parameter for parameter in command.parameters() if parameter not in maps}
    cls = classes.get(command.selectors) if command.selectors else None
    for name, value in pairs:
        within = next((field for field in maps if name.startswith((field.name + ":", field.name + "-"))), None)
        if name in plain:
            bound.arguments[argument(plain[name])] = value
        elif name.partition(":")[0] in _IGNORED:
            continue
        elif within is not None:
            bound.arguments.setdefault(argument(within), {})[name[len(within.name) + 1 :]] = value
        elif name == "multiple":
            bound.multiple = Bool("multiple").parse(value)
        elif cls is not None and (name == command.selectors or split_key(cls, name) is not None):
            bound.filters.append((name, value))
        else:
            bound.unknown.append(name)
    return bound


def require(command: Command, pairs: Pairs) -> None:
    """Misuse for the first required parameter that no word gives."""
    names = {name.partition(":")[0] for name, _ in pairs}
    for parameter in command.required:
        if parameter.name not in names:
            raise Misuse(f"Required parameter not found: {parameter.name}\nFor usage run: 'xe help'")


def valued(command: Command) -> frozenset[str]:
    """The names of the parameters that take a value when written `--name value`."""
    return frozenset(parameter.name for parameter in command.parameters() if not isinstance(parameter, Bool))


def nearest(name: str, known: list[str]) -> list[str]:
    """Up to three of the known names that are most like the name."""
    import difflib  # noqa: PLC0415 - only a mistake needs it

    return difflib.get_close_matches(name, known, n=3, cutoff=0.6)
