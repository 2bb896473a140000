"""The surroundings of a command. Its caller hands them in; nothing below the caller looks at the process itself.

Everything is printed here. Text is cleaned and goes out at once. If standard output takes no more, the exit status says
so, and says whether the state was changed before. If standard error takes no more, its text is lost.
"""

from __future__ import annotations

import os
import sys

from xe_py.errors import REFUSED, UNDELIVERED, Misuse
from xe_py.store.terms import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from typing import Any, BinaryIO, TextIO

    from xe_py.schema.client import Ran, Stream, Target
    from xe_py.state.state import State
    from xe_py.store.promise import Store

_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


class OutputLostError(Exception):
    """Standard output took no more."""

    def __init__(self, error: OSError | ValueError) -> None:
        super().__init__(str(error))
        self.is_closed = isinstance(error, BrokenPipeError)
        self.reason = getattr(error, "strerror", None) or str(error)


class Environment:
    """The variables, the standard streams, the folder where relative paths begin, and the name of the program.

    An empty folder is the one that the process is in. `outcome` notes what the command does to its store; `rehearses`
    says that it is a dry run. These variables count, and those of `Settings`:

    XE_STATE               the state file, where the line names none
    XDG_STATE_HOME, HOME   where the default file is
    XE_FIRST_USE           yes makes the default file without a terminal, too
    XE_EXTRA_ARGS          words to add to every line
    XE_DRY_RUN             yes makes every run a dry run
    XE_STRICT              yes refuses parameters that a command does not know
    XE_PLUGINS             the folder with the plugins of the hosts
    XE_PLUGIN_TIMEOUT      how many seconds a plugin may take
    XE_ERRORS              `plain` leaves out what the real xe does not say
    NO_COLOR               any text but the empty one: no colours
    CLICOLOR_FORCE         any text but the empty one and 0: colours also where there is no terminal
    """

    __slots__ = (
        "_emptied",
        "errors",
        "folder",
        "input",
        "outcome",
        "output",
        "program",
        "rehearses",
        "variables",
        "wants_objects",
    )

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
        self.rehearses = False
        self.wants_objects = False
        self._emptied: set[str | TextIO] = set()

    def says(self, name: str) -> bool:
        """Whether the variable says yes; Misuse where it says neither yes nor no."""
        text = self.variables.get(name, "")
        if text in {"", "0", "1"}:
            return text == "1"
        from xe_py.schema.fields import Bool

        return Bool(name).parse(text)

    @property
    def is_plain(self) -> bool:
        """Whether to leave out what the real xe does not say."""
        return self.variables.get("XE_ERRORS") == "plain"

    def has_colours(self, stream: TextIO) -> bool:
        """Whether what goes to the stream is to have colours."""
        if self.variables.get("NO_COLOR"):
            return False
        forced = self.variables.get("CLICOLOR_FORCE") not in {None, "", "0"}
        return forced or (is_terminal(stream) and self.variables.get("TERM") != "dumb")

    @property
    def extra(self) -> str:
        """The words to add to every line, as they are written."""
        return self.variables.get("XE_EXTRA_ARGS", "")

    @property
    def input_bytes(self) -> BinaryIO:
        """Standard input as bytes."""
        buffer: BinaryIO | None = getattr(self.input, "buffer", None)
        if buffer is not None:
            return buffer
        from io import BytesIO

        return BytesIO(self.input.read().encode())

    def empties(self, path: str | None = None) -> None:
        """Note that all is read from the pipe at the path, or from standard input; Misuse the second time.

        Then nothing is left in it, and work that is done again would take that for the data.
        """
        pipe = path or self.input
        if pipe in self._emptied:
            shown = f"The pipe {path}" if path else "Standard input"
            raise Misuse(f"{shown} was read already, and its data is gone. Run xe again, and read it only once.")
        self._emptied.add(pipe)

    @property
    def has_person(self) -> bool:
        """Whether a person types the input or reads the output."""
        return is_terminal(self.input) or is_terminal(self.output)

    def path(self, name: str) -> str:
        """The path of a file that is named in this environment."""
        return os.path.join(self.folder, name)

    def store(self, address: str) -> Store:
        """The store at the address, as it is named in this environment."""
        from xe_py.store import store_for

        return store_for(address, self.variables, self.outcome, folder=self.folder)

    def has(self, name: str) -> bool:
        """Whether there is a file of this name."""
        return os.path.lexists(self.path(name))

    def git(self, *words: str, about: str) -> bytes:
        """What git prints for the words; Misuse, which names what it is about, if it refuses them."""
        from xe_py.cli.git import git

        return git(self, *words, about=about)

    def replace(self, name: str, data: bytes) -> None:
        """Give the file of this name other bytes, all of them or none; Misuse if it cannot be written."""
        from xe_py.cli.transfers import replace

        replace(self, name, data)

    def run_line(self, state: State, words: list[str]) -> Any:
        """Run a command line on the state; what its command makes. A refusal leaves the state as it was."""
        from xe_py.cli.binding import binding_of
        from xe_py.running import run

        return run(state, binding_of(words[0]).call(words[1:]))

    def run_plugin(self, name: str, text: str) -> Ran | None:
        """Run the plugin of this name in the folder XE_PLUGINS; None if there is no such plugin."""
        from xe_py.cli.plugins import run

        return run(self, name, text)

    def source(self, name: str) -> AbstractContextManager[BinaryIO]:
        """The file of this name, to read; standard input for `-` and for no name. Misuse if it cannot be read."""
        from xe_py.cli.transfers import source

        return source(self, name)

    def download(self, url: str) -> AbstractContextManager[Stream]:
        """What is at the address, to read."""
        from xe_py.cli.downloads import download

        return download(self, url)

    def target(self, name: str) -> AbstractContextManager[Target]:
        """A new file of this name, which an error removes; standard output for `-` and for no name.

        Misuse if it cannot be made, or is there already.
        """
        from xe_py.cli.transfers import target

        return target(self, name)

    def out_bytes(self, data: bytes) -> None:
        """Print the bytes as they are; OutputLostError where standard output takes no more."""
        try:
            buffer = getattr(self.output, "buffer", None)
            if buffer is None:
                self.output.write(data.decode(errors="surrogateescape"))
            else:
                buffer.write(data)
                buffer.flush()
        except (OSError, ValueError) as error:
            raise OutputLostError(error) from None

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
        """Print the text on standard error, if that still takes it."""
        if text:
            self._write_error(clean(text))

    def draw(self, line: str) -> None:
        """Print the line on standard error over the one that is there."""
        self._write_error(f"\r{clean(line)}")

    def note(self, text: str) -> None:
        """Print the text on standard error if that is a terminal."""
        if is_terminal(self.errors):
            self.err(text)

    def tell(self, text: str) -> None:
        """Print a text that the real xe would not print, unless only plain text is wanted."""
        if text and self.wants_objects:
            from xe_py.cli.in_json import warning

            self.err(warning(text))
        elif not self.is_plain:
            self.err(text)

    def tell_warnings(self) -> None:
        """Print the warnings that the outcome has, and drop them."""
        self.tell("".join(f"Warning: {each}\n" for each in self.outcome.warnings))
        self.outcome.warnings.clear()

    def _write_error(self, text: str) -> None:
        try:
            self.errors.write(text)
            self.errors.flush()
        except (OSError, ValueError):
            return

    def lost(self, error: OutputLostError, otherwise: int = REFUSED) -> int:
        """Say that output was lost, and return the exit status: `otherwise` if the state was not changed.

        A reader that has closed its pipe wants no more. It is told only if the state was changed.
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

    This comes first, because a file that is opened could get the number of a closed stream. A closed stream is led to
    /dev/null. A character that the encoding does not have is written as `\xe9`.
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
    """Whether the stream is a terminal."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


class Drawn(str):
    """Text for a terminal that is clean already; what it holds of colours is meant."""

    __slots__ = ()


def clean(text: str) -> str:
    """The text with control characters written out, so that no name can steer a terminal; line breaks stay."""
    if isinstance(text, Drawn) or text.replace("\n", "").isprintable():
        return text
    written = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}
    # What turns the direction of writing makes a line look as it is not.
    written |= {code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
    return "\n".join(line if line.isprintable() else line.translate(written) for line in text.split("\n"))
