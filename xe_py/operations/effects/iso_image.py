"""Reading files from an ISO image (ISO 9660, with the long names of Rock Ridge if there are some)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.store.promise import Content

_SECTOR = 2048
_FIRST, _LAST = 16, 32
_PRIMARY = b"\x01CD001"
_ROOT, _DIRECTORY = 156, 2
# The fixed part of an entry of a directory, and of a part of its system area.
_FIXED, _HEAD = 33, 5
# Nothing that is read here is longer.
_LONGEST = 1 << 20


class _Entry:
    """A file or a directory: its name, and where its data are."""

    __slots__ = ("is_directory", "name", "span")

    def __init__(self, record: bytes) -> None:
        start = int.from_bytes(record[2:6], "little") * _SECTOR
        self.span = range(start, start + min(int.from_bytes(record[10:14], "little"), _LONGEST))
        self.is_directory = bool(record[25] & _DIRECTORY)
        self.name = _name(record)


def file_in(content: Content, path: str) -> bytes | None:
    """The file with this path, in small letters; None if there is none. ValueError if it is no image."""
    entry = _root(content)
    for name in path.split("/"):
        found = [each for each in _entries(content.read(entry.span)) if each.name == name] if entry.is_directory else []
        if not found:
            return None
        entry = found[0]
    return None if entry.is_directory else content.read(entry.span)


def _root(content: Content) -> _Entry:
    for sector in range(_FIRST, _LAST):
        descriptor = content.read(range(sector * _SECTOR, (sector + 1) * _SECTOR))
        if descriptor.startswith(_PRIMARY):
            return _Entry(descriptor[_ROOT : _ROOT + _FIXED + 1])
    raise ValueError("There is no primary volume descriptor.")


def _entries(data: bytes) -> Iterator[_Entry]:
    """The entries of a directory; none of them goes over the end of a sector."""
    for start in range(0, len(data), _SECTOR):
        place, sector = 0, data[start : start + _SECTOR]
        while place < len(sector) and (length := sector[place]) > _FIXED:
            yield _Entry(sector[place : place + length].ljust(_FIXED + 1, b"\0"))
            place += length


def _name(record: bytes) -> str:
    """The long name, if the entry has one, else the short one without its version."""
    length = record[32]
    short, system = record[_FIXED : _FIXED + length], record[_FIXED + length + (length + 1) % 2 :]
    long = b""
    while len(system) >= _HEAD and system[2] >= _HEAD:
        if system.startswith(b"NM"):
            long += system[_HEAD : system[2]]
        system = system[system[2] :]
    return (long or short.partition(b";")[0].rstrip(b".")).decode("latin-1").lower()
