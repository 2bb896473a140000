"""Choosing the objects on which a command with a selector is run."""

from __future__ import annotations

from xe_py import classes
from xe_py.errors import Misuse
from xe_py.operations.select import NAME, as_word, matching, named_like, narrowed
from xe_py.running.binding import named, own
from xe_py.schema.command import ALL, ONE
from xe_py.schema.fields import Bool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.running import Call
    from xe_py.schema.command import Selector
    from xe_py.state.record import Record
    from xe_py.state.state import State

    Words = list[tuple[str, str]]

_SHOWN = 3


def chosen(state: State, selector: Selector, call: Call) -> list[Record]:
    """The objects on which the call is to be run: by `vm=<name or uuid>`, `uuid=`, or any filter on a field.

    Misuse if there is none, or if there are more than the command takes, and for a filter that is none. The object that
    is among the arguments is the only candidate.
    """
    found = _found(state, selector, call)
    if not found:
        raise Misuse(selector.none, *_missed(state, selector, call.filters))
    if len(found) == 1 or selector.takes == ALL:
        return found
    if selector.takes == ONE:
        one = f"Operation can only be performed on one {selector.label} at a time"
        raise Misuse(selector.several.format(one), *_choices(found))
    multiple = call.multiple
    if not (multiple if isinstance(multiple, bool) else Bool("multiple").parse(multiple)):
        needed = "--multiple required to complete the operation"
        raise Misuse(selector.several.format(needed), *_choices(found))
    return found


def _found(state: State, selector: Selector, call: Call) -> list[Record]:
    cls, given = classes.get(selector.name), call.arguments.get(selector.name)
    if given is None:
        return _selected(state, selector, call.filters)
    return narrowed(state, cls, [own(state, cls.name, cls.name, given)], call.filters, selector.name)


def _selected(state: State, selector: Selector, filters: Words) -> list[Record]:
    """The objects for which all the filters hold, of those that the selector does not leave out unasked."""
    cls = classes.get(selector.name)
    place = next((place for place, (name, _) in enumerate(filters) if name == selector.name), None)
    if place is None:
        return matching(state, cls, [*selector.leaves_out, *filters], by=selector.name)
    others = [*selector.leaves_out, *filters[:place], *filters[place + 1 :]]
    return narrowed(state, cls, named(state, selector, filters[place][1]), others, selector.name)


def _missed(state: State, selector: Selector, filters: Words) -> tuple[str, ...]:
    """What may have been meant by a name that no object has, or by one that stands alone."""
    cls = classes.get(selector.name)
    for name, text in filters:
        if not text and name not in cls.by_name and name != cls.name:
            return named_like(state, cls, name, cls.name)
        if text and name in {cls.name, NAME, "uuid"}:
            same = f"did you mean {as_word(cls.name, text)}?"
            return tuple(note for note in named_like(state, cls, text, cls.name) if note != same)
    return ()


def _choices(found: list[Record]) -> tuple[str, ...]:
    """The first of several objects, so that one of them can be named."""
    lines = [f"one of them is uuid={obj['uuid']}" + (f" ({obj.name})" if obj.name else "") for obj in found[:_SHOWN]]
    return tuple(lines) if len(found) <= _SHOWN else (*lines, f"{len(found) - _SHOWN} more match")
