"""The command `describe`: what one object is and has, who uses it, what it can do, and what happened to it last.

Only xe_py has it, not the real xe.
"""

from __future__ import annotations

from itertools import pairwise

from xe_py import classes
from xe_py.errors import Misuse, StateFileError
from xe_py.operations.effects.portrait import portrait
from xe_py.operations.select import as_word, matching, named_like, narrowed
from xe_py.schema.command import HOST, INSPECTS, command
from xe_py.schema.fields import Text
from xe_py.schema.values import Called
from xe_py.state.changes import Change
from xe_py.state.plan import lines_of
from xe_py.store import surely

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xe_py.schema.listing import Page
    from xe_py.state.core import Finding
    from xe_py.state.record import Record
    from xe_py.state.state import State
    from xe_py.store.promise import Store, Version

    Fields = dict[str, Any]

# The fields by which people call an object that has no name-label.
_NAMES = ("name-label", *HOST.named_by, "device", "name")
# How many changes are shown, and in how many versions they are looked for.
_CHANGES, _VERSIONS = 3, 12
_SHOWN = 5
_HOW = "Error: Say which object: xe describe <uuid or name>, or the class too, as in xe describe vm=<uuid or name>"


@command(
    "describe",
    optional=(
        Text("object", doc="A uuid, or a name that only one object has. The word may stand alone."),
        *(Called(name, name, doc=f"The {name} with this name or uuid.") for name in classes.names()),
    ),
    doc="Show what there is to know of one object: what it is, where it runs, its storage and networks, what uses it, "
    "what it allows now, what is wrong with it, and what changed last.",
    kind=INSPECTS,
    ours=True,
)
def describe(store: Store, **given: str) -> Page:
    """The page of the object."""
    if len(given) != 1:
        raise Misuse(_HOW)
    opened = store.read()
    ((keyword, text),) = given.items()

    def work() -> Page:
        state = opened.state
        obj = _found(state, keyword.replace("_", "-"), text)
        page = portrait(state, obj)
        _add_findings(page, obj, opened.findings)
        _add_changes(page, _changes(store, obj))
        return page

    return surely(opened, work)


# Finding the object


def _found(state: State, family: str, text: str) -> Record:
    if family != "object":
        return _only(state, text, _called(state, family, text) if text else _all(state, family), family)
    cls = _class_of(state, text)
    if cls is not None:
        return state.need(cls, text)
    shown = [name for name in (*classes.order(), *sorted(classes.FOLLOWING)) if name not in classes.HIDDEN]
    found = [obj for name in shown for obj in _called(state, name, text)]
    return _only(state, text, found, "")


def _class_of(state: State, uuid: str) -> str | None:
    """The class of the object with this uuid."""
    following = (name for name in sorted(classes.FOLLOWING) if state.get(name, uuid) is not None)
    return state.class_of(uuid) or next(following, None)


def _all(state: State, family: str) -> list[Record]:
    """All objects of a class or view."""
    cls = classes.get(classes.view(family).of)
    return matching(state, cls, _filters(family))


def _filters(family: str) -> list[tuple[str, str]]:
    """What tells the objects of a view from others of its class."""
    view = classes.view(family)
    return [] if view.name == view.of else list(view.filters.items())


def _called(state: State, family: str, text: str) -> list[Record]:
    """The objects of a class or view with this uuid or, if there is none, with this name."""
    cls = classes.get(classes.view(family).of)
    by_uuid = state.get(cls.name, text)
    if by_uuid is not None:
        return narrowed(state, cls, [by_uuid], _filters(family), cls.name)
    fields = [name for name in dict.fromkeys(_NAMES) if name in cls.by_name and name != "uuid"]
    return [obj for obj in _all(state, family) if any(state.value(obj, field) == text for field in fields)]


def _only(state: State, text: str, found: list[Record], family: str) -> Record:
    if len(found) == 1:
        return found[0]
    if not text:
        raise Misuse(f"Error: There are {len(found)} objects of this kind. Say which: {family}=<uuid or name>")
    if found:
        lines = [f"one of them is {as_word(obj.cls.name, obj['uuid'])}" for obj in found[:_SHOWN]]
        more = [f"{len(found) - _SHOWN} more have it"] if len(found) > _SHOWN else []
        raise Misuse(
            f"Error: {len(found)} objects are called {text}. Give the class and the uuid of one.", *lines, *more
        )
    what = family or "object"
    raise Misuse(f"Error: No {what} has the uuid or name {text}.", *_meant(state, text, family))


def _meant(state: State, text: str, family: str) -> Iterator[str]:
    """The objects whose names are most like the text."""
    names = [classes.view(family).of] if family else ["vm", "host", "sr", "network", "vdi"]
    for name in names:
        yield from named_like(state, classes.get(name), text, family or name)


# What else there is to say


def _add_findings(page: Page, obj: Record, findings: list[Finding]) -> None:
    from xe_py.codes import in_words

    of_it = [each for each in findings if each.uuid == obj["uuid"]]
    page.add(
        "Findings",
        *[f"{each.text or in_words(each.failure)} ({each.failure.code})" for each in of_it],
        findings=[{"field": each.field, "code": each.failure.code} for each in of_it],
    )


def _add_changes(page: Page, found: list[tuple[Version, list[str]]]) -> None:
    page.add(
        "Last changes",
        *[(f"{version.when} by {version.who}: {version.command}", *lines) for version, lines in found],
        changes=[
            {
                "serial": version.serial,
                "when": version.when,
                "who": version.who,
                "command": version.command,
                "what": lines,
            }
            for version, lines in found
        ],
    )


def _changes(store: Store, obj: Record) -> list[tuple[Version, list[str]]]:
    """The last versions in which the object changed, the newest first, each with how it changed."""
    found: list[tuple[Version, list[str]]] = []
    versions = store.versions()[::-1][: _VERSIONS + 1]
    now = obj
    for version, earlier in pairwise(versions):
        try:
            state = store.state_of(earlier).state
        except StateFileError:
            break  # What cannot be read says nothing.
        before = state.get(obj.cls.name, obj["uuid"])
        change = Change(obj.cls, obj["uuid"], before, now)
        if change:
            found.append((version, ["created"] * (before is None) + lines_of(change, [state])))
        if before is None or len(found) == _CHANGES:
            break
        now = before
    return found
