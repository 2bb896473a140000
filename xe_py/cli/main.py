"""The way in: one command line from its words to its exit status.

A well-formed line goes straight from the words to the operation; `--help` is answered by click, whose tree is built
from the same declarations.
"""

from __future__ import annotations

import gc
import os
import sys
from _signal import (
    SIG_IGN,
    SIGINT,
    default_int_handler,
    getsignal,
    signal,
)  # `signal` is made of it, and costs as much as a whole read

from xe_py.cli import streams, words
from xe_py.errors import INTERRUPTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


def main() -> NoReturn:
    """Run the command line of this process and end the process."""
    gc.disable()  # A command is over before garbage could matter.
    sys.unraisablehook = _unraisable
    try:
        if callable(getsignal(SIGINT)):
            signal(SIGINT, default_int_handler)
        streams.prepare()
        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        status = _interrupted()
    os._exit(status)  # Nothing is left to do, and taking the interpreter down takes time.


def _interrupted() -> int:
    """Say what had been done by then; the exit status."""
    signal(SIGINT, SIG_IGN)
    if streams.changed():
        streams.err("Interrupted; the change was made.\n")
    return INTERRUPTED


def _unraisable(what: Any) -> None:
    """Where Python can only ignore an exception, an interrupt is one all the same."""
    if what.exc_type is KeyboardInterrupt:
        os._exit(_interrupted())
    sys.__unraisablehook__(what)


def run(argv: list[str]) -> int:
    """Run one command line; the exit status."""
    from xe_py.cli.answer import answer  # kept out of an interrupted start

    return answer(lambda: _do(argv), debug="--debug" in argv)


def _do(argv: list[str]) -> int:
    line = words.split(argv, os.environ.get("XE_EXTRA_ARGS", ""))
    if line.help or line.version or not line.command:
        from xe_py.cli.tree import show_help  # click costs several times the interpreter's start

        return show_help(line)
    from xe_py.cli.answer import do

    return do(line)
