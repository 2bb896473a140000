"""Writing fields for `*-param-set`, `-add`, `-remove` and `-clear`, as the declaration of each field says."""

from __future__ import annotations

from xe_py.errors import Failure, Misuse, XeError, refuse
from xe_py.schema.fields import KEYS_TOGETHER, Ref, Refs, with_key
from xe_py.schema.xenclass import field_and_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from xe_py.schema.fields import Field
    from xe_py.state.record import Record
    from xe_py.state.state import State

    Words = Iterable[tuple[str, str]]


def set_fields(state: State, obj: Record, words: Words) -> None:
    """Set fields, and keys of maps, in the order of the words; keys that belong together come last."""
    together: dict[str, dict[str, str]] = {}
    for word, text in words:
        field, key = field_and_key(obj.cls, word)
        if key is None:
            _may_set(field)
            write(state, obj, field, field.parse_field(text))
            continue
        _may_set_keys(field)
        if field.param_set == KEYS_TOGETHER:
            together.setdefault(field.name, {})[key] = text
        else:
            write(state, obj, field, with_key(state.value(obj, field.name), key, text))
    for name, keys in together.items():
        write(state, obj, obj.cls.by_name[name], keys)


def add(state: State, obj: Record, field: Field, member: str | None, keys: Words) -> None:
    """Add the member to a set, or the keys to a map."""
    if not (field.is_set or field.is_map):
        raise Misuse("Error: Can only add to parameters of type Set or Map")
    if not field.has_adder:
        raise Misuse("Error: Parameter is read-only")
    if field.is_map:
        for key, text in keys:
            if key in state.value(obj, field.name):
                from xe_py.xapi.api_fields import column

                raise Failure("MAP_DUPLICATE_KEY", obj.cls.label, column(field), obj, key)
            write(state, obj, field, with_key(state.value(obj, field.name), key, text))
        return
    if member is None:
        way = "*-param-add param-name=<name> param-key=<key>"
        raise Misuse(f"Error: When adding a key to a set, use the syntax: {way}")
    value = field.member(member)
    if value not in obj[field.name]:
        write(state, obj, field, [value, *obj[field.name]])


def remove(state: State, obj: Record, field: Field, key: str) -> None:
    """Take the member out of a set, or the key out of a map."""
    if not (field.is_set or field.is_map):
        raise Misuse("Error: Can only remove from parameters of type Set or Map")
    if not field.has_adder:
        raise Misuse("Error: Cannot remove parameters from read-only map")
    value = state.value(obj, field.name)
    if key not in value:
        raise Misuse(f"Error: Key {key} is not in {'the set' if field.is_set else 'map'}")
    if field.is_set:
        write(state, obj, field, [member for member in value if member != key])
    else:
        write(state, obj, field, {other: text for other, text in value.items() if other != key})


def clear(state: State, obj: Record, field: Field) -> None:
    """Empty the field; a field that is no set or map gets the empty text, if it takes that."""
    if not field.can_be_cleared:
        raise Misuse("Error: Can only clear RW parameters")
    if field.is_map:
        write(state, obj, field, {})
    elif field.has_adder:
        write(state, obj, field, [])
    else:
        try:
            write(state, obj, field, field.parse_field(""))
        except XeError:
            raise Misuse("Error: Cannot clear this parameter") from None


def write(state: State, obj: Record, field: Field, value: Any) -> None:
    """Write a value of the field's own kind: what its guard refuses is refused, and what follows from it is done."""
    if isinstance(field, (Ref, Refs)):
        for uuid in value if isinstance(value, list) else () if value is None else (value,):
            state.need(field.to, uuid)
    if isinstance(value, dict):
        _check_keys(state.value(obj, field.name), field, value)
    if field.guard is not None:
        refuse(field.guard(state, obj, value))
    if field.stored:
        state.update(obj, {field.name: value})
    if field.effect is not None:
        field.effect(state, obj, value)


def _may_set(field: Field) -> None:
    if not field.has_setter:
        by_key = field.is_map and field.has_adder
        why = "is a map or set. use the 'name:key=value' syntax." if by_key else "is read-only."
        raise Misuse(f"Error: Field '{field.name}' {why}")


def _may_set_keys(field: Field) -> None:
    if field.is_set:
        raise Misuse("Error: Cannot param-set on set fields")
    if not field.has_keys_to_set:
        raise Misuse(f"Error: Map field '{field.name}' is read-only.")


def _check_keys(before: dict[str, str], field: Field, value: dict[str, str]) -> None:
    if "" in value:
        raise Misuse(f"Error: A key of {field.name} must have at least one letter")
    for key in value:
        if field.param_set == KEYS_TOGETHER or key not in before:
            field.member(key)
