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

# For more objects than these, all objects on the other side of a reference are read at once, and not one by one.
_MANY = 100
_KINDS: dict[type, type[Field]] = {str: Text, bool: Bool, int: Int, list: Set, dict: Map}


def kind_of(value: Any) -> type[Field]:
    """The kind of field that holds such a value."""
    return _KINDS[type(value)]


class Computed(Derived):
    """A field with a function of its own, `function(state, obj)`, whose value is of the `kind` given."""

    __slots__ = ("function", "kind", "reads", "to")

    def __init__(
        self,
        name: str,
        kind: type[Field],
        function: Callable[[State, Record], Any],
        *,
        to: str = "",
        reads: tuple[str, ...] | None = None,
        **rest: Any,
    ) -> None:
        self.kind = kind
        self.function = function
        self.to = to
        self.reads = reads
        super().__init__(name, **rest)

    def compute(self, state: State, obj: Record) -> Any:
        return self.function(state, obj)


class Back(Derived):
    """The uuids of the objects that refer to this one, through the reference written as `vbd.vm-uuid`."""

    __slots__ = ("reference", "to")
    kind: type[Field] = Refs
    reads = ()

    def __init__(self, name: str, reference: str, **rest: Any) -> None:
        self.reference = reference
        self.to = reference.partition(".")[0]
        super().__init__(name, **rest)

    def compute(self, state: State, obj: Record) -> Any:
        return [other["uuid"] for other in state.pointing_at(obj, self.reference)]

    def column(self, state: State, objects: list[Record]) -> list[Any]:
        if len(objects) <= _MANY:
            return super().column(state, objects)
        name = self.reference.partition(".")[2]
        found: dict[str, list[str]] = {obj["uuid"]: [] for obj in objects}
        for other in state.some(self.to, (name,)):
            value = other[name]
            for uuid in value if type(value) is list else (value,):
                if uuid in found:
                    found[uuid].append(other["uuid"])
        return [self.of(found[obj["uuid"]]) for obj in objects]

    def of(self, uuids: list[str]) -> Any:
        """The value of the field, from the uuids."""
        return uuids


class BackOne(Back):
    """As `Back`, for a reference that at most one object has to this one."""

    __slots__ = ()
    kind = Ref

    def compute(self, state: State, obj: Record) -> Any:
        return self.of(super().compute(state, obj))

    def of(self, uuids: list[str]) -> Any:
        return uuids[0] if uuids else None


class NameOf(Derived):
    """The name of the object that the field `reference` points to; `nothing` where it points to none."""

    __slots__ = ("nothing", "reads", "reference")
    kind = Text

    def __init__(self, name: str, reference: str, *, nothing: str | None = None, **rest: Any) -> None:
        self.reference = reference
        self.reads = (reference,)
        self.nothing = nothing
        super().__init__(name, **rest)

    def compute(self, state: State, obj: Record) -> Any:
        return self.nothing if obj[self.reference] is None else state.name_of(obj, self.reference)

    def column(self, state: State, objects: list[Record]) -> list[Any]:
        if len(objects) <= _MANY:
            return super().column(state, objects)
        to = objects[0].cls.references[self.reference].to
        names = {None: self.nothing} | {obj["uuid"]: obj.name for obj in state.some(to, ("name-label",))}
        return [names.get(obj[self.reference]) for obj in objects]


class Fixed(Derived):
    """The same value in every object, for what XenServer has and xe_py does not simulate.

    An empty list may stand for no references; `to` is then XAPI's name of their class, which is not simulated.
    """

    __slots__ = ("kind", "to", "value")
    reads = ()

    def __init__(self, name: str, value: Any, *, to: str = "", **rest: Any) -> None:
        self.value = value
        self.kind = Refs if to else kind_of(value)
        self.to = to
        super().__init__(name, **rest)

    def compute(self, state: State, obj: Record) -> Any:
        del state, obj
        return self.value
