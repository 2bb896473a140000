"""Which values are shown of each record: the fields of the list, or those that `params=` names, as it names them.

A name may follow references: `resident-on.name-label`, or `vdi.sr.name-label`, where `vdi` is short for `vdi-uuid`.
"""

from __future__ import annotations

from xe_py import classes
from xe_py.errors import Misuse
from xe_py.schema.derived import NameOf
from xe_py.schema.fields import Derived, Ref, Refs, kind_in
from xe_py.schema.listing import ALL, step
from xe_py.schema.xenclass import meant_field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.schema.fields import Field
    from xe_py.schema.listing import Listing
    from xe_py.schema.xenclass import XenClass
    from xe_py.state.record import Record
    from xe_py.state.state import State


class Column:
    """A value that every record shows: its name, the references to follow, and the field at their end."""

    __slots__ = ("field", "name", "steps")

    def __init__(self, name: str, steps: tuple[Field, ...], field: Field) -> None:
        self.name = name
        self.steps = steps
        self.field = field

    def of(self, state: State, obj: Record) -> Any:
        """The value of the record; None if there is none, a list if a reference on the way has several objects."""
        found, several = [obj], False
        for taken in self.steps:
            uuids = [state.value(each, taken.name) for each in found]
            several = several or _has_several(taken)
            flat = [uuid for value in uuids for uuid in (value if isinstance(value, list) else [value])]
            found = [each for uuid in flat if (each := state.get(_target(taken), uuid)) is not None]
        values = [value_of(state, each, self.field) for each in found]
        return values if several else values[0] if values else None


def columns_of(listing: Listing) -> list[Column]:
    """The columns of the listing; Misuse for a name that is no field."""
    if listing.chosen is None or listing.chosen == ALL:
        return [Column(field.name, (), field) for field in listing.fields]
    return [_column(listing.cls, name) for name in dict.fromkeys(listing.chosen.split(","))]


def value_of(state: State, obj: Record, field: Field) -> Any:
    """The value of the field as a program gets it: None if there is none, and a secret is masked."""
    if isinstance(field, NameOf) and obj[field.reference] is None:
        return None
    return field.shown(state.values([obj], field)[0])


def _column(cls: XenClass, name: str) -> Column:
    *way, last = name.split(".")
    steps: list[Field] = []
    for word in way:
        taken = step(cls, word)
        if taken is None or not _target(taken):
            raise _unknown(cls, word, name)
        steps.append(taken)
        cls = classes.get(_target(taken))
    field = cls.by_name.get(last)
    if field is None or field.hidden:
        raise _unknown(cls, last, name)
    return Column(name, tuple(steps), field)


def _target(field: Field) -> str:
    """The class of the objects that the field refers to; the empty text if it is no reference."""
    to = field.to if isinstance(field, (Ref, Refs, Derived)) else ""
    return to if to in classes.all_names() else ""


def _has_several(field: Field) -> bool:
    return issubclass(kind_in(field), Refs)


def _unknown(cls: XenClass, word: str, name: str) -> Misuse:
    where = "" if word == name else f" in {name}"
    what = "reference" if word in cls.by_name else "field"
    return Misuse(f"Error: '{word}'{where} is no {what} of a {cls.label}.", *meant_field(cls, word))
