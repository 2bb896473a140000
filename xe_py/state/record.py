"""Record: one object, as a mapping from the names of its stored fields to their values."""

from __future__ import annotations

from xe_py.errors import named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.schema.xenclass import XenClass

    _Fields = dict[str, Any]
else:
    _Fields = dict


class Record(_Fields):
    """One object: its `uuid` and the fields that differ from their defaults; other fields read as their defaults.

    Only the state changes a record; all others just read it. Values are never changed in place. `place` orders the
    objects of a class by creation.
    """

    __slots__ = ("cls", "place")

    def __init__(self, cls: XenClass, fields: dict[str, Any]) -> None:
        super().__init__(fields)
        self.cls = cls
        self.place = 0

    def __missing__(self, name: str) -> Any:
        return self.cls.defaults[name]

    __hash__ = None

    def __str__(self) -> str:
        return f"{self.cls.name} {named(self)}"

    def __repr__(self) -> str:
        """The class, uuid and name, but no fields, which may be secret."""
        return f"<{self}>"

    @property
    def name(self) -> str:
        """The name-label; the empty text if the class has none."""
        return self["name-label"] if "name-label" in self.cls.stored else ""


def in_order(obj: Record) -> int:
    """The key by which objects of a class are sorted in order of creation."""
    return obj.place


def alike(one: Any, other: Any) -> bool:
    """Whether two values are the same; for maps, the order of keys counts too, because all output shows it."""
    return bool(one == other) and (type(one) is not dict or list(one) == list(other))
