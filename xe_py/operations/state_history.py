"""The commands about the history of a state file. They are xe_py's own; the real xe has none of them."""

from __future__ import annotations

from xe_py.errors import Misuse, StateFileError, on_file
from xe_py.schema.command import INSPECTS, REPLACES, command
from xe_py.schema.fields import Text
from xe_py.schema.listing import Doubtful, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from xe_py.store.promise import Opened, Store, Version

_SHOWN = 5
_NAME = "its serial, or what state-history calls it where versions share one."


@command(
    "state-history",
    doc="List the versions of the state file that are kept, the newest first, and who made each by which command.",
    kind=INSPECTS,
    ours=True,
)
def history(store: Store) -> Table:
    """A row for each version; the first is the present one. What a version is called is told where serials repeat."""
    versions = store.versions()[::-1]
    named = any(each.name != str(each.serial) for each in versions)
    rows = [(str(each.serial), *([each.name] if named else []), each.when, each.who, each.command) for each in versions]
    return Table(("serial", *(["version"] if named else []), "when", "who", "command"), rows)


@command(
    "state-diff",
    optional=(
        Text("serial", doc=f"The version to start from: {_NAME} Else the one that the last commit found."),
        Text("to", doc="The version to compare it with; else the present one or, without serial=, the last commit's."),
    ),
    doc="Say what the last commit changed, or what changed from one version of the state file to another.",
    kind=INSPECTS,
    ours=True,
)
def diff(store: Store, serial: str | None = None, to: str | None = None) -> str | Doubtful:
    """What changed, object by object, field by field; nothing where nothing did."""
    versions = store.versions()
    if to is not None:
        after = _version(versions, to)
    elif serial is not None:
        after = versions[-1]
    else:
        after = next((each for each in reversed(versions) if each.is_commit), versions[-1])
    before = _before(store, versions, after) if serial is None else _version(versions, serial)
    if serial is None and to is None and after is not versions[-1]:
        edit = on_file(store.name, f"state-diff serial={after.name}")
        return _compared(store, before, after, f"The file was edited by hand after this commit. To see how: {edit}\n")
    return _compared(store, before, after)


@command(
    "state-undo",
    optional=(Text("serial", doc=f"The version to go back to: {_NAME} Else the one before the present one."),),
    doc="Take back the last commit, or an edit by hand since; or put any older version of the state in force again. "
    "This is a change as any other, and can be undone as well.",
    kind=REPLACES,
    ours=True,
)
def undo(store: Store, *, serial: str | None = None, dry_run: bool = False) -> str | Doubtful:
    """Commit the text of the older version with the next serial; the present state need not be sound."""
    from xe_py.schema.secrets import command_line

    versions = store.versions()
    wanted = _earlier(store, versions, serial)
    if dry_run:
        _sound(store, wanted)
        return _compared(store, versions[-1], wanted)
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
    """Whether the version could be put in force again: what a command wrote is sound."""
    if version.is_commit:
        return True
    try:
        _sound(store, version)
    except StateFileError:
        return False
    return True


def _done(store: Store, versions: Sequence[Version], wanted: Version, serial: int, *, can_return: bool) -> str:
    """What was done, and how to go back from it or further."""
    lines = [f"The state of serial {wanted.name} is in force again; its serial is {serial} now."]
    place = versions.index(wanted)
    lines += [f"Taken back: {each.name} {each.command}" for each in reversed(versions[place + 1 :])][:_SHOWN]
    if len(versions) - place - 1 > _SHOWN:
        lines.append(f"Taken back: {len(versions) - place - 1 - _SHOWN} more")
    if can_return:
        lines.append(f"To bring back what was: {on_file(store.name, 'state-undo')}")
    further = next((each for each in reversed(versions[:place]) if _can_return(store, each)), None)
    if further is not None:
        lines.append(f"To go further: {on_file(store.name, f'state-undo serial={further.name}')}")
    return "\n".join(lines) + "\n"


def _version(versions: Sequence[Version], name: str) -> Version:
    """The version with this name; of several with this serial it has to be said which."""
    found = [each for each in versions if name in {each.name, each.full_name}]
    found = found or [each for each in versions if name == str(each.serial)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Misuse(f"Error: Several versions have the serial {name}: {_names(found)}")
    raise Misuse(f"Error: No version with the serial {name} is kept, only: {_names(versions)}")


def _names(versions: Sequence[Version]) -> str:
    return ", ".join(each.name for each in versions)


def _before(store: Store, versions: Sequence[Version], version: Version) -> Version:
    """The version that this one followed."""
    place = versions.index(version)
    if not place:
        raise Misuse(f"Error: No version of {store.name} before {version.name} is kept")
    return versions[place - 1]


def _earlier(store: Store, versions: Sequence[Version], serial: str | None) -> Version:
    """The version to go back to."""
    earlier = [each for each in versions if not each.is_present]
    if not earlier:
        raise Misuse(f"Error: No earlier version of {store.name} is kept")
    return earlier[-1] if serial is None else _version(earlier, serial)


def _sound(store: Store, version: Version) -> Opened:
    """The version with its state; StateFileError where that is unsound."""
    opened = store.state_of(version)
    if opened.findings:
        from xe_py.codes import describe

        first = opened.findings[0]
        about = " ".join(word for word in (first.cls, first.uuid, first.field) if word)
        raise StateFileError(
            f"{opened.name} is unsound and cannot be put in force again: "
            f"{about}: {first.text or describe(first.failure)[0]} [{first.failure.code}]",
            on_file(store.name, "state-history"),
        )
    return opened


def _compared(store: Store, before: Version, after: Version, behind: str = "") -> str | Doubtful:
    """What changed from one version to the other, sound or not, and what is to be said behind it."""
    from xe_py.state.differences import between, describe

    states, doubts = [], []
    for version in (before, after):
        opened = store.state_of(version)
        states.append(opened.state)
        if opened.findings:
            doubts.append(opened.unsound())
            if opened.name != store.name:
                doubts[-1].hints = ()  # They are about the present state.
    old, new = states
    text = describe(between(old, new), old.rules, new.rules, whole=not doubts) + behind
    return Doubtful(text, doubts) if doubts else text
