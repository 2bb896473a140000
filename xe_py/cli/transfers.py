"""The files that a command reads and writes on the side of whoever gave it, and the standard streams in their place."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from stat import S_ISFIFO

from xe_py.errors import Misuse
from xe_py.schema.client import STANDARD_OUTPUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from xe_py.cli.environment import Environment
    from xe_py.schema.client import Target

_INPUT = {"", "-", "/dev/stdin"}
_NO_NAMELESS_FILES = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL}


class _NewFile:
    """A new file."""

    def __init__(self, file: int) -> None:
        self.file = file

    def write(self, data: bytes) -> None:
        """Write the bytes behind those before."""
        view = memoryview(data)
        while view:
            view = view[os.write(self.file, view) :]


class _Output:
    """Standard output."""

    file = None

    def __init__(self, environment: Environment) -> None:
        self.write = environment.out_bytes


@contextmanager
def source(environment: Environment, name: str) -> Iterator[BinaryIO]:
    """The file of this name, open to read, or standard input; Misuse if it cannot be read."""
    if name in _INPUT:
        environment.empties()
        yield environment.input_bytes
        return
    path = environment.path(name)
    try:
        if S_ISFIFO(os.stat(path).st_mode):
            environment.empties(path)  # Before it is opened: that would wait for another writer.
        file = open(path, "rb", buffering=0)  # noqa: SIM115 - closed below
    except (OSError, ValueError) as error:
        raise Misuse(f"The file {name} cannot be read: {_reason(error)}.") from None
    with file:
        yield file


@contextmanager
def target(environment: Environment, name: str) -> Iterator[Target]:
    """A new file of this name, for the user alone, which an error removes; or standard output. Misuse if it exists.

    The file gets its name when it is complete, so that a command that is killed leaves nothing behind.
    """
    if name in STANDARD_OUTPUT:
        yield _Output(environment)
        return
    path = environment.path(name)
    try:
        _must_be_free(path)
        file = _nameless(os.path.dirname(path))
        is_named = file is None
        if file is None:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise _exists(name) from None
    except (OSError, ValueError) as error:
        raise Misuse(f"The file {name} cannot be made: {_reason(error)}.") from None
    try:
        yield _NewFile(file)
        if not is_named:
            # Only with a folder's handle, which does not matter here, does Python follow the link to the file.
            os.link(_handle(file), path, src_dir_fd=file, follow_symlinks=True)
    except BaseException as error:
        if is_named:
            os.unlink(path)
        if isinstance(error, FileExistsError):
            raise _exists(name) from None
        if isinstance(error, OSError):
            raise Misuse(f"The file {name} cannot be written: {_reason(error)}.") from None
        raise
    finally:
        os.close(file)


def replace(environment: Environment, name: str, data: bytes) -> None:
    """Give the file of this name other bytes, all of them or none; Misuse if it cannot be written.

    Its mode stays; a link stays a link.
    """
    path = os.path.realpath(environment.path(name))
    beside = f"{path}.{os.getpid()}.new"
    try:
        mode = os.stat(path).st_mode & 0o777 if os.path.exists(path) else 0o644
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            _NewFile(file).write(data)
            os.fsync(file)
        finally:
            os.close(file)
        os.replace(beside, path)
    except (OSError, ValueError) as error:
        if os.path.lexists(beside):
            os.unlink(beside)
        raise Misuse(f"The file {name} cannot be written: {_reason(error)}.") from None


def _must_be_free(path: str) -> None:
    """FileExistsError if there is anything of this name; another OSError if there can be none."""
    try:
        os.lstat(path)
    except FileNotFoundError:
        return
    raise FileExistsError


def _nameless(folder: str) -> int | None:
    """A new file in the folder that has no name yet; None where the file system has none, or nothing can name it."""
    flag = getattr(os, "O_TMPFILE", None)
    if flag is None:
        return None
    try:
        file = os.open(folder or os.curdir, flag | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno in _NO_NAMELESS_FILES:
            return None
        raise
    if os.path.exists(_handle(file)):
        return file
    os.close(file)
    return None


def _handle(file: int) -> str:
    return f"/proc/self/fd/{file}"


def _exists(name: str) -> Misuse:
    return Misuse(f"The file {name} exists already. Remove it, or choose another name.")


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)
