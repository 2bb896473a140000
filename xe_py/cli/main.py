"""The way in: one command line from its words to its exit status.

A well-formed line goes straight from the words to the operation; `--help` is answered by click, whose tree is built
from the same declarations.
"""

from __future__ import annotations

import gc
import os
import sys

from xe_py.cli import words
from xe_py.errors import INTERRUPTED, REFUSED, Failure, StateFileError, XeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from xe_py.cli.words import Line


def main() -> NoReturn:
    """Run the command line of this process and end the process."""
    gc.disable()  # A command is over before garbage could matter.
    try:
        status = run(sys.argv[1:])
        sys.stdout.flush()
        sys.stderr.flush()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:
        status = REFUSED
    except OSError as error:
        os.write(2, f"The output could not be written: {error.strerror}.\n".encode())
        status = REFUSED
    os._exit(status)  # Nothing is left to do, and taking the interpreter down takes time.


def run(argv: list[str]) -> int:
    """Run one command line; the exit status."""
    from xe_py.cli import execute  # noqa: PLC0415 - kept out of an interrupted start

    try:
        line = words.split(argv, os.environ.get("XE_EXTRA_ARGS", ""))
        if line.help or line.version or not line.command:
            return _through_click(line)
        return execute.execute(line)
    except XeError as error:
        return _show(error)
    except OSError:
        raise  # Standard output is gone or full; `main` says so.
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
    from xe_py.cli.report import show  # noqa: PLC0415 - only what is refused is reported on

    return show(error)


def _through_click(line: Line) -> int:
    from xe_py.cli.tree import show_help  # noqa: PLC0415 - click costs several times the interpreter's start

    return show_help(line)


if __name__ == "__main__":
    main()
