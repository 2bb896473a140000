"""Folders and files of our own, and never what somebody has put in their place: a link, a pipe, a file of two names."""

from __future__ import annotations

import errno
import os
from stat import S_ISDIR, S_ISREG


def make_folder(path: str, *, above: bool = False) -> None:
    """Make the folder, for the user alone, if it is not there; OSError if something else is.

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


def close(handle: int) -> None:
    """Let go of a handle that was only looked through; how that ends says nothing about what was seen."""
    try:
        os.close(handle)
    except OSError:
        return
