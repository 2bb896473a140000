"""Where a chain of versions in the history begins, and when old chains are dropped.

A chain begins with a full copy of the file that is replaced: if the history does not have that version (it is the
first one, or somebody edited the file), or if the last chain has become long. Chains are dropped as a whole, the oldest
first.
"""

from __future__ import annotations

import os
import time
from zlib import crc32

from xe_py.errors import on_file
from xe_py.store.files.access import close, copy, is_file, open_file, put, read_file
from xe_py.store.history.entries import Chain, Entry, Log
from xe_py.store.history.logbook import COPY, LOG, append, copy_of, folder_of, moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.store.files.document import Site
    from xe_py.store.history.entries import File
    from xe_py.store.history.logbook import Limits

    # The place in the history, the serial, and the path.
    Old = tuple[int, int, str]

BY_HAND = "(edited by hand)"
_UNKNOWN = "(not recorded)"
# Versions in an earlier layout: 000012-serial-11.toml, each a whole file.
_SERIAL = "-serial-"
_NEW = "new"
_PIECE = 1 << 20
_DAY = 86400 * 10**9


class Held:
    """A chain that the history holds: where it begins, its part of the log, and the path of its full copy."""

    __slots__ = ("copy", "first", "log")

    def __init__(self, first: Entry, log: bytes, copy: str) -> None:
        self.first = first
        self.log = log
        self.copy = copy


def held(folder: str) -> list[Held]:
    """The chains, the oldest first; OSError if the log cannot be read."""
    log = read_log(folder)
    if not log.entries:
        return []
    data = read_file(os.path.join(folder, LOG))
    firsts = [chain[0] for chain in _chains(log)]
    ends = [*(first.start for first in firsts[1:]), len(data)]
    return [
        Held(first, data[first.start : end], copy_of(folder, first.place))
        for first, end in zip(firsts, ends, strict=True)
    ]


def drop_before(folder: str, kept: Held) -> None:
    """Drop all versions before this chain."""
    _drop_before(folder, kept.first)


def go_on(target: str, folder: str, present: tuple[int, ...], limits: Limits, *, anew: bool = False) -> Chain:
    """The chain that ends with the present file: the existing one or, if that is too long or `anew`, a new one."""
    log = _whole_log(folder)
    last = log.entries[-1] if log.entries else None
    if last is not None and is_content(folder, log, last, target, present):
        chain = _chain_of(log, last)
        if not anew and not limits.exceeded_by(chain, present[2]) and is_file(copy_of(folder, chain.first)):
            return chain
        first = Entry(last.place, last.serial, last.file, (last.user, last.process, last.command))
    else:
        first = _found(target, log, next_place(folder, log))
    chain = _begun(folder, target, first)
    log.entries.append(first)
    try:
        _drop_old(folder, log, limits)
    except OSError:
        return chain  # It is tried again when the next chain begins.
    return chain


def begin_with(folder: str, new: str, entry: Entry) -> Chain:
    """A chain that begins with a new version, in `new`, because there is no file to replace."""
    entry.place = next_place(folder, _whole_log(folder))
    return _begun(folder, new, entry)


def is_content(folder: str, log: Log, entry: Entry, target: str, identity: tuple[int, ...]) -> bool:
    """Whether the file with this identity is the version: the very file that was written, or one with equal bytes."""
    mark = entry.mark
    if mark is not None and (*entry.file, mark.changed) == identity[1:]:
        return True
    try:
        return entry.file[1] == identity[2] and content(folder, log, entry) == read_file(target)
    except (OSError, ValueError):
        return False


def content(folder: str, log: Log, entry: Entry) -> bytes:
    """The bytes of the version; OSError or ValueError if they are gone or damaged."""
    return log.content(entry, lambda full: read_file(copy_of(folder, full.place)))


def read_log(folder: str) -> Log:
    """The log of the history; OSError if something else is in its place."""
    try:
        handle = open_file(os.path.join(folder, LOG), os.O_RDONLY)
    except FileNotFoundError:
        return Log(b"")
    with open(handle, "rb") as file:
        return Log(file.read())


def way_back(site: Site) -> tuple[str, ...]:
    """The command line that restores the last committed version; none if no version is kept."""
    try:
        kept = read_log(folder_of(site.target)).entries
    except OSError:
        return ()
    return (on_file(site.path, "state-undo"),) if kept else ()


def note(log: Log, serial: int, status: os.stat_result) -> tuple[int, int, str]:
    """Who wrote a file that has no entry, in which process, by which command line, as far as known."""
    commit = log.notes.get((str(serial), moment(status.st_mtime_ns)))
    if commit is not None and commit[0].isdecimal() and commit[1].isdecimal():
        return int(commit[0]), int(commit[1]), commit[2]
    recorded = any(entry.serial == serial for entry in log.entries) or any(each == str(serial) for each, _ in log.notes)
    return status.st_uid, 0, BY_HAND if recorded else _UNKNOWN


def old_versions(folder: str) -> list[Old]:
    """The versions from an earlier layout, the oldest first."""
    found = []
    for name in _names(folder):
        place, between, serial = name.removesuffix(COPY).partition(_SERIAL)
        path = os.path.join(folder, name)
        if between and place.isdecimal() and serial.isdecimal() and is_file(path):
            found.append((int(place), int(serial), path))
    return sorted(found)


def next_place(folder: str, log: Log) -> int:
    """The place after all those in the history."""
    places = [
        int(place) for name in _names(folder) if (place := name.removesuffix(COPY).partition(_SERIAL)[0]).isdecimal()
    ]
    return 1 + max((*places, *(entry.place for entry in log.entries)), default=0)


def withdraw(folder: str, file: File) -> None:
    """Remove the last entry if it belongs to this file, which never became the state file."""
    log = read_log(folder)
    if log.entries and log.entries[-1].mark is None and log.entries[-1].file == file:
        os.truncate(os.path.join(folder, LOG), log.entries[-1].start)


def clear(folder: str) -> None:
    """Drop all versions."""
    for path in (*_copies(folder), *(path for _, _, path in old_versions(folder)), os.path.join(folder, LOG)):
        if is_file(path):
            os.unlink(path)


def _begun(folder: str, source: str, first: Entry) -> Chain:
    """The chain that begins with the version in the file."""
    first.full = _copied(source, folder, first.place)
    length = append(folder, first)
    return Chain(first.place, first.seal, first.file, first=first.place, since=int(time.time()), length=length)


def _whole_log(folder: str) -> Log:
    """The log, its last line completed so that more lines can follow."""
    log = read_log(folder)
    if not log.is_whole:
        handle = open_file(os.path.join(folder, LOG), os.O_WRONLY | os.O_APPEND)
        try:
            put(b"\n", handle)
        finally:
            close(handle)
    return log


def _found(target: str, log: Log, place: int) -> Entry:
    """The entry of the present file, which is not in the history."""
    from xe_py.store.history.serials import serial_in

    status = os.stat(target)
    serial = serial_in(read_file(target))
    file = (status.st_ino, status.st_size, status.st_mtime_ns)
    return Entry(place, serial, file, note(log, serial, status))


def _chain_of(log: Log, entry: Entry) -> Chain:
    """The chain that ends with the last entry, as far as the log says when it began."""
    first = next(each for each in reversed(log.entries) if each.full is not None)
    marks = [each.mark for each in log.entries if each.mark and each.mark.first == first.place]
    since = marks[0].since if marks else int(time.time())
    length = entry.start + len(entry.written()) - first.start
    return Chain(entry.place, entry.seal, entry.file, first=first.place, since=since, length=length)


def _copied(source: str, folder: str, place: int) -> int:
    """Keep a full copy of the file, flushed to the disk because others depend on it; the checksum of its bytes."""
    temporary = os.path.join(folder, _NEW)
    if is_file(temporary):
        os.unlink(temporary)  # A killed writer has left it.
    original = os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        file = open_file(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        try:
            size = copy(original, range(os.fstat(original).st_size), file)
            checksum = 0
            for offset in range(0, size, _PIECE):
                checksum = crc32(os.pread(file, _PIECE, offset), checksum)
            os.fsync(file)
            os.rename(temporary, copy_of(folder, place))
        except OSError:
            os.unlink(temporary)
            raise
        finally:
            close(file)
    finally:
        close(original)
    return checksum


def _drop_old(folder: str, log: Log, limits: Limits) -> None:
    """Drop what is too old, too many or too large; the newest chain stays, and a new version is about to join it."""
    oldest = time.time_ns() - limits.days * _DAY
    *older, kept = _chains(log)
    versions, room = 1, limits.bytes - kept[0].file[1]
    for chain in reversed(older):
        room -= chain[0].file[1] + kept[0].start - chain[0].start
        # A file that was edited by hand may have any time.
        if room < 0 or versions >= limits.number or max(entry.file[2] for entry in chain) < oldest:
            break
        versions += len(chain)
        kept = chain
    else:
        _drop_old_versions(folder, limits, versions, room, oldest)
        return
    _drop_before(folder, kept[0])


def _drop_before(folder: str, first: Entry) -> None:
    _cut(folder, first.start)
    for path in _copies(folder):
        if _place(path) < first.place:
            os.unlink(path)
    for _, _, path in old_versions(folder):
        os.unlink(path)


def _chains(log: Log) -> list[list[Entry]]:
    """The entries by chain; those before the first chain belong to none."""
    found: list[list[Entry]] = []
    for entry in log.entries:
        if entry.full is not None:
            found.append([])
        if found:
            found[-1].append(entry)
    return found


def _drop_old_versions(folder: str, limits: Limits, versions: int, room: int, oldest: int) -> None:
    """The same for the versions from the earlier layout, which are the oldest of all."""
    for _, _, path in reversed(old_versions(folder)):
        status = os.stat(path)
        room -= status.st_size
        if room < 0 or versions >= limits.number or status.st_mtime_ns < oldest:
            os.unlink(path)
        versions += 1


def _cut(folder: str, start: int) -> None:
    """Drop the part of the log before the offset."""
    log, temporary = os.path.join(folder, LOG), os.path.join(folder, _NEW)
    data = read_file(log)[start:]
    if is_file(temporary):
        os.unlink(temporary)
    handle = open_file(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        put(data, handle)
    finally:
        close(handle)
    os.rename(temporary, log)


def _copies(folder: str) -> list[str]:
    """The paths of the full copies."""
    names = [name for name in _names(folder) if name.endswith(COPY) and name.removesuffix(COPY).isdecimal()]
    return [path for path in (os.path.join(folder, name) for name in sorted(names)) if is_file(path)]


def _names(folder: str) -> list[str]:
    """The names in the folder; none if there is no folder."""
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def _place(path: str) -> int:
    return int(os.path.basename(path).removesuffix(COPY))
