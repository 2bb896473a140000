"""Access to the program's own folders and files, never to what somebody put in their place, as a link or a pipe."""

from __future__ import annotations

import errno
import os
from stat import S_ISDIR, S_ISREG

_PIECE = 1 << 20
# How the names of files begin that a writer makes before one becomes the state file.
NEW = "new."
# The same for the content of a disk that is being written.
DISK = "new.disk-"


def neighbour(target: str) -> str:
    """The program's own folder beside a state file."""
    return f"{target}.d"


def left_behind(target: str) -> list[str]:
    """The files of writers that have not become the state file, or are about to."""
    folder = neighbour(target)
    try:
        return [os.path.join(folder, entry) for entry in os.listdir(folder) if entry.startswith(NEW)]
    except OSError:
        return []


def make_folder(path: str, *, above: bool = False) -> bool:
    """Make the folder for the user alone, if it does not exist, and say whether it was made; OSError if it is a file.

    With `above`, the folders above it are made too, unless the path as a whole is impossible.
    """
    if above:
        for folder in _missing(os.path.dirname(path)):
            try:
                os.mkdir(folder, 0o700)
            except FileExistsError:
                continue  # Another process was first.
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        if not S_ISDIR(os.lstat(path).st_mode):
            raise NotADirectoryError(errno.ENOTDIR, "it is not a folder, or it is a link to one", path) from None
        return False
    return True


def _missing(path: str) -> list[str]:
    """The folders of the path that do not exist, the outermost first; OSError if they cannot exist."""
    found: list[str] = []
    while path:
        try:
            os.lstat(path)
        except FileNotFoundError:
            found.append(path)
            path = os.path.dirname(path)
        else:
            break
    return found[::-1]


def open_file(path: str, flags: int) -> int:
    """A handle to the file, which the flags may create for the user alone; OSError if it is no file, or linked."""
    handle = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    status = os.fstat(handle)
    if S_ISREG(status.st_mode) and status.st_nlink <= 1:
        return handle
    close(handle)
    raise OSError(errno.EINVAL, "it is not an ordinary file, or it has another name as well", path)


def is_file(path: str) -> bool:
    """Whether there is an ordinary file, not a link to one."""
    try:
        return S_ISREG(os.lstat(path).st_mode)
    except FileNotFoundError:
        return False


def read_file(path: str) -> bytes:
    """The bytes of an ordinary file; otherwise OSError, at once and without following a link."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not S_ISREG(os.fstat(handle).st_mode):
        close(handle)
        raise OSError(errno.EINVAL, "it is not an ordinary file", path)
    with open(handle, "rb") as file:
        return file.read()


def put(data: bytes, file: int) -> None:
    """Write all of the bytes."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def copy(source: int, span: range, file: int) -> int:
    """Append a part of one file to another; the offset where it ended, which is earlier if the source is shorter.

    The system does this itself if it can: files that can share their content then need neither time nor space.
    """
    place = span.start
    try:
        while place < span.stop and (done := os.copy_file_range(source, file, span.stop - place, place)):
            place += done
    except (OSError, AttributeError):
        pass  # Impossible between these files or on this system; another error comes again below.
    while place < span.stop and (data := os.pread(source, min(_PIECE, span.stop - place), place)):
        put(data, file)
        place += len(data)
    return place


def begin_flush(file: int, span: range) -> None:
    """Let the system begin to put the span on the disk, so that a flush at the end has less to do; nobody waits here.

    It is advice that the span is not needed in memory, which Linux follows in this way.
    """
    try:
        os.posix_fadvise(file, span.start, len(span), os.POSIX_FADV_DONTNEED)
    except (OSError, AttributeError):
        return  # Some file systems and other systems take no advice.


def sync_folder(folder: str) -> None:
    """Put on the disk which files the folder has."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def close(handle: int) -> None:
    """Close a handle that was only used to read; an error at closing says nothing about what was read."""
    try:
        os.close(handle)
    except OSError:
        return
