"""Bringing changes into the text of a state file, and leaving everything else in it as its user wrote it.

A changed field replaces only its value, so that comments, order and blank lines stay even inside a changed table. An
object that is not written as a table of its own (an inline table, dotted keys) becomes one when it is changed.
"""

from __future__ import annotations

from xe_py import classes
from xe_py.store import plain, render

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from xe_py.state.state import Change, State
    from xe_py.store.plain import Path, Statement

    # Replace the text between two offsets.
    Edit = tuple[int, int, str]

STATE: Path = ("state",)


def splice(text: str, state: State, changes: list[Change], serial: int) -> str:
    """The text with the changes, and the state's header with this serial, brought in."""
    parts = []
    done = 0
    if text and not text.endswith("\n"):
        text += "\n"
    for start, end, new in edits(text, state, changes, serial):
        parts += [text[done:start], new]
        done = max(done, end)
    return "".join(parts) + text[done:]


def edits(text: str, state: State, changes: list[Change], serial: int) -> list[Edit]:
    """What has to be replaced in the text, in the order of the text; edits at one place in their own order.

    Every line of the text ends in a line break. Of the file it may hold only the tables that `anchors` names.
    """
    splicer = _Splicer(text, state)
    splicer.header({**state.header, "serial": serial})
    splicer.objects(changes)
    return sorted(splicer.edits, key=lambda edit: edit[:2])


def anchors(state: State, changes: list[Change]) -> dict[Path, int]:
    """The tables of the file that the changes concern, each with its place among those of its class.

    Those are the changed ones and, where objects are new, the last one in front of them.
    """
    found: dict[Path, int] = {}
    new = set()
    for change in changes:
        if change.before is None:
            new.add(change.cls.name)
        else:
            found[change.cls.name, change.uuid] = state.place_of(change.cls.name, change.uuid)
    made = {change.uuid for change in changes if change.before is None}
    order = classes.order()
    for name in new:
        for cls in reversed(order[: order.index(name) + 1]):
            last = state.last(cls, made)
            if last is not None:
                place, uuid = last
                found[cls, uuid] = place
                break
    return found


class _Splicer:
    def __init__(self, text: str, state: State) -> None:
        self.text = text
        self.state = state
        self.edits: list[Edit] = []
        self.held: dict[Path, list[Statement]] = {}
        self.headed: set[Path] = set()
        for statement in _statements(text):
            owner = _owner(statement.path)
            self.held.setdefault(owner, []).append(statement)
            if statement.is_header and statement.path == owner:
                self.headed.add(owner)

    def header(self, header: dict[str, Any]) -> None:
        """Bring the header of the state in."""
        if STATE in self.headed:
            self._fields(STATE, {name: render.pair_of(name, value) for name, value in header.items()}, list(header))
        else:
            self._remove(self.held.get(STATE, ()))
            self.edits.append((len(self.text), len(self.text), "\n" + render.header(header)))

    def objects(self, changes: list[Change]) -> None:
        """Bring the changed objects in."""
        made: dict[str, list[str]] = {}
        for change in changes:
            path = (change.cls.name, change.uuid)
            if change.after is not None and path in self.headed:
                stored = change.cls.stored
                touched = change.touched() or stored.keys() - {"uuid"}
                pairs = {
                    name: render.pair(stored[name], change.after[name]) if name in change.after else None
                    for name in touched
                }
                self._fields(path, pairs, list(stored))
            else:
                self._remove(self.held.get(path, ()))
                if change.after is not None:
                    made.setdefault(change.cls.name, []).append(change.uuid)
        for name in {change.cls.name for change in changes}:
            if any(not held.is_header for held in self.held.get((name,), ())):
                self._unfold(name, made)
        for name in classes.order():
            if name in made:
                self._insert(name, made[name])

    def _fields(self, path: Path, pairs: dict[str, str | None], order: list[str]) -> None:
        """Bring pairs into one table: replace a value, add a line in the order of the class, or (None) take it out."""
        held = self.held[path]
        written: dict[str, list[Statement]] = {}
        for statement in held:
            if len(statement.path) > len(path):
                written.setdefault(statement.path[len(path)], []).append(statement)
        place = next(statement.end for statement in held if statement.is_header and statement.path == path)
        for name in order:
            here = written.get(name, [])
            single = len(here) == 1 and not here[0].is_header and len(here[0].path) == len(path) + 1
            pair = pairs.get(name)
            if pair is not None and single:
                self.edits.append((*here[0].value, pair.partition(" = ")[2].removesuffix("\n")))
            elif name in pairs:
                self._remove(here)
                self.edits.append((place, place, pair or ""))
            if single:
                place = here[0].end

    def _remove(self, gone: Iterable[Statement]) -> None:
        """Take statements out; with a header goes the empty line in front of it."""
        for statement in gone:
            start = statement.start
            if statement.is_header and (start == 1 or self.text.endswith("\n\n", max(0, start - 2), start)):
                start -= 1
            self.edits.append((start, statement.end, ""))

    def _unfold(self, name: str, made: dict[str, list[str]]) -> None:
        """Write every object of a class that is one inline table as a table of its own."""
        self._remove(held for held in self.held[name,] if not held.is_header)
        known = made.setdefault(name, [])
        known[:0] = [
            obj["uuid"]
            for obj in self.state.all(name)
            if (name, obj["uuid"]) not in self.headed and obj["uuid"] not in known
        ]

    def _insert(self, name: str, uuids: list[str]) -> None:
        """Put new tables behind the last one of their class, or of the nearest class before it."""
        order = classes.order()
        before = order[: order.index(name) + 1]
        ends: dict[str, int] = {}
        for path, held in self.held.items():
            if path and path in self.headed:
                ends[path[0]] = max(ends.get(path[0], 0), *(statement.end for statement in held))
        place = next((ends[cls] for cls in reversed(before) if cls in ends), ends.get("state", len(self.text)))
        for uuid in uuids:
            obj = self.state.need(name, uuid)
            self.edits.append((place, place, "\n" + render.record(obj)))


def _statements(text: str) -> list[Statement]:
    found = plain.statements(text)
    if found is None:
        from xe_py.store.layout import statements  # noqa: PLC0415 - most files are plain

        found = statements(text)
    return found


def _owner(path: Path) -> Path:
    return path[:1] if path[:1] == STATE else path[:2]
