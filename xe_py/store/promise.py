"""What every store promises. Nothing here is loaded when a command runs: these are types, and what they mean.

Every store must pass `tests/test_store_promise.py`. Code that uses a store relies only on what is here.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import BinaryIO, Protocol, Self

    from xe_py.errors import UnsoundStateError
    from xe_py.state.changes import Committed
    from xe_py.state.core import Finding
    from xe_py.state.state import State
    from xe_py.store.terms import Placed

    class Content(Protocol):
        """The bytes of a disk, open to read. They never change. Behind the last span there are only zeros."""

        def __enter__(self) -> Self:
            """Itself."""

        def __exit__(self, *_: object) -> None:
            """Close it."""

        def spans(self, start: int = 0) -> Iterator[range]:
            """Where there is data, in pieces, in order, from the start on; everywhere else are zeros."""

        def read(self, span: range) -> bytes:
            """The bytes of the span."""

        def copy_to(self, file: int, span: range) -> None:
            """Copy the span to the same place in the open file with this handle."""

    class Draft(Protocol):
        """A new content that is being written. Blocks of zeros take no room. NoRoomError where there is no room."""

        def take(self, source: BinaryIO, most: int, done: Callable[[int], None]) -> int:
            """Take all of the source; how many bytes, which are too many if they are more than `most`.

            `done` is told again and again how many bytes are done.
            """

        def follow(self, content: Content, start: int) -> None:
            """Go on with what another content has from the start on."""

    class Contents(Protocol):
        """The contents of the disks of a state. The state makes drafts, and a rollback of the state removes them.

        A commit keeps a draft if the new version names it, and removes it otherwise. A content stays as long as a
        version names it. A state that is open to read, or for a dry run, only counts what would be written, and finds
        out whether there is room.
        """

        def open(self, name: str | None) -> Content:
            """The content of this name; zeros for None, and, with a warning, for one that is missing."""

        def draft(self, name: str) -> Draft:
            """A new content of this name."""

        def discard(self, name: str) -> None:
            """Remove a draft."""

        def sizes(self) -> Mapping[str, int]:
            """The contents that are kept, drafts not among them, each with the bytes that it takes."""

        def past(self) -> Mapping[str, int]:
            """Those of the contents that only older versions have."""

        def strays(self) -> Mapping[str, int]:
            """Those of the contents that no version has. They go with the next commit that writes to a disk."""

        def missing(self, names: Iterable[str]) -> set[str]:
            """Those of the names whose contents are not there."""

    class Opened(Protocol):
        """A state from a store: `state`, what is unsound in it as `findings`, and its `name` in messages."""

        @property
        def name(self) -> str:
            """The name in messages."""

        @property
        def state(self) -> State:
            """The state; after `refresh` it is another one. Any question to it may raise StaleError."""

        @property
        def contents(self) -> Contents:
            """The contents of its disks."""

        @property
        def findings(self) -> list[Finding]:
            """What is unsound in it."""

        def commit(self) -> Committed:
            """Save all changes or none, and continue from there. What was split off gets a store of its own first.

            The state must be open for writing. StateFileError if the changes cannot be saved, or somebody has written
            to the store without its lock; StaleError if another commit was first. Both leave everything as it was.
            Without changes, nothing is written.
            """

        def refresh(self) -> None:
            """Read the state again and repeat the uncommitted changes, after a StaleError.

            StateFileError if that is not possible, or if a state that was opened to write is no longer sound.
            """

        def give_way(self, to: Store) -> None:
            """Let the address of this store lead to the other one from now on. The versions that were here are kept.

            The state must be open for writing, and it is over then. StateFileError if that is not possible.
            """

        def is_current(self) -> bool:
            """Whether the store still has this version. Asking costs next to nothing."""

        def wait_for_next(self, seconds: float) -> None:
            """Wait until the store has another version than this one, but at most so many seconds.

            It may return earlier. It notices a commit of another process within a tenth of a second.
            """

        def places(self, found: Sequence[Placed]) -> list[str]:
            """Where each of them shows."""

        def unsound(self, *, whole: bool = False) -> UnsoundStateError:
            """The error to raise for the findings; `whole` says that the user asked for them."""

    class Version(Protocol):
        """A version of the state that the store has kept, or the present one.

        `name` belongs to no other version: it is the serial or, if others share the serial, `full_name`.
        """

        @property
        def serial(self) -> int:
            """Its serial."""

        @property
        def name(self) -> str:
            """Its name in lists, which no other version there has."""

        @property
        def full_name(self) -> str:
            """Its name that is always unique."""

        @property
        def when(self) -> str:
            """When it was written."""

        @property
        def who(self) -> str:
            """Who wrote it."""

        @property
        def command(self) -> str:
            """By which command line."""

        @property
        def is_commit(self) -> bool:
            """Whether a command wrote it, and not an edit by hand."""

        @property
        def is_present(self) -> bool:
            """Whether it is the present version."""

    class Store(Protocol):
        """Where a state is kept. StateFileError, with what may help, if the store cannot be used."""

        @property
        def name(self) -> str:
            """The address by which it was opened; it opens the same one again."""

        @property
        def place(self) -> str:
            """Where it keeps the state. Stores with the same place are one. Who locks several goes by their places."""

        @property
        def contents(self) -> Contents:
            """The contents of the disks, to look at."""

        @property
        def title(self) -> str:
            """What kind of store it is, and which: `file: host.toml`."""

        def read(self, *, whole: bool = False) -> Opened:
            """The state as it is now, without waiting for the lock. With `whole`, all of it is read and checked."""

        def write(self, command: str) -> AbstractContextManager[Opened]:
            """The state, to be changed by the command line. Nobody else commits before the end of the block."""

        def create(self, state: State, command: str, *, force: bool = False) -> None:
            """Make the store for a new state; only `force` replaces an existing store."""

        def may_create(self, *, force: bool) -> None:
            """StateFileError if `create` would be refused."""

        def versions(self) -> Sequence[Version]:
            """The kept versions, the oldest first, and at the end the present one, if there is one."""

        def state_of(self, version: Version) -> Opened:
            """The version, one of those listed last, opened to read."""

        def restore(self, choose: Callable[[Sequence[Version]], Version], command: str) -> int:
            """Restore an older version as a new commit; the new serial.

            `choose` names the version, or refuses, while nobody else can commit. The present state may be unsound.
            """

        def watch(self, serial: int) -> Committed | None:
            """All changes of the state since the version with this serial, as if they were one commit.

            None if the store cannot tell, because that version is not kept or others share its serial; the caller then
            reads the whole state.
            """
