"""The validation core, which decides whether a state is sound.

`verify` checks what changed and, along the watched paths, every object that a change could touch; `findings` checks
everything. Both use the same checks. So if every step of a chain of changes was accepted, the full check finds nothing.
"""

from __future__ import annotations

from xe_py import classes
from xe_py.errors import Failure, refuse
from xe_py.state.tables import value_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from xe_py.schema.paths import Step
    from xe_py.schema.xenclass import Rule, Unique, XenClass
    from xe_py.state.changes import Change
    from xe_py.state.record import Record
    from xe_py.state.state import State

    _Watchers = list[tuple[Rule, tuple[Step, ...]]]


class Finding:
    """Something unsound: the object and the field where it shows, and the Failure that says what is wrong.

    `name` is the object's name-label. `rule` names the broken rule, if it is one. `spoils` is the field whose value
    is unknown because of the finding. `text` says it better than the sentence of the code.
    """

    __slots__ = ("cls", "failure", "field", "name", "rule", "spoils", "text", "uuid")

    def __init__(
        self,
        cls: str,
        uuid: str,
        field: str,
        failure: Failure,
        *,
        name: str = "",
        rule: str = "",
        spoils: str = "",
        text: str = "",
    ) -> None:
        self.cls = cls
        self.uuid = uuid
        self.field = field
        self.failure = failure
        self.name = name
        self.rule = rule
        self.spoils = spoils
        self.text = text


def verify(state: State, changes: list[Change], *, everything: bool = False) -> None:
    """Raise the first Failure that the changes bring into the state, or that is anywhere in it."""
    touches = [(change, change.touched()) for change in changes]
    for change, touched in touches:
        cls, obj = change.cls, change.after
        if cls.single and touched is None:
            refuse(_check_single(state, cls))
        if obj is None:
            refuse(_check_gone(state, change))
            continue
        # A field that has its default, as most have, is sound by its declaration, unless a value is required.
        for _, failure in _check_fields(state, obj, (*obj, *cls.required) if touched is None else touched):
            raise failure
        for unique in cls.unique:
            if touched is None or not touched.isdisjoint(unique.fields):
                refuse(_check_unique(state, obj, unique))
    for obj, rule in _touched_rules(state, touches):
        for failure in rule.check(state, obj):
            failure.profile = rule.profile
            raise failure
    if everything:
        refuse(finding.failure for finding in findings(state))


def findings(state: State, *, typed: bool = False) -> Iterator[Finding]:
    """Everything that is unsound in the state, in the order of the file.

    `typed` says that every value is known to be of the kind of its field.
    """
    for class_name in classes.order():
        objects = state.all(class_name)
        if not objects and class_name not in classes.singles():
            continue  # Without its objects, a class need not be loaded.
        cls = classes.get(class_name)
        rules = [rule for rule in cls.rules if rule.profile in {None, state.rules}]
        for failure in _check_single(state, cls) if cls.single else ():
            yield Finding(cls.name, objects[-1]["uuid"] if objects else "", "", failure)
        doubled = [(unique, _doubled(objects, unique)) for unique in cls.unique]
        names, required = cls.references if typed else cls.stored, frozenset(cls.required)
        for obj in objects:
            uuid = obj["uuid"]
            held = [name for name in names if name in obj or name in required]
            for name, failure in _check_fields(state, obj, held):
                yield Finding(cls.name, uuid, name, failure, name=obj.name, spoils=name)
            for unique, uuids in doubled:
                for failure in _check_unique(state, obj, unique) if uuid in uuids else ():
                    yield Finding(cls.name, uuid, unique.shows[0], failure, name=obj.name)
            for rule in rules:
                for failure in rule.check(state, obj):
                    failure.profile = rule.profile
                    yield Finding(cls.name, uuid, _shown_at(cls, rule), failure, name=obj.name, rule=rule.name)


def causes(state: State, found: list[Finding]) -> list[Finding]:
    """The findings, except those of rules that read a field with an unknown value."""
    from xe_py.state.changes import Change

    spoilt: dict[tuple[str, str], set[str]] = {}
    for finding in found:
        if finding.spoils:
            spoilt.setdefault((finding.cls, finding.uuid), set()).add(finding.spoils)
    objects = [(obj, frozenset(names)) for key, names in spoilt.items() if (obj := state.get(*key)) is not None]
    touches = [(Change(obj.cls, obj["uuid"], obj, obj), names) for obj, names in objects]
    follows = {(obj["uuid"], rule.name) for obj, rule in _touched_rules(state, touches)}
    return [finding for finding in found if (finding.uuid, finding.rule) not in follows]


def _doubled(objects: list[Record], unique: Unique) -> set[str]:
    """The uuids of objects that share the values of fields that must be unique."""
    first: dict[Any, str] = {}
    found: set[str] = set()
    for obj in objects:
        earlier = first.setdefault(value_of(obj, unique.key), obj["uuid"])
        if earlier is not obj["uuid"]:
            found |= {earlier, obj["uuid"]}
    return found


def _check_fields(state: State, obj: Record, names: Iterable[str]) -> Iterator[tuple[str, Failure]]:
    stored, references = obj.cls.stored, obj.cls.references
    for name in names:
        value, field = obj[name], stored[name]
        if type(value) is not field.takes and not field.accepts(value):
            yield name, Failure("FIELD_TYPE_ERROR", name)
        elif name in references and value is not None:
            target = references[name].to
            for uuid in value if type(value) is list else (value,):
                if state.get(target, uuid) is None:
                    yield name, Failure("HANDLE_INVALID", classes.get(target).label, uuid)


def _check_single(state: State, cls: XenClass) -> Iterator[Failure]:
    objects = state.all(cls.name)
    if not objects:
        yield Failure("STATE_OBJECT_MISSING", cls.label)
    for other in objects[1:]:
        yield Failure("DB_UNIQUENESS_CONSTRAINT_VIOLATION", cls.label, "uuid", other["uuid"], blockers=(objects[0],))


def _check_unique(state: State, obj: Record, unique: Unique) -> Iterator[Failure]:
    if obj[unique.fields[0]] == unique.nothing:
        return
    for other in state.having(obj.cls.name, unique.key, value_of(obj, unique.key)):
        if other is not obj:
            yield Failure(unique.refusal, *(obj[field] for field in unique.shows), blockers=(other,))
            return


def _check_gone(state: State, change: Change) -> Iterator[Failure]:
    for cls, field in classes.referrers(change.cls.name):
        for obj in state.having(cls, field, change.uuid):
            yield Failure("HANDLE_INVALID", change.cls.label, change.uuid, blockers=(obj,))


def _shown_at(cls: XenClass, rule: Rule) -> str:
    return next((path for path in rule.watches if path in cls.stored), "uuid")


# Which rules a change can touch


def touched(state: State, changes: list[Change]) -> Iterator[tuple[Record, Rule]]:
    """Each object and rule in force that the changes can touch, once and in order."""
    return _touched_rules(state, [(change, change.touched()) for change in changes])


def _touched_rules(
    state: State, touches: Iterable[tuple[Change, frozenset[str] | None]]
) -> Iterator[tuple[Record, Rule]]:
    """Each object and rule in force that the changes can touch, once and in order.

    Each change names the touched fields.
    """
    seen: set[tuple[str, str]] = set()
    rules = state.rules
    for change, touched in touches:
        itself = [] if change.after is None else [change.after]
        for rule, steps in _watchers(change, touched, rules):
            for obj in _start_of(state, change, steps) if steps else itself:
                if (key := (obj["uuid"], rule.name)) not in seen:
                    seen.add(key)
                    yield obj, rule


_watching: dict[tuple[str, frozenset[str] | None, bool, bool, str], _Watchers] = {}


def _watchers(change: Change, touched: frozenset[str] | None, rules: str) -> _Watchers:
    """The rules in force that watch one of the fields (None: any), each with the steps to the object to check.

    A rule that watches several fields along the same steps appears once.
    """
    cls, is_new, is_gone = change.cls, change.before is None, change.after is None
    key = cls.name, touched, is_new, is_gone, rules
    if key not in _watching:
        found: dict[tuple[str, str, str], tuple[Rule, tuple[Step, ...]]] = {}
        for field in cls.stored if touched is None else sorted(touched):
            for owner, name, path, depth in classes.watchers(cls.name, field):
                way = "/".join(path.split("/")[:depth])
                if (owner, name, way) not in found:
                    rule = next(rule for rule in classes.get(owner).rules if rule.name == name)
                    found[owner, name, way] = rule, _steps(owner, path, depth)
        _watching[key] = [
            (rule, steps)
            for rule, steps in found.values()
            if rule.profile in {None, rules} and _can_start(steps, is_new=is_new, is_gone=is_gone)
        ]
    return _watching[key]


def _can_start(steps: tuple[Step, ...], *, is_new: bool, is_gone: bool) -> bool:
    """Whether any object can be found from which the steps lead to the changed one.

    What refers to a new object has changed itself, and is asked about for that.
    """
    return (steps[-1].backwards or not is_new) if steps else not is_gone


def _steps(cls: str, path: str, depth: int) -> tuple[Step, ...]:
    """The first steps of the path."""
    if not depth:
        return ()
    from xe_py.schema.paths import parse_path

    return parse_path(cls, path, classes.get)[0][:depth]


def _start_of(state: State, change: Change, steps: tuple[Step, ...]) -> list[Record]:
    """The objects from which the steps lead to the changed object, as it was or as it is."""
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
