"""Which names have a secret as their value."""

from __future__ import annotations

# The mark of fields that lack the maps with a secret in them; no field has such a name.
MASKED = "\0masked"

_PARTS = ("passw", "secret", "passphrase")


def is_secret(name: str) -> bool:
    """Whether what the name stands for is nobody's business: a password, a shared secret."""
    folded = name.lower()
    return any(part in folded for part in _PARTS)
