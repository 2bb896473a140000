"""Choosing objects by the words of the command line: filters on fields, and selectors."""

from __future__ import annotations

from xe_py import classes
from xe_py.errors import Misuse
from xe_py.schema.command import ALL, CONTROL_DOMAINS, ONE, TEMPLATES
from xe_py.schema.fields import Bool, Derived, Set, Text, show
from xe_py.schema.xenclass import split_key

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
_NONE = {"vm": "VMs", "host": "hosts", "sr": "hosts"}
_SEVERAL = {"vm": "Multiple matches VMs", "host": "Multiple matching hosts", "sr": "Multiple matching SRs"}
_ONE = {"vm": "VM", "host": "host", "sr": "SR"}
_NAME = "name-label"
# Among more objects than these nobody looks for a name like the one given.
_MANY = 5000
_SHOWN = 3


def matching(
    state: State, cls: XenClass, filters: Words, shown: Iterable[Field] | None = None, *, by: str = _NAME
) -> list[Record]:
    """The objects of the class for which every filter holds; Misuse for a field that the class does not have.

    `by` is the word by which one of them is named: the field, or the selector of a command that has one.

    As in xe the filters count one after the other: those behind one that leaves no object are not looked at. Where only
    some fields are to be `shown`, the objects may hold no others.
    """
    given = list(filters)
    known = _known(cls, given)
    remaining = given[:known]
    objects = _by_index(state, cls, remaining)
    if objects is None and shown is not None and known == len(given):
        fields = [meant[0] for name, _ in remaining if (meant := split_key(cls, name))]
        objects = _with_fields(state, cls, [*shown, *fields])
    elif objects is None:
        objects = state.all(cls.name)
    return _narrowed(state, cls, objects, [*remaining, *given[known : known + 1]], by)


def chosen(
    state: State, command: Command, words: Words, *, among: list[Record] | None = None, multiple: str | bool = False
) -> list[Record]:
    """The objects on which the command is to be done: by `vm=<name or uuid>`, `uuid=`, or any filter on a field.

    Misuse if there is none, or if there are more than the command takes; with `multiple` it may take several. `among`
    are the only ones that come into question, if they are known.
    """
    if among is None:
        found = selected(state, command, words)
    else:
        found = _narrowed(state, classes.get(command.selectors), among, list(words), command.selectors)
    kind = command.selectors
    if not found:
        raise Misuse(f"Error: No matching {_NONE[kind]} found", *_missed(state, command, words))
    if len(found) == 1 or command.several == ALL:
        return found
    if command.several == ONE:
        one = f"Operation can only be performed on one {_ONE[kind]} at a time"
        raise Misuse(f"Error: {_SEVERAL[kind]} found. {one}", *_choices(found))
    if not (multiple if isinstance(multiple, bool) else Bool("multiple").parse(multiple)):
        raise Misuse(f"Error: {_SEVERAL[kind]} found. --multiple required to complete the operation", *_choices(found))
    return found


def selected(state: State, command: Command, words: Words) -> list[Record]:
    """The objects for which all the words hold, of those that the command's selectors do not leave out unasked.

    Misuse for a word that is no field, as long as the words before it leave an object.
    """
    cls = classes.get(command.selectors)
    fixed: list[tuple[str, str]] = []
    if command.selectors == "vm":
        fixed += [("is-a-template", "false")] if TEMPLATES not in command.also else []
        fixed += [("is-control-domain", "false")] if CONTROL_DOMAINS not in command.also else []
    filters = list(words)
    place = next((place for place, (name, _) in enumerate(filters) if name == command.selectors), None)
    if place is None:
        return matching(state, cls, [*fixed, *filters], by=command.selectors)
    named = filters.pop(place)[1]
    by = _NAMED_BY[command.selectors]
    objects = [obj for obj in state.all(cls.name) if any(show(state.value(obj, field)) == named for field in by)]
    return _narrowed(state, cls, objects, [*fixed, *filters], command.selectors)


# What is told below a refusal


def _meant(state: State, cls: XenClass, word: str, value: str, by: str) -> tuple[str, ...]:
    """What may have been meant by a word that is no filter: the name of an object, a selector, or a field."""
    if word == by:
        return (f"{word}= is taken once",)
    stem = word.partition(":")[0]
    if stem in cls.by_name:
        return (f"did you mean {stem}:contains={value}?",) if cls.by_name[stem].mode.startswith("S") else ()
    is_selector = by == cls.name
    if is_selector or by in cls.by_name:
        if not value:
            return _named(state, cls, word, by) or (f"did you mean {_word(by, word)}?",)
        if word == cls.name:
            return (f"did you mean {_word(by, value)}?",)
    from xe_py.schema.similar import meant_by_name

    fields = [field.name for field in cls.fields if not field.hidden]
    return meant_by_name(word, [by, *fields] if is_selector else fields)


def _missed(state: State, command: Command, words: Words) -> tuple[str, ...]:
    """What may have been meant by a name that no object has, or by one that stands alone."""
    cls = classes.get(command.selectors)
    for name, text in words:
        if not text and name not in cls.by_name and name != cls.name:
            return _named(state, cls, name, cls.name)
        if text and name in {cls.name, _NAME, "uuid"}:
            same = f"did you mean {_word(cls.name, text)}?"
            return tuple(note for note in _named(state, cls, text, cls.name) if note != same)
    return ()


def _named(state: State, cls: XenClass, word: str, by: str) -> tuple[str, ...]:
    """The object whose name is most like the word, as it is named on the command line."""
    if state.count(cls.name) > _MANY:
        return ()
    from xe_py.schema.similar import nearest

    near = nearest(word, [obj.name for obj in state.all(cls.name) if obj.name])
    return (f"did you mean {_word(by, near[0])}?",) if near else ()


def _word(by: str, name: str) -> str:
    from xe_py.quoting import quoted

    return f"{by}={quoted(name)}"


def _choices(found: list[Record]) -> tuple[str, ...]:
    """The first of several objects, so that one of them can be named."""
    lines = [f"one of them is uuid={obj['uuid']}" + (f" ({obj.name})" if obj.name else "") for obj in found[:_SHOWN]]
    return tuple(lines) if len(found) <= _SHOWN else (*lines, f"{len(found) - _SHOWN} more match")


# Filters


def _known(cls: XenClass, filters: list[tuple[str, str]]) -> int:
    """How many of the filters nothing is wrong with, up to the first with which something is."""
    return next((place for place, (name, _) in enumerate(filters) if _wrong(cls, name)), len(filters))


def _narrowed(
    state: State, cls: XenClass, objects: list[Record], filters: list[tuple[str, str]], by: str
) -> list[Record]:
    """The objects for which one filter after the other holds; Misuse for one that is none, while an object is left."""
    for name, wanted in filters:
        if not objects:
            break
        if wrong := _wrong(cls, name):
            raise Misuse(f"Error: {wrong}", *_meant(state, cls, name, wanted, by))
        holds = _filter(cls, name, wanted)
        objects = [obj for obj in objects if holds(state, obj)]
    return objects


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


def _wrong(cls: XenClass, name: str) -> str:
    """What is wrong with a word as a filter; the empty text if nothing is."""
    meant = split_key(cls, name)
    if meant is None:
        from xe_py.schema.secrets import without_secret

        plain = name.partition(":")[0] if ":" in name else ""
        what = f"Unknown field '{without_secret(name)}'"
        return f"Field '{plain}' is not a set or map" if plain in cls.by_name else what
    field, key = meant
    if key is not None and field.mode.startswith("S") and key != "contains":
        return "Invalid syntax for set filtering (should be set-param:contains=key)"
    return ""


def _filter(cls: XenClass, name: str, wanted: str) -> Callable[[State, Record], bool]:
    """Whether the filter holds for an object; nothing may be wrong with it."""
    field, key = split_key(cls, name) or (cls.by_name[name], None)
    fold: Callable[[str], str] = str.lower if field.any_case else str
    wanted = fold(wanted)
    if key is None and isinstance(field, (Text, Bool)) and not field.any_case:
        exact = {"true": True, "false": False}.get(wanted) if isinstance(field, Bool) else wanted
        return lambda _state, obj: obj[name] == exact
    if key is None:
        return lambda state, obj: fold(field.show(_value(state, obj, field))) == wanted
    if field.is_map:
        return lambda state, obj: (_value(state, obj, field) or {}).get(key) == wanted
    return lambda state, obj: wanted in map(fold, _value(state, obj, field) or ())


def _value(state: State, obj: Record, field: Field) -> Any:
    return field.compute(state, obj) if isinstance(field, Derived) else field.shown(obj[field.name])
