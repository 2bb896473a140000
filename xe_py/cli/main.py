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
from xe_py.errors import INTERRUPTED, UNDELIVERED, Failure, StateFileError, XeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from xe_py.cli.words import Line


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
    streams.begin()
    try:
        return _run(argv)
    except streams.OutputLostError as lost:
        return lost.told()
    finally:
        streams.warn()


def _run(argv: list[str]) -> int:
    from xe_py.cli import execute

    try:
        line = words.split(argv, os.environ.get("XE_EXTRA_ARGS", ""))
        if line.help or line.version or not line.command:
            return _through_click(line)
        return execute.run(line)
    except XeError as error:
        return _show(error)
    except streams.OutputLostError:
        raise
    except OSError as error:
        return _show(_of_the_system(error))
    except MemoryError:
        return _show(
            StateFileError(
                "The state file needs more memory than this command may have.\n"
                "Raise the limit (ulimit -v) or free memory, and try again; the file is whole."
            )
        )
    except Exception as error:
        if "--debug" in argv:
            raise
        return _show(Failure("INTERNAL_ERROR", f"{type(error).__name__}: {error}"))


def _show(error: XeError) -> int:
    from xe_py.cli.report import show

    status = show(error)
    if streams.changed() and not error.rest_is_done:
        streams.err("The change was made before that.\n")
        return UNDELIVERED
    return status


def _of_the_system(error: OSError) -> StateFileError:
    """What the operating system refused, where nobody nearer to it has said what that means."""
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, (str, bytes)) else ""
    return StateFileError(f"The system refuses what the command needs: {where}{error.strerror or error}.")


def _through_click(line: Line) -> int:
    from xe_py.cli.tree import show_help

    return show_help(line)


if __name__ == "__main__":
    main()
