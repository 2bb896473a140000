"""State: the objects of one pool in memory. Everything is looked up through indices, nothing by walking.

Operations read and change the state; `xe_py.running`, which runs them, asks `xe_py.state.core` whether the changes are
sound, and takes them back with `rollback` if not.
"""

from __future__ import annotations

import os

from xe_py import classes
from xe_py.errors import Failure
from xe_py.schema.fields import CASCADE, CLEAR, Derived, Refs
from xe_py.schema.xenclass import DESTROYED, GUESTS_ACT, RULES, STRICT, TEMPLATES
from xe_py.state.changes import Change, Committed
from xe_py.state.record import Record, alike
from xe_py.state.tables import Tables, entries, value_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import Key, XenClass
    from xe_py.state.tables import Source
    from xe_py.store.promise import Contents, Draft

    # The class, the uuid and the fields before (None: new) of a changed object; for the header: None, "", the header;
    # for the content of a disk: None, its name, None.
    _Entry = tuple[XenClass | None, str, dict[str, Any] | None]

    T = TypeVar("T")

FORMAT = 2
# The field that names the content of a disk or a blob in the store.
CONTENT = "content"


class State:
    """The objects of one pool, by class and uuid, in order of creation, and the header of the file they live in.

    `origin` names its store: the kind and the address. `contents_from` gives the contents of the disks there. The store
    sets both. `parts` are the states that were split off, each with the mark of that moment and its name.
    """

    def __init__(self, header: dict[str, Any], source: Source | None = None) -> None:
        self.header = header
        self.origin = ""
        self.contents_from: Callable[[], Contents] | None = None
        self._tables = Tables(source)
        self._journal: list[_Entry] = []
        self._known: dict[tuple[str, str], Any] = {}
        self.parts: list[tuple[int, str, State]] = []

    @property
    def rules(self) -> str:
        """The set of rules in force: `strict` or `xapi`."""
        return str(self.header.get(RULES, STRICT))

    @property
    def serial(self) -> int:
        """The serial, which each commit raises by one."""
        return int(self.header["serial"])

    def set_rules(self, rules: str) -> None:
        """Switch to another set of rules."""
        if rules != self.rules:
            self.set_header({RULES: rules})

    def set_header(self, fields: Mapping[str, Any]) -> None:
        """Give the header other values; None takes a key out."""
        header = {name: value for name, value in {**self.header, **fields}.items() if value is not None}
        if header != self.header:
            self._note((None, "", self.header))
            self.header = header

    # Looking up

    def get(self, cls: str, uuid: str | None) -> Record | None:
        """The object of the class with this uuid, or None."""
        if cls in classes.FOLLOWING:
            return next((obj for obj in self._following(cls) if obj["uuid"] == uuid), None)
        return None if uuid is None else self._tables.get(cls, uuid)

    def need(self, cls: str, uuid: str) -> Record:
        """The object of the class with this uuid; UUID_INVALID [class, uuid] if there is none."""
        found = self.get(cls, uuid)
        if found is None:
            raise Failure("UUID_INVALID", classes.get(cls).label, uuid)
        return found

    def class_of(self, uuid: str) -> str | None:
        """The name of the class of the object with this uuid, or None."""
        return self._tables.class_of(uuid)

    def all(self, cls: str) -> list[Record]:
        """All objects of the class in order of creation."""
        return self._following(cls) if cls in classes.FOLLOWING else self._tables.all(cls)

    def some(self, cls: str, fields: tuple[str, ...]) -> list[Record]:
        """All objects of the class in order of creation, to read; they may lack all fields but these."""
        return self._following(cls) if cls in classes.FOLLOWING else self._tables.some(cls, fields)

    def count(self, cls: str) -> int:
        """How many objects of the class there are."""
        return len(self.some(cls, ()))

    def find(self, cls: str, **fields: Any) -> list[Record]:
        """The objects with these values in stored fields, `_` for `-`; a set matches a member."""
        names, values = tuple(name.replace("_", "-") for name in fields), tuple(fields.values())
        if names in classes.get(cls).keys:
            return self.having(cls, names, values)
        found = self.having(cls, names[0], values[0])
        return [obj for obj in found if all(obj[name] == value for name, value in zip(names, values, strict=True))]

    def having(self, cls: str, key: Key, value: Any) -> list[Record]:
        """The objects whose field has this value, or whose set contains it; of several fields, all must match."""
        if cls in classes.FOLLOWING:
            return [obj for obj in self._following(cls) if value in entries(value_of(obj, key))]
        return self._tables.having(cls, key, value)

    def ref_or_none(self, obj: Record, field: str) -> Record | None:
        """The object that a reference points to, or None."""
        uuid = obj[field]
        return None if uuid is None else self._tables.get(obj.cls.references[field].to, uuid)

    def ref(self, obj: Record, field: str) -> Record:
        """The object that a required reference points to; for a dangling one a stand-in with every default.

        A sound state has no dangling references; the stand-in lets an unsound one be listed.
        """
        return self.ref_or_none(obj, field) or Record(classes.get(obj.cls.references[field].to), {"uuid": ""})

    def pointing_at(self, obj: Record, reference: str) -> list[Record]:
        """The objects that refer to this one through a reference, written `vbd.vm-uuid`."""
        cls, _, field = reference.partition(".")
        return self.having(cls, field, obj["uuid"])

    def sum_of(self, obj: Record, reference: str, name: str) -> int:
        """The declared sum of this name over the objects that refer to this one."""
        cls, _, field = reference.partition(".")
        return self._tables.total(cls, field, name, obj["uuid"])

    def name_of(self, obj: Record, field: str) -> str | None:
        """The name-label of the object that a reference points to, or None."""
        target = self.ref_or_none(obj, field)
        return None if target is None else target.name

    def _is_taken(self, uuid: str) -> bool:
        return self.class_of(uuid) is not None or any(self.get(cls, uuid) for cls in classes.FOLLOWING)

    def _following(self, cls: str) -> list[Record]:
        """The objects of a class whose objects follow from others, as they are now."""
        declared = classes.get(cls)
        return [] if declared.follows is None else [Record(declared, fields) for fields in declared.follows(self)]

    def once(self, key: tuple[str, str], find: Callable[[], T]) -> T:
        """What `find` returns, for many objects that share it; it is asked again only after the state has changed."""
        if key not in self._known:
            self._known[key] = find()
        found: T = self._known[key]
        return found

    def value(self, obj: Record, field: str) -> Any:
        """The value of a field, computed where it is derived."""
        declared = obj.cls.by_name[field]
        return declared.compute(self, obj) if isinstance(declared, Derived) else obj[field]

    def values(self, objects: list[Record], field: Field) -> list[Any]:
        """The value of a field of their class for each of the objects."""
        if isinstance(field, Derived):
            return field.column(self, objects)
        name = field.name
        return [obj[name] for obj in objects]

    # Changing

    def add(self, cls: str, fields: Mapping[str, Any], uuid: str | None = None) -> Record:
        """A new object of the class with these fields and defaults for the others."""
        declared = classes.get(cls)
        _must_be_kept(declared)
        if uuid is None:
            uuid = new_uuid()
            self._tables.made(uuid)
        elif any(self._is_taken(spelling) for spelling in {uuid, uuid.lower(), uuid.upper()}):
            raise Failure("DB_UNIQUENESS_CONSTRAINT_VIOLATION", declared.label, "uuid", uuid)
        self._note((declared, uuid, None))
        return self._tables.put(Record(declared, {"uuid": uuid, **_changed_from_default(declared, fields)}))

    def update(self, obj: Record, fields: Mapping[str, Any]) -> None:
        """Set fields of the object; HANDLE_INVALID for a record that does not, or no longer, belong to the state."""
        self._check_own(obj)
        if all(alike(obj[name], value) and type(obj[name]) is type(value) for name, value in fields.items()):
            return
        before = dict(obj)
        self._note((obj.cls, obj["uuid"], before))
        kept = {name: value for name, value in before.items() if name not in fields}
        self._tables.replace(obj, kept | _changed_from_default(obj.cls, fields), fields)

    def delete(self, obj: Record) -> None:
        """Delete the object and all objects that cannot exist without it; references that may be empty become empty.

        Another reference to it stays and dangles, and the core refuses the result. HANDLE_INVALID for a record that
        does not, or no longer, belong to the state.
        """
        self._check_own(obj)
        uuid = obj["uuid"]
        self._drop(obj)
        for cls, field in classes.referrers(obj.cls.name):
            for other in self.having(cls, field, uuid):
                self._let_go(other, field, uuid)

    def remove(self, obj: Record) -> None:
        """Take the object out, as an edit of the file may do; references to it stay."""
        self._check_own(obj)
        self._drop(obj)

    @property
    def contents(self) -> Contents:
        """The contents of the disks, in the store."""
        if self.contents_from is None:
            raise RuntimeError("A state that no store opened has no contents of disks.")
        return self.contents_from()

    def with_content(self) -> list[Record]:
        """The objects that name a content, to read; they may lack all fields but this and their names."""
        shown = CONTENT, "name-label"
        holders = [cls.name for cls in classes.sections() if CONTENT in cls.stored]
        return [obj for cls in holders for obj in self.some(cls, shown) if obj[CONTENT] is not None]

    def draft(self) -> tuple[str, Draft]:
        """A new content to be written, and its name. A commit keeps it if an object names it; a rollback removes it."""
        name = new_uuid()
        draft = self.contents.draft(name)
        self._note((None, name, None))
        return name, draft

    def split_off(self, name: str, part: State) -> None:
        """Let the next commit make a store of this name for the part, beside the store of this state."""
        self.parts.append((self.mark(), name, part))

    def repeat(self, changes: list[Change], header: Mapping[str, Any]) -> None:
        """Make the same changes as another state that was read from the same version of the file."""
        self.set_header({name: header.get(name) for name in (RULES, TEMPLATES, DESTROYED, GUESTS_ACT)})
        for change in changes:
            obj, after = self.get(change.cls.name, change.uuid), change.after
            if obj is None and after is not None:
                self.add(change.cls.name, after, change.uuid)
            elif obj is not None and after is None:
                self._drop(obj)
            elif obj is not None and after is not None:
                self.update(obj, {name: after[name] for name in change.touched() or ()})

    def _note(self, entry: _Entry) -> None:
        self._journal.append(entry)
        self._known.clear()

    def _drop(self, obj: Record) -> None:
        # The record itself is kept, so that a rollback gives this very record back to the state.
        self._note((obj.cls, obj["uuid"], obj))
        self._tables.drop(obj)

    def _check_own(self, obj: Record) -> None:
        _must_be_kept(obj.cls)
        if self.get(obj.cls.name, obj["uuid"]) is not obj:
            raise Failure("HANDLE_INVALID", obj.cls.label, obj["uuid"])

    def _let_go(self, obj: Record, field: str, uuid: str) -> None:
        if self.get(obj.cls.name, obj["uuid"]) is not obj:
            return  # It was deleted together with another object.
        reference = obj.cls.references[field]
        if reference.on_delete == CASCADE:
            self.delete(obj)
        elif isinstance(reference, Refs):
            self.update(obj, {field: [member for member in obj[field] if member != uuid]})
        elif reference.on_delete == CLEAR:
            self.update(obj, {field: None})

    # Rolling back, and reporting changes

    def mark(self) -> int:
        """A point to which `rollback` can return and from which `changes` can count."""
        return len(self._journal)

    def rollback(self, mark: int) -> None:
        """Undo all changes since the mark."""
        self._known.clear()
        for cls, uuid, before in reversed(self._journal[mark:]):
            if cls is None and uuid:
                self.contents.discard(uuid)
                continue
            if cls is None:
                self.header = before or {}
                continue
            now = self.get(cls.name, uuid)
            if now is None and before is not None:
                self._tables.put(before if isinstance(before, Record) else Record(cls, before))
            elif now is not None and before is None:
                self._tables.undo(now)
            elif now is not None and before is not None:
                self._tables.replace(now, before, cls.stored)
        del self._journal[mark:]
        self.parts = [each for each in self.parts if each[0] < mark]

    def header_before(self) -> dict[str, Any]:
        """The header as it is saved: before all changes."""
        return next((before for cls, _, before in self._journal if cls is None and before), self.header)

    def header_changed(self) -> bool:
        """Whether the header was changed."""
        return self.header_before() is not self.header

    def changes(self, mark: int = 0) -> list[Change]:
        """How each object changed since the mark, in the order of the first change."""
        first: dict[tuple[XenClass, str], dict[str, Any] | None] = {}
        for cls, uuid, before in self._journal[mark:]:
            if cls is not None:
                first.setdefault((cls, uuid), before)
        found = [Change(cls, uuid, before, self.get(cls.name, uuid)) for (cls, uuid), before in first.items()]
        return [change for change in found if change]

    def settle(self, changes: list[Change] | None = None) -> Committed:
        """Treat all changes so far as saved: they no longer count as changes and cannot be rolled back.

        `changes` must be all that `changes()` returns. The result never changes, even if the objects do.
        """
        found = self.changes() if changes is None else changes
        if self._journal:
            self.header = {**self.header, "serial": self.serial + 1}
        self._journal.clear()
        self.parts.clear()
        self._tables.settle()
        return Committed(self.serial, [change.kept() for change in found])

    # Default templates, which a store need not keep

    def is_delivered(self, fields: Mapping[str, Any] | None) -> bool:
        """Whether these are the fields of a default template as the package has it; then reading the state adds it."""
        return _is_delivered(self.header, fields)

    def was_delivered(self, fields: Mapping[str, Any] | None) -> bool:
        """The same for the state as it is saved, before all changes."""
        return _is_delivered(self.header_before(), fields)

    # Loading what is written

    def load(self, cls: XenClass, fields: dict[str, Any]) -> Record:
        """Add an object as it is written; this does not count as a change."""
        self._known.clear()
        return self._tables.load(Record(cls, fields))

    def rest_on(self, source: Source, places: Mapping[str, Mapping[str, int]]) -> None:
        """Use the source for all objects as they are now, at the given places by class and uuid; this is no change."""
        self._tables.rest_on(source, places)

    def place_of(self, cls: str, uuid: str) -> int:
        """The place of an object among those of its class; for an uncommitted deletion, the place that it had."""
        return self._tables.place_of(cls, uuid)

    def last(self, cls: str, beside: set[str]) -> tuple[int, str] | None:
        """The place and the uuid of the last object of the class, except the given ones."""
        return self._tables.last(cls, beside)

    def totals(self) -> dict[tuple[str, str], dict[str, int]]:
        """All declared sums, by reference and name, up to date."""
        return self._tables.totals()


def new_uuid() -> str:
    """A new random uuid (version 4)."""
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _must_be_kept(cls: XenClass) -> None:
    """Refuse a class whose objects no file holds: nothing could keep what becomes of them."""
    if cls.follows is not None:
        reason = f"The objects of the class {cls.name} follow from others and cannot be changed themselves."
        raise Failure("OPERATION_NOT_ALLOWED", reason)


def _is_delivered(header: Mapping[str, Any], fields: Mapping[str, Any] | None) -> bool:
    if fields is None or "is-default-template" not in fields:
        return False  # As for most objects: the templates need not be loaded.
    from xe_py.state.templates import is_delivered

    return is_delivered(header, fields)


def _changed_from_default(cls: XenClass, fields: Mapping[str, Any]) -> dict[str, Any]:
    defaults = cls.defaults
    return {name: value for name, value in fields.items() if value is not None and value != defaults[name]}
