"""Finding a command by its name, and sorting its words by its declaration: arguments, filters, unknown words."""

from __future__ import annotations

from xe_py import operations
from xe_py.cli import words
from xe_py.errors import Misuse
from xe_py.schema.command import COMMON, argument
from xe_py.schema.fields import Bool, Map

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.cli.words import Pairs
    from xe_py.schema.command import Command

# Words that every command takes and that change nothing where it does not declare them.
_IGNORED = (COMMON | {"database"}) - {"multiple"}


class Call:
    """A command and what its words give it.

    `pairs` are the words as they stand. Sorted they are `arguments` of the function, `filters` of its selectors,
    `multiple`, and the names nothing is known of.
    """

    __slots__ = ("arguments", "command", "filters", "multiple", "pairs", "unknown")

    def __init__(self, command: Command, pairs: Pairs) -> None:
        self.command = command
        self.pairs = pairs
        self.arguments: dict[str, Any] = {}
        self.filters: Pairs = []
        self.multiple = False
        self.unknown: list[str] = []


class Binding:
    """How the words of one command are sorted."""

    __slots__ = ("_arguments", "_maps", "_required", "_valued", "command")

    def __init__(self, command: Command) -> None:
        parameters = list(command.parameters())
        self.command = command
        self._required = [(each.name, f"{each.name}:" if isinstance(each, Map) else "") for each in command.required]
        self._valued = frozenset(parameter.name for parameter in parameters if not isinstance(parameter, Bool))
        self._arguments = {each.name: argument(each) for each in parameters if not isinstance(each, Map)}
        self._maps = [(each.name, argument(each)) for each in parameters if isinstance(each, Map)]

    def call(self, given: list[str]) -> Call:
        """The command with these words; Misuse for the first required parameter that none of them gives."""
        pairs = self.pairs(given)
        call = Call(self.command, pairs)
        names = dict(pairs)
        for name, prefix in self._required:
            if name not in names and not (prefix and any(given.startswith(prefix) for given in names)):
                raise Misuse(f"Required parameter not found: {name}\nFor usage run: 'xe help'")
        if not self.command.takes_words:
            for name, value in pairs:
                if name in self._arguments:
                    call.arguments[self._arguments[name]] = value
                else:
                    self._sort(call, name, value)
        return call

    def pairs(self, given: list[str]) -> Pairs:
        """The words as (name, value)."""
        pairs = words.pairs(given, self._valued)
        if self.command.runs_lines:
            first = self._required[0][0]
            pairs = [pair if pair[0] in self._arguments else (first, "=".join(filter(None, pair))) for pair in pairs]
        return pairs

    def _sort(self, call: Call, name: str, value: str) -> None:
        within = next((each for each in self._maps if name.startswith((f"{each[0]}:", f"{each[0]}-"))), None)
        if name.partition(":")[0] in _IGNORED:
            return
        if within is not None:
            call.arguments.setdefault(within[1], {})[name[len(within[0]) + 1 :]] = value
        elif name == "multiple":
            call.multiple = Bool("multiple").parse_word(value)
        elif self.command.selectors and self._is_filter(name):
            call.filters.append((name, value))
        else:
            call.unknown.append(name)

    def _is_filter(self, name: str) -> bool:
        from xe_py import classes  # noqa: PLC0415 - only commands with selectors have filters
        from xe_py.schema.xenclass import split_key  # noqa: PLC0415 - the same

        return name == self.command.selectors or split_key(classes.get(self.command.selectors), name) is not None


_found: dict[str, Binding] = {}


def find(name: str) -> Binding:
    """The binding of the command of this name; Misuse that names the nearest ones if there is none."""
    if name not in _found:
        command = operations.find(name)
        if command is None:
            near = nearest(name, operations.names())
            maybe = f"Did you mean: {', '.join(near)}\n" if near else ""
            raise Misuse(f"Unknown command: {name}\n{maybe}For usage run: 'xe help'")
        _found[name] = Binding(command)
    return _found[name]


def nearest(name: str, known: list[str]) -> list[str]:
    """Up to three of the known names that are most like the name."""
    import difflib  # noqa: PLC0415 - only a mistake needs it

    return difflib.get_close_matches(name, known, n=3, cutoff=0.6)
