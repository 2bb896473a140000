"""The messages that classes and fields imply, on the objects of the state: a function for each verb."""

from __future__ import annotations

from xe_py.dumps import values
from xe_py.errors import Failure
from xe_py.operations.effects.writing import write
from xe_py.schema.fields import with_key
from xe_py.serve import model as words
from xe_py.serve.model import NULL, REF, SET, inner, outer
from xe_py.serve.queries import fulfilling, stored
from xe_py.serve.references import reference
from xe_py.xapi.api_fields import in_database

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from xe_py.dumps.places import Place
    from xe_py.serve.model import Message
    from xe_py.serve.records import Kind
    from xe_py.state.record import Record
    from xe_py.state.state import State

    Kinds = Mapping[str, Kind]
    Function = Callable[..., Any]


class Implied:
    """A message that a class or a field implies; `place` is where the state has the field, if it has it."""

    __slots__ = ("kind", "kinds", "message", "model", "place")

    def __init__(self, model: words.Model, kinds: Kinds, message: Message) -> None:
        self.model = model
        self.kinds = kinds
        self.kind = kinds[message.cls]
        self.message = message.as_writer(model.classes[message.cls].fields)
        self.place: Place | None = self.kind.part.places.get(self.message.field)

    @property
    def can_write(self) -> bool:
        """Whether the state has a place for what the message writes, and the declaration says how it is written."""
        if self.place is None or self.message.verb not in WRITING:
            return False
        field = self.place.field
        is_plain = self.model.classes[self.kind.label].fields[self.message.field].is_writable
        return is_plain or field.has_setter or field.has_adder or field.has_keys_to_set


# Reading


def _get_record(of: Implied, state: State, ref: str) -> dict[str, Any]:
    return of.kind.record(state, of.kind.find(state, ref))


def _get(of: Implied, state: State, ref: str) -> Any:
    return of.kind.values[of.message.field](state, of.kind.find(state, ref))


def _get_by_uuid(of: Implied, state: State, uuid: str) -> str:
    return of.kind.ref(of.kind.by_uuid(state, uuid))


def _get_by_name_label(of: Implied, state: State, label: str) -> list[str]:
    place = of.kind.part.places.get("name_label")
    if place is None:
        return []
    if place.field.stored:
        found = state.having(of.kind.part.cls.name, place.field.name, label)
    else:
        found = [obj for obj in of.kind.all(state) if state.value(obj, place.field.name) == label]
    return _refs(of.kind, found)


def _get_all(of: Implied, state: State) -> list[str]:
    return _refs(of.kind, of.kind.all(state))


def _get_all_records(of: Implied, state: State) -> dict[str, Any]:
    found = {of.kind.ref(obj): of.kind.record(state, obj) for obj in of.kind.all(state)}
    return dict(sorted(found.items(), reverse=True))


def _get_all_records_where(of: Implied, state: State, expr: str) -> dict[str, Any]:
    fulfils = fulfilling(expr, of.model.classes[of.kind.label].fields)
    return {ref: record for ref, record in _get_all_records(of, state).items() if fulfils(ref, record)}


def _get_all_where(of: Implied, state: State, expr: str) -> list[str]:
    return list(_get_all_records_where(of, state, expr))


def _refs(kind: Kind, objects: list[Record]) -> list[str]:
    """The references as XAPI's database gives them: by their text, descending."""
    return sorted(map(kind.ref, objects), reverse=True)


# Writing


def _set(of: Implied, state: State, ref: str, value: Any) -> None:
    _write(of, state, of.kind.find(state, ref), value)


def _add(of: Implied, state: State, ref: str, *given: Any) -> None:
    obj = of.kind.find(state, ref)
    present = of.kind.values[of.message.field](state, obj)
    if isinstance(present, list):
        if given[0] not in present:
            _write(of, state, obj, [given[0], *present])
        return
    key, text = given
    if key in present:
        column = in_database(of.kind.label, of.message.field)
        raise Failure("MAP_DUPLICATE_KEY", of.kind.label, column, ref, str(key))
    _write(of, state, obj, with_key(present, key, text))


def _remove(of: Implied, state: State, ref: str, key: Any) -> None:
    obj = of.kind.find(state, ref)
    present = of.kind.values[of.message.field](state, obj)
    if key not in present:
        return
    if isinstance(present, list):
        _write(of, state, obj, [each for each in present if each != key])
    else:
        _write(of, state, obj, {each: text for each, text in present.items() if each != key})


def _write(of: Implied, state: State, obj: Record, value: Any) -> None:
    place = of.place
    assert place is not None  # noqa: S101 - asked before, by `can_write`
    write(state, obj, place.field, inward(of.kinds, state, place, value))


def inward(kinds: Kinds, state: State, place: Place, value: Any) -> Any:
    """The value of the state for one of XenAPI; HANDLE_INVALID for a reference to nothing."""
    type = place.api.type
    if outer(type) == REF:
        return uuid_of(kinds, state, type, value)
    if outer(type) == SET and outer(inner(type)[0]) == REF:
        return [uuid_of(kinds, state, inner(type)[0], each) for each in value]
    made = values.of_api(place.field, place.api, value)
    if made is values.MISFIT:
        raise Failure("INVALID_VALUE", place.api.name, stored(value))
    return made


def uuid_of(kinds: Kinds, state: State, type: str, ref: str) -> str | None:
    """The uuid of the object that the reference leads to; None for XenAPI's null."""
    if ref in {NULL, ""}:
        return None
    found = object_of(kinds, state, type, ref)
    return None if found is None else str(found["uuid"])


def object_of(kinds: Kinds, state: State, type: str, ref: str) -> Record:
    """The object that the reference leads to; HANDLE_INVALID if there is none."""
    label = type.split()[1]
    if label not in kinds:
        raise Failure("HANDLE_INVALID", label, ref)
    return kinds[label].find(state, ref)


READING: Mapping[str, Function] = {
    "get_record": _get_record,
    "get_by_uuid": _get_by_uuid,
    "get_by_name_label": _get_by_name_label,
    "get_all": _get_all,
    "get_all_records": _get_all_records,
    "get_all_where": _get_all_where,
    "get_all_records_where": _get_all_records_where,
    words.GETTER: _get,
}
WRITING: Mapping[str, Function] = {words.SETTER: _set, words.ADD: _add, words.REMOVE: _remove}


def told_as(kinds: Kinds, value: Any) -> str:
    """A value of a refusal as XenAPI tells it: an object is its reference."""
    cls = getattr(value, "cls", None)
    if cls is not None and isinstance(value, dict):
        label = cls.label if cls.label in kinds else ""
        return reference(label, value["uuid"]) if label else str(value["uuid"])
    return stored(value) if isinstance(value, (bool, list, dict)) else str(value)
