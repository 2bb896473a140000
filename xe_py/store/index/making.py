"""Making the derived index (see `reading.py`), and updating it for the next version of the file."""

from __future__ import annotations

import marshal
import os
import time
from array import array

from xe_py import classes
from xe_py.errors import DamagedIndexError
from xe_py.schema.fields import Map
from xe_py.state.record import Record
from xe_py.state.tables import entries, value_of
from xe_py.store.files.attributes import GRAIN
from xe_py.store.index.cache import checked, open_file, pages, sweep, write_file
from xe_py.store.index.masking import masked
from xe_py.store.index.reading import CHUNK, TOOL, Base, Head, OutdatedError, maker, number_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from mmap import mmap
    from typing import Any

    from xe_py.schema.xenclass import Key, XenClass
    from xe_py.state.state import Change, State
    from xe_py.store.files.document import Document

# A head holds at least this many changes, and one more for every so many objects of the base.
_ROOM, _SHARE = 64, 50


def build(path: str | None, document: Document, state: State) -> Head | None:
    """Make the index of this version of the file, from its state, which is sound and complete.

    `path` is where its files are, without their ending. A very young file gets no index, because another change could
    leave its times as they are.
    """
    if time.time_ns() - document.identity[3] < GRAIN:
        return None
    return _make(path, document, state, lambda cls: state.all(cls.name))


def advance(path: str | None, document: Document, head: Head, state: State, changes: list[Change]) -> Head:
    """Update the index from the head's version of the file to this one; a head that is too long gets a new base."""
    counts, changed = dict(head.counts), dict(head.changed)
    for change in changes:
        cls, obj = change.cls.name, change.after
        place, fields = (0, None) if obj is None else (obj.place, marshal.dumps(masked(obj)))
        if changed.get(cls) is head.changed.get(cls):
            changed[cls] = dict(changed.get(cls, ()))
        changed[cls][change.uuid] = place, fields
        counts[cls] = max(counts.get(cls, 0), place + 1)
    named = head.maker, document.identity, state.header, head.plain, head.token
    new = Head((*named, counts, state.totals(), changed), head.base)
    if sum(map(len, changed.values())) > _ROOM + sum(head.base.counts.values()) // _SHARE:
        made = _make(path, document, state, lambda cls: [Record(cls, fields) for _, fields in new.all(cls.name)])
        if made is not None:
            return made
    if path is not None:
        _write_head(path, new)
    return new


def _make(
    path: str | None, document: Document, state: State, objects: Callable[[XenClass], list[Record]]
) -> Head | None:
    """A new base with these objects, its head, and the state on top of it; None if it cannot be written."""
    if path is None:
        return None
    sweep(os.path.dirname(path))
    token = os.urandom(16)
    places: dict[str, dict[str, int]] = {}

    def parts() -> Iterator[bytes]:
        base, data = _Base(), document.content() if document.is_plain else None
        for cls in classes.sections():
            found = objects(cls)
            places[cls.name] = {obj["uuid"]: place for place, obj in enumerate(found)}
            yield from base.add(cls, found, data)
        yield from base.finish(token)

    handle = open_file(f"{path}.base") if write_file(f"{path}.base", parts()) else None
    if handle is None:
        return None
    try:
        base = Base(handle, token, document.target)
    except (DamagedIndexError, OutdatedError):
        return None  # Another process has already put its own base here.
    named = maker(), document.identity, state.header, document.is_plain, token
    head = Head((*named, base.counts, state.totals(), {}), base)
    _write_head(path, head)
    state.rest_on(head, places)
    return head


def _write_head(path: str, head: Head) -> None:
    write_file(f"{path}.head", checked(marshal.dumps((TOOL, *head.rows()))))


class _Base:
    """The parts of a base, as they are written one after the other."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.length = 0
        self.catalog: dict[str, Any] = {}

    def add(self, cls: XenClass, objects: list[Record], data: bytes | mmap | None) -> list[bytes]:
        """Write the objects of a class in chunks, and a sorted table for each field by which they are looked up."""
        chunks = array("Q")
        near = 0
        for start in range(0, len(objects), CHUNK):
            if data is not None:
                near = max(near, data.find(f"\n[{cls.name}.{objects[start]['uuid']}]".encode(), near))
            chunks.extend((*self._part(marshal.dumps([masked(obj) for obj in objects[start : start + CHUNK]])), near))
        tables = {}
        for key in _looked_up(cls):
            fields = (key,) if isinstance(key, str) else key
            tables[key] = (*self._row(_table(objects, key)), {field: cls.defaults[field] for field in fields})
        columns = {name: self._part(marshal.dumps([obj[name] for obj in objects])) for name in _listed(cls)}
        self.catalog[cls.name] = (len(objects), self._row(chunks), tables, columns)
        return self._taken()

    def finish(self, token: bytes) -> list[bytes]:
        """Write the catalog, then the foot, which says where the catalog is."""
        span = self._part(marshal.dumps((token, self.catalog)))
        self._part(array("Q", span).tobytes())
        return self._taken()

    def _taken(self) -> list[bytes]:
        parts, self.parts = self.parts, []
        return parts

    def _row(self, numbers: array[int]) -> tuple[int, int]:
        start = self.length
        for page in pages(numbers):
            self._part(page)
        return start, len(numbers)

    def _part(self, data: bytes) -> tuple[int, int]:
        start = self.length
        self.parts += checked(data)
        self.length += sum(map(len, self.parts[-2:]))
        return start, len(data)


def _table(objects: list[Record], key: Key) -> array[int]:
    """The sorted table of a key; objects without a value are not in it."""
    values = [obj[key] for obj in objects] if isinstance(key, str) else [value_of(obj, key) for obj in objects]
    if any(type(value) is list for value in values):
        found = [(place, each) for place, value in enumerate(values) for each in entries(value)]
    else:
        found = [(place, value) for place, value in enumerate(values) if value is not None]
    return array("Q", sorted([number_of(value) << 32 | place for place, value in found]))


def _listed(cls: XenClass) -> list[str]:
    """The stored fields that plain lists show or filter on."""
    views = [view for view in map(classes.view, classes.names()) if view.of == cls.name]
    fields = ["uuid", *(name for view in views for name in (*view.list_fields, *view.filters))]
    return [name for name in dict.fromkeys(fields) if name in cls.stored and not isinstance(cls.stored[name], Map)]


def _looked_up(cls: XenClass) -> list[Key]:
    named = ["name-label"] * ("name-label" in cls.stored)
    return list(dict.fromkeys(["uuid", *cls.references, *cls.keys, *named]))
