"""Why a part of a state file cannot be read into the state, in words: the value, and what it must be."""

from __future__ import annotations

from xe_py.errors import XeError
from xe_py.schema import similar
from xe_py.schema.collections import Choices
from xe_py.schema.fields import LARGEST, Bool, Choice, Int, Map, Ref, Refs, Set, Text
from xe_py.schema.values import Absent, Float, Time, Uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import XenClass

_KINDS = {
    Text: "a text in quotes",
    Int: "a whole number of up to 63 bits",
    Float: "a number of up to 63 bits",
    Bool: "true or false",
    Time: "a time with an offset, such as 2026-11-22T09:00:00Z",
    Set: "a list of texts",
    Map: 'a map of texts, such as { key = "text" }',
    Uuid: "a uuid in quotes",
    Absent: "left out",
}  # fmt: skip
_LONGEST = 40


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like this one; empty if none is like it."""
    return next(iter(similar.nearest(name, known)), "")


def guess(name: str) -> str:
    """The name as a question after the message."""
    return f" ({name}?)" if name else ""


def no_object(cls: str, value: Any) -> str:
    """The message for a value in the place of an object of the class."""
    tables = isinstance(value, list) and all(isinstance(each, dict) for each in value)
    shown = f"a list of tables, [[{cls}.uuid]]" if tables else _kind(value)
    return f"this is {shown}; an object must be one table, [{cls}.uuid]"


def unknown_field(cls: XenClass, name: str) -> str:
    """The message for a field that the class does not store."""
    if name in cls.by_name:
        return f"{name} is computed and not stored in the file; remove it"
    return f"there is no field {name}{guess(nearest(name, cls.stored))}"


def misfit(field: Field, value: Any) -> str:
    """The message for a value that the field cannot hold."""
    name = field.name
    if isinstance(field, Map) and isinstance(value, dict):
        key, held = next((key, held) for key, held in value.items() if not isinstance(held, str))
        return f"{name} has {_kind(held)} for the key {key}; it must be {_wanted(field)}"
    if isinstance(field, Set) and isinstance(value, list):
        known = field.options if isinstance(field, Choices) else value
        odd = [member for member in value if not isinstance(member, str) or member not in known]
        if odd:
            return f"{name} has {_shown(odd[0])} in it; it must be {_wanted(field)}"
        twice = next(member for number, member in enumerate(value) if member in value[:number])
        return f"{name} has {_shown(twice)} twice; each member may be there only once"
    # A text in the place of a map may be a secret.
    shown = _kind(value) if isinstance(field, Map) else _shown(value)
    return f"{name} is {shown}; it must be {_wanted(field)}{guess(_meant(field, value))}"


def missing(field: Field) -> str:
    """The message for a required field that is missing."""
    return f"{field.name} is missing; it must be {_wanted(field)}"


def _wanted(field: Field) -> str:
    if isinstance(field, (Choice, Choices)):
        *others, last = field.options
        words = f"{', '.join(others)} or {last}" if others else last
        return words if isinstance(field, Choice) else f"a list of {words}"
    if isinstance(field, Ref):
        return f"the uuid of a {field.to} in quotes"
    if isinstance(field, Refs):
        return f"a list of uuids, each of a {field.to}"
    return next(_KINDS[kind] for kind in type(field).__mro__ if kind in _KINDS)


def _meant(field: Field, value: Any) -> str:
    """What the value was probably meant to be."""
    if not isinstance(value, str) or not isinstance(field, (Choice, Int, Float, Bool)):
        return ""
    try:
        return _shown(field.parse(value)).strip('"')
    except XeError:
        return nearest(value, field.options) if isinstance(field, Choice) else ""


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= _LONGEST else f'"{value[:_LONGEST]}…"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) or (isinstance(value, int) and abs(value) <= LARGEST):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else _kind(value)


def _kind(value: Any) -> str:
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a table"}
    return kinds.get(type(value), "a time")
