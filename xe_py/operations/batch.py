"""Running many commands at once, as one change. Only xe_py has this command, not the real xe."""

from __future__ import annotations

import os
from stat import S_ISFIFO, S_ISREG

from xe_py.errors import Misuse
from xe_py.quoting import quoted
from xe_py.schema.command import SCRIPT, command
from xe_py.schema.fields import Bool, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    from xe_py.schema.client import Client

_LARGEST = 64 << 20


@command(
    "batch",
    required=(Text("file", doc="The script, with one xe command in each line; - reads standard input."),),
    optional=(Bool("keep-going", doc="Keep what succeeds, and report the lines that are refused."),),
    doc="Run a script of xe commands as one change: if one command is refused, nothing is changed.",
    kind=SCRIPT,
    ours=True,
)
def batch(client: Client, file: str, *, keep_going: bool = False) -> str:  # noqa: ARG001 - concerns who runs the lines
    """The text of the script."""
    try:
        if file == "-":
            client.empties()
            return _whole(file, client.input_bytes).decode()
        return _read(file, client.path(file)).decode()
    except OSError as error:
        raise Misuse(f"The script {file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise Misuse(f"{file}:{line}: this is not UTF-8 text (byte {error.start}).") from None


def _read(name: str, path: str) -> bytes:
    """The bytes of the script; also those of a pipe without a name, because some process must be writing to it."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with open(handle, "rb") as script:
        kind = os.fstat(handle).st_mode
        if S_ISREG(kind):
            return _whole(name, script)
        if not S_ISFIFO(kind) or os.path.exists(os.path.realpath(path)):
            raise Misuse(f"The script {name} is not a regular file.\nTo run its output: xe batch - <{quoted(name)}")
        os.set_blocking(handle, True)
        return _whole(name, script)


def _whole(name: str, script: BinaryIO) -> bytes:
    """The whole script; a source without an end, such as /dev/zero, is refused before it takes all memory."""
    found = script.read(_LARGEST + 1)
    if len(found) > _LARGEST:
        raise Misuse(f"The script {name} is larger than {_LARGEST >> 20} MiB. Split it into smaller ones.")
    return found
