"""The commands for a state file in git: `state-merge`, and `state-git-setup`, which tells git. Only xe_py has them."""

from __future__ import annotations

from xe_py.errors import Misuse
from xe_py.quoting import quoted
from xe_py.schema.command import DOWNLOADS, command
from xe_py.schema.fields import Text, show
from xe_py.schema.listing import Note, Texts
from xe_py.store import opened_text, text_with

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xe_py.operations.effects.threeway import Conflict
    from xe_py.schema.client import Client
    from xe_py.schema.listing import Plan
    from xe_py.state.core import Finding
    from xe_py.store.promise import Opened, Store

_SIDES = "on this branch", "on the other branch"


@command(
    "state-merge",
    required=(
        Text("base", doc="The file that both branches began with."),
        Text("ours", doc="The file on this branch; it gets the result."),
        Text("theirs", doc="The file on the other branch."),
    ),
    optional=(Text("name", doc="What to call the file in messages; the path of the second one if it is not given."),),
    doc="Merge two state files that were made from the same one. If both changed the same thing, or if the result "
    "would break a rule, nothing is written. git runs it after state-git-setup.",
    kind=DOWNLOADS,
    ours=True,
)
def merge(
    _store: Store, base: str, ours: str, theirs: str, *, name: str | None = None, client: Client | None
) -> Note | Plan | None:
    """Write the result; Misuse with both lines for each conflict."""
    if client is None:
        return None
    from xe_py.operations.effects.threeway import join
    from xe_py.state.core import findings

    called = ours if name is None else name
    sides = [_opened(client, path, called) for path in (base, ours, theirs)]
    old, this, other = sides
    for opened in sides:
        if opened.findings:
            raise opened.unsound()
    conflicts = join(old.state, this.state, other.state)
    if conflicts:
        told = [_in_words(each, this, other) for each in conflicts]
        raise Misuse(f"Error: {called} was not merged, because both branches changed the same:", *told)
    wrong = list(findings(this.state))
    if wrong:
        told = [_broken(each, this, other) for each in wrong]
        raise Misuse(f"Error: {called} was not merged, because the result would break the rules:", *told)
    serial = max(this.state.serial, other.state.serial) + 1
    if client.rehearses:
        from xe_py.state.plan import plan_of

        header = this.state.header
        return plan_of(this.state.changes(), this.state.header_before(), header, [this.state, other.state])
    client.replace(ours, text_with(this, serial))
    return Note(f"Merged {called}.")


def _opened(client: Client, path: str, called: str) -> Opened:
    with client.source(path) as source:
        return opened_text(called, source.read())


def _in_words(conflict: Conflict, this: Opened, other: Opened) -> str:
    """The conflict with both values, and where each stands."""
    if not conflict.field:
        removed, changed = _SIDES if conflict.this is None else _SIDES[::-1]
        where = (other if conflict.this is None else this).places([conflict])[0]
        obj = conflict.other if conflict.this is None else conflict.this
        return f"{conflict.cls} {_title(obj, conflict.uuid)}: removed {removed}, changed {changed} ({where})"
    obj = this.state.get(conflict.cls, conflict.uuid) if conflict.uuid else None
    what = f"{conflict.cls} {_title(obj, conflict.uuid)}".rstrip()
    values = (
        f"{show(value, '(none)')!r} {side} ({opened.places([conflict])[0]})"
        for value, side, opened in zip((conflict.this, conflict.other), _SIDES, (this, other), strict=True)
    )
    return f"{what}: {conflict.field} is {' and '.join(values)}"


def _title(obj: Any, uuid: str) -> str:
    name = (obj or {}).get("name-label", "")
    return f"{name} ({uuid})" if name else uuid


def _broken(finding: Finding, this: Opened, other: Opened) -> str:
    """What is wrong, and where each branch has the objects that it is about."""
    from xe_py.codes import describe

    sentence = finding.text or describe(finding.failure)[0]
    places = [*_places_of(finding, this, other)]
    return f"{finding.cls} {finding.uuid}: {sentence} [{finding.failure.code}] ({', '.join(places)})"


def _places_of(finding: Finding, this: Opened, other: Opened) -> Iterator[str]:
    about = [finding, *_named(finding)]
    for opened, side in zip((this, other), _SIDES, strict=True):
        lines = dict.fromkeys(opened.places([each])[0] for each in about)
        yield from (f"{line} {side}" for line in lines if ":" in line.removeprefix(opened.name))


def _named(finding: Finding) -> Iterator[Finding]:
    """The other objects that the finding names."""
    from xe_py.state.core import Finding as About
    from xe_py.state.record import Record

    for value in (*finding.failure.values, *finding.failure.blockers):
        if isinstance(value, Record):
            yield About(value.cls.name, value["uuid"], "", finding.failure)


# What git is to be told: the names of settings, and their values.
_SETTINGS = {
    "merge.xe.name": "state files of xe, judged by its rules",
    "merge.xe.driver": "xe state-merge %O %A %B name=%P",
    "diff.xe.xfuncname": "^(\\[[a-z].*\\])$",
}


@command(
    "state-git-setup",
    doc="Prepare the git repository in which the state file is: git then merges the file with state-merge, names the "
    "object above each change in a diff, and ignores the folder beside the file.",
    kind=DOWNLOADS,
    ours=True,
)
def git_setup(store: Store, *, client: Client | None) -> Note | Texts | None:
    """Set what git keeps in the repository, and add lines to .gitattributes and .gitignore beside the file.

    Misuse if the file is in no repository. A dry run tells the settings and the lines.
    """
    if client is None:
        return None
    from os.path import basename, dirname, join

    folder, file = dirname(store.place), basename(store.place)
    client.git("-C", folder, "rev-parse", "--git-dir", about=store.name)
    lines = {".gitattributes": f"{_pattern(file)} merge=xe diff=xe", ".gitignore": _pattern(f"{file}.d/")}
    if client.rehearses:
        set_up = [f"git config {quoted(name)} {quoted(value)}" for name, value in _SETTINGS.items()]
        return Texts(*set_up, *(f"{join(folder, name)}: {line}" for name, line in lines.items()))
    for name, value in _SETTINGS.items():
        client.git("-C", folder, "config", name, value, about=store.name)
    for name, line in lines.items():
        _add_line(client, join(folder, name), line)
    return Note(f"git merges {store.name} with state-merge from now on.")


def _pattern(name: str) -> str:
    """The name as a pattern of git that fits only this name in this folder."""
    escaped = "".join(f"\\{letter}" if letter in "*?[\\ " else letter for letter in name)
    return f"/{escaped}"


def _add_line(client: Client, path: str, line: str) -> None:
    """Add the line to the text file, unless it is there."""
    text = ""
    if client.has(path):
        with client.source(path) as source:
            text = source.read().decode(errors="surrogateescape")
    if line not in text.splitlines():
        start = text if not text or text.endswith("\n") else f"{text}\n"
        client.replace(path, f"{start}{line}\n".encode(errors="surrogateescape"))
