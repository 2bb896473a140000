"""Writing changes into the text of a state file, and leaving everything else as its user wrote it.

Only the value of a changed field is replaced, so comments, order and blank lines stay, even inside a changed table. An
object keeps the form it is written in: a table, dotted keys, or a value on one line. New objects are tables, unless
their class is written as one value.
"""

from __future__ import annotations

from xe_py import classes
from xe_py.state.record import alike
from xe_py.store.toml import plain, render

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from xe_py.schema.fields import Field
    from xe_py.state.changes import Change
    from xe_py.state.state import State
    from xe_py.store.toml.plain import Path, Statement

    # Replace the text between two offsets.
    Edit = tuple[int, int, str]

STATE: Path = ("state",)
FORMAT: Path = ("state", "format")


def splice(text: str, state: State, changes: list[Change], serial: int) -> str:
    """The text with the changes, and the state's header with this serial.

    Every line of the text ends in a line break.
    """
    parts = []
    done = 0
    for start, end, new in edits(text, state, changes, serial):
        parts += [text[done:start], new]
        done = max(done, end)
    return "".join(parts) + text[done:]


def edits(text: str, state: State, changes: list[Change], serial: int) -> list[Edit]:
    """The replacements in the text, in its order; several at one place stay in their own order.

    The text may hold only the tables of the file that `anchors` names, each under a header of its own.
    """
    splicer = _Splicer(text, _outline(text), state)
    splicer.header({**state.header, "serial": serial})
    splicer.objects(changes)
    return sorted(splicer.edits + splicer.sections, key=lambda edit: edit[:2])


def anchors(state: State, changes: list[Change]) -> dict[Path, int]:
    """The tables of the file that the changes concern, each with its place among those of its class.

    These are the changed tables and, if objects are new, the last table before them.
    """
    found: dict[Path, int] = {}
    new = set()
    absent = set()
    for change in changes:
        if change.before is None or state.was_delivered(change.before):
            new.add(change.cls.name)
            absent.add(change.uuid)
        else:
            found[change.cls.name, change.uuid] = state.place_of(change.cls.name, change.uuid)
    order = classes.order()
    for name in new:
        for cls in reversed(order[: order.index(name) + 1]):
            last = _last_written(state, cls, absent)
            if last is not None:
                place, uuid = last
                found[cls, uuid] = place
                break
    return found


def _last_written(state: State, cls: str, absent: set[str]) -> tuple[int, str] | None:
    """The place and the uuid of the last object of the class in the file; `absent` are known not to be in it."""
    while (last := state.last(cls, absent)) and state.is_delivered(state.get(cls, last[1])):
        absent.add(last[1])
    return last


class _Splicer:
    def __init__(self, text: str, outline: list[Statement], state: State) -> None:
        self.text = text
        self.outline = outline
        self.state = state
        self.edits: list[Edit] = []
        # New tables; at the same place they come after what is added to the section before.
        self.sections: list[Edit] = []
        self.held: dict[Path, list[Statement]] = {}
        for statement in outline:
            self.held.setdefault(_owner(statement.path), []).append(statement)

    def header(self, header: dict[str, Any]) -> None:
        """Edit the header of the state."""
        held = self.held[STATE]
        if _is_value(held, STATE):
            self._replace(held[0], render.value_of(header))
        else:
            was = {**self.state.header_before()}
            was |= {each.path[1]: self._number(each) for each in held if each.path == FORMAT}
            self._fields(STATE, held, was, header, dict.fromkeys({**was, **header}))

    def _number(self, statement: Statement) -> int:
        return int(self.text[slice(*statement.value)], 0)

    def objects(self, changes: list[Change]) -> None:
        """Edit the changed objects."""
        made: dict[str, list[str]] = {}
        values = set()
        for change in changes:
            name, after = change.cls.name, change.after
            if self.state.is_delivered(after):
                after = None
            path = name, change.uuid
            held = self.held.get(path, [])
            if _is_value(self.held.get((name,), []), (name,)):
                values.add(name)
            elif after is None:
                self._remove(held)
            elif not held:
                made.setdefault(name, []).append(change.uuid)
            elif _is_value(held, path):
                self._replace(held[0], render.inline_record(after))
            else:
                before = change.before or {}
                # What an upgrade takes out may be no field any more.
                no_fields = dict.fromkeys(name for name in before if name not in change.cls.stored)
                self._fields(path, held, before, after, {**change.cls.stored, **no_fields})
        for name in values:
            objects = (obj for obj in self.state.all(name) if not self.state.is_delivered(obj))
            pairs = ((obj["uuid"], render.inline_record(obj)) for obj in objects)
            self._replace(self.held[name,][0], render.inline(pairs))
        for name in classes.order():
            if name in made:
                self._insert(name, made[name])

    def _fields(
        self,
        path: Path,
        held: list[Statement],
        was: Mapping[str, Any],
        now: Mapping[str, Any],
        kinds: Mapping[str, Field | None],
    ) -> None:
        """Edit the fields of an object, or of the header, from their old values to the new ones.

        A value is replaced in its place; a new line goes where the order of `kinds` puts it.
        """
        written: dict[str, list[Statement]] = {}
        for statement in held:
            if len(statement.path) > len(path):
                written.setdefault(statement.path[len(path)], []).append(statement)
        edits, place, prefix = self._way_in(path, held)
        kept = False
        for name, kind in kinds.items():
            here = written.get(name, [])
            value = now.get(name)
            is_value = _is_value(here, (*path, name))
            same = alike(was.get(name), value)
            kept = kept or (bool(here) if same else value is not None)
            if same:
                pass
            elif value is None:
                self._remove(here)
            elif is_value:
                self._replace(here[0], render.value_in(kind, value))
            elif here and type(value) is dict:
                self._keys((*path, name), here, was.get(name, kind.default if kind else {}), value)
            else:
                self._remove(here)
                edits.append((place, place, f"{prefix}{render.key_of(name)} = {render.value_in(kind, value)}\n"))
            if is_value:
                place = here[0].end
        if prefix and not kept:
            edits.append((place, place, f"{prefix.removesuffix('.')} = {{}}\n"))

    def _keys(self, path: Path, held: list[Statement], was: dict[str, str], now: dict[str, str]) -> None:
        """Edit the keys of a map with a line for each key, from the old texts to the new ones, in the new order.

        New and moved keys go before the keys that stay; a line that moves takes its comment along.
        """
        lines = {line.path[-1]: line for line in held if not line.is_header}
        edits, place, prefix = self._way_in(path, held)
        staying = _last_in_order(list(lines), list(now))
        self._remove(line for key, line in lines.items() if key not in staying)
        for key, text in now.items():
            line, value = lines.get(key), render.value_of(text)
            if line is None:
                edits.append((place, place, f"{prefix}{render.key_of(key)} = {value}\n"))
            elif key not in staying:
                start, end = line.value
                edits.append((place, place, self.text[line.start : start] + value + self.text[end : line.end]))
            elif was[key] != text:
                self._replace(line, value)
        if prefix and not now:
            edits.append((place, place, f"{prefix.removesuffix('.')} = {{}}\n"))

    def _way_in(self, path: Path, held: list[Statement]) -> tuple[list[Edit], int, str]:
        """How to add a line to a table: to which edits, where, and with which prefix of the key."""
        for statement in held:
            if statement.is_header and statement.path == path:
                return self.edits, statement.end, ""
        for statement in held:
            names = path[len(self._section(statement)) :]
            if names:
                return self.edits, statement.start, "".join(f"{render.key_of(name)}." for name in names)
        # Only tables inside it are written.
        start = held[0].start
        self.sections.append((start, start, f"[{'.'.join(map(render.key_of, path))}]\n"))
        return self.sections, start, ""

    def _section(self, statement: Statement) -> Path:
        """The table in whose section the statement is; a header is in its own."""
        headers = (each.path for each in reversed(self.outline) if each.is_header and each.start <= statement.start)
        return next(headers, ())

    def _replace(self, statement: Statement, value: str) -> None:
        self.edits.append((*statement.value, value))

    def _remove(self, gone: Iterable[Statement]) -> None:
        """Remove statements; a header goes with the empty line before it."""
        for statement in gone:
            start = statement.start
            if statement.is_header and (start == 1 or self.text.endswith("\n\n", max(0, start - 2), start)):
                start -= 1
            self.edits.append((start, statement.end, ""))

    def _insert(self, name: str, uuids: list[str]) -> None:
        """Put new tables after the last one of their class, or of the nearest class before it."""
        order = classes.order()
        ends = self._ends()
        place = next(ends[cls] for cls in (*reversed(order[: order.index(name) + 1]), *STATE) if cls in ends)
        for uuid in uuids:
            obj = self.state.need(name, uuid)
            self.sections.append((place, place, "\n" + render.record(obj)))

    def _ends(self) -> dict[str, int]:
        """The end of the last section of each class."""
        ends: dict[str, int] = {}
        inside: set[str] = set()
        for statement in self.outline:
            if statement.is_header:
                inside = set()
            inside.add(statement.path[0])
            for name in inside:
                ends[name] = statement.end
        return ends


def _outline(text: str) -> list[Statement]:
    found = plain.statements(text)
    if found is None:
        from xe_py.store.toml.layout import statements

        found = list(statements(text))
    return found


def _is_value(held: list[Statement], path: Path) -> bool:
    """Whether the path is one key with a value."""
    return len(held) == 1 and not held[0].is_header and held[0].path == path


def _last_in_order(lines: list[str], now: list[str]) -> set[str]:
    """The last of the new keys up to which the existing lines are already in order."""
    found: set[str] = set()
    before = iter(reversed(lines))
    for key in reversed(now):
        if key not in before:
            break
        found.add(key)
    return found


def _owner(path: Path) -> Path:
    return path[:1] if path[:1] == STATE else path[:2]
