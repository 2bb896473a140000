"""The objects of the state as XenAPI shows them: what each class has, its references, and the values of its fields."""

from __future__ import annotations

from xe_py import classes
from xe_py.dumps.places import GUEST_METRICS, parts
from xe_py.errors import Failure
from xe_py.schema.fields import Derived, Ref, Refs
from xe_py.schema.values import Absent
from xe_py.serve.model import ENUM, MAP, NULL, REF, SET, inner, outer
from xe_py.serve.references import reference, uuid_in
from xe_py.serve.wire import EMPTY, Time
from xe_py.xapi.api_values import in_api
from xe_py.xapi.seeded import uuid_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.dumps.places import Part, Place
    from xe_py.serve.model import Model, ModelField
    from xe_py.state.record import Record
    from xe_py.state.state import State

    Value = Callable[[State, Record], Any]
    Outward = Callable[[Any], Any]

_SPEED = " Mbit/s"
# A flag that xe prints as a word: `duplex`.
_FULL = "full"


class Kind:
    """A class of XenAPI whose objects are in the state: all of an object, or the part that its metrics have."""

    __slots__ = ("label", "part", "values")

    def __init__(self, part: Part, values: dict[str, Value]) -> None:
        self.label = part.label
        self.part = part
        self.values = values

    def all(self, state: State) -> list[Record]:
        """All objects of the class."""
        return [obj for obj in state.all(self.part.cls.name) if self._has(state, obj)]

    def count(self, state: State) -> int:
        """How many objects of the class there are."""
        return len(self.all(state)) if self.label == GUEST_METRICS else state.count(self.part.cls.name)

    def find(self, state: State, ref: str) -> Record:
        """The object with the reference; HANDLE_INVALID if there is none."""
        uuid = uuid_in(self.label, ref)
        obj = None if uuid is None else state.get(self.part.cls.name, uuid)
        if obj is None or not self._has(state, obj):
            raise Failure("HANDLE_INVALID", self.label, ref)
        return obj

    def by_uuid(self, state: State, uuid: str) -> Record:
        """The object with the uuid; UUID_INVALID if there is none."""
        if self.part.link:
            obj = next((obj for obj in self.all(state) if self.uuid(obj) == uuid), None)
        else:
            obj = state.get(self.part.cls.name, uuid)
        if obj is None:
            raise Failure("UUID_INVALID", self.label, uuid)
        return obj

    def ref(self, obj: Record) -> str:
        """The reference to the object."""
        return reference(self.label, obj["uuid"])

    def uuid(self, obj: Record) -> str:
        """The uuid that XenAPI shows: metrics have one of their own."""
        return uuid_from(f"{self.label} {obj['uuid']}") if self.part.link else str(obj["uuid"])

    def record(self, state: State, obj: Record) -> dict[str, Any]:
        """All fields of the object."""
        return {name: value(state, obj) for name, value in self.values.items()}

    def _has(self, state: State, obj: Record) -> bool:
        """Whether the object has this part: a guest that never ran reports nothing."""
        return self.label != GUEST_METRICS or state.value(obj, "os-version") is not None


def kinds(model: Model) -> dict[str, Kind]:
    """The classes with objects in the state, by their names in XenAPI."""
    found = parts(classes.everything())
    by_class: dict[str, list[Part]] = {}
    for part in found.values():
        by_class.setdefault(part.cls.name, []).append(part)
    made = {label: Kind(part, {}) for label, part in found.items() if label in model.classes}
    for kind in made.values():
        for name, field in model.classes[kind.label].fields.items():
            kind.values[name] = _value(model, kind, field, by_class, found)
    return made


def _value(
    model: Model, kind: Kind, field: ModelField, by_class: dict[str, list[Part]], found: dict[str, Part]
) -> Value:
    """The function for the value of a field."""
    place = kind.part.places.get(field.name)
    if field.name == "uuid":
        return lambda _state, obj: kind.uuid(obj)
    if place is not None:
        return _of_place(model, place, field)
    linked = [part for part in by_class[kind.part.cls.name] if part.link == field.name]
    if linked and not kind.part.link:
        return _of_link(linked[0])
    many = model.relations.get((kind.label, field.name))
    if many is not None and many[0] in found and many[1] in found[many[0]].places:
        return _of_relation(found[many[0]], found[many[0]].places[many[1]])
    empty = empty_of(model, field.type, field.default)
    return lambda _state, _obj: empty


def _of_place(model: Model, place: Place, field: ModelField) -> Value:
    declared, name = place.field, place.field.name
    empty = empty_of(model, field.type, field.default)
    if not _refers(place, field):
        return lambda _state, _obj: empty
    outward = outward_of(model, field.type, empty)
    if isinstance(declared, Derived):
        # XAPI puts what is new in front.
        turned = isinstance(declared, Derived) and outer(field.type) == SET and REF in field.type
        step = -1 if turned else 1

        def computed(state: State, obj: Record) -> Any:
            value = declared.compute(state, obj)
            return empty if value is None else outward(value[::step] if step < 0 else value)

        return computed

    def stored(_state: State, obj: Record) -> Any:
        value = obj[name]
        return empty if value is None else outward(value)

    return stored


def _refers(place: Place, field: ModelField) -> bool:
    """Whether the field has references, if XenAPI has some: a few have words in their place."""
    is_reference = isinstance(place.field, (Ref, Refs, Absent)) or bool(getattr(place.field, "to", ""))
    return is_reference or REF not in field.type.replace("(", " ").replace(",", " ").split()


def _of_link(part: Part) -> Value:
    kind = Kind(part, {})

    def link(state: State, obj: Record) -> str:
        return kind.ref(obj) if kind._has(state, obj) else NULL  # noqa: SLF001 - of its own class

    return link


def _of_relation(part: Part, place: Place) -> Value:
    path = f"{part.cls.name}.{place.field.name}"
    if not place.field.stored:
        return lambda state, obj: [
            reference(part.label, each["uuid"])
            for each in reversed(state.all(part.cls.name))
            if state.value(each, place.field.name) == obj["uuid"]
        ]
    return lambda state, obj: [reference(part.label, each["uuid"]) for each in reversed(state.pointing_at(obj, path))]


def empty_of(model: Model, type: str, default: Any = None) -> Any:
    """The value that stands where nobody has set one."""
    kind = outer(type)
    if kind == REF:
        return NULL
    if kind == "datetime":
        return Time(default or EMPTY["datetime"])
    if default is not None:
        return default
    return model.enums[type.split()[1]][0] if kind == ENUM else EMPTY.get(kind, "")


def outward_of(model: Model, type: str, empty: Any) -> Outward:
    """The function that makes XenAPI's value of a value of the state."""
    kind = outer(type)
    if kind == SET:
        member = outward_of(model, inner(type)[0], "")
        return lambda value: [member(each) for each in value] if isinstance(value, list) else empty
    if kind == MAP:
        key, text = (outward_of(model, each, "") for each in inner(type))
        return lambda value: {key(k): text(v) for k, v in value.items()} if isinstance(value, dict) else empty
    if kind == REF:
        label = type.split()[1]
        return lambda value: reference(label, value) if isinstance(value, str) and value else NULL
    if kind == ENUM:
        name = type.split()[1]
        words = frozenset(model.enums.get(name, ()))
        return lambda value: word if (word := in_api(name, value)) in words or not empty else empty
    return _PLAIN.get(kind, str)


def _number(value: Any) -> int:
    text = str(value).removesuffix(_SPEED)
    return int(text) if text.lstrip("-").isdecimal() else 0


_PLAIN: dict[str, Outward] = {
    "bool": lambda value: value is True or value == _FULL,
    "int": _number,
    "float": float,
    "datetime": Time,
}
