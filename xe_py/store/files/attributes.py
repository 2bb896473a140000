"""What a new file inherits from the one it replaces: its owner, its mode, and a time that no later change repeats.

Not every file system allows this, network shares least. The file is written there too, as long as nobody can read it
who could not read it before, because there are passwords in it.
"""

from __future__ import annotations

import errno
import os
import time
from stat import S_IMODE, filemode

from xe_py.errors import StateFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from xe_py.store.terms import Outcome

# A file that is written twice within this time (ns) may keep its times if the clock of its file system is coarse.
GRAIN = 20_000_000

_REFUSED = {errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


def take_after(file: int, target: str, outcome: Outcome) -> None:
    """Give the file the owner, group and mode of the target, as far as the system allows.

    StateFileError if more users could read it than the target; the outcome notes what the system does not allow.
    """
    old = os.stat(target)
    # A user who is not root becomes the owner of a file that belonged to another.
    owner = old.st_uid if os.geteuid() == 0 else -1
    _is_permitted(lambda: os.fchown(file, owner, old.st_gid))
    mode = wished = S_IMODE(old.st_mode)
    if os.fstat(file).st_gid != old.st_gid:
        mode &= ~0o070 | wished << 3  # Another group gets only the permissions that everybody has.
    _is_permitted(lambda: os.fchmod(file, mode))
    made = S_IMODE(os.fstat(file).st_mode)
    if made == wished:
        return
    if made & ~mode & 0o077:
        raise StateFileError(
            f"The state file {target} cannot be written: more users could read or write the new file "
            f"({filemode(made)[1:]}) than this one ({filemode(wished)[1:]}), and chmod does not work in its folder.\n"
            "Nothing was changed. Move the file to a folder where chmod works."
        )
    outcome.warn(
        f"the new version of {target} has the permissions {filemode(made)[1:]}, not {filemode(wished)[1:]}: "
        "the system does not allow that here."
    )


def set_back(file: int) -> None:
    """Set the file's time back, so that any later change gives it another time, however coarse the clock is."""
    before = time.time_ns() - GRAIN
    if not _is_permitted(lambda: os.utime(file, ns=(before, before))):
        time.sleep(GRAIN / 1e9)


def _is_permitted(call: Callable[[], None]) -> bool:
    """Call it; whether the file system allows such a call at all."""
    try:
        call()
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        return False
    return True
