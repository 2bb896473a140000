"""What differs between two states, object by object."""

from __future__ import annotations

from xe_py import classes
from xe_py.state.changes import Change

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.state import State


def between(before: State, after: State) -> list[Change]:
    """What changed for each object from one state to the other, class by class."""
    found = []
    for cls in classes.sections():
        old = {obj["uuid"]: obj for obj in before.all(cls.name)}
        new = {obj["uuid"]: obj for obj in after.all(cls.name)}
        found += [Change(cls, uuid, old.get(uuid), new.get(uuid)) for uuid in {**old, **new}]
    return [change for change in found if change]
