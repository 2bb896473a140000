"""The users of this machine, of whom files, locks and histories have the numbers."""

from __future__ import annotations

import pwd


def user_name(number: int) -> str:
    """The name of the user; of one that is not there any more, the number."""
    try:
        return pwd.getpwuid(number).pw_name
    except (KeyError, OverflowError):
        return f"user {number}"
