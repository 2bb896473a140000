"""Choosing objects by the words of the command line: filters on fields, and selectors."""

from __future__ import annotations

from xe_py import classes
from xe_py.errors import Misuse
from xe_py.schema.command import CONTROL_DOMAINS, TEMPLATES
from xe_py.schema.fields import Bool, Derived, Set, Text, show
from xe_py.schema.xenclass import field_and_key, split_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from xe_py.schema.command import Command
    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import XenClass
    from xe_py.state.record import Record
    from xe_py.state.state import State

    Words = Iterable[tuple[str, str]]

_NAMED_BY = {"vm": ("uuid", "name-label"), "host": ("uuid", "hostname", "name-label"), "sr": ("uuid", "name-label")}
_PLURAL = {"vm": "VMs", "host": "hosts", "sr": "SRs"}


def matching(state: State, cls: XenClass, filters: Words, shown: Iterable[Field] | None = None) -> list[Record]:
    """The objects of the class for which every filter holds; Misuse for a field that the class does not have.

    Where only some fields are to be `shown`, the objects may hold no others.
    """
    remaining = list(filters)
    objects = _by_index(state, cls, remaining)
    if objects is None and shown is not None:
        objects = _with_fields(
            state, cls, [*shown, *(meant[0] for name, _ in remaining if (meant := split_key(cls, name)))]
        )
    elif objects is None:
        objects = state.all(cls.name)
    for name, wanted in remaining:
        holds = _filter(state, cls, name, wanted)
        objects = [obj for obj in objects if holds(obj)]
    return objects


def selected(state: State, command: Command, filters: Words) -> list[Record]:
    """The objects that a command's selectors choose: `vm=<name or uuid>`, `uuid=`, or any filter on a field."""
    cls = classes.get(command.selectors)
    defaults = [("is-control-domain", "false")] if CONTROL_DOMAINS not in command.also else []
    if TEMPLATES not in command.also:
        defaults.append(("is-a-template", "false"))
    remaining = defaults if command.selectors == "vm" else []
    named = None
    for name, text in filters:
        if name == command.selectors and named is None:
            named = text
        elif name != command.selectors:
            remaining = [*remaining, (name, text)]
    try:
        chosen = matching(state, cls, remaining)
    except Misuse:
        unknown = next(name for name, _ in remaining if split_key(cls, name) is None)
        raise Misuse(
            f"Error: Parameter '{unknown}' is not a field of the {cls.label} class. "
            f"Failed to select {cls.label} for operation."
        ) from None
    if named is not None:
        by = _NAMED_BY[command.selectors]
        chosen = [obj for obj in chosen if any(show(state.value(obj, field)) == named for field in by)]
    return chosen


def only(command: Command, chosen: list[Record], *, multiple: bool) -> list[Record]:
    """The chosen objects; Misuse if there is none, or several without `--multiple`."""
    if not chosen:
        raise Misuse(f"Error: No matching {'VMs' if command.selectors == 'vm' else 'hosts'} found")
    if len(chosen) > 1 and not multiple:
        raise Misuse(
            "Error: Multiple match"
            f"{'es' if command.selectors == 'vm' else 'ing'} {_PLURAL[command.selectors]} found. "
            "--multiple required to complete the operation"
        )
    return chosen


def _with_fields(state: State, cls: XenClass, fields: list[Field]) -> list[Record]:
    """All objects of the class, with these fields at least."""
    if all(field.stored for field in fields):
        return state.some(cls.name, tuple({field.name for field in fields} - {"uuid"}))
    return state.all(cls.name)


def _by_index(state: State, cls: XenClass, filters: list[tuple[str, str]]) -> list[Record] | None:
    """The objects that the first filter on a uuid or a reference finds through the index, or None; it is taken off."""
    for position, (name, wanted) in enumerate(filters):
        if name == "uuid":
            del filters[position]
            found = state.get(cls.name, wanted)
            return [] if found is None else [found]
        if name in cls.references and not isinstance(cls.references[name], Set) and state.class_of(wanted):
            del filters[position]
            return state.having(cls.name, name, wanted)
    return None


def _filter(state: State, cls: XenClass, name: str, wanted: str) -> Callable[[Record], bool]:
    field, key = field_and_key(cls, name)
    fold: Callable[[str], str] = str.lower if field.any_case else str
    wanted = fold(wanted)
    if key is None and isinstance(field, (Text, Bool)) and not field.any_case:
        exact = {"true": True, "false": False}.get(wanted) if isinstance(field, Bool) else wanted
        return lambda obj: obj[name] == exact
    if key is None:
        return lambda obj: fold(field.show(_value(state, obj, field))) == wanted
    if field.is_map:
        return lambda obj: (_value(state, obj, field) or {}).get(key) == wanted
    if key != "contains":
        raise Misuse("Error: Invalid syntax for set filtering (should be set-param:contains=key)")
    return lambda obj: wanted in map(fold, _value(state, obj, field) or ())


def _value(state: State, obj: Record, field: Field) -> Any:
    return field.compute(state, obj) if isinstance(field, Derived) else obj[field.name]
