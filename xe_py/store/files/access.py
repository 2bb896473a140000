"""Folders and files of our own, and never what somebody has put in their place: a link, a pipe, a file of two names."""

from __future__ import annotations

import errno
import os
from stat import S_ISDIR, S_ISREG

_PIECE = 1 << 20
# How the name of a file begins that a writer makes and is about to put in the place of the state file.
NEW = "new."


def neighbour(target: str) -> str:
    """The folder of our own beside a state file."""
    return f"{target}.d"


def left_behind(target: str) -> list[str]:
    """What writers have made and not put in the place of the file, or are about to put there."""
    folder = neighbour(target)
    try:
        return [os.path.join(folder, entry) for entry in os.listdir(folder) if entry.startswith(NEW)]
    except OSError:
        return []


def make_folder(path: str, *, above: bool = False) -> bool:
    """Make the folder, for the user alone, if it is not there, and say whether it was; OSError if something else is.

    With `above` the folders it is in are made too, unless the path as a whole cannot be.
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
            raise NotADirectoryError(errno.ENOTDIR, "it is no folder, or a link to one", path) from None
        return False
    return True


def _missing(path: str) -> list[str]:
    """What there is not of the folders of the path, the outermost first; OSError where they cannot be."""
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
    """A handle to the file, made for the user alone if the flags say so; OSError if it is none, or has other names."""
    handle = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    status = os.fstat(handle)
    if S_ISREG(status.st_mode) and status.st_nlink <= 1:
        return handle
    close(handle)
    raise OSError(errno.EINVAL, "it is no file of its own", path)


def is_file(path: str) -> bool:
    """Whether there is an ordinary file, and no link to one."""
    try:
        return S_ISREG(os.lstat(path).st_mode)
    except FileNotFoundError:
        return False


def read_file(path: str) -> bytes:
    """The bytes of an ordinary file; OSError if it is none, at once and without following a link."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not S_ISREG(os.fstat(handle).st_mode):
        close(handle)
        raise OSError(errno.EINVAL, "it is no ordinary file", path)
    with open(handle, "rb") as file:
        return file.read()


def put(data: bytes, file: int) -> None:
    """Write all of the bytes."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def copy(source: int, span: range, file: int) -> int:
    """Add a part of one file to another; where it ended, which is before its end if the source is shorter.

    The system does it where it can, without handing the bytes to us: where files can share what they hold, it takes
    neither time nor room.
    """
    place = span.start
    try:
        while place < span.stop and (done := os.copy_file_range(source, file, span.stop - place, place)):
            place += done
    except (OSError, AttributeError):
        pass  # Not between these files, or not on this system; or it tells again what is wrong.
    while place < span.stop and (data := os.pread(source, min(_PIECE, span.stop - place), place)):
        put(data, file)
        place += len(data)
    return place


def close(handle: int) -> None:
    """Let go of a handle that was only looked through; how that ends says nothing about what was seen."""
    try:
        os.close(handle)
    except OSError:
        return
