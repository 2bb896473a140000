"""How objects changed, and what a commit did."""

from __future__ import annotations

from xe_py.state.record import Record, alike

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xe_py.schema.xenclass import XenClass


class Change:
    """How one object changed: its fields before (None: it is new) and the record now (None: it is gone)."""

    __slots__ = ("after", "before", "cls", "uuid")

    def __init__(self, cls: XenClass, uuid: str, before: dict[str, Any] | None, after: Record | None) -> None:
        self.cls = cls
        self.uuid = uuid
        self.before = before
        self.after = after

    def __repr__(self) -> str:
        became = (
            "new" if self.before is None else "gone" if self.after is None else ", ".join(sorted(self.touched() or ()))
        )
        return f"<{self.cls.name} {self.uuid}: {became}>"

    def __bool__(self) -> bool:
        """Whether there is a change at all."""
        return self.before != self.after or bool(self.touched())

    def kept(self) -> Change:
        """The same with a copy of the record."""
        after = self.after
        return Change(self.cls, self.uuid, self.before, None if after is None else Record(after.cls, dict(after)))

    def touches(self, field: str) -> bool:
        """Whether the change gives the field another value; a new or gone object counts as a change of all fields."""
        touched = self.touched()
        return touched is None or field in touched

    def touched(self) -> frozenset[str] | None:
        """The fields with another value; None means all, for a new or gone object."""
        before, after = self.before, self.after
        if before is None or after is None:
            return None
        names = [name for name in before if name not in after]
        for name, value in after.items():
            if (earlier := before.get(name)) is not value and not alike(earlier, value):
                names.append(name)
        return frozenset(names)

    def values(self, field: str) -> Iterator[Any]:
        """The values of the field before and after, if the object existed."""
        for fields in (self.before, self.after):
            if fields is not None and fields.get(field) is not None:
                yield fields[field]


class Committed:
    """What a commit did: the new serial of the state, and how each object changed, as it was then."""

    __slots__ = ("changes", "serial")

    def __init__(self, serial: int, changes: list[Change]) -> None:
        self.serial = serial
        self.changes = changes
