"""The log of a history: an entry for each version, and marks of those that became the state file.

    version <seal> <place> <serial> <inode> <size> <time> <user> <process> <from> <checksum> <length> <command>
    (as many bytes as the length says)
    present <place> <seal> <inode> <size> <time> <change> <first> <since> <bytes>

The log has lines with tabs between the columns. The seal of an entry is the checksum of the whole entry. A version is
either `full`, with the checksum of its file, or `next`, with the seal of the previous version; then the bytes say how
to make it from that version (see `files/delta.py`). A mark is written once the version is the state file; it also says
where the chain of versions began and how long it is now. Lines of an earlier layout only note commits: serial, time,
user, process, command.
"""

from __future__ import annotations

from zlib import crc32

from xe_py.store.files.delta import composed, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from xe_py.store.files.delta import Part

    # Inode, size, and the time of the last change in ns, which a rename leaves alone.
    File = tuple[int, int, int]

_VERSION, _MARK = b"version\t", b"present\t"
_COLUMNS = 11
_FULL, _NEXT = "full", "next"
_NOTE = 5


class Chain:
    """The end of the history: its last version and, if known, its file with the time of its last change.

    Also the place of the chain's first version, when the chain began (seconds), and its bytes in the log.
    """

    __slots__ = ("bytes", "changed", "file", "first", "place", "seal", "since")

    def __init__(
        self, place: int, seal: int, file: File, *, first: int, since: int, length: int, changed: int = 0
    ) -> None:
        self.place = place
        self.seal = seal
        self.file = file
        self.changed = changed
        self.first = first
        self.since = since
        self.bytes = length

    @property
    def line(self) -> bytes:
        """The mark."""
        numbers = (self.place, self.seal, *self.file, self.changed, self.first, self.since, self.bytes)
        return _MARK + "\t".join(map(str, numbers)).encode() + b"\n"


def mark_in(line: bytes) -> Chain | None:
    """The chain that the line, without its end, marks; None if it is no mark."""
    try:
        place, seal, inode, size, written, changed, *rest = map(int, line.removeprefix(_MARK).split(b"\t"))
        first, since, length = rest
    except ValueError:
        return None
    file = inode, size, written
    return Chain(place, seal, file, first=first, since=since, length=length, changed=changed)


class Entry:
    """A version: its place in the history, its serial, its file when that was written, by whom, by which command.

    `full` is the checksum of its bytes if they are kept in full; otherwise `after` is the seal of the previous version
    and `changes` says how to make this version from it.
    """

    __slots__ = (
        "after",
        "changes",
        "command",
        "file",
        "full",
        "mark",
        "place",
        "process",
        "seal",
        "serial",
        "start",
        "user",
    )

    def __init__(self, place: int, serial: int, file: File, author: tuple[int, int, str]) -> None:
        self.place = place
        self.serial = serial
        self.file = file
        self.user, self.process, self.command = author
        self.full: int | None = None
        self.after = 0
        self.changes = b""
        self.mark: Chain | None = None
        self.seal = 0
        self.start = 0

    def written(self) -> bytes:
        """The entry for the log, which seals it."""
        origin, checksum = (_NEXT, self.after) if self.full is None else (_FULL, self.full)
        columns = (self.place, self.serial, *self.file, self.user, self.process, origin, checksum, len(self.changes))
        text = "\t".join((*map(str, columns), self.command)).encode(errors="backslashreplace") + b"\n" + self.changes
        self.seal = crc32(text)
        return b"%s%d\t%s\n" % (_VERSION, self.seal, text)


class Log:
    """What a log says: its entries in order, the notes of the earlier layout, and whether its last line is whole."""

    def __init__(self, data: bytes) -> None:
        self.entries: list[Entry] = []
        self.notes: dict[tuple[str, str], list[str]] = {}
        self.size = len(data)
        self.is_whole = not data or data.endswith(b"\n")
        offset = 0
        while offset < len(data):
            end = data.find(b"\n", offset) + 1 or len(data)
            line = data[offset : end - 1]
            if line.startswith(_VERSION) and (entry := _entry(data, offset, end)) is not None:
                self.entries.append(entry)
                end += len(entry.changes) + 1
            elif line.startswith(_MARK):
                self._mark(mark_in(line))
            else:
                self._note(line)
            offset = end

    def content(self, entry: Entry, full: Callable[[Entry], bytes]) -> bytes:
        """The bytes of the version, where `full` returns those of a full copy; ValueError if they are gone."""
        number = self.entries.index(entry)
        changes = []
        while entry.full is None:
            number -= 1
            if number < 0 or self.entries[number].seal != entry.after:
                raise ValueError("an entry that it needs is damaged")
            changes.append(unpack(entry.changes))
            entry = self.entries[number]
        base = full(entry)
        if crc32(base) != entry.full:
            raise ValueError("the version before it is damaged")
        parts: list[Part] = [range(len(base))]
        try:
            for each in reversed(changes):
                parts = composed(parts, each)
        except IndexError:
            raise ValueError("the version before it is too short") from None
        return b"".join(base[part.start : part.stop] if isinstance(part, range) else part for part in parts)

    def _mark(self, mark: Chain | None) -> None:
        if mark is not None and self.entries and self.entries[-1].place == mark.place:
            self.entries[-1].mark = mark

    def _note(self, line: bytes) -> None:
        serial, *columns = line.decode(errors="replace").split("\t", _NOTE - 1)
        if len(columns) == _NOTE - 1:
            self.notes[serial, columns[0]] = columns[1:]


def _entry(data: bytes, start: int, end: int) -> Entry | None:
    """The entry whose first line is there; None if it is damaged."""
    try:
        _, seal, text = data[start:end].split(b"\t", 2)
        columns = text[:-1].decode().split("\t", _COLUMNS - 1)
        place, serial, inode, size, written, user, process = map(int, columns[:7])
        origin, checksum, length, command = columns[7], int(columns[8]), int(columns[9]), columns[10]
    except (ValueError, IndexError):
        return None
    entry = Entry(place, serial, (inode, size, written), (user, process, command))
    entry.start, entry.seal = start, crc32(data[end - len(text) : end + length])
    entry.changes = data[end : end + length]
    if origin == _FULL:
        entry.full = checksum
    else:
        entry.after = checksum
    return entry if str(entry.seal).encode() == seal else None
