"""The lock of a state file: one writer at a time, and those who wait can see who holds it."""

from __future__ import annotations

import fcntl
import os
import time

from xe_py.errors import StateFileError
from xe_py.store.files.access import close, make_folder, neighbour, open_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.store.terms import Settings

_PATIENCE = 10.0
_PAUSE = 0.01


class Lock:
    """The lock in the folder beside the state file; it ends with the process that took it, whatever ends that.

    A forked child does not have it. A process that takes it twice, even in two threads, waits like another process.
    `command` is what the holder does. `XE_LOCK_TIMEOUT` is the time to wait, in seconds.
    """

    def __init__(self, target: str, command: str, settings: Settings) -> None:
        self._folder = neighbour(target)
        self._command = command
        self._settings = settings
        self._handle = -1
        self._process = 0

    def __enter__(self) -> None:
        self.take()

    def __exit__(self, *_: object) -> None:
        self.release()

    def take(self) -> None:
        """Take the lock; StateFileError if it is not free in time."""
        path = os.path.join(self._folder, "lock")
        try:
            if make_folder(self._folder):
                _hide(self._folder)
            self._handle = open_file(path, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            where = "" if error.filename in {None, path} else f"{error.filename}: "
            raise StateFileError(f"The lock {path} cannot be made: {where}{error.strerror}.") from None
        self._process = os.getpid()
        _open.add(self)
        try:
            _wait(self._handle, path, self._settings.seconds("XE_LOCK_TIMEOUT", _PATIENCE))
        except BaseException:
            self.release()
            raise
        _sign(self._handle, self._command)

    def release(self) -> None:
        """Release the lock, also for all who have a copy of its handle."""
        if self._process == os.getpid():
            _unlock(self._handle)
        self.forget()

    def forget(self) -> None:
        """Close the handle; other copies of it keep the lock."""
        _open.discard(self)
        close(self._handle)
        self._handle = -1


# The locks that this process holds or waits for.
_open: set[Lock] = set()


def _forget_all() -> None:
    for lock in list(_open):
        lock.forget()


# Otherwise a forked child would keep its parent's lock after the parent has ended.
os.register_at_fork(after_in_child=_forget_all)


def _hide(folder: str) -> None:
    """Let git ignore the folder; if that cannot be written, git shows the folder."""
    try:
        handle = open_file(os.path.join(folder, ".gitignore"), os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    except OSError:
        return
    try:
        os.write(handle, b"*\n")
    except OSError:
        pass
    finally:
        close(handle)


def _wait(lock: int, path: str, patience: float) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise StateFileError(
                    f"The state is locked by {_holder(lock)}.\n"
                    f"Wait for it to end, or raise XE_LOCK_TIMEOUT (seconds). The lock is {path}"
                ) from None
            time.sleep(_PAUSE)
        except OSError as error:
            raise StateFileError(f"The lock {path} cannot be taken: {error.strerror}.") from None
        else:
            return


def _unlock(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_UN)
    except OSError:
        return  # It was never taken, or it ends when its handle is closed.


def _sign(lock: int, command: str) -> None:
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    # `_holder` reads these columns.
    line = "\t".join((str(os.getpid()), str(os.getuid()), since, command))
    try:
        os.ftruncate(lock, 0)
        os.pwrite(lock, line.encode(errors="replace"), 0)
    except OSError:
        pass  # The lock works without the name of its holder, for example on a full disk.


def _holder(lock: int) -> str:
    """Who has the lock, as far as the holder's signature says."""
    process, user, since, command, *_ = [*os.pread(lock, 1000, 0).decode(errors="replace").split("\t"), "", "", "", ""]
    if not user.isdecimal():
        return "another process"
    from xe_py.store.files.users import user_name

    user = user_name(int(user))
    if process == str(os.getpid()):
        return f"this process itself (xe {command}) since {since}"
    return f"process {process} of {user} (xe {command}) since {since}"
