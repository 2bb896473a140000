"""Changes in words: a line for each object that is new or gone, and for each field with another value."""

from __future__ import annotations

from xe_py import classes
from xe_py.schema.secrets import is_secret
from xe_py.schema.xenclass import RULES, STRICT, TEMPLATES
from xe_py.state.changes import Change
from xe_py.state.record import alike
from xe_py.state.templates import NO_SET, of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import XenClass
    from xe_py.state.state import State

    Fields = Mapping[str, Any]

_EMPTY = "(empty)"
_HIDDEN = "***"
# What the header says where it does not name a setting.
_SETTINGS = {RULES: STRICT, TEMPLATES: NO_SET}


def describe(changes: Iterable[Change], before: Fields, after: Fields, *, whole: bool = True) -> str:
    """The changes, and those of the header; `whole` says that the whole states could be compared.

    Default templates that only come or go with their set are told by the name of the set.
    """
    settings = {name: (before.get(name, default), after.get(name, default)) for name, default in _SETTINGS.items()}
    lines = [f"{name}: {was} -> {now}" for name, (was, now) in settings.items() if was != now]
    other_set = settings[TEMPLATES][0] != settings[TEMPLATES][1]
    for change in changes:
        if not (other_set and _goes_with_the_set(change, before, after)):
            lines += differences(change.cls, change.uuid, change.before, change.after)
    return "".join(
        f"{line}\n"
        for line in lines or ["Nothing changes." if whole else "Nothing changes in the parts that can be read."]
    )


def _goes_with_the_set(change: Change, before: Fields, after: Fields) -> bool:
    """Whether a default template comes as it was delivered, or goes as it was."""
    return of(before).get(change.uuid) == change.before and of(after).get(change.uuid) == change.after


def between(before: State, after: State) -> list[Change]:
    """What changed for each object from one state to the other, class by class."""
    found = []
    for cls in classes.sections():
        old = {obj["uuid"]: obj for obj in before.all(cls.name)}
        new = {obj["uuid"]: obj for obj in after.all(cls.name)}
        found += [Change(cls, uuid, old.get(uuid), new.get(uuid)) for uuid in {**old, **new}]
    return [change for change in found if change]


def differences(cls: XenClass, uuid: str, before: Fields | None, after: Fields | None) -> list[str]:
    """What changed for one object, from the fields before and now; None if it did not or does not exist."""
    label = (after or before or {}).get("name-label")
    what = f"{cls.name} {uuid} ({label})" if label else f"{cls.name} {uuid}"
    if after is None:
        return [f"{what}: deleted"]
    old: Fields = {} if before is None else before
    found = [f"{what}: created"] if before is None else []
    for name, field in cls.stored.items():
        was, now = old.get(name, field.default), after.get(name, field.default)
        if name != "uuid" and not alike(was, now):
            found += [f"{what}: {part}" for part in _of_field(field, was, now, new=before is None)]
    return found


def _of_field(field: Field, was: Any, now: Any, *, new: bool) -> list[str]:
    """How the value of a field changed; for a map, how each key changed, or only the order of the keys."""
    if not isinstance(now, dict):
        return [_line(field.name, _shown(field, was), _shown(field, now), new=new)]
    if was == now:
        return [_line(f"{field.name} (order)", ", ".join(was), ", ".join(now), new=new)]
    return [
        _line(f"{field.name}:{key}", _text(key, was.get(key)), _text(key, now.get(key)), new=new)
        for key in {**was, **now}
        if was.get(key) != now.get(key)
    ]


def _line(name: str, was: str, now: str, *, new: bool) -> str:
    return f"{name}: {now}" if new else f"{name}: {was} -> {now}"


def _shown(field: Field, value: Any) -> str:
    return _HIDDEN if value and field.secret else field.show(value) or _EMPTY


def _text(key: str, text: str | None) -> str:
    """The text of a key in a map; a secret is hidden."""
    if text and is_secret(key):
        return _HIDDEN
    return text or _EMPTY
