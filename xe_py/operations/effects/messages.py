"""The messages that commands leave about VMs, and how they name hosts."""

from __future__ import annotations

from xe_py.xapi import messages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

KEPT, leave = messages.KEPT, messages.leave
_INFORMATION = 5


def tell_of(state: State, vm: Record, name: str, what: str) -> None:
    """Leave a message that says what became of the VM; of a snapshot, it is about the VM that it was taken of."""
    about = state.ref_or_none(vm, "snapshot-of") or vm
    body = f"VM '{about.name}' (uuid: {about['uuid']}) {what}"
    leave(state, ("VM", about["uuid"]), name, _INFORMATION, body)


def where(host: Record) -> str:
    """How messages name a host."""
    return f"{host.name} (uuid: {host['uuid']})"


def quoted(host: Record) -> str:
    """How messages about a migration name a host."""
    return f"host '{host.name}' (uuid: {host['uuid']})"
