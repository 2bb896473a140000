"""The validation core, which judges whether a state is sound.

`verify` judges what changed and, along the watched paths, every object that could be touched by it; `findings`
judges everything. Both ask the same checks, so a chain of changes that was accepted step by step leaves a state in
which the full check finds nothing.
"""

from __future__ import annotations

from xe_py import classes
from xe_py.errors import Failure
from xe_py.schema.fields import Refs
from xe_py.schema.paths import parse_path, triggers
from xe_py.state.state import referrers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from xe_py.schema.paths import Step
    from xe_py.schema.xenclass import Rule, XenClass
    from xe_py.state.record import Record
    from xe_py.state.state import Change, State

    Trigger = tuple[Rule, tuple[Step, ...]]


class Finding:
    """Something unsound: the object and the field where it shows, and the Failure that says what."""

    __slots__ = ("cls", "failure", "field", "uuid")

    def __init__(self, cls: str, uuid: str, field: str, failure: Failure) -> None:
        self.cls = cls
        self.uuid = uuid
        self.field = field
        self.failure = failure


def verify(state: State, changes: list[Change], *, everything: bool = False) -> None:
    """Raise the first Failure that the changes bring into the state, or that is anywhere in it."""
    for change in changes:
        if change.after is not None:
            for field in change.cls.stored:
                if change.touches(field):
                    _raise_first(_check_field(state, change.after, field))
            for unique in change.cls.unique:
                if any(change.touches(field) for field in unique.fields):
                    _raise_first(_check_unique(state, change.after, unique))
        else:
            _raise_first(_check_gone(state, change))
    for obj, rule in _touched_rules(state, changes):
        _raise_first(check_rule(state, obj, rule))
    if everything:
        _raise_first(finding.failure for finding in findings(state))


def findings(state: State) -> Iterator[Finding]:
    """Everything that is unsound in the state, in the order of the file."""
    for cls in classes.sections():
        rules = [rule for rule in cls.rules if rule.profile in {None, state.rules}]
        for obj in state.all(cls.name):
            for field in cls.stored:
                for failure in _check_field(state, obj, field):
                    yield Finding(cls.name, obj["uuid"], field, failure)
            for unique in cls.unique:
                for failure in _check_unique(state, obj, unique):
                    yield Finding(cls.name, obj["uuid"], unique.shows[0], failure)
            for rule in rules:
                for failure in check_rule(state, obj, rule):
                    yield Finding(cls.name, obj["uuid"], _shown_at(cls, rule), failure)


def check_rule(state: State, obj: Record, rule: Rule) -> Iterator[Failure]:
    """What the rule has against the object; nothing where another set of rules is in force."""
    if rule.profile in {None, state.rules}:
        for failure in rule.check(state, obj):
            failure.profile = rule.profile
            yield failure


def _raise_first(failures: Iterable[Failure]) -> None:
    for failure in failures:
        raise failure


def _check_field(state: State, obj: Record, name: str) -> Iterator[Failure]:
    field = obj.cls.stored[name]
    value = obj[name]
    if not field.accepts(value):
        yield Failure("FIELD_TYPE_ERROR", name)
    elif name in obj.cls.references and value is not None:
        target = obj.cls.references[name].to
        for uuid in value if isinstance(field, Refs) else (value,):
            if state.get(target, uuid) is None:
                yield Failure("HANDLE_INVALID", classes.get(target).label, uuid)


def _check_unique(state: State, obj: Record, unique: Any) -> Iterator[Failure]:
    first, *others = unique.fields
    if obj[first] is None:
        return
    for other in state.having(obj.cls.name, first, obj[first]):
        if other is not obj and all(other[field] == obj[field] for field in others):
            yield Failure(unique.refusal, *(obj[field] for field in unique.shows), blockers=(other,))
            return


def _check_gone(state: State, change: Change) -> Iterator[Failure]:
    for cls, field in referrers(change.cls.name):
        for obj in state.having(cls.name, field, change.uuid):
            yield Failure("HANDLE_INVALID", change.cls.label, change.uuid, blockers=(obj,))


def _shown_at(cls: XenClass, rule: Rule) -> str:
    return next((path for path in rule.watches if path in cls.stored), "uuid")


# Which rules a change can touch

_triggers: dict[tuple[str, str], list[Trigger]] = {}


def _trigger_table() -> dict[tuple[str, str], list[Trigger]]:
    if not _triggers:
        for cls in classes.sections():
            for rule in cls.rules:
                for path in rule.watches:
                    steps, last = parse_path(cls.name, path, classes.get)
                    for owner, field, back in triggers(cls.name, steps, last):
                        _triggers.setdefault((owner, field), []).append((rule, back))
    return _triggers


def _touched_rules(state: State, changes: list[Change]) -> Iterator[tuple[Record, Rule]]:
    """Each object and rule that the changes can touch, once, in the order of the changes."""
    table = _trigger_table()
    seen: set[tuple[str, str]] = set()
    for change in changes:
        for field in change.cls.stored:
            if (change.cls.name, field) in table and change.touches(field):
                for rule, steps in table[change.cls.name, field]:
                    for obj in _start_of(state, change, steps):
                        if (key := (obj["uuid"], rule.name)) not in seen:
                            seen.add(key)
                            yield obj, rule


def _start_of(state: State, change: Change, steps: tuple[Step, ...]) -> list[Record]:
    """The objects from which the steps lead to the changed object, as it was or as it is."""
    if not steps:
        return [] if change.after is None else [change.after]
    last = steps[-1]
    if last.backwards:
        uuids = dict.fromkeys(uuid for value in change.values(last.field) for uuid in _members(value))
        found = [obj for uuid in uuids if (obj := state.get(last.start, uuid)) is not None]
    else:
        found = state.having(last.start, last.field, change.uuid)
    for step in reversed(steps[:-1]):
        found = _step_back(state, found, step)
    return found


def _step_back(state: State, ends: list[Record], step: Step) -> list[Record]:
    if not step.backwards:
        return [obj for end in ends for obj in state.having(step.start, step.field, end["uuid"])]
    uuids = [uuid for end in ends for uuid in _members(end[step.field])]
    return [start for uuid in uuids if (start := state.get(step.start, uuid)) is not None]


def _members(value: Any) -> list[str]:
    """The uuids in the value of a reference field."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
