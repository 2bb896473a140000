"""The door for all that is printed: it is cleaned, it goes out at once, and a stream that is gone does no harm.

Standard output matters: where it takes no more, the exit status says so, and whether the state was changed before.
Standard error does not: what cannot be said there is not said.
"""

from __future__ import annotations

import os
import sys

from xe_py.errors import REFUSED, UNDELIVERED
from xe_py.store.files.terms import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}
# What turns the direction of writing makes a line look as it is not.
_CONTROL |= {code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
# What the command of this process has done to its store; it is there before anything is.
outcome = Outcome()
_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


class OutputLostError(Exception):
    """Standard output took no more."""

    def __init__(self, error: OSError | ValueError) -> None:
        super().__init__(str(error))
        self._is_closed = isinstance(error, BrokenPipeError)
        self._reason = getattr(error, "strerror", None) or str(error)

    def told(self, otherwise: int = REFUSED) -> int:
        """Say what happened; the exit status, `otherwise` where the state is as it was.

        Whoever stops reading wants no more: that is worth a word only if something was changed.
        """
        if changed():
            err(f"The change was made, but the output could not be written: {self._reason}.\n")
            return UNDELIVERED
        if not self._is_closed:
            err(f"The output could not be written: {self._reason}.\n")
        return otherwise


def prepare() -> None:
    r"""Make the standard streams safe to use; before any file is opened, which could get the number of a closed one.

    A stream that is closed leads to /dev/null. What an encoding does not have is written out (`\xe9`).
    """
    for number, (name, mode) in enumerate(_STREAMS):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - open to the end
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # both are there by now


def out(text: str) -> None:
    """Print the text; OutputLostError where standard output takes no more."""
    if not text:
        return
    try:
        sys.stdout.write(clean(text))
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        raise OutputLostError(error) from None


def err(text: str) -> None:
    """Say it on standard error, if anybody listens there."""
    if not text:
        return
    try:
        sys.stderr.write(clean(text))
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def note(text: str) -> None:
    """Say it where a person reads along."""
    if is_terminal(sys.stderr):
        err(text)


def warn(of: Outcome = outcome) -> None:
    """Say what commits could not do besides, if such lines are wanted."""
    if of.warnings:
        from xe_py.cli.remarks import are_wanted

        err("".join(f"Warning: {each}\n" for each in of.warnings) if are_wanted() else "")
        of.warnings.clear()


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person is at the other end."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def clean(text: str) -> str:
    """The text with control characters written out, so that no name can steer a terminal; line breaks stay."""
    if text.replace("\n", "").isprintable():
        return text
    return "\n".join(line if line.isprintable() else line.translate(_CONTROL) for line in text.split("\n"))


def begin() -> None:
    """From here on a change counts as one of the command."""
    outcome.begin()


def changed() -> bool:
    """Whether the command has changed the state in its store."""
    return outcome.replaced
