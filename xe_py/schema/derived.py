"""The kinds of field that are not stored: back references, names, constant values, and computed ones.

Each declares the `kind` of its value, so that no caller needs to compute a value to know it.
"""

from __future__ import annotations

from xe_py.schema.fields import Bool, Derived, Field, Int, Map, Ref, Refs, Set, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State

_KINDS: dict[type, type[Field]] = {str: Text, bool: Bool, int: Int, list: Set, dict: Map}


def kind_of(value: Any) -> type[Field]:
    """The kind of field that holds such a value."""
    return _KINDS[type(value)]


class Computed(Derived):
    """A field with a function of its own, `function(state, obj)`, whose value is of the `kind` given."""

    __slots__ = ("function", "kind", "to")

    def __init__(
        self, name: str, kind: type[Field], function: Callable[[State, Record], Any], *, to: str = "", **rest: Any
    ) -> None:
        self.kind = kind
        self.function = function
        self.to = to
        super().__init__(name, **rest)

    def compute(self, state: State, obj: Record) -> Any:
        return self.function(state, obj)


class Back(Derived):
    """The uuids of the objects that refer to this one, through the reference written as `vbd.vm-uuid`."""

    __slots__ = ("reference", "to")
    kind: type[Field] = Refs

    def __init__(self, name: str, reference: str, **rest: Any) -> None:
        self.reference = reference
        self.to = reference.partition(".")[0]
        super().__init__(name, **rest)

    def compute(self, state: State, obj: Record) -> Any:
        return [other["uuid"] for other in state.pointing_at(obj, self.reference)]


class BackOne(Back):
    """As `Back`, for a reference that at most one object has to this one."""

    __slots__ = ()
    kind = Ref

    def compute(self, state: State, obj: Record) -> Any:
        return next(iter(super().compute(state, obj)), None)


class NameOf(Derived):
    """The name of the object that the field `reference` points to; `nothing` where it points to none."""

    __slots__ = ("nothing", "reference")
    kind = Text

    def __init__(self, name: str, reference: str, *, nothing: str | None = None, **rest: Any) -> None:
        self.reference = reference
        self.nothing = nothing
        super().__init__(name, **rest)

    def compute(self, state: State, obj: Record) -> Any:
        return self.nothing if obj[self.reference] is None else state.name_of(obj, self.reference)


class Fixed(Derived):
    """The same value in every object, for what XenServer has and xe_py does not simulate.

    An empty list may stand for no references; `to` is then XAPI's name of their class, which is not simulated.
    """

    __slots__ = ("kind", "to", "value")

    def __init__(self, name: str, value: Any, *, to: str = "", **rest: Any) -> None:
        self.value = value
        self.kind = Refs if to else kind_of(value)
        self.to = to
        super().__init__(name, **rest)

    def compute(self, state: State, obj: Record) -> Any:
        del state, obj
        return self.value
