"""Values on the wire, and reading those of a call by their types.

A value of XenAPI is a text, a number, true or false, a `Time`, a list or a dict. The two encodings make bytes of it.
"""

from __future__ import annotations

import re

from xe_py.errors import Failure
from xe_py.schema.fields import LARGEST
from xe_py.schema.values import EPOCH
from xe_py.serve.model import ENUM, MAP, SET, inner, outer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.serve.model import Model

    Reader = Callable[[Any], Any]

# Enumerations of which the words are read exactly.
_EXACT = frozenset(("bond_mode", "event_operation"))
_TIME = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d):?(\d\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?")
_NUMBER = re.compile(r"[+-]?\d{1,19}")


class Time(str):
    """A time, as XenAPI writes it."""

    __slots__ = ()


class Count(int):
    """A number of 32 bits, which XML-RPC writes with its type."""


EMPTY = {"map": {}, "set": [], "bool": False, "int": 0, "float": 0.0, "datetime": Time(EPOCH), "string": ""}
"""What a value of each type is before anybody sets it."""


def reader(model: Model, type: str) -> Reader:
    """The function that reads a value of the type; it raises Failure for any other value."""
    kind = outer(type)
    if kind == SET:
        return _reader_of_set(reader(model, inner(type)[0]))
    if kind == MAP:
        key, value = (reader(model, each) for each in inner(type))
        return _reader_of_map(key, value)
    if kind == ENUM:
        name = type.split()[1]
        return _reader_of_enum(model.enums.get(name, []), exactly=name in _EXACT)
    return _READERS.get(kind, _text)


def wrong(expected: str, got: Any) -> Failure:
    """The refusal of a value that is of another type."""
    return internal(f"Failure(\"Expected {expected}, got '{_rendered(got)}'\")")


def internal(text: str) -> Failure:
    """The refusal for what nobody expected."""
    return Failure("INTERNAL_ERROR", text)


def _rendered(value: Any) -> str:
    """The value as the refusals of XAPI write it."""
    if isinstance(value, bool):
        return f"B({str(value).lower()})"
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(_rendered, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{key}:{_rendered(each)}' for key, each in value.items())}}}"
    letter = "I" if isinstance(value, int) else "F" if isinstance(value, float) else "S"
    return "N" if value is None else f"{'D' if isinstance(value, Time) else letter}({value})"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise wrong("string", value)
    if not value.isascii() and (known := value.encode(errors="replace").decode()) != value:
        raise Failure("INVALID_VALUE", "string", known)
    return str(value)


def _int(value: Any) -> int:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not -LARGEST <= value <= LARGEST:
        raise wrong("int64", value)
    return value


def _float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise wrong("float", value)
    try:
        return float(value)
    except (ValueError, OverflowError):
        raise wrong("float", value) from None


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise wrong("bool", value)
    return value


def _time(value: Any) -> Time:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise wrong("datetime", value)
    year, month, day, hour, minute, second, zone = found.groups()
    return Time(f"{year}{month}{day}T{hour}:{minute}:{second}{zone or 'Z'}")


def _record(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong("dict", value)
    return value


def _reader_of_set(member: Reader) -> Reader:
    def read(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise wrong("enum", value)
        return [member(each) for each in value]

    return read


def _reader_of_map(key: Reader, member: Reader) -> Reader:
    def read(value: Any) -> dict[Any, Any]:
        return {key(name): member(each) for name, each in _record(value).items()}

    return read


def _reader_of_enum(words: list[str], *, exactly: bool) -> Reader:
    spelt = {word if exactly else word.lower(): word for word in words}

    def read(value: Any) -> str:
        word = _text(value)
        found = spelt.get(word if exactly else word.lower())
        if found is None:
            raise internal('Failure("Unknown tag/contents")')
        return found

    return read


_READERS: dict[str, Reader] = {
    "int": _int,
    "float": _float,
    "bool": _bool,
    "datetime": _time,
    "record": _record,
}
