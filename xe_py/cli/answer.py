"""Whatever becomes of a command line, it ends in an exit status, and in words for whoever typed it."""

from __future__ import annotations

import os

from xe_py.cli import streams
from xe_py.errors import UNDELIVERED, Failure, StateFileError, XeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from xe_py.cli.words import Line


def answer(do: Callable[[], int], *, debug: bool = False) -> int:
    """Do it; the exit status. With `debug` a bug is raised as what it is."""
    streams.begin()
    try:
        return _done(do, debug=debug)
    except streams.OutputLostError as lost:
        return lost.told()
    finally:
        streams.warn()


def do(line: Line) -> int:
    """Do what a line with a command says; the exit status. Raises XeError for what is refused."""
    if line.command == "help":
        from xe_py.cli.help import show

        return show(line)
    from xe_py.cli.execute import run

    return run(line)


def _done(do: Callable[[], int], *, debug: bool) -> int:
    try:
        return do()
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
        if debug:
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
