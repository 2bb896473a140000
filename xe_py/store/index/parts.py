"""The parts of a base of the index, as they are written one after the other. Most commits make no new base."""

from __future__ import annotations

import marshal
from array import array

from xe_py.state.tables import ELSEWHERE, entries, value_of
from xe_py.store.index.cache import MASKED, checked, pages
from xe_py.store.index.masking import masked
from xe_py.store.index.reading import CHUNK, number_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from mmap import mmap
    from typing import Any

    from xe_py.schema.xenclass import Key, XenClass
    from xe_py.state.record import Record


class Parts:
    """The parts of a base, as they are written one after the other.

    `placeless` are the uuids of objects that need not be in the state file; they stand before all others of their
    class, wherever they are in the file.
    """

    def __init__(self, placeless: Collection[str]) -> None:
        self.placeless = placeless
        self.parts: list[bytes] = []
        self.length = 0
        self.catalog: dict[str, Any] = {}

    def add(self, cls: XenClass, objects: list[Record], data: bytes | mmap | None) -> list[bytes]:
        """Write the objects of a class in chunks, a sorted table for each key, and a column for each field."""
        chunks = array("Q")
        near = 0
        hidden = []
        for start in range(0, len(objects), CHUNK):
            if data is not None and objects[start]["uuid"] not in self.placeless:
                near = max(near, data.find(f"\n[{cls.name}.{objects[start]['uuid']}]".encode(), near))
            rows = [masked(obj) for obj in objects[start : start + CHUNK]]
            hidden += [place for place, row in enumerate(rows, start) if MASKED in row]
            chunks.extend((*self._part(marshal.dumps(rows)), near))
        tables = {}
        for key in _looked_up(cls):
            fields = (key,) if isinstance(key, str) else key
            tables[key] = (*self._row(_table(objects, key)), {field: cls.defaults[field] for field in fields})
        names = _varied(cls, objects, hidden)
        columns = {name: self._part(marshal.dumps(_column(cls, objects, name, hidden))) for name in names}
        self.catalog[cls.name] = (len(objects), self._row(chunks), tables, self._part(marshal.dumps(columns)))
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


def _varied(cls: XenClass, objects: list[Record], hidden: list[int]) -> list[str]:
    """The fields that have another value than the default in one of the objects at least, or may have.

    An object that comes from an earlier index lacks what may be a secret.
    """
    return sorted(set(cls.kept_back if hidden else ()).union(*objects) - {MASKED})


def _column(cls: XenClass, objects: list[Record], name: str, hidden: list[int]) -> list[Any]:
    """The value of the field in each object; none that may be a secret of the objects in the `hidden` places."""
    default = cls.defaults[name]
    values = [obj.get(name, default) for obj in objects]
    if name in cls.kept_back:
        for place in hidden:
            values[place] = ELSEWHERE
    return values


def _looked_up(cls: XenClass) -> list[Key]:
    named = ["name-label"] * ("name-label" in cls.stored)
    return list(dict.fromkeys(["uuid", *cls.references, *cls.keys, *named]))
