"""Files in the user's cache folder, made of parts with a checksum each; the program works without them.

A file counts only if it belongs to the user alone; a file with any fault counts as missing.
"""

from __future__ import annotations

import os
from stat import S_ISREG
from zlib import crc32

from xe_py.errors import DamagedIndexError
from xe_py.store.files import access

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable, Iterator

    from xe_py.store.terms import Settings

CHECK = 4
# The endings of the files about a target.
KINDS = ("head", "base")
# How the names of the files about an unsound version go on. They do not replace those of the last sound one.
UNSOUND = ".unsound"
# Marks fields from which maps with secrets were left out; no field has this name.
MASKED = "\0masked"
# How the names of such files begin; it stands for the slash at the start of the target's path.
_ROOT = "%2F"
_LONGEST = 240
# How many files a sweep looks at.
_SWEPT = 100
_PAGE = 512
_WIDTH = 8


def path_for(target: str, settings: Settings) -> str | None:
    """Where the files about the target are, without their ending; None if the user has no cache folder."""
    cache = settings.cache()
    name = target.replace("%", "%25").replace("/", "%2F")
    return os.path.join(cache, "xe", name) if len(name) < _LONGEST and os.path.isabs(cache) else None


def beside(path: str | None) -> str | None:
    """Where the files about an unsound version are."""
    return path and path + UNSOUND


def open_file(path: str) -> int | None:
    """A handle to read the file; None if it does not exist or does not belong to the user alone."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    status = os.fstat(handle)
    if status.st_uid == os.geteuid() and not status.st_mode & 0o077 and S_ISREG(status.st_mode):
        return handle
    access.close(handle)
    return None


def read_part(handle: int, start: int, length: int) -> memoryview:
    """The part that was written at this place; DamagedIndexError if it is damaged."""
    try:
        data = memoryview(os.pread(handle, CHECK + length, start)) if start >= 0 <= length else memoryview(b"")
    except OSError:
        raise DamagedIndexError from None
    if len(data) != CHECK + length or crc32(data[CHECK:]) != int.from_bytes(data[:CHECK], "little"):
        raise DamagedIndexError
    return data[CHECK:]


def checked(data: bytes) -> tuple[bytes, bytes]:
    """The data as a part is written: its checksum, then the data."""
    return crc32(data).to_bytes(CHECK, "little"), data


def write_file(path: str, parts: Iterable[bytes]) -> bool:
    """Put a file for the user alone in place, all at once; False if that is not possible."""
    temporary = f"{path}.{os.getpid()}"
    try:
        access.make_folder(os.path.dirname(path), above=True)
        if os.stat(os.path.dirname(path)).st_uid != os.geteuid():
            return False
        remove_file(temporary)
        handle = access.open_file(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        with open(handle, "wb") as file:
            file.writelines(parts)
        os.replace(temporary, path)
    except OSError:
        remove_file(temporary)
        return False
    except BaseException:
        remove_file(temporary)
        raise
    return True


def sweep(folder: str) -> None:
    """Remove what killed writers have left in the user's folder, and files about targets that no longer exist.

    It looks only at some of the files, other ones each time, however many there are.
    """
    try:
        entries = sorted(os.listdir(folder)) if os.stat(folder).st_uid == os.geteuid() else []
    except OSError:
        return
    start = int.from_bytes(os.urandom(4)) % len(entries) if len(entries) > _SWEPT else 0
    for entry in (entries + entries)[start : start + min(_SWEPT, len(entries))]:
        if _is_left(entry):
            remove_file(os.path.join(folder, entry))


def _is_left(entry: str) -> bool:
    """Whether a file of this name belongs to the program and is no longer needed."""
    name, _, ending = entry.rpartition(".")
    process = ""
    if ending.isdecimal():
        process = ending
        name, _, ending = name.rpartition(".")
    if ending not in KINDS or not name.startswith(_ROOT):
        return False
    return not _lives(int(process)) if process else _is_gone(name.removesuffix(UNSOUND))


def _is_gone(name: str) -> bool:
    """Whether the target of this name no longer exists."""
    try:
        os.lstat(name.replace("%2F", "/").replace("%25", "%"))
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def remove_file(path: str) -> None:
    """Remove the file, if it exists."""
    try:
        os.unlink(path)
    except OSError:
        return


def pages(numbers: array[int]) -> Iterator[bytes]:
    """The parts in which the row is written, one right behind the other."""
    for first in range(0, len(numbers), _PAGE):
        yield numbers[first : first + _PAGE].tobytes()


class Numbers:
    """A row of unsigned 64-bit numbers whose first part is at `start`; DamagedIndexError if it is damaged."""

    __slots__ = ("_count", "_handle", "_pages", "_start")

    def __init__(self, handle: int, start: int, count: int) -> None:
        self._handle = handle
        self._start = start
        self._count = count
        self._pages: dict[int, memoryview] = {}

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, position: int) -> int:
        number, within = divmod(position, _PAGE)
        page = self._pages.get(number)
        if page is None:
            start = self._start + number * (CHECK + _PAGE * _WIDTH)
            length = min(_PAGE, self._count - number * _PAGE) * _WIDTH
            page = self._pages[number] = read_part(self._handle, start, length).cast("Q")
        return page[within]
