"""What is random on a real host follows from a seed here, so that nothing has to be written down for it."""

from __future__ import annotations

from zlib import crc32


def uuid_from(seed: str) -> str:
    """A uuid that follows from the text, and looks as random as another."""
    digits = "".join(f"{crc32(f'{number} {seed}'.encode()):08x}" for number in range(4))
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
