"""Whatever becomes of a command line, it ends in an exit status, and in words for whoever typed it."""

from __future__ import annotations

import os

from xe_py.cli.environment import OutputLostError
from xe_py.errors import UNDELIVERED, Failure, StateFileError, XeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from xe_py.cli.environment import Environment


def answer(do: Callable[[], int], environment: Environment, *, debug: bool = False) -> int:
    """Do it; the exit status. With `debug` a bug is raised as what it is."""
    environment.outcome.begin()
    try:
        return _done(do, environment, debug=debug)
    except OutputLostError as lost:
        return environment.lost(lost)
    finally:
        environment.tell_warnings()


def _done(do: Callable[[], int], environment: Environment, *, debug: bool) -> int:
    try:
        return do()
    except XeError as error:
        return _show(error, environment)
    except OutputLostError:
        raise
    except OSError as error:
        return _show(_of_the_system(error), environment)
    except MemoryError:
        return _show(
            StateFileError(
                "The state file needs more memory than this command may have.\n"
                "Raise the limit (ulimit -v) or free memory, and try again; the file is whole."
            ),
            environment,
        )
    except Exception as error:
        if debug:
            raise
        return _show(Failure("INTERNAL_ERROR", f"{type(error).__name__}: {error}"), environment)


def _show(error: XeError, environment: Environment) -> int:
    from xe_py.cli.telling import show

    status = show(error, environment)
    if environment.outcome.replaced and not error.rest_is_done:
        environment.err("The change itself was made before this.\n")
        return UNDELIVERED
    return status


def _of_the_system(error: OSError) -> StateFileError:
    """What the operating system refused, where nobody nearer to it has said what that means."""
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, (str, bytes)) else ""
    return StateFileError(f"The operating system refused what the command needs: {where}{error.strerror or error}.")
