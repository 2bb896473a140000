"""The way in: one command line from its words to its exit status.

A well-formed line goes straight from the words to the operation; `--help` is answered by click, whose tree is built
from the same declarations.
"""

from __future__ import annotations

import os
import sys
from _signal import (
    SIG_IGN,
    SIGINT,
    getsignal,
    signal,
)  # `signal` is made of it, and costs as much as a whole read

from xe_py.cli import words
from xe_py.cli.environment import of_process, prepare
from xe_py.errors import INTERRUPTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, NoReturn

    from xe_py.cli.environment import Environment


def main() -> NoReturn:
    """Run the command line of this process and end the process."""
    prepare()
    environment = of_process()
    sys.unraisablehook = lambda what: _unraisable(what, environment)
    try:
        if callable(getsignal(SIGINT)):
            signal(SIGINT, lambda _, frame: _interrupt(frame, environment))
        status = run(sys.argv[1:], environment)
    except KeyboardInterrupt:
        status = _interrupted(environment)
    os._exit(status)  # Nothing is left to do, and taking the interpreter down takes time.


def _interrupt(frame: FrameType | None, environment: Environment) -> None:
    """Raise KeyboardInterrupt; in Python's importer, end the process at once.

    The importer holds locks that an exception can leave locked. Then the next import would wait for ever.
    """
    while frame is not None and frame.f_code is not main.__code__:
        if frame.f_code.co_filename.startswith("<frozen importlib."):
            os._exit(_interrupted(environment))
        frame = frame.f_back
    raise KeyboardInterrupt


def _interrupted(environment: Environment) -> int:
    """Say what had been done by then; the exit status."""
    signal(SIGINT, SIG_IGN)
    if environment.outcome.replaced:
        environment.err("Interrupted; the change was made.\n")
    return INTERRUPTED


def _unraisable(what: Any, environment: Environment) -> None:
    """Where Python can only ignore an exception, an interrupt is one all the same."""
    if what.exc_type is KeyboardInterrupt:
        os._exit(_interrupted(environment))
    sys.__unraisablehook__(what)


def run(argv: list[str], environment: Environment) -> int:
    """Run one command line in the environment; the exit status."""
    from xe_py.cli.answer import answer  # kept out of an interrupted start

    return answer(lambda: _do(argv, environment), environment, debug="--debug" in argv)


def _do(argv: list[str], environment: Environment) -> int:
    line = words.split(argv, environment.extra)
    if line.help or line.version or not line.command:
        from xe_py.cli.options import show_help  # click costs several times the interpreter's start

        return show_help(line, environment)
    if line.command == "help":
        from xe_py.cli.help import show

        return show(line, environment)
    from xe_py.cli import execute

    return execute.run(line, environment)
