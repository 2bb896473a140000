"""The way from one state to another: command lines that lead there in this order, found by trying each on a copy.

Two states count as the same if their objects correspond, whatever their uuids, and have the same values in all fields
that somebody sets. What no command can make is left, and named.
"""

from __future__ import annotations

from xe_py import classes
from xe_py.errors import XeError
from xe_py.operations.effects.moves import APART, DETOURS, FOLLOWING, KEYS
from xe_py.operations.effects.proposals import GONE, NEW, SETTING, SETTINGS, VALUE, Difference, Proposals, settable
from xe_py.schema.fields import Field, Ref, Refs
from xe_py.state.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from xe_py.schema.xenclass import XenClass
    from xe_py.state.state import State

    Words = list[str]
    Run = Callable[[State, Words], Any]
    Lines = list[Words]

_ROUNDS = 12
_DOWN = {("vm", "power-state"), ("vbd", "currently-attached"), ("vif", "currently-attached")}


class Step:
    """A command line that was tried, and the uuid of the object that it made, if it made one.

    A step that only looks for an object has `looks` set: its uuid stands in the line's output.
    """

    __slots__ = ("looks", "made", "words")

    def __init__(self, words: Words, made: str = "", *, looks: bool = False) -> None:
        self.words = words
        self.made = made
        self.looks = looks


class Way:
    """The search for the way; `steps` are the lines, `left` are the differences that no line makes.

    `work` is a private copy of the state to begin with, and becomes like `goal`. `run` runs a line on a state. Fields
    that are set `apart` are not compared. `found_by` has, for the objects that are there, the lines that look for them.
    """

    def __init__(self, work: State, goal: State, run: Run, *, apart: frozenset[str] = FOLLOWING) -> None:
        self.work = work
        self.goal = goal
        self.steps: list[Step] = []
        self.left: list[Difference] = []
        self.found_by = {obj["uuid"]: looking_for(obj) for cls in classes.sections() for obj in work.all(cls.name)}
        self._run = run
        self._proposals = Proposals(goal, self._meant)
        self._apart = apart
        self._same: dict[str, str] = {}
        self._match()

    def find(self) -> None:
        """Find the way."""
        self._settle()
        detoured: set[tuple[str, ...]] = set()
        goes_on = True
        while goes_on:
            self.left = list(self._differences())
            goes_on = False
            for each in self.left:
                if each.key not in detoured:
                    detoured.add(each.key)
                    goes_on = self._detour(each, len(self.left))
                if goes_on:
                    break

    # Which objects are the same

    def _match(self) -> None:
        """Say which objects are the same before anything is done."""
        self._adopt({"pool": self.work.all("pool"), "host": self.work.all("host")})
        taken = set(self._same.values())
        others = [obj["uuid"] for obj in self.work.all("host") if obj["uuid"] not in taken]
        # Hosts without a name in common are the same in their order.
        self._same |= zip(
            (obj["uuid"] for obj in self.goal.all("host") if obj["uuid"] not in self._same), others, strict=False
        )
        self._adopt({cls.name: list(self.work.all(cls.name)) for cls in classes.sections()})

    def _adopt(self, found: dict[str, list[Record]]) -> list[Record]:
        """Let the objects stand for those of the goal with their uuid, or with their values in the fields that tell.

        Returns those that have another uuid in the goal.
        """
        adopted = []
        for obj in (obj for each in found.values() for obj in each):
            if obj["uuid"] not in self._same and self.goal.get(obj.cls.name, obj["uuid"]) is not None:
                self._same[obj["uuid"]] = obj["uuid"]
        taken = set(self._same.values())
        for name in found:
            rows = _keys(classes.get(name))
            free = [obj for obj in found.get(name, ()) if obj["uuid"] not in taken]
            if not free:
                continue
            for row in rows:
                for obj in self.goal.all(name):
                    if obj["uuid"] in self._same:
                        continue
                    key = [self._meant(obj.cls.stored[field], obj[field]) for field in row]
                    alike = [each for each in free if [each[field] for field in row] == key]
                    if len(alike) == 1:
                        self._same[obj["uuid"]] = alike[0]["uuid"]
                        taken.add(alike[0]["uuid"])
                        free.remove(alike[0])
                        adopted.append(alike[0])
        return adopted

    def _meant(self, field: Field, value: Any) -> Any:
        """The value of the goal as the state at hand has it: its own objects in the place of those of the goal."""
        if isinstance(field, Refs):
            return [self._same.get(uuid, uuid) for uuid in value]
        return self._same.get(value, value) if isinstance(field, Ref) and value is not None else value

    # What differs

    def _differences(self) -> Iterator[Difference]:
        for name, usual in SETTINGS.items():
            if self.work.header.get(name, usual) != self.goal.header.get(name, usual):
                yield Difference(SETTING, None, None, None, name)
        taken = set(self._same.values())
        for cls in classes.sections():
            if cls.name in APART:
                continue
            for obj in self.work.all(cls.name):
                if obj["uuid"] not in taken:
                    yield Difference(GONE, cls, obj, None)
            for obj in self.goal.all(cls.name):
                there = self.work.get(cls.name, self._same.get(obj["uuid"]))
                if there is None:
                    yield Difference(NEW, cls, None, obj)
                else:
                    yield from self._of_fields(cls, there, obj)

    def _of_fields(self, cls: XenClass, there: Record, wanted: Record) -> Iterator[Difference]:
        for name, field in cls.stored.items():
            if name not in self._apart and name != "uuid" and not self._fits(field, there[name], wanted[name]):
                yield Difference(VALUE, cls, there, wanted, name)

    def _fits(self, field: Field, value: Any, wanted: Any) -> bool:
        """Whether the value is as wanted; the order of keys and members is nobody's wish."""
        if isinstance(value, dict) and isinstance(wanted, dict):
            return settable(value) == settable(wanted)
        meant = self._meant(field, wanted)
        return sorted(value) == sorted(meant) if isinstance(value, list) else bool(value == meant)

    def _is_there(self, difference: Difference) -> bool:
        """Whether the difference is no more."""
        cls, there, wanted = difference.cls, difference.there, difference.wanted
        if cls is None:
            usual = SETTINGS[difference.field]
            return bool(self.work.header.get(difference.field, usual) == self.goal.header.get(difference.field, usual))
        if difference.kind == GONE and there is not None:
            return self.work.get(cls.name, there["uuid"]) is None
        if wanted is None:
            return False
        now = self.work.get(cls.name, self._same.get(wanted["uuid"]))
        if now is None or difference.kind == NEW:
            return now is not None
        return self._fits(cls.stored[difference.field], now[difference.field], wanted[difference.field])

    # Going on

    def _settle(self) -> None:
        """Make all differences that can be made as things stand, in rounds, until none of them can."""
        for _ in range(_ROUNDS):
            found = sorted(self._differences(), key=_rank)
            if not sum(self._makes(each) for each in found):
                return

    def _makes(self, difference: Difference) -> bool:
        """Whether one of the ways to make the difference works."""
        if self._is_there(difference):
            return False
        return any(self._goes(difference, lines) for lines in self._proposals.lines(difference))

    def _goes(self, difference: Difference, lines: Lines) -> bool:
        """Whether the lines go through and make the difference; if not, they are taken back."""
        mark, count, same = self.work.mark(), len(self.steps), dict(self._same)
        try:
            for words in lines:
                self._do(words, difference.wanted)
            if self._is_there(difference):
                return True
        except XeError:
            pass
        self._back(mark, count, same)
        return False

    def _back(self, mark: int, count: int, same: dict[str, str]) -> None:
        self.work.rollback(mark)
        del self.steps[count:]
        self._same = same

    def _do(self, words: Words, wanted: Record | None) -> None:
        mark = self.work.mark()
        result = self._run(self.work, words)
        made = result if isinstance(result, Record) else None
        self.steps.append(Step(words, "" if made is None else made["uuid"]))
        if made is not None and wanted is not None and made.cls is wanted.cls:
            self._same[wanted["uuid"]] = made["uuid"]
        new = [each.after for each in self.work.changes(mark) if each.before is None and each.after is not None]
        found: dict[str, list[Record]] = {}
        for obj in sorted(new, key=lambda obj: obj.cls.section):
            found.setdefault(obj.cls.name, []).append(obj)
        for obj in self._adopt(found):
            if made is None or obj["uuid"] != made["uuid"]:
                self.steps.append(Step(looking_for(obj), obj["uuid"], looks=True))

    def _detour(self, difference: Difference, before: int) -> bool:
        """Stop the VM that stands in the way, and go on from there; whether that leads further; if not, back again."""
        cls, obj = difference.cls, difference.there
        if cls is None or obj is None or cls.name not in DETOURS:
            return False
        field, line = DETOURS[cls.name]
        mark, count, same = self.work.mark(), len(self.steps), dict(self._same)
        try:
            self._do(line.format(obj[field]).split(" "), None)
        except XeError:
            self._back(mark, count, same)
            return False
        if self._makes(difference):
            self._settle()
            if len(list(self._differences())) < before:
                return True
        self._back(mark, count, same)
        return False


def _keys(cls: XenClass) -> tuple[tuple[str, ...], ...]:
    return KEYS.get(cls.name, (("name-label",),) if "name-label" in cls.stored else ())


def _rank(difference: Difference) -> tuple[int, int]:
    """The order in which differences are made: down, away, new, other values, up."""
    cls = difference.cls
    if cls is None:
        return 0, 0
    if difference.kind == GONE:
        return 2, -cls.section
    if difference.kind == NEW:
        return 3, cls.section
    wanted = None if difference.wanted is None else difference.wanted[difference.field]
    if (cls.name, difference.field) in _DOWN:
        return (1, 0) if wanted in {"halted", False} else (5, -cls.section)
    return 4, cls.section


def looking_for(obj: Record) -> Words:
    """The line that finds the object by the fields that tell it from others."""
    cls = obj.cls
    row = next(iter(_keys(cls)), ("uuid",))
    family = "snapshot" if obj.get("is-a-snapshot") else "template" if obj.get("is-a-template") else cls.name
    return [f"{family}-list", *(f"{name}={cls.stored[name].show(obj[name])}" for name in row), "--minimal"]
