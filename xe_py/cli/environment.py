"""What a command finds around it: whoever lets one run hands it in, and nothing below looks at the process itself.

It is also the door for all that is printed: text is cleaned and goes out at once, and a stream that is gone does no
harm. Standard output matters: where it takes no more, the exit status says so, and whether the state was changed
before. Standard error does not: what cannot be said there is not said.
"""

from __future__ import annotations

import os
import sys

from xe_py.errors import REFUSED, UNDELIVERED
from xe_py.store.terms import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO, TextIO

_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


class OutputLostError(Exception):
    """Standard output took no more."""

    def __init__(self, error: OSError | ValueError) -> None:
        super().__init__(str(error))
        self.is_closed = isinstance(error, BrokenPipeError)
        self.reason = getattr(error, "strerror", None) or str(error)


class Environment:
    """The variables, the standard streams, the folder where relative paths begin, and the name of the program.

    An empty folder is the one that the process is in. `outcome` tells what was done to the store meanwhile. Beside the
    settings of a store these variables count:

    XE_STATE               the state file, where the line names none
    XDG_STATE_HOME, HOME   where the default file is
    XE_FIRST_USE           yes makes the default file without a terminal, too
    XE_EXTRA_ARGS          words that every line has besides
    XE_DRY_RUN             yes tries every line only
    XE_STRICT              yes refuses parameters that a command does not know
    XE_ERRORS              `plain` tells nothing that the real xe does not tell
    """

    __slots__ = ("errors", "folder", "input", "outcome", "output", "program", "variables")

    def __init__(
        self,
        variables: Mapping[str, str],
        streams: tuple[TextIO, TextIO, TextIO],
        *,
        folder: str = "",
        program: str = "xe-py",
        outcome: Outcome | None = None,
    ) -> None:
        self.variables = variables
        self.input, self.output, self.errors = streams
        self.folder = folder
        self.program = program
        self.outcome = outcome or Outcome()

    def says(self, name: str) -> bool:
        """Whether the variable says yes; Misuse where it says neither yes nor no."""
        text = self.variables.get(name, "")
        if text in {"", "0", "1"}:
            return text == "1"
        from xe_py.schema.fields import Bool

        return Bool(name).parse(text)

    @property
    def is_plain(self) -> bool:
        """Whether nothing is to be told that the real xe does not tell."""
        return self.variables.get("XE_ERRORS") == "plain"

    @property
    def extra(self) -> str:
        """The words that every line has besides, as they are written."""
        return self.variables.get("XE_EXTRA_ARGS", "")

    @property
    def input_bytes(self) -> BinaryIO:
        """Standard input as bytes."""
        buffer: BinaryIO | None = getattr(self.input, "buffer", None)
        if buffer is not None:
            return buffer
        from io import BytesIO

        return BytesIO(self.input.read().encode())

    @property
    def has_person(self) -> bool:
        """Whether somebody types or reads along."""
        return is_terminal(self.input) or is_terminal(self.output)

    def path(self, name: str) -> str:
        """The path of a file that is named in this environment."""
        return os.path.join(self.folder, name)

    def out(self, text: str) -> None:
        """Print the text; OutputLostError where standard output takes no more."""
        if not text:
            return
        try:
            self.output.write(clean(text))
            self.output.flush()
        except (OSError, ValueError) as error:
            raise OutputLostError(error) from None

    def err(self, text: str) -> None:
        """Say it on standard error, if anybody listens there."""
        if not text:
            return
        try:
            self.errors.write(clean(text))
            self.errors.flush()
        except (OSError, ValueError):
            return

    def note(self, text: str) -> None:
        """Say it where a person reads along."""
        if is_terminal(self.errors):
            self.err(text)

    def tell(self, text: str) -> None:
        """Say what the real xe does not say, if that is wanted."""
        if not self.is_plain:
            self.err(text)

    def tell_warnings(self) -> None:
        """Say what could not be done besides."""
        self.tell("".join(f"Warning: {each}\n" for each in self.outcome.warnings))
        self.outcome.warnings.clear()

    def lost(self, error: OutputLostError, otherwise: int = REFUSED) -> int:
        """Say that output was lost; the exit status, `otherwise` where the state is as it was.

        Whoever stops reading wants no more: that is worth a word only if something was changed.
        """
        if self.outcome.replaced:
            self.err(f"The change was made, but the output could not be written: {error.reason}.\n")
            return UNDELIVERED
        if not error.is_closed:
            self.err(f"The output could not be written: {error.reason}.\n")
        return otherwise


def of_process(outcome: Outcome | None = None) -> Environment:
    """The environment of this process as it is now."""
    streams = sys.stdin, sys.stdout, sys.stderr
    return Environment(os.environ, streams, program=sys.argv[0] if sys.argv else "", outcome=outcome)


def prepare() -> None:
    r"""Make the standard streams of this process safe to use.

    That comes before any file is opened, which could get the number of a closed stream: such a one leads to /dev/null.
    What an encoding does not have is written out (`\xe9`).
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
    written = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}
    # What turns the direction of writing makes a line look as it is not.
    written |= {code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
    return "\n".join(line if line.isprintable() else line.translate(written) for line in text.split("\n"))
