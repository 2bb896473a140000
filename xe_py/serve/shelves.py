"""Objects that the server holds in memory and no file has: sessions and tasks."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.serve.references import reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Told = Callable[[str, str, str], None]

ADD, MOD, DEL = "add", "mod", "del"


class Shelf:
    """The objects of one class, each as its record, by reference. `told` is called with each change of one."""

    def __init__(self, label: str, told: Told) -> None:
        self.label = label
        self._told = told
        self._records: dict[str, dict[str, Any]] = {}

    def __contains__(self, ref: str) -> bool:
        return ref in self._records

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, ref: str) -> dict[str, Any]:
        """The record with the reference; HANDLE_INVALID if there is none."""
        try:
            return self._records[ref]
        except KeyError:
            raise Failure("HANDLE_INVALID", self.label, ref) from None

    def put(self, record: dict[str, Any]) -> str:
        """Keep the record; its reference."""
        ref = reference(self.label, record["uuid"])
        self._records[ref] = record
        self._told(self.label, ref, ADD)
        return ref

    def set(self, ref: str, **fields: Any) -> None:
        """Give the record other values."""
        self._records[ref] = {**self[ref], **fields}
        self._told(self.label, ref, MOD)

    def drop(self, ref: str) -> None:
        """Remove the record, if it is there."""
        if self._records.pop(ref, None) is not None:
            self._told(self.label, ref, DEL)

    def by_uuid(self, uuid: str) -> str:
        """The reference of the record with the uuid; UUID_INVALID if there is none."""
        ref = reference(self.label, uuid)
        if ref not in self._records:
            raise Failure("UUID_INVALID", self.label, uuid)
        return ref
