"""A capture: what a file tells of a pool, before anybody knows whether it fits together."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MOST_ROWS = 500_000
"""A capture with more objects is refused before they fill the memory."""
MOST_VALUES = 20_000_000
"""The same for a file with more values, of however few objects."""

REFERENCE = "OpaqueRef:"
"""How references begin."""
NULL = f"{REFERENCE}NULL"
"""The reference of XenAPI to no object."""


class DumpError(Exception):
    """A file that cannot be read as a capture; the text says why."""


def refuse_too_many(data: bytes, *marks: bytes) -> None:
    """DumpError if the marks, of which each value has one, stand too often in the file."""
    if sum(map(data.count, marks)) > MOST_VALUES:
        raise DumpError(f"it has more than {MOST_VALUES} values")


class Row:
    """One object as XenAPI has it: its class (empty if nothing says it), its reference, and its fields by name.

    Values are those of JSON. A set or map may also be a text of the database. `age` orders the objects of a class by
    creation, where that is known.
    """

    __slots__ = ("age", "cls", "fields", "ref")

    def __init__(self, cls: str, ref: str, fields: Mapping[str, Any], age: int = 0) -> None:
        self.cls = cls
        self.ref = ref
        self.fields = fields
        self.age = age


class Listed:
    """One object as xe prints it: the class that a line above names, if there is one, and the texts by field."""

    __slots__ = ("fields", "heading")

    def __init__(self, heading: str) -> None:
        self.heading = heading
        self.fields: dict[str, str] = {}


class Capture:
    """The objects in a file; `title` says what kind of file it is.

    `complete` are the classes of which it has all objects. `manifest` is that of a database. `remarks` are sentences
    for the report.
    """

    __slots__ = ("complete", "listed", "manifest", "remarks", "rows", "title")

    def __init__(self, title: str) -> None:
        self.title = title
        self.rows: list[Row] = []
        self.listed: list[Listed] = []
        self.complete: set[str] = set()
        self.manifest: dict[str, str] = {}
        self.remarks: list[str] = []

    def add(self, row: Row) -> None:
        """Add one more object; DumpError if there are too many."""
        if len(self.rows) >= MOST_ROWS:
            raise DumpError(f"it has more than {MOST_ROWS} objects")
        self.rows.append(row)
