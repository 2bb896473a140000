"""The roles of XAPI, which are the same in every pool."""

from __future__ import annotations

from hashlib import md5

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xe_py.state.state import State

ADMIN = "pool-admin"
# The one uuid that XAPI does not make from the name.
_ADMIN_UUID = "0165f154-ba3e-034e-6b27-5d271af109ba"

ROLES = {
    ADMIN: "May do everything, and manage subjects and roles.",
    "pool-operator": "May manage hosts, storage, networks and the pool, but no subjects.",
    "vm-power-admin": "May manage VMs and templates, and choose hosts, memory and snapshots for them.",
    "vm-admin": "May manage VMs and templates.",
    "vm-operator": "May start and stop VMs, and use their consoles.",
    "client-cert": "May do what a client may do that logs in by certificate.",
    "read-only": "May look at everything, and change nothing.",
}
"""What subjects with each role may do, the mightiest role first."""


def roles(_state: State) -> Iterator[dict[str, Any]]:
    """The fields of each role."""
    for name, description in ROLES.items():
        yield {"uuid": uuid_of(name), "name": name, "description": description}


def identifier_of(name: str) -> str:
    """The identifier that a user or a group of this name has in the directory."""
    digits = _digest(f"subject {name.casefold()}")
    return f"S-1-5-21-{int(digits[:8], 16)}"


def uuid_of(role: str) -> str:
    """The uuid of the role, which XAPI makes from its name."""
    if role == ADMIN:
        return _ADMIN_UUID
    digits = _digest(role)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _digest(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
