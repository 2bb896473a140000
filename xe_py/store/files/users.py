"""The users of this machine; files, locks and histories have only their numbers."""

from __future__ import annotations

import pwd


def user_name(number: int) -> str:
    """The name of the user; for a user who no longer exists, the number."""
    try:
        return pwd.getpwuid(number).pw_name
    except (KeyError, OverflowError):
        return f"user {number}"
