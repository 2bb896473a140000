"""The files that a command reads and writes on the side of whoever gave it, and the standard streams in their place."""

from __future__ import annotations

import os
from contextlib import contextmanager
from stat import S_ISFIFO

from xe_py.errors import Misuse
from xe_py.schema.command import STANDARD_OUTPUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from xe_py.cli.environment import Environment
    from xe_py.schema.command import Target

_INPUT = {"", "-", "/dev/stdin"}


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
        file = open(path, "rb")  # noqa: SIM115 - closed below
    except (OSError, ValueError) as error:
        raise Misuse(f"The file {name} cannot be read: {_reason(error)}.") from None
    with file:
        yield file


@contextmanager
def target(environment: Environment, name: str) -> Iterator[Target]:
    """A new file of this name, for the user alone, which an error removes; or standard output. Misuse if it exists."""
    if name in STANDARD_OUTPUT:
        yield _Output(environment)
        return
    path = environment.path(name)
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise Misuse(f"The file {name} exists already. Remove it, or choose another name.") from None
    except (OSError, ValueError) as error:
        raise Misuse(f"The file {name} cannot be made: {_reason(error)}.") from None
    try:
        yield _NewFile(file)
    except BaseException as error:
        os.unlink(path)
        if isinstance(error, OSError):
            raise Misuse(f"The file {name} cannot be written: {_reason(error)}.") from None
        raise
    finally:
        os.close(file)


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)
