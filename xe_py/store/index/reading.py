"""The derived index: what a state file says, in the user's cache folder, in a form that is quick to look up.

Only the TOML file counts. The index is used only if it names exactly the present version of the file (device, inode,
size, times) and was made by a program with the same declarations and rules. In all other cases, and if the index is
damaged, the file is read in full and the index is made again. The index holds only data (dicts, lists, texts and
numbers), written with marshal.

There are two files. The *base* has all objects of one version of the state file, in chunks, with sorted tables of the
values of fields. The *head* names the current version and has the objects that changed since the base, so that a commit
writes only the head.
"""

from __future__ import annotations

import marshal
import os
import sys
from _bisect import bisect_left
from zlib import crc32

from xe_py import classes
from xe_py.errors import DamagedIndexError
from xe_py.state.state import State
from xe_py.state.tables import ELSEWHERE, entries, value_of
from xe_py.store.files.access import close
from xe_py.store.index.cache import (
    CHECK,
    KINDS,
    MASKED,
    Numbers,
    beside,
    checked,
    open_file,
    read_part,
    remove_file,
    write_file,
)
from xe_py.store.index.maker import maker_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from xe_py.schema.xenclass import Key, XenClass

    Rows = list[tuple[int, dict[str, Any]]]

# Which programs may read an index; another layout of its files gets another number.
_LAYOUT = 6
TOOL = f"xe_py layout {_LAYOUT} {sys.implementation.cache_tag} {marshal.version}"
CHUNK = 8
FOOT = 16

_GONE = 0, None
_NONE: dict[str, tuple[int, bytes | None]] = {}


class OutdatedError(Exception):
    """Another process has made a new base at this moment."""


def number_of(value: Any) -> int:
    """The number that stands for a value in the sorted tables; other values may have the same."""
    text = value if type(value) is str else "\n".join(map(str, value)) if type(value) is tuple else str(value)
    return crc32(text.encode())


def _place(row: tuple[int, Any]) -> int:
    return row[0]


def _kept(cls: XenClass, fields: dict[str, Any], name: str) -> Any:
    """The value of the field, of those that the index keeps."""
    return ELSEWHERE if MASKED in fields and name in cls.kept_back else fields.get(name, cls.defaults[name])


class Base:
    """All objects of one version of a state file.

    The catalog has for each class the number of its objects, the row of its chunks (start, count), the rows of its
    tables by key (start, count, and the defaults of the key's fields), and where the list of its columns is (start,
    length). The row of chunks has three numbers for each: start, length, and the rough offset of its first object in
    the state file. A table is sorted; the upper half of an entry is a number that stands for a value, the lower half is
    a place. A column has the values of one field of all objects; a field without one has its default everywhere.
    """

    def __init__(self, handle: int, token: bytes, target: str) -> None:
        self._handle = handle
        self._target = target
        # The present version of the state file, and whether it is plain.
        self.version: tuple[int, ...] = ()
        self.plain = False
        start, length = read_part(handle, os.fstat(handle).st_size - FOOT - CHECK, FOOT).cast("Q")
        found, self.catalog = marshal.loads(read_part(handle, start, length))
        if found != token:
            raise OutdatedError
        self.counts: dict[str, int] = {cls: row[0] for cls, row in self.catalog.items()}
        self._chunks: dict[tuple[str, int], list[dict[str, Any]]] = {}
        self._rows: dict[tuple[int, int], Numbers] = {}

    def __del__(self) -> None:
        close(self._handle)

    def class_of(self, uuid: str) -> str | None:
        """The name of the class of the object with this uuid, or None."""
        return next((cls for cls in self.catalog if self.where(cls, "uuid", uuid)), None)

    def where(self, cls: str, key: Key, value: Any) -> Rows | None:
        """The objects whose field has, or whose set holds, the value; None if the key or the value has no index."""
        if cls not in self.catalog:
            return []
        if value is None or key not in self.catalog[cls][2]:
            return None
        start, count, defaults = self.catalog[cls][2][key]
        table = self._row(start, count)
        number = number_of(value)
        found = []
        for position in range(bisect_left(table, number << 32), len(table)):
            entry = table[position]
            if entry >> 32 != number:
                break
            place = entry & 0xFFFFFFFF
            chunk = self._chunks.get((cls, place // CHUNK))
            if chunk is None:
                chunk = self._chunks[cls, place // CHUNK] = self.chunk(cls, place // CHUNK)
            fields = chunk[place % CHUNK]
            if value in entries(value_of({**defaults, **fields}, key)):
                found.append((place, fields))
        return found

    def all(self, cls: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """All objects of the class."""
        for number in range(self._chunk_count(cls)):
            yield from enumerate(self.chunk(cls, number), number * CHUNK)

    def whole(self, cls: str, place: int, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields of an object with those that the index does not keep."""
        if MASKED not in fields:
            return fields
        from xe_py.store.index.masking import unmasked

        near = self.near(cls, place) if self.plain else None
        return unmasked(self._target, self.version, cls, fields["uuid"], near)

    def columns(self, cls: str, fields: Iterable[str]) -> list[list[Any]]:
        """The values of each field, object by object; ELSEWHERE in place of those that the index does not keep."""
        if cls not in self.catalog:
            return [[] for _ in fields]
        spans = marshal.loads(read_part(self._handle, *self.catalog[cls][3]))
        count, defaults = self.counts[cls], classes.get(cls).defaults
        return [
            marshal.loads(read_part(self._handle, *spans[field])) if field in spans else [defaults[field]] * count
            for field in fields
        ]

    def backwards(self, cls: str) -> Iterator[tuple[int, str]]:
        """The places and uuids of the objects of the class, the last first."""
        for number in reversed(range(self._chunk_count(cls))):
            for position, fields in reversed(list(enumerate(self.chunk(cls, number)))):
                yield number * CHUNK + position, fields["uuid"]

    def near(self, cls: str, place: int) -> int:
        """The rough offset of the object with this place in the state file, in bytes."""
        count = self._chunk_count(cls)
        return self._row(*self.catalog[cls][1])[3 * min(place // CHUNK, count - 1) + 2] if count else 0

    def _chunk_count(self, cls: str) -> int:
        return -(-self.counts.get(cls, 0) // CHUNK)

    def chunk(self, cls: str, number: int) -> list[dict[str, Any]]:
        """The objects of one chunk."""
        row = self._row(*self.catalog[cls][1])
        chunk: list[dict[str, Any]] = marshal.loads(read_part(self._handle, row[3 * number], row[3 * number + 1]))
        return chunk

    def _row(self, start: int, count: int) -> Numbers:
        row = self._rows.get((start, count))
        if row is None:
            row = self._rows[start, count] = Numbers(self._handle, start, count)
        return row


class Head:
    """What the index says of the present version of a state file: a source for `xe_py.state.tables`.

    `plain` says that every object is written as a table of its own with a plain header; `stretches` are then those of
    the file, unless the version is unsound: `findings` says how. `counts` and `totals` are those of a source. `changed`
    has the objects that changed since the base was made: by class and uuid the place and the fields, as marshal writes
    them; None for an object that is gone.
    """

    __slots__ = (
        "base",
        "changed",
        "counts",
        "findings",
        "header",
        "identity",
        "maker",
        "plain",
        "stretches",
        "token",
        "totals",
    )

    changed: dict[str, dict[str, tuple[int, bytes | None]]]
    stretches: bytes
    findings: list[tuple[Any, ...]]

    def __init__(self, rows: tuple[Any, ...], base: Base) -> None:
        *named, self.stretches, self.findings, self.changed = rows
        self.maker, self.identity, self.header, self.plain, self.token, self.counts, self.totals = named
        self.base = base
        base.version, base.plain = self.identity, self.plain

    def rows(self) -> tuple[Any, ...]:
        """All parts that are written to the file."""
        named = self.maker, self.identity, self.header, self.plain, self.token
        return *named, self.counts, self.totals, self.stretches, self.findings, self.changed

    def state(self) -> State:
        """The state, which fetches from the index what it is asked for."""
        return State(self.header, self)

    def class_of(self, uuid: str) -> str | None:
        """The name of the class of the object with this uuid, or None."""
        for cls, rows in self.changed.items():
            if rows.get(uuid, _GONE)[1] is not None:
                return cls
        found = self.base.class_of(uuid)
        return None if found is None or uuid in self.changed.get(found, ()) else found

    def one(self, cls: str, uuid: str) -> Rows:
        """The object of the class with this uuid, if there is one."""
        row = self.changed.get(cls, _NONE).get(uuid)
        if row is None:
            return self.base.where(cls, "uuid", uuid) or []
        place, data = row
        return [] if data is None else [(place, marshal.loads(data))]

    def where(self, cls: str, key: Key, value: Any) -> Rows | None:
        """The objects whose field has, or whose set holds, the value; None if the key or the value has no index."""
        found = self.base.where(cls, key, value)
        if found is None or cls not in self.changed:
            return found
        defaults = classes.get(cls).defaults
        return [
            *self._unchanged(cls, found),
            *(row for row in self._newer(cls) if value in entries(value_of({**defaults, **row[1]}, key))),
        ]

    def all(self, cls: str) -> Rows:
        """All objects of the class in order of creation."""
        return sorted([*self._unchanged(cls, self.base.all(cls)), *self._newer(cls)], key=_place)

    def whole(self, cls: str, place: int, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields of an object with those that the index does not keep."""
        return self.base.whole(cls, place, fields)

    def columns(self, cls: str, fields: Iterable[str]) -> list[list[Any]]:
        """The values of each field, object by object; ELSEWHERE in place of those that the index does not keep."""
        names = ("uuid", *fields)
        columns = self.base.columns(cls, names)
        if cls not in self.changed:
            return columns[1:]
        declared = classes.get(cls)
        newer = {place: [_kept(declared, found, name) for name in names] for place, found in self._newer(cls)}
        changed = self.changed[cls]
        rows = [
            row if row[0] not in changed else newer.pop(place, None)
            for place, row in enumerate(zip(*columns, strict=True))
        ]
        rows += [newer[place] for place in sorted(newer)]
        kept = [row for row in rows if row is not None]
        return [[row[number] for row in kept] for number in range(1, len(names))]

    def backwards(self, cls: str) -> Iterator[tuple[int, str]]:
        """The places and uuids of the objects of the class, the last first."""
        changed = self.changed.get(cls, _NONE)
        newer = sorted((place, uuid) for uuid, (place, data) in changed.items() if data is not None)
        for place, uuid in self.base.backwards(cls):
            while newer and newer[-1][0] > place:
                yield newer.pop()
            if uuid not in changed:
                yield place, uuid
        yield from reversed(newer)

    def _unchanged(self, cls: str, rows: Iterable[tuple[int, dict[str, Any]]]) -> Iterable[tuple[int, dict[str, Any]]]:
        changed = self.changed.get(cls)
        return [row for row in rows if row[1]["uuid"] not in changed] if changed else rows

    def _newer(self, cls: str) -> Rows:
        rows = self.changed.get(cls, _NONE).values()
        return [(place, marshal.loads(data)) for place, data in rows if data is not None]


def write_head(path: str, head: Head) -> None:
    """Write the head where the files of its index are, if that is possible."""
    write_file(f"{path}.head", checked(marshal.dumps((TOOL, *head.rows()))))


def look(path: str | None, target: str, version: tuple[int, ...] | None) -> Head | None:
    """The index of this version of the file, or None; `path` is where its files are, without their ending.

    Without a version, it is the index of whatever version it was made for.
    """
    handle = path and open_file(f"{path}.head")
    if not path or handle is None:
        return None
    try:
        tool, maker, *rows = marshal.loads(read_part(int(handle), 0, os.fstat(int(handle)).st_size - CHECK))
        known = maker_of(maker) if (tool, rows[0]) == (TOOL, version or rows[0]) else None
        base = known and open_file(f"{path}.base")
        if known is None or base is None:
            return None
        head = Head((known, *rows), Base(int(base), rows[3], target))
    except OutdatedError:
        return None
    except (DamagedIndexError, ValueError, EOFError, TypeError):
        discard(path)
        return None
    finally:
        close(int(handle))
    if known != maker:
        write_head(path, head)
    return head


def discard(path: str | None) -> None:
    """Forget the existing index, and that of an unsound version."""
    for each in (path, beside(path)):
        for kind in KINDS if each else ():
            remove_file(f"{each}.{kind}")
