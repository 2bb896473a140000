"""The commands about the history of a state file. They are xe_py's own; the real xe has none of them."""

from __future__ import annotations

import os

from xe_py import classes
from xe_py.errors import Misuse, UnsoundStateError
from xe_py.schema.command import command
from xe_py.schema.fields import Int
from xe_py.schema.listing import Table
from xe_py.state.state import Change

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.state import State
    from xe_py.store.document import Document
    from xe_py.store.versions import Version


@command(
    "state-history",
    doc="List the versions of the state file that are kept, the newest first, and who made each by which command.",
    on_file=True,
    reads=True,
    ours=True,
)
def history(path: str) -> Table:
    """A row for each version; the first is the present one."""
    rows = [(str(each.serial), each.when, each.who, each.command) for each in reversed(_versions(path))]
    return Table(("serial", "when", "who", "command"), rows)


@command(
    "state-diff",
    required=(Int("serial", doc="The version to start from."),),
    optional=(Int("to", doc="The version to compare it with; else the present one."),),
    doc="Say what changed from one version of the state file to another, object by object, field by field.",
    on_file=True,
    reads=True,
    ours=True,
)
def diff(path: str, serial: int, to: int | None = None) -> str:
    """What changed; nothing where nothing did."""
    versions = _versions(path)
    before = _version(versions, serial)
    after = versions[-1] if to is None else _version(versions, to)
    return _described(_state(before), _state(after))


@command(
    "state-undo",
    optional=(Int("serial", doc="The version to go back to; else the one before the last commit."),),
    doc="Put an older version of the state in force again. This is a change as any other, and can be undone as well.",
    on_file=True,
    ours=True,
)
def undo(path: str, *, serial: int | None = None, dry_run: bool = False) -> str:
    """Commit the text of the older version with the next serial; the present state need not be sound."""
    from xe_py.store.document import target_of  # noqa: PLC0415 - the declarations alone go without the store
    from xe_py.store.lock import Lock  # noqa: PLC0415 - the commands that read take no lock
    from xe_py.store.replacing import neighbour, sweep  # noqa: PLC0415 - the same

    target = target_of(path)
    if dry_run:
        versions = _versions(path)
        return _described(_state(versions[-1]), _sound(_earlier(versions, target, serial))[1])
    given = "" if serial is None else f" serial={serial}"
    lock = Lock(neighbour(target), f"state-undo{given}")
    lock.take()
    try:
        sweep(neighbour(target))
        return _undo(target, serial, f"state-undo{given}")
    finally:
        lock.release()


def _undo(target: str, serial: int | None, line: str) -> str:
    from xe_py.store.document import identity  # noqa: PLC0415 - the commands that read replace nothing
    from xe_py.store.replacing import replace  # noqa: PLC0415 - the same
    from xe_py.store.rewriting import rewritten  # noqa: PLC0415 - the same
    from xe_py.store.versions import serial_in  # noqa: PLC0415 - the same

    versions = _versions(target)
    wanted = _earlier(versions, target, serial)
    document, state = _sound(wanted)
    present = identity(os.stat(target)) if os.path.exists(target) else None
    following = 1 + max(each.serial for each in versions)
    content = rewritten(document, state, [], following)
    replace(target, [content], present, (serial_in(target), following), line)
    return f"The state of serial {wanted.serial} is in force again; its serial is {following} now.\n"


def _versions(path: str) -> list[Version]:
    """The versions, the oldest first; StateFileError where there is nothing at all."""
    from xe_py.store import reader, versions  # noqa: PLC0415 - a declaration alone goes without the store
    from xe_py.store.document import target_of  # noqa: PLC0415 - the same

    found = versions.versions(target_of(path))
    if not found:
        reader.read(path)
    return found


def _version(versions: list[Version], serial: int) -> Version:
    """The last version with this serial; of two, one that was replaced goes before the present one."""
    *kept, present = versions
    for each in (*reversed(kept), present):
        if each.serial == serial:
            return each
    raise _unknown(serial, versions)


def _earlier(versions: list[Version], target: str, serial: int | None) -> Version:
    """The version to go back to."""
    kept = [each for each in versions if each.path != target]
    if not kept:
        raise Misuse(f"Error: No earlier version of {target} is kept")
    if serial is None:
        return kept[-1]
    found = [each for each in kept if each.serial == serial]
    if not found:
        raise _unknown(serial, kept)
    return found[-1]


def _unknown(serial: int, versions: list[Version]) -> Misuse:
    known = ", ".join(str(each.serial) for each in versions)
    return Misuse(f"Error: No version with the serial {serial} is kept, only: {known}")


def _sound(version: Version) -> tuple[Document, State]:
    """The version with its state; UnsoundStateError where that is unsound."""
    from xe_py.store.reader import judge, read  # noqa: PLC0415 - as for _versions

    document = read(version.path)
    state, findings = judge(document)
    if findings:
        raise UnsoundStateError(document, findings)
    return document, state


def _state(version: Version) -> State:
    """The state of the version, sound or not."""
    from xe_py.store.reader import judge, read  # noqa: PLC0415 - as for _versions

    return judge(read(version.path))[0]


def _described(before: State, after: State) -> str:
    from xe_py.state.differences import describe  # noqa: PLC0415 - only needed once there is something to describe

    return describe(_changes(before, after), before.rules, after.rules)


def _changes(before: State, after: State) -> list[Change]:
    """What became of each object from one state to the other, class by class."""
    found = []
    for cls in classes.sections():
        old = {obj["uuid"]: obj for obj in before.all(cls.name)}
        new = {obj["uuid"]: obj for obj in after.all(cls.name)}
        changed = (uuid for uuid in {**old, **new} if old.get(uuid) != new.get(uuid))
        found += [Change(cls, uuid, old.get(uuid), new.get(uuid)) for uuid in changed]
    return found
