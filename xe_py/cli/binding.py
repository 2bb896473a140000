"""Finding a command by its name, and sorting its words by its declaration: arguments, filters, unknown words."""

from __future__ import annotations

from xe_py import operations
from xe_py.cli import words
from xe_py.errors import Misuse
from xe_py.running import Call
from xe_py.schema.command import COMMON, LINES, WORDS
from xe_py.schema.fields import Bool, Map

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xe_py.cli.environment import Environment
    from xe_py.cli.words import Pairs
    from xe_py.schema.command import Command

# Words that every command takes and that change nothing where it does not declare them.
_IGNORED = COMMON | {"database"}


class Binding:
    """How the words of one command are sorted."""

    __slots__ = (
        "_alone",
        "_any_case",
        "_arguments",
        "_maps",
        "_names",
        "_places",
        "_repeated",
        "_required",
        "_selects",
        "_valued",
        "command",
    )

    def __init__(self, command: Command) -> None:
        parameters = list(command.taken())
        self.command = command
        self._required = [(each.name, f"{each.name}:" if isinstance(each, Map) else "") for each in command.required]
        self._selects = "" if command.selector is None else command.selector.name
        takes_places = command.ours and not self._selects and command.kind.gets != WORDS
        self._places = [each.name for each in parameters if takes_places and not isinstance(each, Bool)]
        self._valued = frozenset([self._selects, *(each.name for each in parameters if not isinstance(each, Bool))])
        # A word that selects is a filter, even where it is required.
        parameters = [each for each in parameters if each.name != self._selects]
        self._names = frozenset([each.name for each in parameters])
        self._repeated = {each.name: each for each in parameters if each.repeats}
        self._any_case = {each.name.lower(): each.name for each in parameters if each.any_case_name}
        arguments = [] if command.kind.gets == WORDS else [(each, command.argument(each)) for each in parameters]
        self._arguments = {each.name: keyword for each, keyword in arguments if not isinstance(each, Map)}
        self._maps = [(each.name, keyword) for each, keyword in arguments if isinstance(each, Map)]
        self._alone = _standing_alone(command) if command.ours and command.kind.gets != LINES else []

    def call(self, given: list[str]) -> Call:
        """The command with these words; Misuse for the first required parameter that none of them gives."""
        pairs = self.pairs(given)
        call = Call(self.command, words=pairs, typed=given)
        names = dict(pairs)
        for name, prefix in self._required:
            if name not in names and not (prefix and any(given.startswith(prefix) for given in names)):
                raise _missing(name, names)
        if self.command.kind.gets != WORDS:
            for name, value in pairs:
                keyword = self._arguments.get(name)
                if keyword is None:
                    self._sort(call, name, value)
                elif name in self._repeated and keyword in call.arguments:
                    call.arguments[keyword] = self._repeated[name].joined(call.arguments[keyword], value)
                else:
                    call.arguments.setdefault(keyword, value)
        return call

    def pairs(self, given: list[str]) -> Pairs:
        """The words as (name, value)."""
        pairs = words.pairs(given, self._valued, self._any_case)
        if self.command.kind.gets == LINES:
            first = self._required[0][0]
            pairs = [pair if self._is_argument(pair) else (first, "=".join(filter(None, pair))) for pair in pairs]
        return self._with_names(given, pairs) if self._alone else pairs

    def _with_names(self, given: list[str], pairs: Pairs) -> Pairs:
        """The pairs; each word that stands alone is the next of the parameters that no pair names."""
        names = {name for name, _ in pairs}
        free = [name for name in self._alone if name not in names]
        found = []
        for name, value in pairs:
            is_alone = name in given and name not in self._valued | self._names | _IGNORED
            found.append((free.pop(0), name) if free and is_alone else (name, value))
        return found

    def _is_argument(self, pair: tuple[str, str]) -> bool:
        """Whether the pair cannot be a word that stands alone: it has a name of the command, or began with `--`."""
        return pair[0] in self._arguments or pair[1] == "true"

    def _sort(self, call: Call, name: str, value: str) -> None:
        stem = name.partition(":")[0]
        if stem in self.command.ignored:
            return
        within = next((each for each in self._maps if name.startswith(each[0]) and len(name) > len(each[0]) + 1), None)
        if self._selects and stem not in COMMON and stem not in self._names and within is None:
            call.filters.append((name, value))
        elif name == "multiple":
            call.multiple = call.multiple or value or "false"
        elif within is not None:
            call.arguments.setdefault(within[1], {}).setdefault(name[len(within[0]) + 1 :], value)
        elif stem in _IGNORED:
            return
        else:
            call.unknown.append(name)


def _missing(name: str, given: Iterable[str]) -> Misuse:
    from xe_py.schema.similar import meant_by_name

    notes = (note for other in given if other.startswith(f"{name}=") for note in meant_by_name(other, ()))
    return Misuse(f"Required parameter not found: {name}\nFor usage run: 'xe help'", *notes)


def _standing_alone(command: Command) -> list[str]:
    """The parameters of a command of our own that a word without a name may stand for, in their order."""
    if command.selector is not None:
        return [command.selector.name]
    return [each.name for each in command.parameters() if not isinstance(each, (Bool, Map))]


_found: dict[str, Binding] = {}


def binding_of(name: str, following: Sequence[str] = ()) -> Binding:
    """The binding of the command of this name; if there is none, Misuse that says what is known of the name.

    `following` are the words behind it: who types `vm list` means `vm-list`.
    """
    if name not in _found:
        command = operations.find(name)
        if command is None:
            from xe_py.cli.unknown import known_of

            raise Misuse(f"Unknown command: {name}\nFor usage run: 'xe help'", *known_of(name, following))
        _found[name] = Binding(command)
    return _found[name]


def unknown_in(call: Call, environment: Environment) -> str:
    """What to warn of where the command does not know parameters, else nothing; with XE_STRICT=1 they are refused."""
    if not call.unknown:
        return ""
    known = [parameter.name for parameter in call.command.taken()]
    notes = [_about(name, known) for name in call.unknown]
    what = f"{call.command.name} does not know the parameter{'s' if len(notes) > 1 else ''}: {', '.join(notes)}"
    if environment.says("XE_STRICT"):
        raise Misuse(f"Error: {what}")
    return f"{what}; ignored."


def _about(name: str, known: list[str]) -> str:
    from xe_py.schema.secrets import without_secret
    from xe_py.schema.similar import meant_by_name

    if name in known:
        return f"{name} without a key (it is a map: {name}:<key>=<value>)"
    return " ".join([without_secret(name), *(f"({note})" for note in meant_by_name(name, known))])
