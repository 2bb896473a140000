"""What a new file takes over from the one it replaces: its owner, its mode, and a time that no later change can have.

Not every file system permits it, network shares least; a file is written there too, as long as nobody can read it who
could not before: there are passwords in it.
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

    from xe_py.store.files.terms import Outcome

# A file that is written twice within this time (ns) may keep its times, where the clock of its file system is coarse.
GRAIN = 20_000_000

_REFUSED = {errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


def take_after(file: int, target: str, outcome: Outcome) -> None:
    """Give the file the owner, the group and the mode of the target, as far as the system permits.

    StateFileError where more people could read it than the target; the outcome notes what is not permitted.
    """
    old = os.stat(target)
    # Who may write to another's file and is not root makes it one's own.
    owner = old.st_uid if os.geteuid() == 0 else -1
    _is_permitted(lambda: os.fchown(file, owner, old.st_gid))
    mode = wished = S_IMODE(old.st_mode)
    if os.fstat(file).st_gid != old.st_gid:
        mode &= ~0o070 | wished << 3  # Another group may do no more than everybody.
    _is_permitted(lambda: os.fchmod(file, mode))
    made = S_IMODE(os.fstat(file).st_mode)
    if made == wished:
        return
    if made & ~mode & 0o077:
        raise StateFileError(
            f"The state file {target} cannot be written: a new file would be open to more people "
            f"({filemode(made)[1:]}) than this one ({filemode(wished)[1:]}), and its folder does not permit to "
            "change that.\nNothing was changed. Move the file to a folder where chmod works."
        )
    outcome.warn(
        f"a new version of {target} gets the permissions {filemode(made)[1:]}, not {filemode(wished)[1:]}: "
        "the system does not permit those here."
    )


def set_back(file: int) -> None:
    """See to it that any later change gives the file another time than it has now, however coarse the clock is."""
    before = time.time_ns() - GRAIN
    if not _is_permitted(lambda: os.utime(file, ns=(before, before))):
        time.sleep(GRAIN / 1e9)


def _is_permitted(call: Callable[[], None]) -> bool:
    """Call it, and say whether the file system permits such a call at all."""
    try:
        call()
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        return False
    return True
