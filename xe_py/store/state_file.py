"""The state file as a whole: open it to read or to write, make a new one, replace it safely.

Beside `host.toml` stands the folder `host.toml.d` with the lock and, for a moment, the next version of the file. A
reader takes no lock: it sees the old file or the new one. A symbolic link stays one; its target is what is locked and
replaced.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress

from xe_py.errors import StateFileError
from xe_py.store import reader
from xe_py.store.lock import locked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.core import Finding
    from xe_py.state.state import State
    from xe_py.store.reader import Document

_NEW = "new."


def open_to_read(path: str) -> tuple[Document, State, list[Finding]]:
    """The state in the file as it is now, and what is unsound in it."""
    document = reader.read(path)
    return document, *reader.load(document)


@contextmanager
def open_to_write(path: str, command: str) -> Iterator[tuple[Document, State, list[Finding]]]:
    """The same under the lock, which is held while the body runs; `commit` in it keeps what was changed."""
    target = os.path.realpath(path)
    if not os.path.isfile(target):
        reader.read(path)
    with locked(neighbour(target), command):
        _sweep(neighbour(target))
        document = reader.read(target)
        document.path = path
        yield document, *reader.load(document)


def commit(document: Document, state: State) -> Document:
    """Replace the file by one with the state's changes in it, and hand back what it is then.

    Nothing is written where nothing changed. A StateFileError leaves the file and the state as they were.
    """
    changes = state.changes()
    if not changes and not state.rules_changed():
        return document
    from xe_py.store.splice import splice  # noqa: PLC0415 - only a change writes

    target = os.path.realpath(document.path)
    text = splice(document.text, state, changes, serial=state.header["serial"] + 1)
    replace(target, text.encode(), document.identity)
    state.settle()
    return reader.Document(document.path, text, reader.identity(os.stat(target)))


def create(path: str, state: State, command: str, *, force: bool = False) -> None:
    """Make the file for a new state; one that is there stays unless `force` is given."""
    from xe_py.store.render import canonical  # noqa: PLC0415 - only a change writes

    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise StateFileError(f"The folder {folder} does not exist.\nMake it with: mkdir -p {folder}")
    with locked(neighbour(target), command):
        _sweep(neighbour(target))
        if os.path.lexists(target) and not force:
            raise StateFileError(
                f"The state file {path} is there already.\nTo replace it by a fresh host, add --force."
            )
        old = reader.identity(os.stat(target)) if os.path.exists(target) else None
        replace(target, canonical(state).encode(), old)


def replace(target: str, data: bytes, expected: tuple[int, ...] | None) -> None:
    """Put the data in the place of the file, durably and all at once; StateFileError leaves the file as it was.

    `expected` identifies the version that the data replaces, None a file that is not there. The lock is held.
    """
    temporary = os.path.join(neighbour(target), f"{_NEW}{os.getpid()}")
    try:
        _write(temporary, data, target)
        _expect(target, expected)
        os.replace(temporary, target)
    except OSError as error:
        raise StateFileError(
            f"The state file {target} cannot be written: {error.strerror}.\nNothing was changed."
        ) from None
    finally:
        with suppress(OSError):
            os.unlink(temporary)
    try:
        _sync_folder(os.path.dirname(target))
    except OSError as error:
        raise StateFileError(
            f"The state file {target} is written, but its folder is not flushed to the disk: {error.strerror}.\n"
            "After a power cut the file may be the one before this command."
        ) from None


def neighbour(target: str) -> str:
    """The folder beside the state file."""
    return target + ".d"


def _write(path: str, data: bytes, model: str) -> None:
    """A new file with the data, flushed to the disk, with the mode and the owner of `model` if that is there."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with suppress(FileNotFoundError):
            status = os.stat(model)
            with suppress(PermissionError):
                os.fchown(file, status.st_uid, status.st_gid)
            os.fchmod(file, status.st_mode & 0o7777)
        view = memoryview(data)
        while view:
            view = view[os.write(file, view) :]
        os.fsync(file)
    finally:
        os.close(file)


def _expect(target: str, expected: tuple[int, ...] | None) -> None:
    try:
        found: tuple[int, ...] | None = reader.identity(os.stat(target))
    except FileNotFoundError:
        found = None
    if found != expected:
        raise StateFileError(
            f"The state file {target} was changed by someone else in the meantime.\n"
            "Nothing was written; run the command again."
        )


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(folder: str) -> None:
    """Remove what a writer that was killed has left; under the lock nobody else is writing."""
    with suppress(OSError):
        for entry in os.listdir(folder):
            if entry.startswith(_NEW):
                os.unlink(os.path.join(folder, entry))
