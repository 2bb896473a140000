"""Switching SSH on and off on a host."""

from __future__ import annotations

from xe_py.xapi.vm_settings import now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def enable(state: State, host: Record) -> None:
    """Let the host accept SSH connections, until its timeout is over if it has one."""
    expiry = _later(host["ssh-enabled-timeout"]) if host["ssh-enabled-timeout"] else None
    state.update(host, {"ssh-enabled": True, "ssh-auto-mode": False, "ssh-expiry": expiry})


def disable(state: State, host: Record) -> None:
    """Let the host accept no SSH connections."""
    state.update(host, {"ssh-enabled": False, "ssh-expiry": now()})


def _later(seconds: int) -> str:
    from time import gmtime, strftime, time

    from xe_py.schema.values import TIME_FORM

    return strftime(TIME_FORM, gmtime(time() + seconds))
