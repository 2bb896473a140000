"""Results as plain values: lists, objects, texts, numbers, true and false, and None for nothing."""

from __future__ import annotations

from xe_py.cli.formats.fields import columns_of
from xe_py.schema.listing import Facts, Listing, Node, Page, Sentence, Table, Texts, Value
from xe_py.state.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.state.state import State

    Row = dict[str, Any]

HEAD = "part"
"""The key that holds the head of a listing with a head."""


def data_of(state: State, result: Any) -> Any:
    """The value that a result stands for: a list for what may be several, None for nothing."""
    if isinstance(result, list):
        return [value for part in result for value in _values(state, part)]
    if isinstance(result, (Listing, Table)) and not (isinstance(result, Listing) and result.one):
        return _values(state, result)
    return next(iter(_values(state, result)), None)


def rows_of(state: State, listing: Listing) -> list[Row]:
    """The records of the listing, each as an object."""
    columns = columns_of(listing)
    head = {HEAD: listing.head.removesuffix(":")} if listing.head else {}
    return [head | {column.name: column.of(state, obj) for column in columns} for obj in listing.records]


def _values(state: State, part: Any) -> list[Any]:
    if part is None or isinstance(part, Sentence):
        return []
    if isinstance(part, Listing):
        return rows_of(state, part)
    if isinstance(part, Table):
        return part.data
    if isinstance(part, Facts):
        return list(map(dict, part.records))
    if isinstance(part, Texts):
        return list(part.texts)
    return [_value(part)]


def _value(part: Any) -> Any:
    if isinstance(part, Record):
        return {"uuid": part["uuid"]}
    if isinstance(part, Node):
        about = {} if part.obj is None else {"class": part.obj.cls.name, "uuid": part.obj["uuid"]}
        return {**about, "text": part.text, "below": [_value(child) for child in part.below]}
    if isinstance(part, (Value, Page)):
        return part.data
    return part if isinstance(part, (bool, int, float)) else str(part)
