"""The commands about the history of a state file. Only xe_py has them, not the real xe."""

from __future__ import annotations

from xe_py.errors import Misuse, StateFileError, on_file
from xe_py.operations.effects.versions import comparison, version
from xe_py.schema.command import INSPECTS, REPLACES, command
from xe_py.schema.fields import Text
from xe_py.schema.listing import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from xe_py.schema.listing import Compared
    from xe_py.store.promise import Opened, Store, Version

_SHOWN = 5
_NAME = "its serial or, if several versions share it, its name in state-history."


@command(
    "state-history",
    doc="List the versions in the history of the state file, the newest first, with the user and the command of each.",
    kind=INSPECTS,
    ours=True,
)
def history(store: Store) -> Table:
    """A row for each version, the present one first; with a column of names if versions share a serial."""
    versions = store.versions()[::-1]
    named = any(each.name != str(each.serial) for each in versions)
    rows = [(str(each.serial), *([each.name] if named else []), each.when, each.who, each.command) for each in versions]
    return Table(("serial", *(["version"] if named else []), "when", "who", "command"), rows, _cost(store))


def _cost(store: Store) -> str:
    """What the contents of disks take, and how much of that the history needs; nothing if there are none."""
    taken = sum(store.contents.sizes().values())
    past = sum(store.contents.past().values()) if taken else 0
    return f"The contents of disks take {taken} bytes; {past} of these belong only to older versions." if taken else ""


@command(
    "state-undo",
    optional=(Text("serial", doc=f"The version to restore: {_NAME} By default the one before the present version."),),
    doc="Undo the last commit, or the edits made by hand since; or restore any older version of the state. "
    "This is a change like any other, so it can be undone too.",
    kind=REPLACES,
    ours=True,
)
def undo(store: Store, *, serial: str | None = None, dry_run: bool = False) -> str | Compared:
    """Commit the text of the older version with the next serial; the present state may be unsound."""
    from xe_py.schema.secrets import command_line

    versions = store.versions()
    wanted = _earlier(store, versions, serial)
    if dry_run:
        _sound(store, wanted)
        return comparison(store, store.state_of(versions[-1]), store.state_of(wanted))
    line = "state-undo" if serial is None else command_line(["state-undo", f"serial={serial}"])
    can_return = False

    def choose(found: Sequence[Version]) -> Version:
        nonlocal can_return, versions, wanted
        versions, wanted = found, _earlier(store, found, serial)
        _sound(store, wanted)
        can_return = found[-1].is_present and _can_return(store, found[-1])
        return wanted

    following = store.restore(choose, line)
    return _done(store, versions, wanted, following, can_return=can_return)


def _can_return(store: Store, version: Version) -> bool:
    """Whether the version could be restored: a version that a command wrote is sound."""
    if version.is_commit:
        return True
    try:
        _sound(store, version)
    except StateFileError:
        return False
    return True


def _done(store: Store, versions: Sequence[Version], wanted: Version, serial: int, *, can_return: bool) -> str:
    """What was done, how to undo it, and how to go back further."""
    lines = [f"Restored version {wanted.name}, saved as version {serial}."]
    place = versions.index(wanted)
    lines += [f"Undone: {each.name} {each.command}" for each in reversed(versions[place + 1 :])][:_SHOWN]
    if len(versions) - place - 1 > _SHOWN:
        lines.append(f"Undone: {len(versions) - place - 1 - _SHOWN} more")
    if can_return:
        lines.append(f"To undo this: {on_file(store.name, 'state-undo')}")
    further = next((each for each in reversed(versions[:place]) if _can_return(store, each)), None)
    if further is not None:
        lines.append(f"To go back further: {on_file(store.name, f'state-undo serial={further.name}')}")
    return "\n".join(lines) + "\n"


def _earlier(store: Store, versions: Sequence[Version], serial: str | None) -> Version:
    """The version to go back to."""
    earlier = [each for each in versions if not each.is_present]
    if not earlier:
        raise Misuse(f"Error: The history of {store.name} has no earlier version")
    return earlier[-1] if serial is None else version(earlier, serial)


def _sound(store: Store, version: Version) -> Opened:
    """The version with its state; StateFileError if the state is unsound."""
    opened = store.state_of(version)
    if opened.findings:
        from xe_py.codes import describe

        first = opened.findings[0]
        about = " ".join(word for word in (first.cls, first.uuid, first.field) if word)
        raise StateFileError(
            f"{opened.name} is unsound, so it cannot be restored: "
            f"{about}: {first.text or describe(first.failure)[0]} [{first.failure.code}]",
            on_file(store.name, "state-history"),
        )
    return opened
