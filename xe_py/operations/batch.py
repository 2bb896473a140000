"""Many commands at once. It is xe_py's own; the real xe has no such command."""

from __future__ import annotations

import sys

from xe_py.errors import Misuse
from xe_py.schema.command import command
from xe_py.schema.fields import Bool, Text


@command(
    "batch",
    required=(Text("file", doc="The script: a shell script of plain xe lines; - is standard input."),),
    optional=(Bool("keep-going", doc="Do what can be done, and report the lines that are refused."),),
    doc="Do the lines of a script of xe commands as one change: all of them or, if one is refused, none.",
    runs_lines=True,
    ours=True,
)
def batch(file: str, *, keep_going: bool = False) -> str:  # noqa: ARG001 - concerns who runs the lines
    """The text of the script."""
    try:
        if file == "-":
            return sys.stdin.buffer.read().decode()
        with open(file, "rb") as script:
            return script.read().decode()
    except OSError as error:
        raise Misuse(f"The script {file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise Misuse(f"{file}:{line}: this is not UTF-8 text (byte {error.start}).") from None
