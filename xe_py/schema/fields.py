"""The kinds of field that a class or a command declares.

A field knows its name, what may be stored in it (`accepts`), and how a word from the command line becomes such a value:
where `param-set` gives it to a field (`parse`), and where a command takes it (`parse_word`). Values are str, int,
float, bool, list of str, dict of str to str; None stands for no value. Values are never changed in place.
"""

from __future__ import annotations

from xe_py.errors import Failure, Misuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from xe_py.errors import XeError

    Guard = Callable[..., Iterator[Failure]]

RO, RW, SRO, SRW, MRO, MRW = "RO", "RW", "SRO", "SRW", "MRO", "MRW"

CASCADE, CLEAR, REFUSE = "cascade", "clear", "refuse"

LARGEST = (1 << 63) - 1
_TRUE = ("true", "t", "yes", "y", "1")
_FALSE = ("false", "f", "no", "n", "0")
# What a refusal says; {name} is the field's name, {text} the word, {folded} the same in lower case.
MUST_BE_BOOLEAN = "Error: Parameter {name} must be a boolean (true or false)"
_NO_BOOLEAN = "Error: Failed to parse parameter '{name}': expecting a boolean (true or false)"
_NO_BOOLEAN_WORD = f"Error: Failed to parse parameter '{{name}}': expecting {', '.join(_TRUE + _FALSE)}, got '{{text}}'"
_NO_INTEGER = "Error: Failed to parse parameter '{name}': expecting an integer"
_NO_SIZE = (
    "Error: Failed to parse field '{name}': "
    "expecting an integer (possibly with suffix KiB, MiB, GiB, TiB), got '{text}'"
)
_NO_NUMBER = "Error: Parameter {name} must be a floating-point number"
_NO_UUID = "00000000-0000-0000-0000-000000000000"
_AS_ZERO = str.maketrans("123456789abcdefABCDEF", "0" * 21)
_NO_MEMBERS: list[str] = []
_NO_KEYS: dict[str, str] = {}


class Field:
    """One field of a class, or one parameter of a command.

    `mode` is the mark that xe prints behind the name. `guard` is asked before `param-set` changes the field; it is
    called with the state, the object and the new value; `effect`, called in the same way, is what such a change
    brings about elsewhere. `any_case` values are compared without case in filters.
    `by_key` maps can have their keys set although they are marked as read-only. `unknown` is printed where there is
    no value. `wrong` is what is said of a word that stands for no value, with {name}, {text} and {folded} in it. Every
    value of exactly the type `takes` may be stored; of others `accepts` knows.
    """

    __slots__ = (
        "any_case",
        "by_key",
        "default",
        "deprecated",
        "doc",
        "effect",
        "expensive",
        "guard",
        "hidden",
        "mode",
        "name",
        "required",
        "unknown",
        "wrong",
    )
    stored = True
    empty: Any = None
    takes: type | None = None
    refused_with = ""

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
        by_key: bool = False,
        guard: Guard | None = None,
        effect: Callable[..., None] | None = None,
        unknown: str = "<not in database>",
        wrong: str = "",
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
        self.by_key = by_key
        self.guard = guard
        self.effect = effect
        self.unknown = unknown
        self.wrong = wrong or self.refused_with

    @property
    def writable(self) -> bool:
        """Whether `param-set`, `-add` or `-clear` may change the field."""
        return self.mode.endswith("RW")

    def accepts(self, value: Any) -> bool:
        """Whether the value may be stored in the field."""
        return value is None

    def parse(self, text: str) -> Any:
        """The value that a word stands for which `param-set` gives to the field; raises Misuse or Failure."""
        return text

    def parse_word(self, text: str) -> Any:
        """The value that a word stands for which a command takes; raises Misuse or Failure."""
        return self.parse(text)

    def refusal(self, text: str) -> XeError:
        """What is said of a word that stands for no value."""
        return Misuse(self.wrong.format(name=self.name, text=text, folded=text.lower()))


class Text(Field):
    """Any text, the empty one included."""

    __slots__ = ()
    empty = ""
    takes = str

    def accepts(self, value: Any) -> bool:
        return type(value) is str


class Uuid(Field):
    """The uuid of an object that need not be there."""

    __slots__ = ()

    def accepts(self, value: Any) -> bool:
        return type(value) is str and is_uuid(value)


class Choice(Field):
    """One of a few words, read in any case unless it is `exact`."""

    __slots__ = ("exact", "options")

    def __init__(
        self, name: str, options: tuple[str, ...], *, exact: bool = False, wrong: str = "", **rest: Any
    ) -> None:
        self.options = options
        self.exact = exact
        listed = ", ".join(f"'{option}'" for option in options)
        super().__init__(name, wrong=wrong or f"Error: Expected one of {listed}, got {{folded}}", **rest)

    def accepts(self, value: Any) -> bool:
        return value in self.options or (value is None and self.default is None)

    def parse(self, text: str) -> str:
        folded = text.lower()
        for option in self.options:
            if option == text or (option.lower() == folded and not self.exact):
                return option
        raise self.refusal(text)


class Int(Field):
    """A whole number that fits in 64 bits, read as OCaml reads one: `-1`, `+1_000`, `0xff`, `0o17`, `0b1`."""

    __slots__ = ()
    empty = 0
    refused_with = _NO_INTEGER

    def accepts(self, value: Any) -> bool:
        return type(value) is int and -1 - LARGEST <= value <= LARGEST

    def parse(self, text: str) -> int:
        from xe_py.schema.numbers import integer  # noqa: PLC0415 - many a command reads no number

        number = integer(text)
        if number is None:
            raise self.refusal(text)
        return number


class BareInt(Int):
    """A whole number of which the real xe checks nothing before it reads it, and so refuses as an internal error."""

    __slots__ = ()

    def refusal(self, text: str) -> XeError:  # noqa: ARG002 - the real one does not name the word either
        return Failure("INTERNAL_ERROR", "Failure: Int64.of_string")


class Size(Int):
    """A number of bytes; as a word never negative, with suffixes such as GiB, gb or g, all powers of 1024."""

    __slots__ = ()
    refused_with = _NO_SIZE

    def parse(self, text: str) -> int:
        from xe_py.schema.numbers import size  # noqa: PLC0415 - as above

        number = size(text)
        if number is None:
            raise self.refusal(text)
        return number


class Float(Field):
    """A number with a fraction."""

    __slots__ = ()
    empty = 0.0
    refused_with = _NO_NUMBER

    def accepts(self, value: Any) -> bool:
        return type(value) in {float, int} and -LARGEST <= value <= LARGEST

    def parse(self, text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not self.accepts(number):
            raise self.refusal(text)
        return number


class Bool(Field):
    """True or false: as a field exactly `true` or `false`, as a parameter of a command also t, yes, y, 1 and so on."""

    __slots__ = ()
    empty = False
    takes = bool
    refused_with = _NO_BOOLEAN

    def accepts(self, value: Any) -> bool:
        return type(value) is bool

    def parse(self, text: str) -> bool:
        if text not in {"true", "false"}:
            raise self.refusal(text)
        return text == "true"

    def parse_word(self, text: str) -> bool:
        folded = text.lower()
        if folded not in _TRUE + _FALSE:
            raise Misuse(_NO_BOOLEAN_WORD.format(name=self.name, text=text))
        return folded in _TRUE


class Time(Field):
    """A moment in UTC as xe prints it, `20261122T09:00:00Z`; in the file it is TOML's date-time."""

    __slots__ = ()

    def accepts(self, value: Any) -> bool:
        return value is None or (type(value) is str and [len(part) for part in value.split(":")] == [11, 2, 3])

    @staticmethod
    def from_toml(value: Any) -> Any:
        """The moment that a date-time with an offset stands for; any other value as it is."""
        if getattr(value, "tzinfo", None) is None:
            return value
        try:
            return (value - value.utcoffset()).strftime("%Y%m%dT%H:%M:%SZ")
        except OverflowError:
            return value

    @staticmethod
    def to_toml(moment: str) -> str:
        """The moment as TOML writes it."""
        return f"{moment[:4]}-{moment[4:6]}-{moment[6:]}"


class Set(Field):
    """A list of texts in which each stands once."""

    __slots__ = ()
    empty = _NO_MEMBERS

    def accepts(self, value: Any) -> bool:
        return type(value) is list and all(type(member) is str for member in value) and len(set(value)) == len(value)

    def parse(self, text: str) -> list[str]:
        """The members, written with commas between them."""
        return list(dict.fromkeys(member.strip() for member in text.split(",") if member.strip()))


class Map(Field):
    """Texts by key."""

    __slots__ = ()
    empty = _NO_KEYS

    def accepts(self, value: Any) -> bool:
        return type(value) is dict and all(type(text) is str for text in value.values())


class Ref(Field):
    """The uuid of one object of the class `to`.

    When that object goes, the one that holds the reference goes too (CASCADE), forgets it (CLEAR), or stops the
    deletion (REFUSE).
    """

    __slots__ = ("on_delete", "to")
    takes = str

    def __init__(self, name: str, to: str, *, on_delete: str = REFUSE, **rest: Any) -> None:
        self.to = to
        self.on_delete = on_delete
        super().__init__(name, **rest)

    def accepts(self, value: Any) -> bool:
        return type(value) is str or (value is None and not self.required)

    def parse(self, text: str) -> str | None:
        return text or None


class Refs(Set):
    """The uuids of several objects of the class `to`; one that goes is left out (CLEAR)."""

    __slots__ = ("on_delete", "to")

    def __init__(self, name: str, to: str, *, on_delete: str = CLEAR, **rest: Any) -> None:
        self.to = to
        self.on_delete = on_delete
        super().__init__(name, **rest)


class Derived(Field):
    """A field that is computed from the state when it is asked for: `compute(state, obj)`."""

    __slots__ = ("compute",)
    stored = False

    def __init__(self, name: str, compute: Callable[[Any, Any], Any], **rest: Any) -> None:
        self.compute = compute
        super().__init__(name, **rest)


def is_uuid(text: str) -> bool:
    """Whether the text has the form of a uuid."""
    return text.translate(_AS_ZERO) == _NO_UUID


def show(value: Any, unknown: str = "<not in database>") -> str:
    """The value as xe prints it; `unknown` where there is none."""
    if type(value) is str:
        return value
    if value is None:
        return unknown
    if isinstance(value, dict):
        return "; ".join(f"{key}: {text}" for key, text in value.items())
    if isinstance(value, list):
        return "; ".join(value)
    if isinstance(value, (bool, int)):
        return str(value).lower()
    return f"{value:.3f}"
