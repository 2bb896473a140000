"""Bringing changes into the text of a state file, and leaving everything else in it as its user wrote it.

A changed field replaces only its value, so that comments, order and blank lines stay even inside a changed table. An
object that is not written as a table of its own (an inline table, dotted keys) becomes one when it is changed.
"""

from __future__ import annotations

from xe_py import classes
from xe_py.store import render
from xe_py.store.layout import Path, Statement, statements

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.state.state import Change, State

    Edit = tuple[int, int, str]

STATE: Path = ("state",)


def splice(text: str, state: State, changes: list[Change], serial: int) -> str:
    """The text with the changes and the state's header, with this serial, brought in."""
    return _Splicer(text, state).splice(changes, {**state.header, "serial": serial})


class _Splicer:
    def __init__(self, text: str, state: State) -> None:
        if text and not text.endswith("\n"):
            text += "\n"
        self.text = text
        self.state = state
        self.outline = statements(text)
        self.edits: list[Edit] = []
        self.held: dict[Path, list[Statement]] = {}
        self.headed: set[Path] = set()
        for statement in self.outline:
            owner = _owner(statement.path)
            self.held.setdefault(owner, []).append(statement)
            if statement.is_header and statement.path == owner:
                self.headed.add(owner)

    def splice(self, changes: list[Change], header: dict[str, Any]) -> str:
        self._header(header)
        made: dict[str, list[str]] = {}
        for change in changes:
            path = (change.cls.name, change.uuid)
            touched = {name for name in change.cls.stored if change.touches(name)} - {"uuid"}
            if change.after is not None and path in self.headed:
                self._fields(path, change.after, list(change.cls.stored), touched)
            else:
                self._remove(self.held.get(path, ()))
                if change.after is not None:
                    made.setdefault(change.cls.name, []).append(change.uuid)
        for name in {change.cls.name for change in changes}:
            if (name,) in self.held and any(not held.is_header for held in self.held[name,]):
                self._unfold(name, made)
        for cls in classes.sections():
            if cls.name in made:
                self._insert(cls.name, made[cls.name])
        return self._apply()

    def _header(self, header: dict[str, Any]) -> None:
        if STATE in self.headed:
            self._fields(STATE, header, list(header), set(header))
        else:
            self._remove(self.held.get(STATE, ()))
            self.edits.append((len(self.text), len(self.text), "\n" + render.table(STATE, header)))

    def _fields(self, path: Path, fields: Any, order: list[str], touched: set[str]) -> None:
        """Bring the touched fields of one table in: replace, add in the order of the class, or take out."""
        held = self.held[path]
        written: dict[str, list[Statement]] = {}
        for statement in held:
            if len(statement.path) > len(path):
                written.setdefault(statement.path[len(path)], []).append(statement)
        place = next(statement.end for statement in held if statement.is_header and statement.path == path)
        for name in order:
            here = written.get(name, [])
            single = len(here) == 1 and not here[0].is_header and len(here[0].path) == len(path) + 1
            if name in touched and name in fields:
                value = fields[name]
                if single:
                    self.edits.append((*here[0].value, render.value(value)))
                else:
                    self._remove(here)
                    self.edits.append((place, place, render.pair(name, value)))
            elif name in touched:
                self._remove(here)
            if single:
                place = here[0].end

    def _remove(self, gone: Any) -> None:
        """Take statements out; with a header goes the empty line in front of it."""
        for statement in gone:
            start = statement.start
            if statement.is_header and self.text[:start].endswith("\n\n"):
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
        before = [cls.name for cls in classes.sections()]
        before = before[: before.index(name) + 1]
        ends: dict[str, int] = {}
        for path, held in self.held.items():
            if path and path in self.headed:
                ends[path[0]] = max(ends.get(path[0], 0), *(statement.end for statement in held))
        place = next((ends[cls] for cls in reversed(before) if cls in ends), ends.get("state", len(self.text)))
        for uuid in uuids:
            obj = self.state.need(name, uuid)
            self.edits.append((place, place, "\n" + render.record(obj)))

    def _apply(self) -> str:
        parts = []
        done = 0
        for start, end, new in sorted(self.edits, key=lambda edit: edit[:2]):
            parts += [self.text[done:start], new]
            done = max(done, end)
        return "".join(parts) + self.text[done:]


def _owner(path: Path) -> Path:
    return path[:1] if path[:1] == STATE else path[:2]
