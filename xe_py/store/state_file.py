"""The store in a TOML file: open it to read or to write, make it, restore an older version.

Beside `host.toml` is the folder `host.toml.d` with the lock, the history and, for a moment, the next version of the
file. A reader takes no lock: it sees either the old file or the new one. A symbolic link stays a link; its target is
locked and replaced.
"""

from __future__ import annotations

import os
import time

from xe_py.errors import StateFileError, UnsoundStateError
from xe_py.store.files.document import Document, Site, changed_meanwhile, identity
from xe_py.store.index import current
from xe_py.store.index.cache import path_for
from xe_py.store.index.reading import discard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xe_py.state.changes import Committed
    from xe_py.state.core import Finding
    from xe_py.state.state import State
    from xe_py.store.contents.disks import Disks
    from xe_py.store.files.lock import Lock
    from xe_py.store.history import versions as history
    from xe_py.store.promise import Store, Version
    from xe_py.store.terms import Placed

# The seconds between two looks at a file on whose next version somebody waits.
_BETWEEN_LOOKS = 0.05


class _Contents:
    """The contents of the disks beside a file, for a state that asks for them; they know nothing of the state."""

    __slots__ = ("_site", "disks", "writer")

    def __init__(self, site: Site) -> None:
        self._site = site
        self.disks: Disks | None = None
        self.writer = False

    def __call__(self) -> Disks:
        if self.disks is None:
            from xe_py.store.contents.disks import Disks

            self.disks = Disks(self._site, writer=self.writer)
        return self.disks


class OpenedFile:
    """One version of the file, opened: its document, its state, and what is unsound in that.

    `index` is where the files of its index are, without their ending. `command` is the command line that opened it to
    write; `is_over` says that its lock has been released.
    """

    __slots__ = ("_contents", "_state", "command", "document", "findings", "index", "is_over", "site")

    def __init__(self, site: Site, index: str | None, document: Document, *, is_sound: bool = False) -> None:
        self.site = site
        self.index = index
        self.document = document
        self.findings: list[Finding] = []
        self.command = ""
        self.is_over = False
        self._contents = _Contents(site)
        self._state: State | None = None
        if document.head is not None:
            self.state = document.head.state()
            if document.head.findings:
                from xe_py.store.index.unsound import unpacked

                self.findings = unpacked(document.head.findings)
        elif not is_sound:
            self._judge()

    @property
    def state(self) -> State:
        """The state; of a version that is known to be sound, it is read when it is first asked for."""
        return self._judge() if self._state is None else self._state

    @state.setter
    def state(self, state: State) -> None:
        state.origin = f"file: {self.site.path}"
        state.contents_from = self._contents
        self._state = state

    def open_to_write(self, command: str) -> None:
        """Let the command line commit."""
        self.command = command
        self._contents.writer = True

    @property
    def contents(self) -> Disks:
        """The contents of the disks, beside the file."""
        return self._contents()

    @property
    def name(self) -> str:
        """What messages call this version."""
        return self.document.path

    def commit(self) -> Committed:
        """Replace the file with one that has the state's changes, and continue with that version."""
        if not self.command or self.is_over:
            raise StateFileError(f"{self.name} is not open for writing. Nothing was changed.")
        from xe_py.store.committing import commit

        made = [self._put_out(name, part) for _, name, part in self.state.parts]
        try:
            committed, self.document = commit(
                self.site, self.index, self.document, self.state, self.command, disks=self._contents.disks
            )
        except StateFileError:
            for path in made:
                os.unlink(path)
            raise
        return committed

    def _put_out(self, name: str, part: State) -> str:
        """Make a file for a part of the state, beside this one; its path. A link that leads here is replaced."""
        path = os.path.join(os.path.dirname(self.site.target), f"{name}.toml")
        if os.path.islink(path) and os.path.realpath(path) == self.site.target:
            os.unlink(path)
        elif os.path.lexists(path):
            raise StateFileError(
                f"A new state file {path} is needed, but there is one already. Nothing was changed.\n"
                "Move it to another place, or remove it."
            )
        beside = Site(path, self.site.settings)
        FileStore(beside).create(part, self.command)
        for warning in beside.outcome.warnings:
            self.site.outcome.warn(warning)
        return path

    def give_way(self, to: Store) -> None:
        """Put a link to the file of the other store in the place of this file; the history keeps the file."""
        if not self.command or self.is_over:
            raise StateFileError(f"{self.name} is not open for writing. Nothing was changed.")
        from xe_py.store.replacing import lead_to

        lead_to(self.site, to.place, self.document.identity)
        self.is_over = True

    def end(self) -> None:
        """No more is written; what no version names of the contents that were written goes. The lock is still held."""
        self.is_over = True
        if self._contents.disks is not None:
            self._contents.disks.settle()

    def refresh(self) -> None:
        """Read the file itself, because the index is damaged, and repeat the uncommitted changes.

        StateFileError if the changes were made on another version, or the lock is released.
        """
        discard(self.index)
        if self.is_over:
            raise StateFileError(f"The index of {self.name} is damaged. Open the file again.")
        fresh = in_full(self.site, self.index)
        if self.command and fresh.findings:
            raise fresh.unsound()
        if self.state.mark():
            if fresh.document.identity != self.document.identity:
                raise changed_meanwhile(self.name)
            fresh.state.repeat(self.state.changes(), self.state.header)
            for _, name, part in self.state.parts:
                fresh.state.split_off(name, part)
        self.document, self.state, self.findings = fresh.document, fresh.state, fresh.findings

    def wait_for_next(self, seconds: float) -> None:
        """Look at the file from time to time, until it is no longer this version or the time is over.

        A look costs a few microseconds, needs no library, and works on every file system and for every kind of edit.
        inotify would do neither on a network file system.
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self.is_current():
            time.sleep(min(left, _BETWEEN_LOOKS))

    def is_current(self) -> bool:
        """Whether the file is still this version."""
        try:
            return identity(os.stat(self.site.target)) == self.document.identity
        except OSError:
            return False  # Whoever reads the file next learns why.

    def places(self, found: Sequence[Placed]) -> list[str]:
        """Where each of them shows: the file and the line."""
        from xe_py.store.toml.reader import places

        return places(self.document, found)

    def unsound(self, *, whole: bool = False) -> UnsoundStateError:
        """The error to raise for the findings, with the way back, if there is one."""
        return UnsoundStateError(self, *_ways_back(self.site), whole=whole)

    def _judge(self) -> State:
        from xe_py.store.toml.reader import judge

        self.state, self.findings = judge(self.document)
        return self.state


class FileStore:
    """The state in the file at a site (see `xe_py.store.promise`)."""

    def __init__(self, site: Site) -> None:
        self.name = site.path
        self.title = f"file: {site.path}"
        self.place = site.target
        self._site = site
        self._index = path_for(site.target, site.settings)
        # The versions that were listed last, and those of them that were read.
        self._listed: dict[str, history.Version] = {}
        self._read: dict[str, OpenedFile] = {}

    @property
    def contents(self) -> Disks:
        """The contents of the disks, to look at."""
        from xe_py.store.contents.disks import Disks

        return Disks(self._site, writer=False)

    def read(self, *, whole: bool = False) -> OpenedFile:
        """The state in the file as it is now; it takes what it needs from the index, if there is one."""
        head = None if whole else current(self._index, self.name, self.place)
        if head is None:
            return in_full(self._site, self._index, makes_index=not whole)
        document = Document(self.name, self._site.target, head.identity, head=head)
        document.is_plain = head.plain
        return OpenedFile(self._site, self._index, document)

    def write(self, command: str) -> _Writing:
        """The state under the lock, which is held while the body of a `with` runs."""
        return _Writing(self, self._lock(command), command)

    def create(self, state: State, command: str, *, force: bool = False) -> None:
        """Make the file for a new state, and its folder."""
        from xe_py.store.files.access import make_folder
        from xe_py.store.replacing import replace
        from xe_py.store.toml.render import canonical

        self.may_create(force=force)
        target = self._site.target
        try:
            make_folder(os.path.dirname(target), above=True)
        except OSError as error:
            raise StateFileError(f"The folder {os.path.dirname(target)} cannot be made: {error.strerror}.") from None
        with self._lock(command):
            self.sweep()
            self.may_create(force=force)
            old = identity(os.stat(target)) if os.path.exists(target) else None
            replace(self._site, [canonical(state).encode()], old, int(state.header["serial"]), command)

    def may_create(self, *, force: bool) -> None:
        """StateFileError if no file can be made: one exists and `force` is not given, or something else is there."""
        target = self._site.target
        if os.path.lexists(target) and not os.path.isfile(target):
            from xe_py.store.toml.reader import read

            read(self._site)
        if os.path.lexists(target) and not force:
            raise StateFileError(f"The state file {self.name} already exists.\nTo replace it, add --force.")

    def versions(self) -> Sequence[Version]:
        """The versions in the history, and the file; StateFileError if there is neither."""
        from xe_py.store.history.versions import versions

        found = versions(self._site)
        self._listed = {each.full_name: each for each in found}
        self._read.clear()
        return found

    def state_of(self, version: Version) -> OpenedFile:
        """The version, one of those listed last, with its state; it is read only once."""
        from xe_py.store.index.catching_up import is_known_as_sound

        name = version.full_name
        if name not in self._read:
            with _WayBack(self._site):
                document = self._listed[name].document(self._site)
                is_sound = is_known_as_sound(self._index, self._site.target, document)
                self._read[name] = OpenedFile(self._site, None, document, is_sound=is_sound)
        return self._read[name]

    def restore(self, choose: Callable[[Sequence[Version]], Version], command: str) -> int:
        """Write the text of the version with the next serial; the present file may be unsound, broken, or gone."""
        from xe_py.store.committing import restore, serial_behind

        with self._lock(command):
            self.sweep()
            versions = self.versions()
            wanted = choose(versions)
            opened = self.state_of(wanted)
            if opened.findings:
                raise opened.unsound()
            present = identity(os.stat(self._site.target)) if versions[-1].is_present else None
            serial = serial_behind(self.name, max(each.serial for each in versions), wanted.serial)
            head = current(self._index, self.name, self.place)
            restore(self._site, self._index, present, head, wanted=opened, serial=serial, command=command)
            return serial

    def watch(self, serial: int) -> Committed | None:
        """The changes of the state since the version with this serial, if the history has exactly one such version."""
        from xe_py.state.changes import Committed
        from xe_py.state.differences import between

        versions = self.versions()
        now = versions[-1]
        found = [each for each in versions if each.serial == serial]
        if len(found) != 1 or not now.is_present:
            return None
        if found[0] is now:
            return Committed(now.serial, [])
        # Somebody may have edited the file since it was listed: the serial is that of the text which is compared.
        state = self.state_of(now).state
        return Committed(int(state.header["serial"]), between(self.state_of(found[0]).state, state))

    def need(self) -> None:
        """StateFileError where there is no file to be read."""
        if not os.path.isfile(self._site.source):
            self.read()

    def sweep(self) -> None:
        """Remove what a killed writer has left; the caller holds the lock."""
        from xe_py.store.replacing import sweep

        sweep(self._site.target)

    def _lock(self, command: str) -> Lock:
        from xe_py.store.files.lock import Lock

        return Lock(self._site.target, command, self._site.settings)


class _Writing:
    """The file opened to write in a `with`: the lock is taken first, and released at the end."""

    def __init__(self, store: FileStore, lock: Lock, command: str) -> None:
        self._store = store
        self._lock = lock
        self._command = command
        self._opened: OpenedFile | None = None

    def __enter__(self) -> OpenedFile:
        self._store.need()
        self._lock.take()
        try:
            self._store.sweep()
            self._opened = self._store.read()
        except BaseException:
            self._lock.release()
            raise
        self._opened.open_to_write(self._command)
        return self._opened

    def __exit__(self, *_: object) -> None:
        try:
            if self._opened is not None:
                self._opened.end()
        finally:
            self._lock.release()


class _WayBack:
    """Adds the way back to an earlier version to the errors of a file that no longer holds a state."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def __enter__(self) -> None:
        return

    def __exit__(self, _: object, error: object, __: object) -> None:
        if isinstance(error, StateFileError) and error.is_lost:
            error.hints = (*_ways_back(self._site), *error.hints)


def in_full(site: Site, index: str | None, *, makes_index: bool = True) -> OpenedFile:
    """The file read and checked in full; it gets its index, unless an upgrade removed something."""
    from xe_py.store.toml.reader import read

    with _WayBack(site):
        opened = OpenedFile(site, index, read(site))
    if makes_index and not opened.document.taken_out:
        from xe_py.store.index.making import build

        opened.document.head = build(index, opened.document, opened.state, opened.findings)
    return opened


def _ways_back(site: Site) -> tuple[str, ...]:
    """The command line that restores the last committed version, if there is one."""
    from xe_py.store.history.chains import way_back

    return way_back(site)
