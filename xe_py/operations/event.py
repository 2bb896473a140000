"""Waiting until an object is as somebody wants it."""

from __future__ import annotations

from xe_py import classes
from xe_py.errors import Misuse
from xe_py.operations.select import matching
from xe_py.schema.command import COMMON, WAITS, command
from xe_py.schema.fields import Text
from xe_py.xapi.guest import seconds_to_next_report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from xe_py.schema.xenclass import XenClass
    from xe_py.state.record import Record
    from xe_py.state.state import State

_NOT = "/="


@command(
    "event-wait",
    required=(Text("class", doc="The class of the object."),),
    doc="Wait until an object of the class has all the given values: field=value or, for any other value, "
    "field=/=value.",
    kind=WAITS,
)
def wait(state: State, words: Sequence[tuple[str, str]]) -> float | None:
    """None if there is such an object, else the seconds after which a guest reports; infinite if none will."""
    view = classes.view(_class_name(words))
    cls = classes.get(view.of)
    wanted = [word for word in words if word[0] not in COMMON and word[0] != "class"]
    for name, _ in wanted:
        if name not in cls.by_name:
            raise _unknown(cls, name)
    same = [word for word in wanted if not word[1].startswith(_NOT)]
    other = [(name, text.removeprefix(_NOT)) for name, text in wanted if text.startswith(_NOT)]
    if view.name != view.of:
        same += view.filters.items()
    shown = [cls.by_name[name] for name, _ in other]
    found = matching(state, cls, same, shown)
    if any(all(_shown(state, obj, name) != text for name, text in other) for obj in found):
        return None
    return seconds_to_next_report(state)


def _class_name(words: Sequence[tuple[str, str]]) -> str:
    name = next(text for name, text in words if name == "class")
    if name not in classes.names():
        from xe_py.schema.similar import meant_by_name

        raise Misuse(f"Error: There is no class {name!a} to wait for.", *meant_by_name(name, classes.names()))
    return name


def _unknown(cls: XenClass, name: str) -> Misuse:
    from xe_py.schema.secrets import without_secret
    from xe_py.schema.xenclass import meant_field

    return Misuse(f"Error: key missing: {without_secret(name)}", *meant_field(cls, name))


def _shown(state: State, obj: Record, name: str) -> str:
    field = obj.cls.by_name[name]
    return field.show(field.shown(state.value(obj, name)))
