"""The folder of a history: where its files are, how much it may hold, and how its log grows."""

from __future__ import annotations

import os
import time

from xe_py.store.files.access import close, neighbour, open_file, put
from xe_py.store.history.entries import mark_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.store.history.entries import Chain, Entry
    from xe_py.store.terms import Settings

LOG = "log"
COPY = ".toml"
_DAYS = 30
_BYTES = 256 << 20
_ANY = 1 << 62
_DIGITS = 6
_MOST_DIGITS = 18
# A new chain begins after this many versions, or once the versions after the first take half its size.
_LONGEST_CHAIN = 256
_SHORTEST_CHAIN = 32
_SMALL = 1 << 19
_DAY = 86400
_TAIL = 512


class Limits:
    """The most that is kept: versions beside the present one, days, and bytes."""

    def __init__(self, settings: Settings) -> None:
        self.number = settings.number("XE_BACKUPS", _DIGITS, _ANY)
        self.days = settings.number("XE_HISTORY_DAYS", _DIGITS, _DAYS)
        given = settings.number("XE_HISTORY_BYTES", _MOST_DIGITS, -1)
        self.bytes = _BYTES if given < 0 else given
        self._is_given = given >= 0

    def with_contents(self, free: int) -> int:
        """The most bytes with the contents of disks, which may take half of what is free if no setting says more."""
        return self.bytes if self._is_given else self.bytes + free // 2

    def exceeded_by(self, chain: Chain, size: int) -> bool:
        """Whether the chain, of a file of this size, is too long to continue."""
        return (
            chain.place - chain.first >= min(_LONGEST_CHAIN, max(self.number, _SHORTEST_CHAIN))
            or chain.bytes > min(max(_SMALL, size), self.bytes) // 2
            or time.time() - chain.since > self.days * _DAY / 2
        )


def folder_of(target: str) -> str:
    """The folder of the history of the state file."""
    return os.path.join(neighbour(target), "history")


def copy_of(folder: str, place: int) -> str:
    """The path of the full copy of the version with this place."""
    return os.path.join(folder, f"{place:0{_DIGITS}}{COPY}")


def moment(nanoseconds: int) -> str:
    """The time of a file as people and old logs write it."""
    seconds, fraction = divmod(nanoseconds, 10**9)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{fraction:09}Z"


def append(folder: str, entry: Entry) -> int:
    """Add the entry to the log, all of it or nothing; its number of bytes."""
    data = entry.written()
    entry.start = add(os.path.join(folder, LOG), data)
    return len(data)


def add(log: str, data: bytes) -> int:
    """Add the bytes to the log, all or none of them; their offset."""
    handle = open_file(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        before = os.fstat(handle).st_size
        try:
            put(data, handle)
        except OSError:
            os.ftruncate(handle, before)
            raise
    finally:
        close(handle)
    return before


def last_mark(folder: str) -> Chain | None:
    """The mark at the end of the log, if there is one."""
    try:
        handle = open_file(os.path.join(folder, LOG), os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        end = os.pread(handle, _TAIL, max(0, os.fstat(handle).st_size - _TAIL))
    finally:
        close(handle)
    return mark_in(end[:-1].rpartition(b"\n")[2]) if end.endswith(b"\n") else None
