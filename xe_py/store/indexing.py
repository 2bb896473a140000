"""Making the derived index (see `xe_py.store.index`), and bringing it from one version of the file to the next."""

from __future__ import annotations

import marshal
import os
import time
from array import array

from xe_py import classes
from xe_py.schema.fields import Map
from xe_py.state.tables import entries, value_of
from xe_py.store.cache import checked, pages, path_for, sweep, write_file
from xe_py.store.index import CHUNK, TOOL, number_of
from xe_py.store.masking import masked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.schema.xenclass import Key, XenClass
    from xe_py.state.record import Record
    from xe_py.state.state import Change, State
    from xe_py.store.index import Head

# A file that is written twice within this time (ns) may keep its times, where the clock of its file system is coarse.
GRAIN = 20_000_000

# How many changes a head holds at least, and one for how many objects of the base.
_ROOM, _SHARE = 64, 50


def build(target: str, identity: tuple[int, ...], state: State, data: bytes | None) -> None:
    """Make the index of this version of the file anew; the state is sound.

    `data` is the content of the file where that is plain, else None. A file so young that a further change could leave
    its times as they are gets no index.
    """
    path = path_for(target)
    if path is None or time.time_ns() - identity[3] < GRAIN:
        return
    sweep(path)
    token = os.urandom(16)
    base = _Base()
    for cls in classes.sections():
        base.add(cls, state.all(cls.name), data)
    if write_file(f"{path}.base", base.finish(token)):
        _write_head(path, (identity, state.header, data is not None, token, {}, state.totals()))


def advance(target: str, head: Head, identity: tuple[int, ...], state: State, changes: list[Change]) -> bool:
    """Bring the index from the head's version of the file to this one; False where it wants to be made anew."""
    path = path_for(target)
    room = _ROOM + sum(head.base.counts.values()) // _SHARE
    if path is None or len(head.changed.keys() | {change.uuid for change in changes}) > room:
        return False
    changed = dict(head.changed)
    for change in changes:
        fields = None if change.after is None else masked(change.after)
        changed[change.uuid] = (change.cls.name, state.place_of(change.cls.name, change.uuid), fields)
    return _write_head(path, (identity, state.header, head.plain, head.token, changed, state.totals()))


def _write_head(path: str, rows: tuple[Any, ...]) -> bool:
    return write_file(f"{path}.head", checked(marshal.dumps((TOOL, *rows))))


class _Base:
    """The parts of a base as they are written one after the other."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.length = 0
        self.catalog: dict[str, Any] = {}

    def add(self, cls: XenClass, objects: list[Record], data: bytes | None) -> None:
        """Write the objects of a class in chunks, and a sorted table of each field by which they are looked up."""
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

    def finish(self, token: bytes) -> list[bytes]:
        """All parts, then the catalog, then the foot that says where the catalog is."""
        span = self._part(marshal.dumps((token, self.catalog)))
        self._part(array("Q", span).tobytes())
        return self.parts

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
    """The sorted table of a key; what has no value is not in it."""
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
