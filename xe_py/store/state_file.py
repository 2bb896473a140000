"""The state file as a whole: open it to read or to write, bring changes into it, make a new one.

Beside `host.toml` stands the folder `host.toml.d` with the lock, the history and, for a moment, the next version of the
file. A reader takes no lock: it sees the old file or the new one. A symbolic link stays one; its target is what is
locked and replaced.
"""

from __future__ import annotations

import os

from xe_py.errors import DamagedIndexError, StateFileError
from xe_py.schema.numbers import LARGEST
from xe_py.store.files.document import Document, changed_meanwhile, identity, target_of
from xe_py.store.files.interrupts import uninterrupted
from xe_py.store.index import reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from xe_py.state.core import Finding
    from xe_py.state.state import Change, State
    from xe_py.store.files.delta import Part
    from xe_py.store.index.reading import Head

    Opened = tuple[Document, State, list[Finding]]


def open_to_read(path: str, *, by_index: bool = True) -> Opened:
    """The state in the file as it is now, and what is unsound in it.

    By the index DamagedIndexError may come when the state is asked for something; without it the file is read in full.
    """
    target = target_of(path)
    try:
        head = reading.look(target, identity(os.stat(target))) if by_index else None
    except OSError:
        head = None
    if head is not None:
        document = Document(path, target, head.identity, head=head)
        document.is_plain = head.plain
        return document, head.state(), []
    from xe_py.store.toml import reader

    document = reader.read(path)
    state, findings = reader.load(document)
    return document, state, findings


class open_to_write:  # noqa: N801 - used as a function, in a `with`
    """The same under the lock, which is held while the body runs; `commit` in it keeps what was changed."""

    def __init__(self, path: str, command: str, *, by_index: bool = True) -> None:
        from xe_py.store.files.lock import Lock

        self._path = path
        self._target = target_of(path)
        self._command = command
        self._by_index = by_index
        self._lock = Lock(self._target, command)

    def __enter__(self) -> Opened:
        from xe_py.store.replacing import sweep

        if not os.path.isfile(self._path):
            open_to_read(self._path)
        self._lock.take()
        try:
            sweep(self._target)
            opened = open_to_read(self._path, by_index=self._by_index)
        except BaseException:
            self._lock.release()
            raise
        opened[0].command = self._command
        return opened

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def read_again(document: Document, state: State) -> tuple[Document, State]:
    """The same version and its state from the file itself, where the index is damaged; what was changed is changed.

    StateFileError where the file is another by now. The lock is held.
    """
    from xe_py.store.toml import reader

    reading.discard(document.target)
    again = reader.read(document.path)
    if again.identity != document.identity:
        raise changed_meanwhile(document.path)
    whole, findings = reader.load(again)
    if findings:
        raise reader.unsound(again, findings)
    again.command = document.command
    whole.repeat(state.changes(), state.rules)
    return again, whole


@uninterrupted
def commit(document: Document, state: State) -> Document:
    """Replace the file by one with the state's changes in it, and hand back what it is then.

    Nothing is written where nothing changed. A StateFileError leaves the file and the state as they were.
    """
    changes = state.changes()
    if not changes and not state.rules_changed():
        return document
    from xe_py.store.replacing import replace

    serial = next_serial(document.path, int(state.header["serial"]))
    content = _content(document, state, changes, serial)
    version = replace(document.target, content, document.identity, serial, document.command)
    state.settle()
    # Where someone has written to the file already, a further commit finds that this version is gone.
    committed = Document(document.path, document.target, version or ())
    committed.command = document.command
    committed.is_plain = document.is_plain
    if version is not None and not document.reordered:
        committed.head = _carried_on(document.head, committed, state, changes)
    return committed


def next_serial(path: str, serial: int) -> int:
    """The serial behind this one; StateFileError where there is none."""
    if serial + 1 < LARGEST:  # The largest number itself is unsound, as it has none behind it.
        return serial + 1
    raise StateFileError(
        f"The serial of {path} is {serial}, the largest there can be, so that no change can follow it.\n"
        "Set a smaller one by hand, in its table [state]: serial = 1"
    )


def _carried_on(head: Head | None, document: Document, state: State, changes: list[Change]) -> Head | None:
    """The index of the new version of the file; None where there is none, and the next command makes it anew."""
    from xe_py.store.index.making import advance, build

    try:
        return build(document, state) if head is None else advance(document, head, state, changes)
    except (DamagedIndexError, StateFileError, MemoryError):
        reading.discard(document.target)
        return None


def create(path: str, state: State, command: str, *, force: bool = False) -> None:
    """Make the file for a new state, and its folder; a file that is there stays unless `force` is given."""
    from xe_py.store.files.access import make_folder
    from xe_py.store.files.lock import Lock
    from xe_py.store.replacing import replace, sweep
    from xe_py.store.toml.render import canonical

    may_create(path, force=force)
    target = target_of(path)
    try:
        make_folder(os.path.dirname(target), above=True)
    except OSError as error:
        raise StateFileError(f"The folder {os.path.dirname(target)} cannot be made: {error.strerror}.") from None
    lock = Lock(target, command)
    lock.take()
    try:
        sweep(target)
        may_create(path, force=force)
        old = identity(os.stat(target)) if os.path.exists(target) else None
        replace(target, [canonical(state).encode()], old, int(state.header["serial"]), command)
    finally:
        lock.release()


def may_create(path: str, *, force: bool) -> None:
    """StateFileError where no file can be made: something else is there, or it is and `force` is not given."""
    target = target_of(path)
    if os.path.lexists(target) and not os.path.isfile(target):
        from xe_py.store.toml.reader import read

        read(path)
    if os.path.lexists(target) and not force:
        raise StateFileError(f"The state file {path} is there already.\nTo replace it by a fresh host, add --force.")


def _content(document: Document, state: State, changes: list[Change], serial: int) -> Iterable[Part]:
    """The next content of the file, in parts."""
    head = document.head
    if head is not None and head.plain:
        from xe_py.store.toml.excerpt import Excerpt, NotFoundError
        from xe_py.store.toml.splice import STATE, anchors, edits

        try:
            near = [(path, head.base.near(path[0], place)) for path, place in anchors(state, changes).items()]
            excerpt = Excerpt(document.content(), [(STATE, 0), *near])
            return excerpt.apply(edits(excerpt.text, state, changes, serial))
        except (NotFoundError, DamagedIndexError):
            reading.discard(document.target)
            document.head, document.is_plain = None, False
    from xe_py.store.toml.rewriting import rewritten

    return [rewritten(document, state, changes, serial)]
