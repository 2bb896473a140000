"""Replacing a file safely: the old version or the new one is there, whatever happens, and the disk has it."""

from __future__ import annotations

import os
import time

from xe_py.errors import StateFileError
from xe_py.store import history
from xe_py.store.access import open_file
from xe_py.store.document import changed_meanwhile, identity
from xe_py.store.indexing import GRAIN
from xe_py.store.interrupts import uninterrupted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    # What is written: bytes, or those of the file that is replaced from one offset to another.
    Part = bytes | range

_NEW = "new."
_PIECE = 1 << 20
# The files that were replaced: who is asked what became of a command can say it, however that ended.
replaced: set[str] = set()


def neighbour(target: str) -> str:
    """The folder beside the state file."""
    return target + ".d"


@uninterrupted
def replace(
    target: str, parts: Iterable[Part], expected: tuple[int, ...] | None, serials: tuple[int, int], command: str
) -> tuple[int, ...] | None:
    """Put the parts in the place of the file, durably and all at once.

    What identifies the new version; None where someone has written to it already.

    `expected` identifies the version that is replaced, None a file that is not there; `serials` are those of the
    two versions, `command` is who asks for it: these are for the history. StateFileError leaves the file as it was. The
    lock is held.
    """
    temporary = os.path.join(neighbour(target), f"{_NEW}{os.getpid()}")
    try:
        written = _write(temporary, parts, target)
        _expect(target, expected)
        history.keep(target, temporary, serials, command)
        os.replace(temporary, target)
        replaced.add(target)
    except OSError as error:
        raise StateFileError(
            f"The state file {target} cannot be written: {error.strerror}.\nNothing was changed."
        ) from None
    finally:
        remove(temporary)
    try:
        _sync_folder(os.path.dirname(target))
    except OSError as error:
        raise StateFileError(
            f"The state file {target} is written, but its folder is not flushed to the disk: {error.strerror}.\n"
            "After a power cut the file may be the one before this command."
        ) from None
    try:
        found = identity(os.stat(target))
    except OSError:
        return None  # Taken away already.
    # Putting a file in place changes nothing of it but the last of its times.
    return found if found[:-1] == written[:-1] else None


def sweep(folder: str) -> None:
    """Remove what a writer that was killed has left; under the lock nobody else is writing."""
    try:
        entries = os.listdir(folder)
    except OSError:
        return
    for entry in entries:
        if entry.startswith(_NEW):
            remove(os.path.join(folder, entry))


def remove(path: str) -> None:
    """Take a file away, if it is there."""
    try:
        os.unlink(path)
    except OSError:
        return


def _write(path: str, parts: Iterable[Part], model: str) -> tuple[int, ...]:
    """A new file with the parts, flushed to the disk, with the mode and the owner of `model` if that is there.

    What identifies it.
    """
    file = open_file(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        if os.path.exists(model):
            _take_after(file, os.stat(model))
        for part in _joined(parts):
            if isinstance(part, range):
                _copy(model, part, file)
            else:
                _put(part, file)
        # Older than the clock's grain, so that a change right after this one cannot leave the times as they are.
        before = time.time_ns() - GRAIN
        os.utime(file, ns=(before, before))
        os.fsync(file)
        return identity(os.fstat(file))
    finally:
        os.close(file)


def _joined(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts, bytes next to each other as one."""
    near: list[bytes] = []
    for part in parts:
        if isinstance(part, range):
            yield b"".join(near)
            yield part
            near.clear()
        else:
            near.append(part)
    yield b"".join(near)


def _put(data: bytes, file: int) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _copy(model: str, span: range, file: int) -> None:
    """Add a part of the model to the file."""
    source = os.open(model, os.O_RDONLY | os.O_CLOEXEC)
    try:
        place = _copied_by_system(source, span, file)
        while place < span.stop:
            data = os.pread(source, min(_PIECE, span.stop - place), place)
            if not data:
                raise changed_meanwhile(model)
            _put(data, file)
            place += len(data)
    finally:
        os.close(source)


def _copied_by_system(source: int, span: range, file: int) -> int:
    """How far the system copied the part without handing it to us, which takes a fraction of the time."""
    place = span.start
    try:
        while place < span.stop and (done := os.copy_file_range(source, file, span.stop - place, place)):
            place += done
    except (OSError, AttributeError):
        return place  # Not between these files, or not on this system; or it tells again what is wrong.
    return place


def _take_after(file: int, status: os.stat_result) -> None:
    # Who may write to another's file and is not root makes it one's own.
    if os.geteuid() in {0, status.st_uid}:
        os.fchown(file, status.st_uid, status.st_gid)
    os.fchmod(file, status.st_mode & 0o7777)


def _expect(target: str, expected: tuple[int, ...] | None) -> None:
    try:
        found: tuple[int, ...] | None = identity(os.stat(target))
    except FileNotFoundError:
        found = None
    if found != expected:
        raise changed_meanwhile(target)


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
