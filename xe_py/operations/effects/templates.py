"""What xe asks of a template before it asks XAPI."""

from __future__ import annotations

from xe_py.errors import Misuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def must_be_template(
    _state: State, *, template: Record | None = None, snapshot: Record | None = None, **_others: object
) -> None:
    """Refuse a VM that is no template; the grammar of the commands that are given one."""
    vm = template or snapshot
    if vm is not None and not vm["is-a-template"]:
        raise Misuse(
            f"Error: This operation can only be performed on a VM template. {vm['uuid']} is not a VM template."
        )
