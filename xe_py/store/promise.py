"""What every store promises. Nothing here is loaded when a command runs: these are types, and what they mean.

`tests/test_store_promise.py` is what a store has to pass. Who works with a store asks for no more than is here.

One part is named and not built, as no disk has contents yet: `contents`, the bytes of disks. It will follow the
journal of a state: `write` goes to a new name, `State.rollback` drops that, a commit publishes it before the record
that names it, and what a killed writer leaves is swept. A dry run gets one that only counts.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from typing import Protocol

    from xe_py.errors import UnsoundStateError
    from xe_py.state.core import Finding
    from xe_py.state.state import Committed, State

    class Opened(Protocol):
        """A state as a store has it: `state`, and in `findings` what is unsound in it. `name` is what messages say."""

        @property
        def name(self) -> str:
            """What messages call it."""

        @property
        def state(self) -> State:
            """The state, another one after `refresh`. It may raise StaleError whenever it is asked for something."""

        @property
        def findings(self) -> list[Finding]:
            """What is unsound in it."""

        def commit(self) -> Committed:
            """Keep what was changed, all of it or nothing, and go on from there.

            Only what was opened to write can do so. StateFileError where it cannot be kept, or somebody has written to
            the store behind the back of its lock; StaleError where another was first. Either leaves all as it was.
            Where nothing was changed, nothing is written.
            """

        def refresh(self) -> None:
            """Read the state anew, and do to it what was changed and not committed; for who met a StaleError.

            StateFileError where that is not possible, or what was opened to write is not sound any more.
            """

        def places(self, findings: list[Finding]) -> list[str]:
            """Where each finding shows."""

        def unsound(self, *, whole: bool = False) -> UnsoundStateError:
            """What to raise for the findings; `whole` says that they are what was asked for."""

    class Version(Protocol):
        """A version of the state that the store has kept, or the present one.

        `name` is what no other is called: the serial or, where others have that as well, `full_name`.
        """

        @property
        def serial(self) -> int:
            """Its serial."""

        @property
        def name(self) -> str:
            """What no other is called."""

        @property
        def full_name(self) -> str:
            """What no other is called in any company."""

        @property
        def when(self) -> str:
            """When it was written."""

        @property
        def who(self) -> str:
            """Who wrote it."""

        @property
        def command(self) -> str:
            """With which command line."""

        @property
        def is_commit(self) -> bool:
            """Whether a command wrote it, and no one by hand."""

        @property
        def is_present(self) -> bool:
            """Whether it is in force."""

    class Store(Protocol):
        """Where a state lives. StateFileError where the store cannot be used, with what may help."""

        @property
        def name(self) -> str:
            """The address by which it was opened; it opens the same one again."""

        @property
        def title(self) -> str:
            """What kind of store it is, and which: `file: host.toml`."""

        def read(self, *, whole: bool = False) -> Opened:
            """The state as it is now; no lock is waited for. With `whole` all of it is read and judged anew."""

        def write(self, command: str) -> AbstractContextManager[Opened]:
            """The same to be changed by the command line. Nobody else commits before the end of the block."""

        def create(self, state: State, command: str, *, force: bool = False) -> None:
            """Make the store for a new state; where there is one, only `force` replaces that."""

        def may_create(self, *, force: bool) -> None:
            """StateFileError where `create` would be refused."""

        def versions(self) -> Sequence[Version]:
            """The versions that are kept, the oldest first, and last the present one, if there is one."""

        def state_of(self, version: Version) -> Opened:
            """The version, one of those listed last, to be looked at."""

        def restore(self, choose: Callable[[Sequence[Version]], Version], command: str) -> int:
            """Put an older version in force again, as a commit of its own; the new serial.

            `choose` says which, or refuses, while nobody else can commit. The present state need not be sound.
            """

        def watch(self, serial: int) -> Committed | None:
            """What has become of the state since the version with this serial, as if it were one commit.

            None where the store cannot tell, as that version is not kept or others have its serial: then who watches
            reads the whole state.
            """
