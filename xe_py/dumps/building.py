"""From the objects of a capture to a state: references are resolved, and what is missing gets a stand-in."""

from __future__ import annotations

from xe_py import classes
from xe_py.dumps.capture import REFERENCE
from xe_py.dumps.found import Found
from xe_py.dumps.mending import mend
from xe_py.schema.fields import Refs, Text
from xe_py.schema.numbers import is_uuid
from xe_py.schema.xenclass import RULES, XAPI
from xe_py.state.state import FORMAT, State, new_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from xe_py.dumps.found import Report
    from xe_py.schema.fields import Ref

# A pool has always these.
_ALWAYS = ("host", "pool")
# What a stand-in has besides the defaults, so that everything that needs it can use it.
_STAND_INS = {"sr": {"shared": True}}


def build(found: Iterable[Found], complete: set[str], report: Report) -> State:
    """The state with the objects; `complete` are the classes, as XenAPI calls them, of which nothing is missing."""
    building = _Building(found, complete, report)
    building.drop_what_hangs()
    building.resolve()
    for cls in _ALWAYS:
        if not building.has(cls):
            building.stand_in(cls, None)
    building.resolve()
    building.mend()
    return building.state()


class _Building:
    """The objects, by uuid and by reference."""

    def __init__(self, found: Iterable[Found], complete: set[str], report: Report) -> None:
        self._report = report
        self._complete = complete
        self._by_uuid: dict[str, Found] = {}
        self._by_ref: dict[str, Found] = {}
        self._of: dict[str, list[Found]] = {}
        self._stand_ins: list[Found] = []
        for each in found:
            self._add(each)

    def has(self, cls: str) -> bool:
        """Whether there is an object of the class."""
        return bool(self._of.get(cls))

    def _add(self, found: Found) -> None:
        """Add an object; what is told of one object several times comes together."""
        known = self._by_uuid.setdefault(found.uuid.lower(), found)
        if known is not found:
            if known.cls is found.cls:
                known.values |= found.values
                known.names |= found.names
                self._by_ref.setdefault(found.ref, known)
            else:
                self._report.dropped[f"{found.cls.label} with the uuid of another object"] += 1
            return
        self._by_ref.setdefault(found.ref, found)
        self._of.setdefault(found.cls.name, []).append(found)

    # References

    def _target(self, cls: str, ref: str) -> Found | None:
        found = self._by_ref.get(ref) or self._by_uuid.get(ref.lower())
        return found if found is not None and found.cls.name == cls else None

    def drop_what_hangs(self) -> None:
        """Drop objects whose required reference leads nowhere, as XAPI does; in a part of a pool, make stand-ins."""
        hanging = [found for found in self._all() if not self._is_held(found)]
        while hanging:
            gone = {found.uuid for found in hanging}
            for found in hanging:
                self._report.dropped[f"{found.cls.label} whose {self._hanging(found)} is not there"] += 1
            for cls, objects in self._of.items():
                self._of[cls] = [found for found in objects if found.uuid not in gone]
            self._by_uuid = {uuid: found for uuid, found in self._by_uuid.items() if found.uuid not in gone}
            self._by_ref = {ref: found for ref, found in self._by_ref.items() if found.uuid not in gone}
            hanging = [found for found in self._all() if not self._is_held(found)]

    def _all(self) -> list[Found]:
        return [found for objects in self._of.values() for found in objects]

    def _hanging(self, found: Found) -> str:
        return next(name for name in self._needed(found) if self._found_at(found, name) is None)

    def _needed(self, found: Found) -> list[str]:
        return [name for name in found.cls.required if name in found.cls.references]

    def _found_at(self, found: Found, name: str) -> Found | None:
        ref = found.values.get(name)
        return None if ref is None else self._target(found.cls.references[name].to, ref)

    def _is_held(self, found: Found) -> bool:
        for name in self._needed(found):
            if self._found_at(found, name) is None:
                to = found.cls.references[name].to
                if self.has(to) and classes.get(to).label in self._complete:
                    return False
                found.values[name] = self._substitute(found, name, to).ref
        return True

    def _substitute(self, found: Found, name: str, to: str) -> Found:
        """The object that a required reference means: if the capture does not say it, the only one that there is."""
        ref = found.values.get(name)
        if ref is None:
            objects = self._of.get(to, [])
            return objects[0] if len(objects) == 1 else self._by_ref.get(f"any {to}") or self.stand_in(to, None)
        return self.stand_in(to, ref, found.names.get(name, ""))

    def stand_in(self, cls: str, ref: str | None, name: str = "") -> Found:
        """A new object of the class for this reference, or for all that have none."""
        declared = classes.get(cls)
        uuid = (ref or "").removeprefix(REFERENCE)
        if not is_uuid(uuid) or uuid.lower() in self._by_uuid:
            uuid = new_uuid()
        made = Found(declared, uuid, ref or f"any {cls}")
        made.values |= _STAND_INS.get(cls, {})
        if "name-label" in declared.stored:
            made.values["name-label"] = name or f"stand-in {declared.label}"
        for unique in declared.unique:
            field = declared.stored[unique.fields[0]]
            if isinstance(field, Text) and unique.nothing is None:
                made.values[field.name] = uuid
        self._add(made)
        self._stand_ins.append(made)
        self._report.stand_ins.append(f"{declared.label} {made.name}")
        for needed in self._needed(made):
            to = declared.references[needed].to
            made.values[needed] = (self._of[to][0] if self.has(to) else self.stand_in(to, None)).ref
        return made

    def resolve(self) -> None:
        """Put uuids in the place of references."""
        for found in self._all():
            self._resolve(found)

    def _resolve(self, found: Found) -> None:
        for name, field in found.cls.references.items():
            for values in (found.values, found.reverts):
                if name in values and values[name] is not None:
                    values[name] = self._resolved(found, field, values[name])
        for name, value in found.values.items():
            if isinstance(value, list) and name not in found.cls.references:
                found.values[name] = [self._text_of(each) for each in value]

    def _text_of(self, member: str) -> str:
        """The member of a set of texts; XenAPI has references there, where xe prints uuids."""
        target = self._by_ref.get(member) if member.startswith(REFERENCE) else None
        return member if target is None else target.uuid

    def _resolved(self, found: Found, field: Ref | Refs, value: list[str] | str) -> list[str] | str | None:
        if isinstance(value, str):
            return self._uuid_at(found, field, value)
        return [uuid for ref in value if (uuid := self._uuid_at(found, field, ref)) is not None]

    def _uuid_at(self, found: Found, field: Ref | Refs, ref: str) -> str | None:
        target = self._target(field.to, ref)
        if target is None and classes.get(field.to).label not in self._complete:
            target = self.stand_in(field.to, ref, found.names.get(field.name, ""))
            self._resolve(target)
        if target is None:
            self._report.cleared[f"{found.cls.label} {field.name}"] += 1
            return None
        return target.uuid

    def mend(self) -> None:
        """Put right what a host would, and make up what a part of a pool does not say."""
        mend(self._of, self._complete, self._stand_ins, self._report)

    def state(self) -> State:
        """The state with all objects, under the rules of a real pool."""
        state = State({"format": FORMAT, "lineage": new_uuid(), "serial": 0, RULES: XAPI})
        for cls in classes.sections():
            defaults = cls.defaults
            for found in self._of.get(cls.name, ()):
                values = found.values | found.own
                fields = {
                    name: value for name, value in values.items() if value is not None and value != defaults[name]
                }
                state.load(cls, {"uuid": found.uuid, **fields})
        return state
