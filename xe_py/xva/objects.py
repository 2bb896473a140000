"""The objects of an archive by their ids there, and what stands for each of them in the state."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.xva import ova

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.xva.ova import Entry


class Objects:
    """The objects of an archive. `made` has, by id, what stands for them; what has no place in the state is missing."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = {entry.id: entry for entry in entries}
        self.made: dict[str, Record] = {}

    def of(self, cls: str) -> list[Entry]:
        """The objects of this class of XenAPI."""
        return [entry for entry in self._entries.values() if entry.cls == cls]

    def target(self, entry: Entry, reference: str) -> Entry | None:
        """The object of the archive that the reference points to."""
        return self._entries.get(text(entry, reference))

    def need_target(self, entry: Entry, reference: str) -> Entry:
        """The same object, of the class with the name of the reference; IMPORT_ERROR_FAILED_TO_FIND_OBJECT."""
        found = self.target(entry, reference)
        if found is None or found.cls != reference:
            raise _missing(entry, reference)
        return found

    def find(self, entry: Entry, reference: str, cls: str) -> Record | None:
        """What stands for the object that the reference points to, if that is of this class of xe."""
        found = self.made.get(text(entry, reference))
        return found if found is not None and found.cls.name == cls else None

    def need(self, entry: Entry, reference: str, cls: str) -> Record:
        """The same; IMPORT_ERROR_FAILED_TO_FIND_OBJECT if there is none."""
        found = self.find(entry, reference, cls)
        if found is None:
            raise _missing(entry, reference)
        return found

    def uuid_of(self, entry: Entry, reference: str) -> str:
        """The uuid of the object of the archive that the reference points to; empty if there is none."""
        target = self.target(entry, reference)
        return "" if target is None else text(target, "uuid")


def text(entry: Entry, name: str) -> str:
    """The text in this field of the object; empty if there is none."""
    found = entry.snapshot.get(name, "")
    return found if isinstance(found, str) else ""


def says(entry: Entry, name: str) -> bool:
    """Whether this field of the object is true."""
    return entry.snapshot.get(name) is True


def refers(entry: Entry, reference: str) -> bool:
    """Whether the reference points to anything."""
    return text(entry, reference) not in {"", ova.NULL}


def _missing(entry: Entry, reference: str) -> Failure:
    return Failure("IMPORT_ERROR_FAILED_TO_FIND_OBJECT", ascii(text(entry, reference))[1:-1])
