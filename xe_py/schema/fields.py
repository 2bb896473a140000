"""The kinds of field that a class or a command declares.

A field knows its name, what may be stored in it (`accepts`) and how a word from the command line becomes such a value
(`parse`). Values are str, int, float, bool, list of str, dict of str to str; None stands for no value. Values are never
changed in place.
"""

from __future__ import annotations

from xe_py.errors import Misuse
from xe_py.schema.secrets import without_secret_values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from xe_py.errors import Failure

    Guard = Callable[..., Iterator[Failure]]

RO, RW, SRO, SRW, MRO, MRW = "RO", "RW", "SRO", "SRW", "MRO", "MRW"

CASCADE, CLEAR, REFUSE = "cascade", "clear", "refuse"

_UNITS = {"": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40}
_TRUE = frozenset(("true", "yes", "1", "t", "y"))
_FALSE = frozenset(("false", "no", "0", "f", "n"))
LARGEST = (1 << 63) - 1
_DIGITS = len(str(LARGEST))
_NO_MEMBERS: list[str] = []
_NO_KEYS: dict[str, str] = {}


class Field:
    """One field of a class, or one parameter of a command.

    `mode` is the mark that xe prints behind the name. `guard` is asked before `param-set` changes the field; it is
    called with the state, the object and the new value; `effect`, called in the same way, is what such a change
    brings about elsewhere. `any_case` values are compared without case in filters.
    `by_key` maps can have their keys set although they are marked as read-only. `unknown` is printed where there is
    no value. Every value of exactly the type `takes` may be stored; of others `accepts` knows.
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
    )
    stored = True
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
        by_key: bool = False,
        guard: Guard | None = None,
        effect: Callable[..., None] | None = None,
        unknown: str = "<not in database>",
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

    @property
    def writable(self) -> bool:
        """Whether `param-set`, `-add` or `-clear` may change the field."""
        return self.mode.endswith("RW")

    def accepts(self, value: Any) -> bool:
        """Whether the value may be stored in the field."""
        return value is None

    def parse(self, text: str) -> Any:
        """The value that a word from the command line stands for; raises Misuse."""
        return text

    def shown(self, value: Any) -> Any:
        """What of the value may be shown."""
        return value


class Text(Field):
    """Any text, the empty one included."""

    __slots__ = ()
    empty = ""
    takes = str

    def accepts(self, value: Any) -> bool:
        return type(value) is str


class Choice(Field):
    """One of a few words."""

    __slots__ = ("options",)

    def __init__(self, name: str, options: tuple[str, ...], **rest: Any) -> None:
        self.options = options
        super().__init__(name, **rest)

    def accepts(self, value: Any) -> bool:
        return value in self.options or (value is None and self.default is None)

    def parse(self, text: str) -> str:
        folded = text.casefold()
        for option in self.options:
            if option.casefold() == folded:
                return option
        raise Misuse(f"Error: Parameter {self.name} must be one of: {', '.join(self.options)}")


class Int(Field):
    """A whole number that fits in 64 bits."""

    __slots__ = ()
    empty = 0

    def accepts(self, value: Any) -> bool:
        return type(value) is int and -LARGEST <= value <= LARGEST

    def parse(self, text: str) -> int:
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS and abs(int(text)) <= LARGEST):
            raise Misuse(f"Error: Parameter {self.name} must be an integer")
        return int(text)


class Size(Int):
    """A number of bytes; on the command line also with KiB, MiB, GiB or TiB."""

    __slots__ = ()

    def parse(self, text: str) -> int:
        digits = text.rstrip("KMGTkmgtiIbB ")
        unit = _UNITS.get(text[len(digits) :].strip().casefold())
        if unit is None:
            raise Misuse(f"Error: Parameter {self.name} must be an integer")
        size = super().parse(digits) * unit
        if size > LARGEST:
            raise Misuse(f"Error: Parameter {self.name} must be an integer")
        return size


class Float(Field):
    """A number with a fraction."""

    __slots__ = ()
    empty = 0.0

    def accepts(self, value: Any) -> bool:
        return type(value) in {float, int} and -LARGEST <= value <= LARGEST

    def parse(self, text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not self.accepts(number):
            raise Misuse(f"Error: Parameter {self.name} must be a floating-point number")
        return number


class Bool(Field):
    """True or false."""

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
        raise Misuse(f"Error: Parameter {self.name} must be a boolean (true or false)")


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
    """Texts by key. One with `secrets` may hold passwords and the like, which are not shown."""

    __slots__ = ("secrets",)
    empty = _NO_KEYS

    def __init__(self, name: str, *, secrets: bool = False, **rest: Any) -> None:
        self.secrets = secrets
        super().__init__(name, **rest)

    def shown(self, value: Any) -> Any:
        return without_secret_values(value) if self.secrets and value else value

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
