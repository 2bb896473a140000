"""Results as tables for people: names instead of uuids of other objects, sizes with units, colour for states.

A table on a terminal fits its width. Anywhere else each column is as wide as it must be.
"""

from __future__ import annotations

from xe_py.cli.colour import STATES
from xe_py.cli.environment import Drawn, clean, is_terminal
from xe_py.cli.formats.fields import columns_of
from xe_py.cli.output import drawn_table, text_of
from xe_py.schema.fields import Ref, Refs, kind_in, show
from xe_py.schema.listing import Listing, Table
from xe_py.schema.numbers import size_in_words
from xe_py.schema.values import Size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

    from xe_py.cli.formats.fields import Column
    from xe_py.schema.fields import Field
    from xe_py.state.state import State


def table(state: State, result: Any, output: TextIO | None) -> str:
    """The result as text: each listing as a table under its head, everything else as it is."""
    parts = result if isinstance(result, list) else [result]
    texts = [clean(_part(state, part, output)) for part in parts]
    return Drawn("\n".join(filter(None, texts)))


def _part(state: State, part: Any, output: TextIO | None) -> str:
    if not isinstance(part, (Listing, Table)):
        return text_of(state, part, minimal=False, output=output)
    shown = part if isinstance(part, Table) else _of_records(state, part)
    head = f"{part.head}\n" if isinstance(part, Listing) and part.head else ""
    return Drawn(clean(head) + (drawn_table(shown, STATES, output) if is_terminal(output) else clean(str(shown))))


def _of_records(state: State, listing: Listing) -> Table:
    columns = columns_of(listing)
    if listing.one:
        obj = listing.records[0]
        return Table(
            ("field", "value"), [(column.name, _cell(state, column, column.of(state, obj))) for column in columns]
        )
    rows = [tuple(_cell(state, column, column.of(state, obj)) for column in columns) for obj in listing.records]
    return Table(tuple(column.name for column in columns), rows)


def _cell(state: State, column: Column, value: Any) -> str:
    """The value as a person reads it, on one line."""
    if isinstance(value, list):
        return ", ".join(_cell(state, column, each) for each in value)
    kind = kind_in(column.field)
    if issubclass(kind, Size) and isinstance(value, int):
        return size_in_words(value)
    if issubclass(kind, (Ref, Refs)) and isinstance(value, str):
        return _name(state, column.field, value)
    return _in_line(show(value, "", ", "))


def _in_line(text: str) -> str:
    return clean(text).replace("\n", "\\n")


def _name(state: State, field: Field, uuid: str) -> str:
    """The name of the object, or its uuid if it has no name."""
    cls = state.class_of(uuid)
    obj = None if cls is None or field.name == "uuid" else state.get(cls, uuid)
    return _in_line(obj.name) if obj is not None and obj.name else uuid
