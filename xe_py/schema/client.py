"""What a command gets of the place where it was given: its streams, its files, other programs."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Any, BinaryIO, Protocol

    from xe_py.state.state import State
    from xe_py.store.promise import Store

    class Target(Protocol):
        """What a command writes to."""

        @property
        def file(self) -> int | None:
            """The handle of a new file, which may be written at any place; None for a stream."""

        def write(self, data: bytes) -> None:
            """Write the bytes behind those before."""

    class Stream(Protocol):
        """What is read from its beginning to its end."""

        def read(self, size: int, /) -> bytes:
            """At most so many bytes; none at the end."""

    class Client(Protocol):
        """Where the command was given: what is read in there, and what its files are.

        Misuse for a file that cannot be read or made.
        """

        @property
        def input_bytes(self) -> BinaryIO:
            """Standard input."""

        @property
        def rehearses(self) -> bool:
            """Whether this is a dry run, which makes no file."""

        def empties(self, path: str | None = None) -> None:
            """Note that all is read from a pipe or, without a path, from standard input; Misuse the second time."""

        def path(self, name: str) -> str:
            """The path of the file of this name."""

        def source(self, name: str) -> AbstractContextManager[BinaryIO]:
            """The file of this name, to read; standard input for `-` and for no name."""

        def download(self, url: str) -> AbstractContextManager[Stream]:
            """What is at the address, to read; INTERNAL_ERROR or IMPORT_ERROR if it cannot be read."""

        def target(self, name: str) -> AbstractContextManager[Target]:
            """A new file of this name, which an error removes; standard output for `-` and for no name."""

        def store(self, address: str) -> Store:
            """The store at the address."""

        def has(self, name: str) -> bool:
            """Whether there is a file of this name."""

        def git(self, *words: str, about: str) -> bytes:
            """What git prints for the words; Misuse, which names what it is about, if it refuses them."""

        def replace(self, name: str, data: bytes) -> None:
            """Give the file of this name other bytes, all of them or none; Misuse if it cannot be written."""

        def run_line(self, state: State, words: list[str]) -> Any:
            """Run a command line on the state; what its command makes. A refusal leaves the state as it was."""

        def run_plugin(self, name: str, text: str) -> Ran | None:
            """Run the plugin of this name with the text as its argument; None if there is no such plugin."""

        def err(self, text: str) -> None:
            """Print the text on standard error."""

        def draw(self, line: str) -> None:
            """Print the line on standard error over the one that is there."""


STANDARD_OUTPUT = frozenset(("", "-", "/dev/stdout"))
"""The names of a file that stand for standard output."""


class Ran:
    """How a program ended that was run: what went wrong, if anything did, and what it printed on its two streams."""

    __slots__ = ("errors", "output", "wrong")

    def __init__(self, wrong: str, output: bytes, errors: bytes) -> None:
        self.wrong = wrong
        self.output = output
        self.errors = errors
