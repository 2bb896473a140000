"""Making the derived index, and updating it for the next version of the file."""

from __future__ import annotations

import marshal
import os
import time

from xe_py import classes
from xe_py.errors import DamagedIndexError
from xe_py.state.record import Record
from xe_py.store.files.attributes import GRAIN
from xe_py.store.index.cache import beside, open_file, sweep, write_file
from xe_py.store.index.maker import this_program
from xe_py.store.index.masking import masked
from xe_py.store.index.reading import Base, Head, OutdatedError, write_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from xe_py.state.changes import Change
    from xe_py.state.core import Finding
    from xe_py.state.state import State
    from xe_py.store.files.document import Document
    from xe_py.store.index.maker import Maker
    from xe_py.store.index.unsound import Row

# A head holds at least this many changes, and one more for every so many objects of the base.
_ROOM, _SHARE = 64, 50


def build(path: str | None, document: Document, state: State, findings: Sequence[Finding] = ()) -> Head | None:
    """Make the index of this version of the file, from its state, which is complete; with what is unsound in it.

    `path` is where its files are, without their ending. A very young file gets no index, because another change could
    leave its times as they are.
    """
    if time.time_ns() - document.identity[3] < GRAIN:
        return None
    if not findings:
        return _make(path, document, state, this_program(), state.all)
    from xe_py.store.index.unsound import packed

    # No version follows from an unsound one, so no stretches are needed.
    return _make(beside(path), document, state, this_program(), state.all, stretches=b"", findings=packed(findings))


def advance(
    path: str | None, document: Document, head: Head, state: State, changes: list[Change], *, stretches: bytes
) -> Head:
    """Update the index from the head's version of the file to this one; a head that is too long gets a new base.

    `stretches` are those of this version.
    """
    new: dict[str, dict[str, Record | None]] = {}
    for change in changes:
        new.setdefault(change.cls.name, {})[change.uuid] = change.after
    length = sum(len({*head.changed.get(cls, ()), *new.get(cls, ())}) for cls in {*head.changed, *new})
    if length > _ROOM + sum(head.base.counts.values()) // _SHARE:
        made = _make(
            path,
            document,
            state,
            head.maker,
            lambda cls: _present(head, cls, new.get(cls, {})),
            stretches=stretches,
        )
        if made is not None:
            return made
    counts, changed = dict(head.counts), dict(head.changed)
    for cls, objects in new.items():
        rows = {uuid: _row(obj) for uuid, obj in objects.items()}
        changed[cls] = changed.get(cls, {}) | rows
        counts[cls] = max(counts.get(cls, 0), *(place + 1 for place, _ in rows.values()))
    named = head.maker, document.identity, state.header, head.plain, head.token
    advanced = Head((*named, counts, state.totals(), stretches, [], changed), head.base)
    if path is not None:
        write_head(path, advanced)
    return advanced


def _row(obj: Record | None) -> tuple[int, bytes | None]:
    return (0, None) if obj is None else (obj.place, marshal.dumps(masked(obj)))


def _present(head: Head, cls: str, new: dict[str, Record | None]) -> list[Record]:
    """The objects of the class: those of the head, and what became of them."""
    rows = [(place, Record(classes.get(cls), fields)) for place, fields in head.all(cls) if fields["uuid"] not in new]
    rows += [(obj.place, obj) for obj in new.values() if obj is not None]
    return [obj for _, obj in sorted(rows, key=_place)]


def _place(row: tuple[int, Record]) -> int:
    return row[0]


def _make(
    path: str | None,
    document: Document,
    state: State,
    maker: Maker,
    objects: Callable[[str], list[Record]],
    *,
    stretches: bytes | None = None,
    findings: list[Row] | None = None,
) -> Head | None:
    """A new base with these objects, its head, and the state on top of it; None if it cannot be written.

    `stretches` are those of this version; None if they are not known.
    """
    if path is None:
        return None
    from xe_py.state import templates
    from xe_py.store.index.parts import Parts
    from xe_py.store.index.stretches import of

    sweep(os.path.dirname(path))
    token = os.urandom(16)
    places: dict[str, dict[str, int]] = {}
    data = document.content() if document.is_plain else None
    if stretches is None:
        stretches = b"" if data is None else of(data)

    def parts() -> Iterator[bytes]:
        base = Parts(templates.of(state.header))
        for name in classes.order():
            found = objects(name)
            places[name] = {obj["uuid"]: place for place, obj in enumerate(found)}
            if found:
                yield from base.add(classes.get(name), found, data)
        yield from base.finish(token)

    handle = open_file(f"{path}.base") if write_file(f"{path}.base", parts()) else None
    if handle is None:
        return None
    try:
        base = Base(handle, token, document.target)
    except (DamagedIndexError, OutdatedError):
        return None  # Another process has already put its own base here.
    named = maker, document.identity, state.header, document.is_plain, token
    head = Head((*named, base.counts, state.totals(), stretches, findings or [], {}), base)
    write_head(path, head)
    state.rest_on(head, places)
    return head
