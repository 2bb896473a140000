"""The kinds of field that a class or a command declares.

A field knows its name, what may be stored in it (`accepts`) and how a word from the command line becomes such a value
(`parse`). Values are str, int, float, bool, list of str, dict of str to str; None stands for no value. Values are never
changed in place.
"""

from __future__ import annotations

from xe_py.errors import Misuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from xe_py.errors import Failure
    from xe_py.schema.command import Selector
    from xe_py.state.record import Record
    from xe_py.state.state import State

    Guard = Callable[..., Iterator[Failure]]

RO, RW, SRO, SRW, MRO, MRW = "RO", "RW", "SRO", "SRW", "MRO", "MRW"

CASCADE, CLEAR, REFUSE = "cascade", "clear", "refuse"

WHOLE, KEYS, KEYS_TOGETHER = "whole", "keys", "keys-together"

# The largest number that may be stored.
LARGEST = (1 << 63) - 1

_TRUE = frozenset(("true", "yes", "1", "t", "y"))
_FALSE = frozenset(("false", "no", "0", "f", "n"))
_NO_MEMBERS: list[str] = []
_NO_KEYS: dict[str, str] = {}


class Field:
    """One field of a class, or one parameter of a command.

    `mode` is the mark that xe prints after the name. `guard` is asked before `param-set` changes the field; it is
    called with the state, the object and the new value. `effect` is called in the same way and makes the changes
    elsewhere that follow. Filters compare `any_case` values without case; the name of a parameter with `any_case_name`
    is understood in any case.

    `mode` does not say everything. `param_set` says what `param-set` does with a set or map: it takes the WHOLE set,
    sets single KEYS of a map, or takes KEYS_TOGETHER as the whole map. `clears` says that `param-clear` empties the
    field although it is marked as read-only.

    A parameter that `repeats` may be given several times; of any other, the first one counts.

    `unknown` is printed if there is no value, `join` between several values. Every value of exactly the type `takes`
    may be stored; `accepts` decides about other values. Differences and indices do not show a `secret` field.
    """

    __slots__ = (
        "any_case",
        "any_case_name",
        "clears",
        "default",
        "deprecated",
        "doc",
        "effect",
        "expensive",
        "guard",
        "hidden",
        "join",
        "mode",
        "name",
        "param_set",
        "required",
        "unknown",
    )
    stored = True
    secret = False
    repeats = False
    empty: Any = None
    takes: type | None = None

    def __init__(
        self,
        name: str,
        *,
        doc: str = "",
        mode: str = RO,
        default: Any = ...,
        required: bool = False,
        expensive: bool = False,
        hidden: bool = False,
        deprecated: bool = False,
        any_case: bool = False,
        any_case_name: bool = False,
        param_set: str = "",
        clears: bool = False,
        guard: Guard | None = None,
        effect: Callable[..., None] | None = None,
        unknown: str = "<not in database>",
        join: str = "; ",
    ) -> None:
        self.name = name
        self.doc = doc
        self.mode = mode
        self.default = self.empty if default is ... else default
        self.required = required
        self.expensive = expensive
        self.hidden = hidden
        self.deprecated = deprecated
        self.any_case = any_case
        self.any_case_name = any_case_name
        self.param_set = param_set
        self.clears = clears
        self.guard = guard
        self.effect = effect
        self.unknown = unknown
        self.join = join

    @property
    def is_set(self) -> bool:
        """Whether xe treats the field as a set of members."""
        return self.mode.startswith("S")

    @property
    def is_map(self) -> bool:
        """Whether xe treats the field as a map of keys."""
        return self.mode.startswith("M")

    @property
    def has_setter(self) -> bool:
        """Whether `param-set` takes a new value."""
        return self.mode == RW or self.param_set == WHOLE

    @property
    def has_keys_to_set(self) -> bool:
        """Whether `param-set` takes values for keys."""
        return self.mode == MRW or self.param_set in {KEYS, KEYS_TOGETHER}

    @property
    def has_adder(self) -> bool:
        """Whether `param-add` adds members or keys, and `param-remove` takes them away."""
        return self.mode in {SRW, MRW}

    @property
    def can_be_cleared(self) -> bool:
        """Whether `param-clear` may empty the field; a value that has no empty form is still refused."""
        return self.has_setter or self.has_adder or self.clears or self.param_set == KEYS_TOGETHER

    def accepts(self, value: Any) -> bool:
        """Whether the value may be stored in the field."""
        return value is None

    def parse(self, text: str) -> Any:
        """The value that a word from the command line stands for; raises Misuse."""
        return text

    def parse_field(self, text: str) -> Any:
        """As `parse`, for a word of `param-set`."""
        return self.parse(text)

    def member(self, text: str) -> str:
        """The member of a set that a word from the command line stands for; raises Misuse."""
        return text

    def joined(self, first: str, second: str) -> str:
        """The word that stands for both, if a parameter that repeats is given twice; raises Misuse."""
        return f"{first},{second}"

    def show(self, value: Any) -> str:
        """The value as xe prints it."""
        return show(value, self.unknown, self.join)

    def shown(self, value: Any) -> Any:
        """The part of the value that may be shown."""
        return value


class Text(Field):
    """Any text, the empty one included."""

    __slots__ = ()
    empty = ""
    takes = str

    def accepts(self, value: Any) -> bool:
        return type(value) is str


class Choice(Field):
    """One of a few words, in any case on the command line; `otherwise` replaces the usual message for another word."""

    __slots__ = ("options", "otherwise")

    def __init__(self, name: str, options: tuple[str, ...], *, otherwise: str = "", **rest: Any) -> None:
        self.options = options
        self.otherwise = otherwise
        super().__init__(name, **rest)

    def accepts(self, value: Any) -> bool:
        return value in self.options or (value is None and self.default is None)

    def parse(self, text: str) -> str:
        folded = text.casefold()
        for option in self.options:
            if option.casefold() == folded:
                return option
        raise self._refused(text)

    def _refused(self, text: str) -> Misuse:
        options = ", ".join(f"'{option.lower()}'" for option in self.options)
        said = self.otherwise or f"Expected one of {options}, got {{}}"
        notes = [f"it must be one of {options}"] if self.otherwise else []
        return Misuse(f"Error: {said.format(text if self.otherwise else text.lower())}", *notes)


class Int(Field):
    """A whole number that fits in 64 bits."""

    __slots__ = ()
    empty = 0

    def accepts(self, value: Any) -> bool:
        return type(value) is int and -LARGEST <= value <= LARGEST

    def parse(self, text: str) -> int:
        from xe_py.schema.numbers import integer_of

        number = integer_of(text)
        if number is None or not self.accepts(number):
            raise Misuse(f"Error: Failed to parse parameter '{self.name}': expecting an integer")
        return number


class Bool(Field):
    """True or false: a parameter takes several spellings, a field exactly `true` or `false`."""

    __slots__ = ()
    empty = False
    takes = bool

    def accepts(self, value: Any) -> bool:
        return type(value) is bool

    def parse(self, text: str) -> bool:
        folded = text.casefold()
        if folded in _TRUE:
            return True
        if folded in _FALSE:
            return False
        raise Misuse(f"Error: Failed to parse parameter '{self.name}': expecting true or false, got '{text}'")

    def parse_field(self, text: str) -> bool:
        if text not in {"true", "false"}:
            raise Misuse(f"Error: Failed to parse parameter '{self.name}': expecting a boolean (true or false)")
        return text == "true"


class Set(Field):
    """A list of texts, each of them once."""

    __slots__ = ()
    empty = _NO_MEMBERS

    def accepts(self, value: Any) -> bool:
        return type(value) is list and all(type(member) is str for member in value) and len(set(value)) == len(value)

    def parse(self, text: str) -> list[str]:
        """The members, written with commas between them."""
        return list(dict.fromkeys(self.member(word) for word in text.split(","))) if text else []


class Map(Field):
    """Texts by key; a command line has `mark` between the name of the field and a key."""

    __slots__ = ()
    empty = _NO_KEYS
    mark = ":"

    def accepts(self, value: Any) -> bool:
        return type(value) is dict and all(type(text) is str for text in value.values())


class Ref(Field):
    """The uuid of one object of the class `to`.

    When that object is deleted, the object with the reference is deleted too (CASCADE), loses the reference (CLEAR), or
    prevents the deletion (REFUSE). `param-set` takes the empty text for no object, unless `always_names` is true.
    """

    __slots__ = ("always_names", "on_delete", "to")
    takes = str

    def __init__(self, name: str, to: str, *, on_delete: str = REFUSE, always_names: bool = False, **rest: Any) -> None:
        self.to = to
        self.on_delete = on_delete
        self.always_names = always_names
        super().__init__(name, **rest)

    def accepts(self, value: Any) -> bool:
        return type(value) is str or (value is None and not self.required)

    def parse(self, text: str) -> str | None:
        return text if self.always_names else text or None


class Refs(Set):
    """The uuids of several objects of the class `to`; the uuid of a deleted object is taken out (CLEAR).

    A parameter with a `selector` takes names as well; each must mean one object.
    """

    __slots__ = ("on_delete", "to")
    selector: Selector | None = None

    def __init__(self, name: str, to: str, *, on_delete: str = CLEAR, **rest: Any) -> None:
        self.to = to
        self.on_delete = on_delete
        super().__init__(name, **rest)

    def parse(self, text: str) -> list[str]:
        """The uuids, written with commas and blanks between them."""
        return words(text)


class Derived(Field):
    """A field that is computed from the state when it is asked for; `xe_py.schema.derived` has the kinds.

    `kind` is the kind of field that would hold its value. If it refers to objects, `to` is their class. `reads` are the
    stored fields of the object itself that are needed for it; None stands for all.
    """

    __slots__ = ()
    stored = False
    kind: type[Field]
    to = ""
    reads: tuple[str, ...] | None = None

    def compute(self, state: State, obj: Record) -> Any:
        """The value that the object has in the state; each kind computes it in its own way."""
        raise NotImplementedError(type(self).__name__)

    def column(self, state: State, objects: list[Record]) -> list[Any]:
        """The value of each of the objects; a kind may know a faster way for many."""
        return [self.compute(state, obj) for obj in objects]


def kind_in(field: Field) -> type[Field]:
    """The kind of field that holds such values: its own or, if they are computed, the one that it declares."""
    return field.kind if isinstance(field, Derived) else type(field)


def words(text: str) -> list[str]:
    """The different words of the text between commas, without the blanks around them."""
    return list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


def with_key(texts: dict[str, str], key: str, text: str) -> dict[str, str]:
    """The map with the key set to the text. As in XAPI, a new or changed key comes first."""
    if texts.get(key) == text:
        return texts
    return {key: text} | {other: texts[other] for other in texts if other != key}


def show(value: Any, unknown: str = "<not in database>", join: str = "; ") -> str:
    """The value as xe prints it; `unknown` if there is none, `join` between several."""
    if type(value) is str:
        return value
    if value is None:
        return unknown
    if isinstance(value, dict):
        return join.join(f"{key}: {text}" for key, text in value.items())
    if isinstance(value, list):
        return join.join(value)
    if isinstance(value, (bool, int)):
        return str(value).lower()
    return f"{value:.3f}"
