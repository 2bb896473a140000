"""Values that xe prints, as the fields of the state hold them. References are the uuids that it prints for them."""

from __future__ import annotations

from xe_py.dumps.values import FLAGS, MISFIT, number_of, time_of
from xe_py.schema.fields import Bool, Choice, Int, Map, Ref, Refs, Set, Text
from xe_py.schema.numbers import integer_of
from xe_py.schema.values import Absent, Float, Time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.schema.fields import Field

_NOTHING = frozenset(("<not in database>", "<invalid reference>", "<unknown time>"))
_UNTOLD = frozenset(("<expensive field>", "<expensive>"))


def of_xe(field: Field, text: str) -> Any:
    """The value of the field for what xe prints; None for no value, MISFIT for one that the field cannot hold."""
    if not isinstance(field, (Text, Map)):
        text = text.partition("\n")[0].strip()  # What follows is not of the value.
    if text in _UNTOLD or (text in _NOTHING and not isinstance(field, Map)):
        return None
    made = next((make(field, text) for kind, make in _MAKERS if isinstance(field, kind)), text)
    if made is None or made is MISFIT or isinstance(field, (Ref, Refs, Absent)) or field.accepts(made):
        return made
    return MISFIT


def pairs(field: Field, text: str) -> Any:
    """The map that xe prints. A part without `: ` belongs to the value in front of it."""
    if text in _NOTHING or text in _UNTOLD:
        return {}
    found: dict[str, str] = {}
    key = None
    for part in text.split(field.join) if text.strip() else ():
        name, colon, value = part.partition(": ")
        if colon or part.endswith(":"):
            key = name.removesuffix(":") if not colon else name
            found[key] = value
        elif key is None:
            return MISFIT
        else:
            found[key] += field.join + part
    return found


def _set(field: Field, text: str) -> Any:
    return list(dict.fromkeys(text.split(field.join))) if text else []


def _number(_field: Field, text: str) -> Any:
    number = integer_of(text)
    return MISFIT if number is None else number


def _choice(field: Field, text: str) -> Any:
    options = field.options if isinstance(field, Choice) else ()
    return next((option for option in options if option.casefold() == text.casefold()), MISFIT)


# The more special kinds first.
_MAKERS: tuple[tuple[type[Field], Callable[[Field, str], Any]], ...] = (
    (Map, pairs),
    (Set, _set),
    (Text, lambda _field, text: text),
    (Bool, lambda _field, text: FLAGS.get(text, MISFIT)),
    (Int, _number),
    (Float, lambda _field, text: number_of(text)),
    (Time, lambda _field, text: time_of(text)),
    (Choice, _choice),
    (Ref, lambda _field, text: text or None),
    (Absent, lambda _field, text: text or None),
)
