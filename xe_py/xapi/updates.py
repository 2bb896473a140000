"""Updates and patches: which hosts have them."""

from __future__ import annotations

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


def is_new_on(update: Record, host: Record) -> Iterator[Failure]:
    """Why the host cannot take the update or the patch: it has it."""
    if host["uuid"] in update["hosts"]:
        is_patch = update.cls.name == "patch"
        yield Failure("PATCH_ALREADY_APPLIED" if is_patch else "UPDATE_ALREADY_APPLIED", update, blockers=(host,))


def note_applied(state: State, update: Record, host: Record) -> None:
    """Note that the host has the update or the patch."""
    state.update(update, {"hosts": [*update["hosts"], host["uuid"]]})
