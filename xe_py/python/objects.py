"""Objects of an open host, as a program sees them."""

from __future__ import annotations

from collections.abc import Mapping

from xe_py.state.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Protocol

    from xe_py.schema.xenclass import XenClass

    class Reader(Protocol):
        """Who knows what the fields of an object are now."""

        def value(self, obj: Object, name: str) -> Any:
            """The value of the field."""


class Object(Mapping[str, object]):
    """An object: a mapping of all its fields, computed ones too, to their values as they are now.

    `cls` is its class, `uuid` its uuid: two are equal if these are. UUID_INVALID where a field is asked for when the
    object is no more.
    """

    __slots__ = ("_reader", "cls", "uuid")

    def __init__(self, reader: Reader, cls: XenClass, uuid: str) -> None:
        self._reader = reader
        self.cls = cls
        self.uuid = uuid

    def __getitem__(self, name: str) -> Any:
        if name not in self.cls.by_name:
            raise KeyError(f"a {self.cls.name} has no field {name!r}")
        return self.uuid if name == "uuid" else self._reader.value(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.cls.by_name)

    def __len__(self) -> int:
        return len(self.cls.by_name)

    def __contains__(self, name: object) -> bool:
        return name in self.cls.by_name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (Object, Record)) and (self.cls, self.uuid) == (other.cls, other["uuid"])

    def __hash__(self) -> int:
        return hash(self.uuid)

    def __repr__(self) -> str:
        return f"<{self.cls.name} {self.uuid}>"
