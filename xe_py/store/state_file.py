"""The store that is a TOML file: open it to read or to write, make it, go back to an older version.

Beside `host.toml` stands the folder `host.toml.d` with the lock, the history and, for a moment, the next version of the
file. A reader takes no lock: it sees the old file or the new one. A symbolic link stays one; its target is what is
locked and replaced.
"""

from __future__ import annotations

import os

from xe_py.errors import StateFileError, UnsoundStateError
from xe_py.store.files.document import Document, changed_meanwhile, identity
from xe_py.store.index import Head, discard, look
from xe_py.store.index.cache import path_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xe_py.state.core import Finding
    from xe_py.state.state import Committed, State
    from xe_py.store.files.document import Site
    from xe_py.store.files.lock import Lock
    from xe_py.store.history import versions as history
    from xe_py.store.promise import Version


class OpenedFile:
    """One version of the file, opened: its document, its state, and what is unsound in that.

    `index` is where the files of its index are, without their ending. `command` is the command line that opened it to
    write; `is_over` says that its lock is let go.
    """

    __slots__ = ("command", "document", "findings", "index", "is_over", "site", "state")

    def __init__(self, site: Site, index: str | None, document: Document) -> None:
        self.site = site
        self.index = index
        self.document = document
        self.findings: list[Finding] = []
        self.command = ""
        self.is_over = False
        self.state: State
        if document.head is not None:
            self.state = document.head.state()
        else:
            self._judge()
        self.state.origin = f"file: {site.path}"

    @property
    def name(self) -> str:
        """What messages call this version."""
        return self.document.path

    def commit(self) -> Committed:
        """Replace the file by one with the state's changes in it; this is that version then."""
        if not self.command or self.is_over:
            raise StateFileError(f"{self.name} is not open to be written. Nothing was changed.")
        from xe_py.store.committing import commit

        committed, self.document = commit(self.site, self.index, self.document, self.state, self.command)
        return committed

    def refresh(self) -> None:
        """Read the file itself, as the index is damaged, and change again what was changed.

        StateFileError where that was on another version, or the lock is let go.
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
            fresh.state.repeat(self.state.changes(), self.state.rules)
        self.document, self.state, self.findings = fresh.document, fresh.state, fresh.findings

    def places(self, findings: list[Finding]) -> list[str]:
        """Where each finding shows: the file and the line."""
        from xe_py.store.toml.reader import places

        return places(self.document, findings)

    def unsound(self, *, whole: bool = False) -> UnsoundStateError:
        """What to raise for the findings, with the way back that there is."""
        return UnsoundStateError(self, *_ways_back(self.name), whole=whole)

    def _judge(self) -> None:
        from xe_py.store.toml.reader import judge

        self.state, self.findings = judge(self.document)


class FileStore:
    """The state in the file at a site (see `xe_py.store.promise`)."""

    def __init__(self, site: Site) -> None:
        self.name = site.path
        self.title = f"file: {site.path}"
        self._site = site
        self._index = path_for(site.target, site.settings)
        # The versions that were listed last, and those of them that were read.
        self._listed: dict[str, history.Version] = {}
        self._read: dict[str, OpenedFile] = {}

    def read(self, *, whole: bool = False) -> OpenedFile:
        """The state in the file as it is now; what it is asked for it takes from the index, if there is one."""
        head = None if whole else self._head()
        if head is None:
            return in_full(self._site, self._index, makes_index=not whole)
        document = Document(self.name, self._site.target, head.identity, head=head)
        document.is_plain = head.plain
        return OpenedFile(self._site, self._index, document)

    def write(self, command: str) -> _Writing:
        """The same under the lock, which is held while the body of a `with` runs."""
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
        """StateFileError where no file can be made: something else is there, or it is and `force` is not given."""
        target = self._site.target
        if os.path.lexists(target) and not os.path.isfile(target):
            from xe_py.store.toml.reader import read

            read(self.name)
        if os.path.lexists(target) and not force:
            raise StateFileError(
                f"The state file {self.name} is there already.\nTo replace it by a fresh host, add --force."
            )

    def versions(self) -> Sequence[Version]:
        """The versions that the history has, and the file; StateFileError where there is nothing at all."""
        from xe_py.store.history.versions import versions

        found = versions(self._site)
        self._listed = {each.full_name: each for each in found}
        self._read.clear()
        return found

    def state_of(self, version: Version) -> OpenedFile:
        """The version, of those listed last, with its state; it is read once."""
        name = version.full_name
        if name not in self._read:
            with _WayBack(self.name):
                self._read[name] = OpenedFile(self._site, None, self._listed[name].document(self.name))
        return self._read[name]

    def restore(self, choose: Callable[[Sequence[Version]], Version], command: str) -> int:
        """Write the text of the version with the next serial; the present file may be unsound, broken, or gone."""
        from xe_py.store.committing import serial_behind
        from xe_py.store.replacing import replace
        from xe_py.store.toml.rewriting import rewritten

        with self._lock(command):
            self.sweep()
            versions = self.versions()
            wanted = choose(versions)
            opened = self.state_of(wanted)
            if opened.findings:
                raise opened.unsound()
            present = identity(os.stat(self._site.target)) if versions[-1].is_present else None
            serial = serial_behind(self.name, max(each.serial for each in versions), wanted.serial)
            content = rewritten(opened.document, opened.state, [], serial)
            replace(self._site, [content], present, serial, command)
            return serial

    def watch(self, serial: int) -> Committed | None:
        """What has become of the state since the version with this serial, if the history has just one of that."""
        from xe_py.state.differences import between
        from xe_py.state.state import Committed

        versions = self.versions()
        now = versions[-1]
        found = [each for each in versions if each.serial == serial]
        if len(found) != 1 or not now.is_present:
            return None
        changes = [] if found[0] is now else between(self.state_of(found[0]).state, self.state_of(now).state)
        return Committed(now.serial, changes)

    def sweep(self) -> None:
        """Remove what a writer that was killed has left; the lock is held."""
        from xe_py.store.replacing import sweep

        sweep(self._site.target)

    def _head(self) -> Head | None:
        try:
            return look(self._index, self._site.target, identity(os.stat(self._site.target)))
        except OSError:
            return None

    def _lock(self, command: str) -> Lock:
        from xe_py.store.files.lock import Lock

        return Lock(self._site.target, command, self._site.settings)


class _Writing:
    """The file opened to write in a `with`: its lock is taken first, and let go at the end."""

    def __init__(self, store: FileStore, lock: Lock, command: str) -> None:
        self._store = store
        self._lock = lock
        self._command = command
        self._opened: OpenedFile | None = None

    def __enter__(self) -> OpenedFile:
        if not os.path.isfile(self._store.name):
            self._store.read()
        self._lock.take()
        try:
            self._store.sweep()
            self._opened = self._store.read()
        except BaseException:
            self._lock.release()
            raise
        self._opened.command = self._command
        return self._opened

    def __exit__(self, *_: object) -> None:
        if self._opened is not None:
            self._opened.is_over = True
        self._lock.release()


class _WayBack:
    """Adds the way back to an earlier version to the errors of a file in which no state is there any more."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        return

    def __exit__(self, _: object, error: object, __: object) -> None:
        if isinstance(error, StateFileError) and error.is_lost:
            error.hints = (*_ways_back(self._path), *error.hints)


def in_full(site: Site, index: str | None, *, makes_index: bool = True) -> OpenedFile:
    """The file read and judged in full; a sound state gets its index, unless an upgrade took something out of it."""
    from xe_py.store.toml.reader import read

    with _WayBack(site.path):
        opened = OpenedFile(site, index, read(site.path))
    if makes_index and not opened.findings and not opened.document.taken_out:
        from xe_py.store.index.making import build

        opened.document.head = build(index, opened.document, opened.state)
    return opened


def _ways_back(path: str) -> tuple[str, ...]:
    """The command line that leads back to the last version that was committed, if there is one."""
    from xe_py.store.history.chains import way_back

    return way_back(path)
