"""Choosing objects by filters on their fields, as they are typed on the command line."""

from __future__ import annotations

from xe_py.errors import Misuse
from xe_py.schema.derived import NameOf
from xe_py.schema.fields import Bool, Derived, Set, Text
from xe_py.schema.xenclass import split_key
from xe_py.state.record import in_order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import XenClass
    from xe_py.state.record import Record
    from xe_py.state.state import State

    Words = Iterable[tuple[str, str]]

NAME = "name-label"
# A class with more objects than these is not searched for a similar name.
_MANY = 5000


def matching(
    state: State, cls: XenClass, filters: Words, shown: Iterable[Field] | None = None, *, by: str = NAME
) -> list[Record]:
    """The objects of the class that pass every filter; Misuse for a field that the class does not have.

    `by` is the word that names one of them: the field, or the selector of a command that has one.

    As in xe, the filters apply one after the other; once no object is left, the rest are not checked. If only some
    fields are to be `shown`, the objects may lack all others.
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
    return narrowed(state, cls, objects, [*remaining, *given[known : known + 1]], by)


# Notes below a refusal


def _meant(state: State, cls: XenClass, word: str, value: str, by: str) -> tuple[str, ...]:
    """What an unknown filter may have been meant to be: the name of an object, a selector, or a field."""
    if word == by:
        return (f"{word}= can be given only once",)
    stem = word.partition(":")[0]
    if stem in cls.by_name:
        return (f"did you mean {stem}:contains={value}?",) if cls.by_name[stem].mode.startswith("S") else ()
    is_selector = by == cls.name
    if is_selector or by in cls.by_name:
        if not value:
            return named_like(state, cls, word, by) or (f"did you mean {as_word(by, word)}?",)
        if word == cls.name:
            return (f"did you mean {as_word(by, value)}?",)
    from xe_py.schema.similar import meant_by_name

    fields = [field.name for field in cls.fields if not field.hidden]
    return meant_by_name(word, [by, *fields] if is_selector else fields)


def named_like(state: State, cls: XenClass, word: str, by: str) -> tuple[str, ...]:
    """A note with the object whose name is most like the word, written as for the command line."""
    if state.count(cls.name) > _MANY:
        return ()
    from xe_py.schema.similar import nearest

    names = [obj.name for obj in state.some(cls.name, (NAME,) if NAME in cls.stored else ())]
    near = nearest(word, list(filter(None, names)))
    return (f"did you mean {as_word(by, near[0])}?",) if near else ()


def as_word(by: str, name: str) -> str:
    """The word that names an object, ready to be pasted into a shell."""
    from xe_py.quoting import quoted

    return f"{by}={quoted(name)}"


# Filters


def _known(cls: XenClass, filters: list[tuple[str, str]]) -> int:
    """How many of the filters are valid, up to the first that is not."""
    return next((place for place, (name, _) in enumerate(filters) if _wrong(cls, name)), len(filters))


def narrowed(
    state: State, cls: XenClass, objects: list[Record], filters: list[tuple[str, str]], by: str
) -> list[Record]:
    """The objects that pass the filters, one after the other; Misuse for a wrong filter while an object is left."""
    for name, wanted in filters:
        if not objects:
            break
        if wrong := _wrong(cls, name):
            raise Misuse(f"Error: {wrong}", *_meant(state, cls, name, wanted, by))
        field, holds = _filter(cls, name, wanted)
        objects = [obj for obj, value in zip(objects, state.values(objects, field), strict=True) if holds(value)]
    return objects


def _with_fields(state: State, cls: XenClass, fields: list[Field]) -> list[Record]:
    """All objects of the class, with what these fields need at least."""
    needed: set[str] = set()
    for field in fields:
        reads = field.reads if isinstance(field, Derived) else (field.name,)
        if reads is None:
            return state.all(cls.name)
        needed.update(reads)
    return state.some(cls.name, tuple(needed - {"uuid"}))


def _by_index(state: State, cls: XenClass, filters: list[tuple[str, str]]) -> list[Record] | None:
    """The objects that the first filter on a uuid, a reference or a name finds in the index, without it; or None."""
    for position, (name, wanted) in enumerate(filters):
        found = _found_by(state, cls, name, wanted)
        if found is not None:
            del filters[position]
            return found
    return None


def _found_by(state: State, cls: XenClass, name: str, wanted: str) -> list[Record] | None:
    """The objects with this value in the field, in order of creation; None if the field has no index for it."""
    if name == "uuid":
        found = state.get(cls.name, wanted)
        return [] if found is None else [found]
    if name == NAME and name in cls.stored:
        return state.having(cls.name, name, wanted)
    if name in cls.references and not isinstance(cls.references[name], Set) and state.class_of(wanted):
        return state.having(cls.name, name, wanted)
    field = cls.by_name.get(name)
    if isinstance(field, NameOf) and cls.follows is None and wanted not in map(field.show, (None, field.nothing)):
        return _by_name_of(state, cls, field.reference, wanted)
    return None


def _by_name_of(state: State, cls: XenClass, reference: str, wanted: str) -> list[Record]:
    """The objects that refer to something of this name, in order of creation."""
    named = state.having(cls.references[reference].to, NAME, wanted)
    return sorted([obj for each in named for obj in state.having(cls.name, reference, each["uuid"])], key=in_order)


def _wrong(cls: XenClass, name: str) -> str:
    """What is wrong with a word as a filter; the empty text if it is valid."""
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


def _filter(cls: XenClass, name: str, wanted: str) -> tuple[Field, Callable[[Any], bool]]:
    """The field at which the filter, which must be valid, looks, and whether a value of it passes."""
    field, key = split_key(cls, name) or (cls.by_name[name], None)
    fold: Callable[[str], str] = str.lower if field.any_case else str
    wanted = fold(wanted)
    if key is None and isinstance(field, (Text, Bool)) and not field.any_case:
        exact = {"true": True, "false": False}.get(wanted) if isinstance(field, Bool) else wanted
        return field, lambda value: value == exact
    if key is None:
        return field, lambda value: fold(field.show(field.shown(value))) == wanted
    if field.is_map:
        return field, lambda value: (field.shown(value) or {}).get(key) == wanted
    return field, lambda value: wanted in map(fold, field.shown(value) or ())
