"""Which names have a secret as their value."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The mark of fields that lack the maps with a secret in them; no field has such a name.
MASKED = "\0masked"

_PARTS = ("passw", "secret", "passphrase")
_secret: dict[str, bool] = {}


def is_secret(name: str) -> bool:
    """Whether what the name stands for is nobody's business: a password, a shared secret."""
    found = _secret.get(name)
    if found is None:
        folded = name.lower()
        found = _secret[name] = any(part in folded for part in _PARTS)
    return found


def masked(name: str, value: Any) -> Any:
    """The value of a field, to be shown: what is secret in it is left out."""
    if isinstance(value, dict):
        return {key: masked(key, text) for key, text in value.items()}
    return "***" if value and is_secret(name) else value


def without_secrets(line: str) -> str:
    """The line up to the first `name=` that has a secret behind it; what follows might be part of that."""
    place = 0
    for word in line.split():
        place = line.index(word, place)
        name, equals, _ = word.partition("=")
        if equals and is_secret(name):
            return f"{line[:place]}{name}=***"
        place += len(word)
    return line
