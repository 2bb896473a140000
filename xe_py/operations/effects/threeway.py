"""Joining two states that were made from the same one: field by field, key by key, judged by the core."""

from __future__ import annotations

from xe_py import classes
from xe_py.state.plan import SETTINGS
from xe_py.state.record import alike

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from xe_py.schema.xenclass import XenClass
    from xe_py.state.record import Record
    from xe_py.state.state import State

    Fields = Mapping[str, Any]


class Conflict:
    """What the two states changed in different ways: a field of an object, an object that one removed, or a setting."""

    __slots__ = ("cls", "field", "other", "this", "uuid")

    def __init__(self, cls: str, uuid: str, field: str, this: Any, other: Any) -> None:
        self.cls = cls
        self.uuid = uuid
        self.field = field
        self.this = this
        self.other = other


def join(base: State, this: State, other: State) -> list[Conflict]:
    """Bring the changes from the base to the other state into this one; what stands against each other.

    Where something does, this state keeps its own.
    """
    found = list(_settings(base, this, other))
    for cls in classes.sections():
        old, theirs = ({obj["uuid"]: obj for obj in state.all(cls.name)} for state in (base, other))
        for uuid in {**old, **theirs}:
            found += _object(this, cls, uuid, old.get(uuid), theirs.get(uuid))
    return found


def _settings(base: State, this: State, other: State) -> list[Conflict]:
    found = []
    for name, usual in SETTINGS.items():
        was, mine, theirs = (state.header.get(name, usual) for state in (base, this, other))
        if theirs not in {was, mine}:
            if mine != was:
                found.append(Conflict("state", "", name, mine, theirs))
            else:
                this.set_header({name: other.header.get(name)})
    return found


def _object(this: State, cls: XenClass, uuid: str, old: Fields | None, theirs: Fields | None) -> list[Conflict]:
    """Bring in what the other state changed of one object."""
    mine = this.get(cls.name, uuid)
    if theirs in (old, mine):
        return []
    if mine is not None and theirs is not None:
        return _fields(this, mine, old or {}, theirs)
    if theirs is not None and old is None:
        this.add(cls.name, theirs, uuid)
    elif mine is not None and mine == old:
        this.delete(mine)
    else:
        return [Conflict(cls.name, uuid, "", mine, theirs)]
    return []


def _fields(this: State, mine: Record, old: Fields, theirs: Fields) -> list[Conflict]:
    """Bring in the fields that the other state changed."""
    joined, found = {}, []
    for name, field in mine.cls.stored.items():
        was, now, wanted = (each.get(name, field.default) for each in (old, mine, theirs))
        if alike(was, wanted) or alike(now, wanted):
            continue
        if alike(was, now):
            joined[name] = wanted
        elif (value := _value(was, now, wanted)) is not None:
            joined[name] = value
        else:
            found.append(Conflict(mine.cls.name, mine["uuid"], name, now, wanted))
    this.update(mine, joined)
    return found


def _value(was: Any, now: Any, wanted: Any) -> Any:
    """The value that has the changes of both; None if they stand against each other."""
    if isinstance(was, list):
        return [
            each for each in [*now, *(new for new in wanted if new not in now)] if each in wanted or each not in was
        ]
    if not isinstance(was, dict):
        return None
    joined = dict(now)
    for key in {**was, **wanted}:
        old, mine, theirs = was.get(key), now.get(key), wanted.get(key)
        if theirs in {old, mine}:
            continue
        if mine != old:
            return None
        if theirs is None:
            del joined[key]
        else:
            joined[key] = theirs
    return joined
