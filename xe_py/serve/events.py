"""What changed, for clients that wait: each object that changed, with the moment of its last change.

A token has the serial of the state and the number of the last change that the client knows. The numbers of a server
begin at the time of its start. So a token from before is known as such, and the serial says what changed since.
"""

from __future__ import annotations

import asyncio
import time

from xe_py.errors import Failure
from xe_py.serve.references import reference
from xe_py.serve.shelves import ADD, DEL, MOD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from xe_py.serve.records import Kind
    from xe_py.state.changes import Change

_DIGITS = 20
# As in XAPI, so many objects that are gone are remembered.
_GONE = 512


class _Entry:
    """An object that changed: the numbers of its making and of its last change, and whether it is gone."""

    __slots__ = ("changed", "is_gone", "made")

    def __init__(self, made: int, changed: int) -> None:
        self.made = made
        self.changed = changed
        self.is_gone = False


class Log:
    """The objects that changed since the server began, the one that changed last at the end."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self.start = self.number = time.time_ns() // 1_000_000
        self._parts: dict[str, list[Kind]] = {}
        for kind in kinds.values():
            self._parts.setdefault(kind.part.cls.name, []).append(kind)
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._gone = 0
        self._news = asyncio.Event()

    def note(self, label: str, ref: str, operation: str) -> None:
        """Note a change of one object, and wake whoever waits."""
        self.number += 1
        entry = self._entries.pop((label, ref), None) or _Entry(0, 0)
        entry.changed = self.number
        if operation == ADD:
            entry.made, entry.is_gone = self.number, False
        elif operation == DEL:
            entry.is_gone = True
            self._gone += 1
        self._entries[label, ref] = entry
        if self._gone > 2 * _GONE:
            self._forget()
        self.wake()

    def wake(self) -> None:
        """Wake whoever waits, to look whether there is something for it."""
        self._news.set()
        self._news = asyncio.Event()

    def note_changes(self, changes: Iterable[Change]) -> None:
        """Note what a commit did: to objects, to their metrics, and to the other ends of their references."""
        noted: dict[tuple[str, str], str] = {}
        for change in changes:
            operation = ADD if change.before is None else DEL if change.after is None else MOD
            for label, uuid in self._touched(change):
                noted.setdefault((label, uuid), MOD)
            for kind in self._parts.get(change.cls.name, ()):
                noted[kind.label, change.uuid] = operation
        for (label, uuid), operation in noted.items():
            self.note(label, reference(label, uuid), operation)

    def since(self, number: int) -> Iterator[tuple[str, str, str, int]]:
        """What changed after this number, the last change first: class, reference, operation, number."""
        for (label, ref), entry in reversed(self._entries.items()):
            if entry.changed <= number:
                return
            is_new = entry.made > number
            if not entry.is_gone:
                yield label, ref, ADD if is_new else MOD, entry.changed
            elif not is_new:
                yield label, ref, DEL, entry.changed

    async def news(self, number: int, seconds: float) -> None:
        """Wait for a change after this number, but at most so many seconds."""
        if self.number > number:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return

    def _touched(self, change: Change) -> Iterator[tuple[str, str]]:
        """The objects at the other ends of the references that the change set or took away."""
        touched = change.touched()
        for name, field in change.cls.references.items():
            if touched is not None and name not in touched:
                continue
            labels = [kind.label for kind in self._parts.get(field.to, ()) if not kind.part.link]
            for value in change.values(name):
                for uuid in value if isinstance(value, list) else [value]:
                    yield from ((label, uuid) for label in labels)

    def _forget(self) -> None:
        gone = [key for key, entry in self._entries.items() if entry.is_gone]
        for key in gone[:-_GONE]:
            del self._entries[key]
        self._gone = min(len(gone), _GONE)


def token(serial: int, number: int) -> str:
    """The token of a moment."""
    return f"{serial:0{_DIGITS}d},{number:0{_DIGITS}d}"


def moment_of(text: str) -> tuple[int, int]:
    """The serial and the number in a token; EVENT_FROM_TOKEN_PARSE_FAILURE for any other text."""
    first, comma, second = text.partition(",")
    if not (comma and all(part.isascii() and part.isdecimal() and len(part) <= _DIGITS for part in (first, second))):
        raise Failure("EVENT_FROM_TOKEN_PARSE_FAILURE", text)
    return int(first), int(second)


def wanted(classes: Iterable[str]) -> Callable[[str, str], bool]:
    """Whether a client that named these classes wants to hear of an object."""
    names = {each.lower() for each in classes}
    if "*" in names:
        return lambda _label, _ref: True
    return lambda label, ref: label.lower() in names or f"{label}/{ref}".lower() in names
