"""The state file as a whole: open it to read or to write, bring changes into it, make a new one.

Beside `host.toml` stands the folder `host.toml.d` with the lock and, for a moment, the next version of the file. A
reader takes no lock: it sees the old file or the new one. A symbolic link stays one; its target is what is locked and
replaced.
"""

from __future__ import annotations

import os

from xe_py import classes
from xe_py.errors import DamagedIndexError, StateFileError
from xe_py.schema.fields import LARGEST
from xe_py.store import index
from xe_py.store.document import Document, identity, target_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from xe_py.state.core import Finding
    from xe_py.state.state import Change, State
    from xe_py.store.delta import Part
    from xe_py.store.index import Head

    Opened = tuple[Document, State, list[Finding]]


def open_to_read(path: str) -> Opened:
    """The state in the file as it is now, and what is unsound in it."""
    target = target_of(path)
    try:
        head = index.look(target, identity(os.stat(target)))
    except OSError:
        head = None
    if head is not None:
        return Document(path, target, head.identity, head=head), head.state(), []
    from xe_py.store import reader  # noqa: PLC0415 - where there is an index, the file need not be read

    document = reader.read(path)
    state, findings = reader.load(document)
    if not findings:
        document.head = index.look(target, document.identity)
    return document, state, findings


class open_to_write:  # noqa: N801 - used as a function, in a `with`
    """The same under the lock, which is held while the body runs; `commit` in it keeps what was changed.

    With `whole` the state has all its objects from the start, and no DamagedIndexError comes later.
    """

    def __init__(self, path: str, command: str, *, whole: bool = False) -> None:
        from xe_py.store.lock import Lock  # noqa: PLC0415 - only what writes is locked
        from xe_py.store.replacing import neighbour  # noqa: PLC0415 - the same

        self._path = path
        self._folder = neighbour(target_of(path))
        self._command = command
        self._whole = whole
        self._lock = Lock(self._folder, command)

    def __enter__(self) -> Opened:
        from xe_py.store.replacing import sweep  # noqa: PLC0415 - as above

        if not os.path.isfile(self._path):
            open_to_read(self._path)
        self._lock.take()
        try:
            sweep(self._folder)
            opened = _whole(self._path) if self._whole else open_to_read(self._path)
        except BaseException:
            self._lock.release()
            raise
        opened[0].command = self._command
        return opened

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _whole(path: str) -> Opened:
    opened = open_to_read(path)
    try:
        for cls in classes.order():
            opened[1].all(cls)
    except DamagedIndexError:
        index.discard(opened[0].target)
        opened = open_to_read(path)
    return opened


def commit(document: Document, state: State) -> Document:
    """Replace the file by one with the state's changes in it, and hand back what it is then.

    Nothing is written where nothing changed. A StateFileError leaves the file and the state as they were.
    """
    changes = state.changes()
    if not changes and not state.rules_changed():
        return document
    from xe_py.store.replacing import replace  # noqa: PLC0415 - only a change writes

    serial = next_serial(document.path, int(state.header["serial"]))
    content = _content(document, state, changes, serial)
    version = replace(document.target, content, document.identity, serial, document.command)
    state.settle()
    if version is not None and document.head is not None:
        _carry_on(document.target, document.head, version, state, changes)
    # Where someone has written to the file already, a further commit finds that this version is gone.
    committed = Document(document.path, document.target, version or ())
    committed.command = document.command
    return committed


def next_serial(path: str, serial: int) -> int:
    """The serial behind this one; StateFileError where there is none."""
    if serial + 1 < LARGEST:  # The largest number itself is unsound, as it has none behind it.
        return serial + 1
    raise StateFileError(
        f"The serial of {path} is {serial}, the largest there can be, so that no change can follow it.\n"
        "Set a smaller one by hand, in its table [state]: serial = 1"
    )


def _carry_on(target: str, head: Head, version: tuple[int, ...], state: State, changes: list[Change]) -> None:
    """Bring the index to the new version of the file; where that fails, the next command makes it anew."""
    from xe_py.store.indexing import advance, build  # noqa: PLC0415 - only a change writes

    try:
        if not advance(target, head, version, state, changes):
            build(target, version, state, None)
    except DamagedIndexError:
        index.discard(target)


def create(path: str, state: State, command: str, *, force: bool = False) -> None:
    """Make the file for a new state; one that is there stays unless `force` is given."""
    from xe_py.store.lock import Lock  # noqa: PLC0415 - only what writes is locked
    from xe_py.store.render import canonical  # noqa: PLC0415 - only a change writes
    from xe_py.store.replacing import neighbour, replace, sweep  # noqa: PLC0415 - the same

    may_create(path, force=force)
    target = target_of(path)
    lock = Lock(neighbour(target), command)
    lock.take()
    try:
        sweep(neighbour(target))
        may_create(path, force=force)
        old = identity(os.stat(target)) if os.path.exists(target) else None
        replace(target, [canonical(state).encode()], old, int(state.header["serial"]), command)
    finally:
        lock.release()


def may_create(path: str, *, force: bool) -> None:
    """StateFileError where no file can be made: its folder is missing, or it is there and `force` is not given."""
    target = target_of(path)
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise StateFileError(f"The folder {folder} does not exist.\nMake it with: mkdir -p {folder}")
    if os.path.lexists(target) and not os.path.isfile(target):
        from xe_py.store.reader import read  # noqa: PLC0415 - it says what is wrong with what is there

        read(path)
    if os.path.lexists(target) and not force:
        raise StateFileError(f"The state file {path} is there already.\nTo replace it by a fresh host, add --force.")


def _content(document: Document, state: State, changes: list[Change], serial: int) -> Iterable[Part]:
    """The next content of the file, in parts."""
    from xe_py.store.splice import STATE, anchors, edits, splice  # noqa: PLC0415 - only a change writes

    head = document.head
    if head is not None and head.plain:
        from xe_py.store.excerpt import Excerpt, NotFoundError  # noqa: PLC0415 - as above

        tables = [(STATE, 0), *((path, head.base.near(path[0], n)) for path, n in anchors(state, changes).items())]
        try:
            excerpt = Excerpt(document.content(), tables)
            return excerpt.apply(edits(excerpt.text, state, changes, serial))
        except NotFoundError:
            index.discard(document.target)
    return [splice(document.text, state, changes, serial).encode()]
