"""The command lines that may make a difference between two states, made of the rows of `moves.py`."""

from __future__ import annotations

from xe_py import operations
from xe_py.operations.effects.moves import ANY, CREATIONS, FOLLOWING_KEYS, MOVES, REMOVALS, RENEWABLE
from xe_py.schema.fields import Field, Map, Ref, show
from xe_py.schema.xenclass import RULES, STRICT, TEMPLATES
from xe_py.state.templates import NO_SET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from xe_py.schema.xenclass import XenClass
    from xe_py.state.record import Record
    from xe_py.state.state import State

    Words = list[str]
    Lines = list[Words]

GONE, NEW, VALUE, SETTING = "gone", "new", "value", "setting"
SETTINGS = {RULES: STRICT, TEMPLATES: NO_SET}
# A reference to an object of whatever class.
_ANY_OBJECT = Ref("", "")


class Difference:
    """What is to be done: an object that is GONE or NEW, a VALUE of a field, or a SETTING of the state."""

    __slots__ = ("cls", "field", "kind", "there", "wanted")

    def __init__(
        self, kind: str, cls: XenClass | None, there: Record | None, wanted: Record | None, field: str = ""
    ) -> None:
        self.kind = kind
        self.cls = cls
        self.there = there
        self.wanted = wanted
        self.field = field

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from others."""
        obj = self.there or self.wanted
        return self.kind, "" if self.cls is None else self.cls.name, "" if obj is None else obj["uuid"], self.field


class Proposals:
    """What may make a difference. `meant` gives the value of a field of the goal as the state at hand has it."""

    def __init__(self, goal: State, meant: Callable[[Field, Any], Any]) -> None:
        self._goal = goal
        self._meant = meant

    def lines(self, difference: Difference) -> Iterator[Lines]:
        """The lines of each way that may make the difference."""
        cls, there, wanted = difference.cls, difference.there, difference.wanted
        if cls is None:
            usual = SETTINGS[difference.field]
            yield [["state-set", f"{difference.field}={self._goal.header.get(difference.field, usual)}"]]
        elif difference.kind == GONE and there is not None:
            yield from self._removals(cls, there)
        elif difference.kind == NEW and wanted is not None:
            yield from self._creations(cls, wanted)
        elif there is not None and wanted is not None:
            yield from self._changes(cls, there, wanted, difference.field)
            if cls.name in RENEWABLE:
                yield from self._renewals(cls, there, wanted)

    def _removals(self, cls: XenClass, obj: Record) -> Iterator[Lines]:
        for name in (f"{cls.name}-destroy", f"{cls.name}-forget"):
            command = operations.find(name)
            if command is not None and command.about is not None:
                yield [[name, f"uuid={obj['uuid']}"]]
        for row in REMOVALS.get(cls.name, ()):
            yield [line.replace("{uuid}", obj["uuid"]).split(" ") for line in row]

    def _creations(self, cls: XenClass, wanted: Record) -> Iterator[Lines]:
        for row in CREATIONS.get(cls.name, ()):
            lines = [self._line(line, wanted, wanted["uuid"]) for line in row]
            if all(lines):
                yield [words for words in lines if words]
        command = None if cls.name in CREATIONS else operations.find(f"{cls.name}-create")
        if command is not None:
            fields = [field for field in command.parameters() if field.name in cls.stored]
            given = [f"{field.name}{':' if isinstance(field, Map) else '='}{{{field.name}}}" for field in fields]
            words = self._line(" ".join([command.name, *given]), wanted, wanted["uuid"])
            if words:
                yield [words]

    def _renewals(self, cls: XenClass, there: Record, wanted: Record) -> Iterator[Lines]:
        """The object removed and made anew, which gives it another uuid."""
        for removal in self._removals(cls, there):
            for creation in self._creations(cls, wanted):
                yield [*removal, *creation]

    def _changes(self, cls: XenClass, there: Record, wanted: Record, name: str) -> Iterator[Lines]:
        field = cls.stored[name]
        meant = self._meant(field, wanted[name])
        yield from self._settings_of(cls, there, field, meant)
        for before, after, row in MOVES.get((cls.name, name), ()):
            if before in {ANY, _plain(there[name])} and after in {ANY, _plain(meant)}:
                lines = [self._line(line, wanted, there["uuid"]) for line in row]
                if all(lines):
                    yield [words for words in lines if words]

    def _settings_of(self, cls: XenClass, there: Record, field: Field, meant: Any) -> Iterator[Lines]:
        """What the commands of every class do with the field."""
        about = f"uuid={there['uuid']}"
        change = f"{cls.name}-param-set"
        if field.has_setter:
            text = ",".join(meant) if isinstance(meant, list) else show(meant, "")
            yield [[change, about, f"{field.name}={text}"]]
        elif isinstance(field, Map) and isinstance(meant, dict):
            lines = list(self._of_map(cls, there, field, meant))
            if lines:
                yield lines
        elif field.has_adder and isinstance(meant, list):
            yield [
                [f"{cls.name}-param-{verb}", about, f"param-name={field.name}", f"param-key={member}"]
                for verb, members in (
                    ("remove", [each for each in there[field.name] if each not in meant]),
                    ("add", [each for each in meant if each not in there[field.name]]),
                )
                for member in members
            ]

    def _of_map(self, cls: XenClass, there: Record, field: Field, meant: dict[str, str]) -> Iterator[Words]:
        about, old, new = f"uuid={there['uuid']}", settable(there[field.name]), settable(meant)
        gone = [key for key in old if key not in new]
        changed = [key for key, text in new.items() if old.get(key) != text]
        if field.has_keys_to_set:
            if changed:
                yield [f"{cls.name}-param-set", about, *(f"{field.name}:{key}={new[key]}" for key in changed)]
            for key in gone:
                yield [f"{cls.name}-param-remove", about, f"param-name={field.name}", f"param-key={key}"]

    def _line(self, row: str, wanted: Record, uuid: str) -> Words:
        """The words of the line; none if a word that it needs has no value."""
        words = []
        for word in row.split(" "):
            start, brace, rest = word.partition("{")
            if not brace:
                words.append(word)
            elif start.endswith(":"):
                found = self._at(wanted, rest.removesuffix("}"))
                words += [f"{start}{key}={text}" for key, text in (found or {}).items()]
            elif rest == "uuid}":
                words.append(f"{start}{uuid}")
            else:
                text = self._text_at(wanted, rest.removesuffix("}").removeprefix("!"))
                if text:
                    words.append(f"{start}{text}")
                elif rest.startswith("!"):
                    return []
        return words

    def _text_at(self, obj: Record, path: str) -> str:
        path, _, form = path.partition(":")
        value = self._at(obj, path)
        text = ",".join(value) if isinstance(value, list) else show(value, "")
        return text.lower() if form else text

    def _at(self, obj: Record, path: str) -> Any:
        """The value at the end of a path from an object of the goal, with the objects of the state at hand.

        `/` follows a reference, `vbd.vm-uuid` the first object that refers to this one; alone, it is all of them. A
        `.name-label` behind a reference is the name.
        """
        first, slash, rest = path.partition("/")
        cls, dot, field = first.partition(".")
        if dot and field == "name-label":
            target = self._goal.ref_or_none(obj, cls)
            return None if target is None else target.name
        if dot:
            found = self._goal.pointing_at(obj, first)
            if not slash:
                return [self._meant(_ANY_OBJECT, each["uuid"]) for each in found]
            return self._at(found[0], rest) if found else None
        if not slash:
            return self._meant(obj.cls.stored[first], obj[first])
        target = self._goal.ref_or_none(obj, first)
        return None if target is None else self._at(target, rest)


def settable(texts: dict[str, str]) -> dict[str, str]:
    """The map without keys that follow from others."""
    return {key: text for key, text in texts.items() if key not in FOLLOWING_KEYS}


def _plain(value: Any) -> Any:
    """The value, if a row can have it."""
    return value if isinstance(value, (str, bool, type(None))) else "other"
