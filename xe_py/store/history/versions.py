"""The versions in the history of a state file (see `xe_py.store.history.keeping`), and the present one."""

from __future__ import annotations

import os
from collections import Counter
from functools import partial
from stat import S_ISREG

from xe_py.errors import StateFileError
from xe_py.store.files.access import left_behind, read_file
from xe_py.store.files.document import Document, identity
from xe_py.store.files.users import user_name
from xe_py.store.history import chains
from xe_py.store.history.logbook import Limits, folder_of, moment
from xe_py.store.history.serials import serial_in
from xe_py.store.toml.reader import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from xe_py.store.files.document import Site
    from xe_py.store.history.entries import Entry, Log

_TRIES = 5


class Version:
    """One version of a state file: its place in the history, its serial, when it was written, by whom and how.

    `name` belongs to no other version: it is the serial or, if others share the serial, the serial and the place.
    `is_kept` says that the history has it, `is_present` that it is the file, `is_commit` that a command wrote it.
    """

    def __init__(
        self, place: int, serial: int, written: int, author: tuple[int, int, str], content: Callable[[], bytes]
    ) -> None:
        user, process, self.command = author
        self.place = place
        self.serial = serial
        self.name = str(serial)
        self.when = moment(written).partition(".")[0] + "Z"
        self.who = f"{user_name(user)} ({process})" if process else user_name(user)
        self.is_commit = process > 0
        self.is_kept = True
        self.is_present = False
        self._content = content

    @property
    def full_name(self) -> str:
        """The name that is always unique."""
        return f"{self.serial}.{self.place}"

    def document(self, site: Site) -> Document:
        """The version as a document, named after it and the path of the file; StateFileError if it is gone."""
        if self.is_present and not self.is_kept:
            return read(site)
        label = f"Version {self.name} of {site.path}"
        try:
            data = self._content()
        except OSError as error:
            raise StateFileError(f"{label} cannot be read: {error.filename}: {error.strerror}.") from None
        except ValueError as error:
            raise StateFileError(f"{label} cannot be restored from the history: {error}.") from None
        try:
            return Document(label, label, (), text=data.decode())
        except UnicodeDecodeError:
            raise StateFileError(f"{label} is not UTF-8 text.") from None


def versions(site: Site) -> list[Version]:
    """The kept versions, the oldest first, and at the end the present one, if there is a file.

    StateFileError if the history or the file cannot be read, or if there is neither.
    """
    folder = folder_of(site.target)
    found: list[Version] = []
    for _ in range(_TRIES):
        try:
            log = chains.read_log(folder)
            found = _versions(site, folder, log)
            # A writer may have been at work meanwhile.
            if not found or found[-1].is_kept or chains.read_log(folder).size == log.size:
                break
        except OSError as error:
            where = error.filename or folder
            raise StateFileError(f"The history of {site.path} cannot be read: {where}: {error.strerror}.") from None
    if not found:
        read(site)
    return _named(found, Limits(site.settings).number)


def _versions(site: Site, folder: str, log: Log) -> list[Version]:
    target = site.target
    left = {(status.st_ino, status.st_size, status.st_mtime_ns) for status in _left(target)}
    status = _status(site)
    entries = {entry.place: entry for entry in log.entries}
    last = log.entries[-1] if log.entries else None
    if last is not None and last.mark is None and last.file in left and not _is_now(last, status):
        del entries[last.place]  # It never became the file.
        last = next(reversed(entries.values()), None)
    found = _old(folder, log, status) + [_kept(folder, log, entry) for entry in entries.values()]
    if status is None:
        return found
    if last is not None and chains.is_content(folder, log, last, target, identity(status)):
        present = found[-1]
    else:
        serial = serial_in(read_file(target))
        author = chains.note(log, serial, status)
        present = Version(chains.next_place(folder, log), serial, status.st_mtime_ns, author, bytes)
        present.is_kept = False
        found.append(present)
    present.is_present = True
    return found


def _left(target: str) -> list[os.stat_result]:
    """The versions that are not in the place of the file, or are about to be."""
    found = []
    for path in left_behind(target):
        try:
            found.append(os.lstat(path))
        except FileNotFoundError:
            continue  # It is in place by now.
    return found


def _status(site: Site) -> os.stat_result | None:
    """The status of the present file; None if there is no file, StateFileError if there is something else."""
    try:
        status = os.stat(site.target)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateFileError(f"The state file {site.path} cannot be read: {error.strerror}.") from None
    if not S_ISREG(status.st_mode):
        read(site)
    return status


def _is_now(entry: Entry, status: os.stat_result | None) -> bool:
    return status is not None and status.st_ino == entry.file[0]


def _kept(folder: str, log: Log, entry: Entry) -> Version:
    author = entry.user, entry.process, entry.command
    return Version(entry.place, entry.serial, entry.file[2], author, partial(chains.content, folder, log, entry))


def _old(folder: str, log: Log, present: os.stat_result | None) -> list[Version]:
    """The versions from the earlier layout, except a killed writer's link to a file that is there anyway."""
    known = {entry.file[0] for entry in log.entries} | ({present.st_ino} if present else set())
    found = []
    for place, serial, path in chains.old_versions(folder):
        status = os.lstat(path)
        if status.st_ino not in known:
            author = chains.note(log, serial, status)
            found.append(Version(place, serial, status.st_mtime_ns, author, partial(read_file, path)))
    return found


def _named(found: list[Version], most: int) -> list[Version]:
    """The versions to show, at most so many and the present one, each with its name."""
    shown = [*[each for each in found if not each.is_present][-most:], *found[-1:]] if most else found[-1:]
    shown = list(dict.fromkeys(shown))
    times = Counter(each.serial for each in shown if each.is_kept)
    for each in shown:
        if times[each.serial] > each.is_kept:
            each.name = each.full_name
    return shown
