"""Kinds of field with their own form on the command line or in the file: sizes, times, and others."""

from __future__ import annotations

from xe_py.errors import Failure, Misuse
from xe_py.schema.fields import LARGEST, Bool, Choice, Field, Int, Map, Ref, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from xe_py.schema.command import Selector


EPOCH = "19700101T00:00:00Z"
"""How XAPI prints a time that is not set."""
TIME_FORM = "%Y%m%dT%H:%M:%SZ"
"""How XAPI prints a time."""


class ExactChoice(Choice):
    """One of a few words, exactly as they are written."""

    __slots__ = ()

    def parse(self, text: str) -> str:
        if text not in self.options:
            raise self._refused(text)
        return text


class FirmBool(Bool):
    """True or false, for which `param-set` has another message in xe."""

    __slots__ = ()

    def parse_field(self, text: str) -> bool:
        if text not in {"true", "false"}:
            raise Misuse(f"Error: Parameter {self.name} must be a boolean (true or false)")
        return text == "true"


class BareInt(Int):
    """A whole number for which xe has no message: any other word is an internal error."""

    __slots__ = ()

    def parse(self, text: str) -> int:
        from xe_py.schema.numbers import integer_of

        number = integer_of(text)
        if number is None or not self.accepts(number):
            raise Failure("INTERNAL_ERROR", "Failure: Int64.of_string")
        return number


class Size(Int):
    """A number of bytes; on the command line also with K, M, G or T, in any spelling."""

    __slots__ = ()

    def parse(self, text: str) -> int:
        from xe_py.schema.numbers import size_of

        size = size_of(text)
        if size is None or not self.accepts(size):
            units = "expecting an integer (possibly with suffix KiB, MiB, GiB, TiB)"
            raise Misuse(f"Error: Failed to parse field '{self.name}': {units}, got '{text}'")
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


class DashedMap(Map):
    """A map in the old form, `name-key=value`."""

    __slots__ = ()
    mark = "-"


class UnmarkedMap(Map):
    """A map that help names like a single value, although a command line gives it key by key, `name:key=value`."""

    __slots__ = ()
    mark = ""


class KeyedMap(Map):
    """A map that takes only these `keys` on the command line; `otherwise` is the message for another key."""

    __slots__ = ("keys", "otherwise")

    def __init__(self, name: str, keys: Collection[str], *, otherwise: str, **rest: Any) -> None:
        self.keys = keys
        self.otherwise = otherwise
        super().__init__(name, **rest)

    def member(self, text: str) -> str:
        if text not in self.keys:
            raise Misuse(f"Error: {self.otherwise.format(text)}")
        return text


class Time(Field):
    """A time in UTC as xe prints it, `20261122T09:00:00Z`; in the file it is a date-time of TOML."""

    __slots__ = ()

    def accepts(self, value: Any) -> bool:
        return value is None or (type(value) is str and [len(part) for part in value.split(":")] == [11, 2, 3])

    @staticmethod
    def from_toml(value: Any) -> Any:
        """The time that a date-time with an offset stands for; any other value as it is."""
        if getattr(value, "tzinfo", None) is None:
            return value
        try:
            return (value - value.utcoffset()).strftime(TIME_FORM)
        except OverflowError:
            return value

    @staticmethod
    def to_toml(moment: str) -> str:
        """The time as TOML writes it."""
        return f"{moment[:4]}-{moment[4:6]}-{moment[6:]}"


class Called(Text):
    """The name or uuid of an object of the class or view `to`, as a text: the command itself looks for the object."""

    __slots__ = ("to",)

    def __init__(self, name: str, to: str, **rest: Any) -> None:
        self.to = to
        super().__init__(name, **rest)


class Named(Ref):
    """An object that is named as with a selector; if several have the name, the first one counts."""

    __slots__ = ("selector",)

    def __init__(self, name: str, selector: Selector, **rest: Any) -> None:
        self.selector = selector
        super().__init__(name, selector.name, **rest)


class Uuid(Field):
    """The uuid of an object that need not exist."""

    __slots__ = ()

    def accepts(self, value: Any) -> bool:
        from xe_py.schema.numbers import is_uuid

        return is_uuid(value) if type(value) is str else value is None and not self.required


class Secret(Text):
    """A secret text. Lists show it, because it is what the object is there for."""

    __slots__ = ()
    secret = True


class SecretMap(Map):
    """A map that may hold secrets, such as passwords, which are not shown."""

    __slots__ = ()

    def shown(self, value: Any) -> Any:
        from xe_py.schema.secrets import without_secret_values

        return without_secret_values(value)


class Absent(Field):
    """A reference to a class that is not simulated, so that there are no objects; `label` is XAPI's name of the class.

    The default, None or an empty list, is the only value.
    """

    __slots__ = ("label",)

    def __init__(self, name: str, label: str, **rest: Any) -> None:
        self.label = label
        super().__init__(name, **rest)

    def accepts(self, value: Any) -> bool:
        return bool(value == self.default)
