"""The messages in the state: the newest ones stay, in a number that does not let the state grow for ever."""

from __future__ import annotations

from xe_py.xapi.vm_settings import now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.state import State

KEPT = 100


def leave(state: State, about: tuple[str, str], name: str, priority: int, body: str) -> None:
    """Add a message about an object, given as class and uuid, and drop the oldest ones beyond those that are kept."""
    cls, uuid = about
    what = {"name": name, "priority": priority, "class": cls, "obj-uuid": uuid}
    state.add("message", {**what, "timestamp": now(), "body": body})
    for message in state.all("message")[:-KEPT]:
        state.delete(message)
