"""Objects that no file holds, because they follow from others or are always the same: their uuids."""

from __future__ import annotations


def uuid_from(*words: str) -> str:
    """The uuid that follows from the words."""
    from hashlib import md5

    digits = md5("\0".join(words).encode(), usedforsecurity=False).hexdigest()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
