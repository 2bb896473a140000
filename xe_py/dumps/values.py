"""Values of XenAPI, and of its database, as the fields of the state hold them.

References stay as they are in the capture. A value that the field cannot hold is MISFIT.
"""

from __future__ import annotations

import re

from xe_py.dumps.capture import NULL, REFERENCE
from xe_py.dumps.texts import map_of, set_of
from xe_py.schema.fields import Choice, Ref, Refs
from xe_py.schema.numbers import integer_of
from xe_py.schema.values import EPOCH, Absent
from xe_py.xapi.api_values import in_xe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.schema.fields import Field
    from xe_py.xapi.api_fields import ApiField

MISFIT = object()
"""Stands for a value that the field cannot hold."""

FLAGS = {"true": True, "false": False, "1": True, "0": False}
# How xe prints fields that have a number or a flag in XenAPI, by their names.
_SPEED, _DUPLEX = "speed", "duplex"
_TIME = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d):?(\d\d)(?:\.\d+)?Z?")
_EMPTY = frozenset(("", "()", NULL, "false", "0", "0.", EPOCH))


def of_api(field: Field, api: ApiField, value: Any) -> Any:
    """The value of the field for what XenAPI has; None for no value."""
    made = _of_type(field, api, value)
    if made is None or made is MISFIT or isinstance(field, (Ref, Refs, Absent)) or field.accepts(made):
        return made
    return MISFIT


def _of_type(field: Field, api: ApiField, value: Any) -> Any:
    kind = api.type.partition("(")[0].partition(" ")[0]
    if kind in _MAKERS:
        return _MAKERS[kind](value, field.name)
    return _of_text(field, api, _text(value)) if isinstance(value, str) else MISFIT


def _of_text(field: Field, api: ApiField, text: str) -> Any:
    if api.type.startswith("ref "):
        return None if text in {NULL, ""} else text
    if api.enum is not None and isinstance(field, Choice):
        return in_xe(api.enum, text, field.options) or (MISFIT if text else None)
    return text


def _flag(value: Any, name: str) -> Any:
    flag = value if isinstance(value, bool) else FLAGS.get(str(value), MISFIT)
    return flag if flag is MISFIT or name != _DUPLEX else ("full" if flag else "half")


def _number(value: Any, name: str) -> Any:
    number = value if type(value) is int else integer_of(str(value))
    return MISFIT if number is None else f"{number} Mbit/s" if name == _SPEED else number


def of_map(value: Any) -> Any:
    """The map of texts that XenAPI or its database has."""
    found = map_of(value) if isinstance(value, str) else value
    if not isinstance(found, dict):
        return MISFIT
    return {_text(key): _text(each) for key, each in found.items()}


def _set(value: Any, _name: str) -> Any:
    found = set_of(value) if isinstance(value, str) else value
    return list(dict.fromkeys(map(_text, found))) if isinstance(found, list) else MISFIT


def _text(value: Any) -> str:
    """The value as a text that can be written: JSON can hold halves of characters, which are none."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode(errors="replace").decode()
    return str(value).lower() if isinstance(value, bool) else str(value)


def number_of(value: Any) -> Any:
    """The number with a fraction that a number or text is."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return MISFIT


def time_of(text: str) -> Any:
    """The time in the text as xe prints it, None for one that is not set; XenAPI has two forms of it."""
    found = _TIME.fullmatch(text)
    if found is None:
        return MISFIT
    year, month, day, hour, minute, second = found.groups()
    time = f"{year}{month}{day}T{hour}:{minute}:{second}Z"
    return None if time == EPOCH else time


_MAKERS: dict[str, Callable[[Any, str], Any]] = {
    "map": lambda value, _name: of_map(value),
    "set": _set,
    "bool": _flag,
    "int": _number,
    "float": lambda value, _name: number_of(value),
    "datetime": lambda value, _name: time_of(str(value)),
}


def is_empty(value: Any) -> bool:
    """Whether a value of XenAPI says nothing: it is what a field has before anybody sets it."""
    return not value or (isinstance(value, str) and value in _EMPTY)


def references(value: Any) -> list[str]:
    """The references in the value, if it consists of nothing else."""
    found = [value]
    if isinstance(value, str) and value.startswith("("):
        found = set_of(value) or []
    elif isinstance(value, list):
        found = value
    return found if found and all(isinstance(each, str) and each.startswith(REFERENCE) for each in found) else []
