"""What happens on a host when a guest comes to see a disk."""

from __future__ import annotations

from xe_py.classes.vbd import name_in_guest
from xe_py.errors import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def connect(state: State, vbd: Record) -> None:
    """Let the guest see the disk, if there is one; the disk keeps its name until it is attached again."""
    check_medium(state, state.ref_or_none(vbd, "vdi-uuid"))
    state.update(vbd, {"currently-attached": True, "attached-as": name_in_guest(vbd)})


def check_medium(state: State, vdi: Record | None) -> None:
    """Refuse a VDI whose data is gone."""
    if vdi is not None and (vdi["missing"] or state.ref(vdi, "sr-uuid")["type"] == "iso"):
        from xe_py.operations.effects.storage import is_there

        refuse(is_there(state, vdi))
