"""The versions in the history of a state that a command names, and what differs between two states."""

from __future__ import annotations

from xe_py.errors import Misuse
from xe_py.schema.listing import Compared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from xe_py.store.promise import Opened, Store, Version


def version(versions: Sequence[Version], name: str) -> Version:
    """The version with this name; Misuse if several have this serial."""
    found = [each for each in versions if name in {each.name, each.full_name}]
    found = found or [each for each in versions if name == str(each.serial)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Misuse(f"Error: Several versions have the serial {name}. Give the name of one: {_names(found)}")
    raise Misuse(f"Error: The history has no version {name}. It has: {_names(versions)}")


def _names(versions: Sequence[Version]) -> str:
    return ", ".join(each.name for each in versions)


def before(store: Store, versions: Sequence[Version], version: Version) -> Version:
    """The version that this one followed."""
    place = versions.index(version)
    if not place:
        raise Misuse(f"Error: The history of {store.name} has no version before {version.name}")
    return versions[place - 1]


def comparison(store: Store, one: Opened, other: Opened, note: str = "", *, full: bool = False) -> Compared:
    """The plan that leads from one state to the other, sound or not, and the text to print after it."""
    from xe_py.state.differences import between
    from xe_py.state.plan import plan_of

    doubts = []
    for opened in (one, other):
        if opened.findings:
            doubts.append(opened.unsound())
            if opened.name != store.name:
                doubts[-1].hints = ()  # They are about the present state.
    old, new = one.state, other.state
    plan = plan_of(between(old, new), old.header, new.header, [new, old], whole=not doubts, below=note)
    return Compared(plan.in_full() if full else plan, doubts)
