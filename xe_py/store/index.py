"""The derived index: what a state file says, in the user's cache folder, in a form that is quick to look up.

The TOML file alone is the truth. The index is used only while it names the very version of the file that is there
(device, inode, size, times) and was made by this version of the program; anything else, and any damage, means that the
file is read in full and the index made anew. It holds data only: dicts, lists, texts and numbers, by marshal.

Two files: the *base* has all objects of one version of the state file, in chunks, with sorted tables of what fields
hold; the *head* names the version that is current and has the objects changed since the base, so that a commit writes
only the head.
"""

from __future__ import annotations

import marshal
import os
import sys
from _bisect import bisect_left
from zlib import crc32

from xe_py import __version__
from xe_py.errors import DamagedIndexError
from xe_py.schema.secrets import MASKED
from xe_py.state.state import State
from xe_py.state.tables import entries, value_of
from xe_py.store.access import close
from xe_py.store.cache import CHECK, Numbers, open_file, path_for, read_part, remove_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from xe_py.schema.xenclass import Key
    from xe_py.state.tables import Found

# What may read an index; another layout of its files is another number.
_LAYOUT = 2
TOOL = f"xe_py {__version__} layout {_LAYOUT} {sys.implementation.cache_tag} {marshal.version}"
CHUNK = 8
FOOT = 16
_distrusted: list[bool] = []


def number_of(value: Any) -> int:
    """The number that stands for a value in the sorted tables; others may have the same."""
    text = value if type(value) is str else "\n".join(map(str, value)) if type(value) is tuple else str(value)
    return crc32(text.encode())


class Base:
    """All objects of one version of a state file: a source for `xe_py.state.tables`.

    The catalog has for each class the number of its objects, the row of its chunks (start, count), the rows of its
    tables by key (start, count, and the defaults of the key's fields), and its columns by field (start, length). The
    row of chunks has three numbers for each: start, length, and about where in the state file its first object stands.
    A table is sorted; an entry has a number that stands for a value in its upper half and a place in the lower. A
    column has the values of one field of all objects.
    """

    def __init__(self, handle: int, token: bytes, target: str, version: tuple[int, ...]) -> None:
        self._handle = handle
        self._file = target, version
        start, length = read_part(handle, os.fstat(handle).st_size - FOOT - CHECK, FOOT).cast("Q")
        found, self.catalog = marshal.loads(read_part(handle, start, length))
        if found != token:
            raise DamagedIndexError
        self.counts: dict[str, int] = {cls: row[0] for cls, row in self.catalog.items()}
        self.totals: dict[tuple[str, str], dict[str, int]] = {}
        self._chunks: dict[tuple[str, int], list[dict[str, Any]]] = {}
        self._rows: dict[tuple[int, int], Numbers] = {}

    def __del__(self) -> None:
        close(self._handle)

    def follow(self, version: tuple[int, ...]) -> None:
        """The state file has this version now; what was not changed in it is where it was, or near."""
        self._file = self._file[0], version

    def class_of(self, uuid: str) -> str | None:
        """The name of the class of the object with this uuid, or None."""
        return next((cls for cls in self.catalog if self.one(cls, uuid)), None)

    def one(self, cls: str, uuid: str) -> Found:
        """The object of the class with this uuid, if there is one."""
        return self.where(cls, "uuid", uuid) or ()

    def where(self, cls: str, key: Key, value: Any) -> Found | None:
        """The objects whose field has, or whose set holds, the value; None where the key or the value has no index."""
        if cls not in self.catalog:
            return ()
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
            fields = self._chunk(cls, place // CHUNK)[place % CHUNK]
            if value in entries(value_of({**defaults, **fields}, key)):
                found.append((place, self.whole(cls, fields, place)))
        return found

    def all(self, cls: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """All objects of the class."""
        for number in range(self._chunk_count(cls)):
            for place, fields in enumerate(self._chunk(cls, number), number * CHUNK):
                yield place, self.whole(cls, fields, place)

    def whole(self, cls: str, fields: dict[str, Any], place: int) -> dict[str, Any]:
        """The fields of an object with those that the index does not keep."""
        if MASKED not in fields:
            return fields
        from xe_py.store.masking import unmasked  # noqa: PLC0415 - few objects have a secret

        return unmasked(*self._file, cls, fields["uuid"], self.near(cls, place))

    def columns(self, cls: str, fields: Iterable[str]) -> list[list[Any]] | None:
        """The values of each field, object by object; None where one of them has no column."""
        spans = self.catalog[cls][3] if cls in self.catalog else {}
        if any(field not in spans for field in fields):
            return None
        return [marshal.loads(read_part(self._handle, *spans[field])) for field in fields]

    def backwards(self, cls: str) -> Iterator[tuple[int, str]]:
        """The places and uuids of the objects of the class, the last first."""
        for number in reversed(range(self._chunk_count(cls))):
            for position, fields in reversed(list(enumerate(self._chunk(cls, number)))):
                yield number * CHUNK + position, fields["uuid"]

    def near(self, cls: str, place: int) -> int:
        """About where in the state file the object with this place stands, in bytes."""
        count = self._chunk_count(cls)
        return self._row(*self.catalog[cls][1])[3 * min(place // CHUNK, count - 1) + 2] if count else 0

    def _chunk_count(self, cls: str) -> int:
        return -(-self.counts.get(cls, 0) // CHUNK)

    def _chunk(self, cls: str, number: int) -> list[dict[str, Any]]:
        chunk = self._chunks.get((cls, number))
        if chunk is None:
            row = self._row(*self.catalog[cls][1])
            chunk = marshal.loads(read_part(self._handle, row[3 * number], row[3 * number + 1]))
            self._chunks[cls, number] = chunk
        return chunk

    def _row(self, start: int, count: int) -> Numbers:
        row = self._rows.get((start, count))
        if row is None:
            row = self._rows[start, count] = Numbers(self._handle, start, count)
        return row


class Head:
    """What the index says of the present version of a state file.

    `changed` has what became of objects since the base was made: by uuid the class, the place, and the fields or None.
    `plain` says that every object is written as a table of its own with a plain header.
    """

    __slots__ = ("base", "changed", "header", "identity", "plain", "token", "totals")

    def __init__(self, rows: tuple[Any, ...], base: Base) -> None:
        self.identity, self.header, self.plain, self.token, self.changed, self.totals = rows
        self.base = base
        base.totals = self.totals

    def state(self) -> State:
        """The state, which fetches from the base what it is asked for."""
        state = State(self.header, self.base)
        changed: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        for uuid, (cls, place, fields) in self.changed.items():
            if fields is None:
                state.forget(uuid, place)
            else:
                changed.setdefault(cls, []).append((place, self.base.whole(cls, fields, place)))
        for cls, rows in changed.items():
            state.announce(cls, rows)
        return state


def look(target: str, identity: tuple[int, ...]) -> Head | None:
    """The index of this version of the file, or None."""
    path = None if _distrusted else path_for(target)
    handle = path and open_file(f"{path}.head")
    if not path or handle is None:
        return None
    try:
        tool, *rows = marshal.loads(read_part(int(handle), 0, os.fstat(int(handle)).st_size - CHECK))
        if tool != TOOL or rows[0] != identity:
            return None
        base = open_file(f"{path}.base")
        return None if base is None else Head(tuple(rows), Base(base, rows[3], target, identity))
    except (DamagedIndexError, ValueError, EOFError, TypeError):
        discard(target)
        return None
    finally:
        close(int(handle))


def distrust() -> None:
    """Look at no index from now on, in this process."""
    _distrusted.append(True)


def discard(target: str) -> None:
    """Forget the index of the file."""
    path = path_for(target)
    for kind in ("head", "base"):
        remove_file(f"{path}.{kind}")
