"""Switching SSH on hosts on and off."""

from __future__ import annotations

from xe_py.xapi.host_settings import expiry_of
from xe_py.xapi.vm_settings import now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def switch_on(state: State, host: Record) -> None:
    """Accept SSH connections, for as long as the timeout of the host says; the automatic mode ends."""
    expiry = expiry_of(host["ssh-enabled-timeout"])
    state.update(host, {"ssh-enabled": True, "ssh-auto-mode": False, "ssh-expiry": expiry})


def switch_off(state: State, host: Record) -> None:
    """Refuse SSH connections from now on."""
    state.update(host, {"ssh-enabled": False, "ssh-expiry": now()})
