"""The messages that commands leave: the newest ones stay, in a number that does not let the state grow for ever."""

from __future__ import annotations

from xe_py.xapi.vm_settings import now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

KEPT = 100
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


def leave(state: State, about: tuple[str, str], name: str, priority: int, body: str) -> None:
    """Add a message about an object, given as class and uuid, and drop the oldest ones beyond those that are kept."""
    cls, uuid = about
    what = {"name": name, "priority": priority, "class": cls, "obj-uuid": uuid}
    state.add("message", {**what, "timestamp": now(), "body": body})
    for message in state.all("message")[:-KEPT]:
        state.delete(message)
