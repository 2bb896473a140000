"""Bringing an index to a version of the file that no commit of xe_py wrote: only what differs is read and judged.

This relies on the incremental check: if the earlier version was sound, and the check accepts the changes, then the
present version is sound. Whatever is not as simple as that (what differs is unsound, not plain, or in another order) is
left to a full read.
"""

from __future__ import annotations

import os
import time

from xe_py.errors import DamagedIndexError, Failure, StateFileError
from xe_py.schema.fields import LARGEST
from xe_py.schema.xenclass import TEMPLATES
from xe_py.state import templates
from xe_py.state.core import verify
from xe_py.state.record import alike
from xe_py.store.files.attributes import GRAIN
from xe_py.store.index.cache import MASKED, sweep
from xe_py.store.index.making import advance
from xe_py.store.index.reading import look
from xe_py.store.index.stretches import compared, headers, joined, number_of
from xe_py.store.toml import plain
from xe_py.store.toml.reader import taken_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mmap import mmap
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State
    from xe_py.store.files.delta import Part
    from xe_py.store.files.document import Document
    from xe_py.store.index.reading import Head
    from xe_py.store.index.stretches import Gap

    Tables = dict[str, dict[str, dict[str, Any]]]

_STATE, _SERIAL = "state", "serial"


class _UnlikeError(Exception):
    """The version differs in a way that only a full read understands."""


def catch_up(index: str | None, document: Document, head: Head) -> Head | None:
    """The index of this version, from that of an earlier one; None if the file must be read in full."""
    head.base.version = document.identity
    kept = None if time.time_ns() - document.identity[3] < GRAIN else index
    try:
        found = differing(head, document.content())
        if found is None:
            return None
        if kept is not None:
            sweep(os.path.dirname(kept))  # Many files are never read in full again, so nothing else would do it.
        return found.carry_on(kept, document)
    except (DamagedIndexError, StateFileError):
        return None


def is_known_as_sound(index: str | None, target: str, document: Document) -> bool:
    """Whether the version in the document is sound, by what differs from an indexed one; False if that is unknown."""
    head = look(index, target, None)
    if head is None or not head.stretches or document.is_wrapped:
        return False
    document.is_plain = differing(head, document.content()) is not None
    return document.is_plain


class Differing:
    """Another version than that of the head: its state, whose changes are those since then, and its stretches.

    `parts` are its content: new bytes, and ranges of the version of the head.
    """

    __slots__ = ("_head", "_stretches", "parts", "state")

    def __init__(self, head: Head, state: State, parts: list[Part], stretches: bytes) -> None:
        self._head = head
        self._stretches = stretches
        self.state = state
        self.parts = parts

    def carry_on(self, index: str | None, document: Document) -> Head:
        """The index of this version, which is in the document."""
        document.is_plain = True
        return advance(index, document, self._head, self.state, self.state.changes(), stretches=self._stretches)


def differing(head: Head, data: bytes | mmap) -> Differing | None:
    """The version with this content; None if that is not plain or not sound, or differs too much."""
    found = compared(head.stretches, data)
    state = head.state()
    try:
        tables, is_same = _tables(head, found.gaps, data)
        header = tables.pop(_STATE, {}).get(_STATE)
        if header is not None:
            state.header = _header(state.header, header)
        _apply(state, tables, [] if is_same else _gone(head, data))
        verify(state, state.changes())
    except (_UnlikeError, Failure, StateFileError, DamagedIndexError, UnicodeDecodeError):
        return None
    return Differing(head, state, found.parts, found.stretches)


def _tables(head: Head, gaps: list[Gap], data: bytes | mmap) -> tuple[Tables, bool]:
    """The tables of all gaps, and whether each gap has those of the same objects as before."""
    tables: Tables = {}
    last: dict[str, int] = {}
    is_same = [_add_tables(head, tables, last, gap, bytes(data[gap.start : gap.end]).decode()) for gap in gaps]
    return tables, all(is_same)


def _add_tables(head: Head, tables: Tables, last: dict[str, int], gap: Gap, text: str) -> bool:
    """Add the tables of a gap to the others; whether they are of the same objects as before.

    `last` has the last place of each class so far.
    """
    loaded = plain.load(text) if not text or text.endswith("\n") else None
    if loaded is None:
        raise _UnlikeError
    numbers = []
    is_new = False
    if _STATE in loaded:
        loaded[_STATE] = {_STATE: loaded[_STATE]}
        numbers.append(number_of(b"state]"))
    for cls, found in loaded.items():
        if not tables.setdefault(cls, {}).keys().isdisjoint(found):
            raise _UnlikeError
        tables[cls] |= found
        for uuid in found if cls != _STATE else ():
            numbers.append(number_of(f"{cls}.{uuid}]".encode()))
            for place, fields in head.one(cls, uuid):
                if place <= last.get(cls, -1) or MASKED in fields:
                    raise _UnlikeError
                last[cls] = place
                break
            else:
                is_new = True
    return not is_new and joined(numbers) == gap.headers


def _header(before: dict[str, Any], header: dict[str, Any]) -> dict[str, Any]:
    """The header, which differs at most in the serial."""
    serial = header.get(_SERIAL)
    kinds = [type(value) for value in before.values()]
    if not alike({**before, _SERIAL: serial}, header) or [type(value) for value in header.values()] != kinds:
        raise _UnlikeError
    if not 0 <= header[_SERIAL] < LARGEST:
        raise _UnlikeError
    return header


def _gone(head: Head, data: bytes | mmap) -> list[tuple[str, str]]:
    """The objects, by class and uuid, that have no table any more; all others are in the same order, new ones last."""
    present: dict[str, list[str]] = {}
    for _, header in headers(data):
        cls, _, uuid = header.decode().removesuffix("]").partition(".")
        present.setdefault(cls, []).append(uuid)
    if present.pop(_STATE, None) != [""]:
        raise _UnlikeError
    found = []
    for cls in {*present, *head.counts}:
        before, now = _written(head, cls), present.get(cls, [])
        there = set(now)
        kept = [uuid for uuid in before if uuid in there]
        if len(there) != len(now) or now[: len(kept)] != kept:
            raise _UnlikeError
        found += [(cls, uuid) for uuid in before if uuid not in there]
    return found


def _written(head: Head, cls: str) -> list[str]:
    """The uuids of the objects that have a table in the version of the head."""
    uuids: list[str] = head.columns(cls, ("uuid",))[0]
    if cls != "vm" or TEMPLATES not in head.header:
        return uuids
    known = templates.of(head.header)
    if not all(templates.is_delivered(head.header, fields) for uuid in known for _, fields in head.one(cls, uuid)):
        raise _UnlikeError
    return [uuid for uuid in uuids if uuid not in known]


def _apply(state: State, tables: Tables, gone: list[tuple[str, str]]) -> None:
    """Change the state as the file was changed."""
    part = taken_in(state.header, tables)
    if part is None:
        raise _UnlikeError
    for cls, uuid in gone:
        state.remove(state.need(cls, uuid))
    for cls in tables:
        for obj in part.all(cls):
            _put(state, obj)


def _put(state: State, obj: Record) -> None:
    before = state.get(obj.cls.name, obj["uuid"])
    if state.is_delivered(obj):
        raise _UnlikeError  # In a plain file, a template that is as delivered has no table.
    if before is None:
        state.add(obj.cls.name, obj, obj["uuid"])
    else:
        state.update(before, {name: obj[name] for name in {**before, **obj}})
