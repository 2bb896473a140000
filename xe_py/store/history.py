"""The history of a state file: the versions that commits replaced, and who wrote each by which command line.

It is in `host.toml.d/history`. A version is a hard link to the file that was replaced, `000012-serial-11.toml`: its
place in the history, then the serial it has; `log` has a line for each commit. Nothing of it is needed to read the
state, and a commit goes on where its history cannot be kept.
"""

from __future__ import annotations

import os
import sys
import time

from xe_py.errors import StateFileError
from xe_py.store.access import make_folder, open_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    # The place in the history, the serial, and the path.
    Kept = tuple[int, int, str]

LOG = "log"
_BACKUPS = 10
_DIGITS = 6
_LONGEST = 1000
_NEW = "new"
_SERIAL = "-serial-"
_told: set[str] = set()


def backups() -> int:
    """How many versions are kept: `XE_BACKUPS`, or ten."""
    text = os.environ.get("XE_BACKUPS", "")
    if not text:
        return _BACKUPS
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise StateFileError(f"XE_BACKUPS must be a whole number, 0 to {10**_DIGITS - 1}, not {text!r}.")
    return int(text)


def keep(target: str, new: str, serials: tuple[int, int], command: str) -> None:
    """Keep the version that `new` is about to replace, note who replaces it, and drop what is too old.

    `serials` are those of the two versions. What fails here is a warning, once for each reason; only a bad XE_BACKUPS
    is a StateFileError. The link comes last: it changes the times of the present file, by which others know it.
    """
    most = backups()
    folder = folder_of(target)
    log = os.path.join(folder, LOG)
    try:
        if not most and not os.path.lexists(folder):
            return
        make_folder(folder)
        kept = kept_in(folder, sweep=True) or []
        lacking = most > 0 and _is_lacking(target, kept)
        for _, _, path in kept[: max(0, len(kept) - most + lacking)]:
            os.unlink(path)
        if most:
            _note(log, new, serials[1], command, most)
        elif os.path.exists(log):
            os.unlink(log)
        if lacking:
            place = kept[-1][0] + 1 if kept else 1
            _link(target, os.path.join(folder, f"{place:0{_DIGITS}}{_SERIAL}{serials[0]}.toml"))
    except OSError as error:
        _warn(f"Warning: the history in {folder} cannot be kept: {error.strerror}. XE_BACKUPS=0 does without one.\n")


def _is_lacking(target: str, kept: list[Kept]) -> bool:
    """Whether there is a file that is not in the history yet, where a writer that was killed may have put it."""
    try:
        present = os.stat(target)
    except FileNotFoundError:
        return False
    return not kept or present.st_nlink == 1 or not os.path.samestat(os.stat(kept[-1][2]), present)


def _link(target: str, path: str) -> None:
    try:
        os.link(target, path)
    except OSError:
        _copy(target, os.stat(target), path)


def _copy(source: str, status: os.stat_result, path: str) -> None:
    """What stands in where there are no hard links: a copy with the same mode and times, flushed to the disk."""
    temporary = os.path.join(os.path.dirname(path), _NEW)
    handle = open_file(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    with open(handle, "wb") as copy, open(source, "rb") as original:
        while data := original.read(1 << 20):
            copy.write(data)
        copy.flush()
        os.fchmod(handle, status.st_mode & 0o777)
        os.fsync(handle)
        os.utime(handle, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.rename(temporary, path)


def _note(log: str, new: str, serial: int, command: str, most: int) -> None:
    """Add the commit to the log. The time that the new version was written at tells it from one edited by hand."""
    # `versions` reads these columns.
    line = "\t".join((str(serial), moment(os.stat(new).st_mtime_ns), str(os.getuid()), str(os.getpid()), command))
    handle = open_file(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(handle, line.encode(errors="backslashreplace") + b"\n")
        size = os.fstat(handle).st_size
    finally:
        os.close(handle)
    if size > (most + 1) * 2 * _LONGEST:
        _shorten(log, most + 1)


def _shorten(log: str, most: int) -> None:
    temporary = os.path.join(os.path.dirname(log), _NEW)
    with open(log, "rb") as file:
        lines = file.readlines()[-most:]
    handle = open_file(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    with open(handle, "wb") as file:
        file.writelines(lines)
    os.rename(temporary, log)


def _warn(text: str) -> None:
    if text not in _told:
        _told.add(text)
        try:
            sys.stderr.write(text)
        except (OSError, ValueError):
            return


def folder_of(target: str) -> str:
    """The folder of the history of the state file."""
    return os.path.join(target + ".d", "history")


def kept_in(folder: str, *, sweep: bool = False) -> list[Kept] | None:
    """The versions in the folder in their order; None where there is no folder.

    `sweep` removes what a writer that was killed has left; that is for who holds the lock.
    """
    found = []
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return None
    for name in names:
        place, _, serial = name.removesuffix(".toml").partition(_SERIAL)
        if place.isdecimal() and serial.isdecimal():
            found.append((int(place), int(serial), os.path.join(folder, name)))
        elif sweep and name == _NEW:
            os.unlink(os.path.join(folder, name))
    return sorted(found)


def moment(nanoseconds: int) -> str:
    """A time of a file as the log has it."""
    seconds, fraction = divmod(nanoseconds, 10**9)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{fraction:09}Z"
