"""The command `state-apply`: makes the state like a file, as one change. Only xe_py has it."""

from __future__ import annotations

from xe_py import classes
from xe_py.errors import Misuse
from xe_py.schema.command import IMPORTS, command
from xe_py.schema.fields import Bool, Ref, Refs, Text
from xe_py.schema.numbers import is_uuid
from xe_py.schema.similar import did_you_mean
from xe_py.schema.values import Time
from xe_py.schema.xenclass import DESTROYED, RULES, STRICT, TEMPLATES
from xe_py.state.plan import plan_of
from xe_py.state.state import new_uuid
from xe_py.state.templates import NO_SET, of, replace
from xe_py.store import tables_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.schema.client import Client
    from xe_py.schema.fields import Field
    from xe_py.schema.listing import Plan
    from xe_py.schema.xenclass import XenClass
    from xe_py.state.state import State

    # By class and uuid, the fields that the file gives.
    Objects = dict[str, dict[str, dict[str, Any]]]


@command(
    "state-apply",
    required=(Text("file", doc="The file; - reads standard input."),),
    optional=(
        Bool("prune", doc="Remove the objects that the file does not have. The file must be a whole state."),
        Bool("full", doc="Leave no detail out of the plan."),
    ),
    doc="Make the state like a file, and show what that changes. A file with a [state] table is a whole state, in "
    "which a field that is missing has its default; any other file is a part, which changes only the fields that it "
    "has. In both, a name may stand for the uuid of an object.",
    kind=IMPORTS,
    ours=True,
)
def apply(state: State, file: str, *, prune: bool = False, full: bool = False, client: Client | None) -> Plan | None:
    """What it changes."""
    if client is None:
        return None
    with client.source(file) as source:
        tables = tables_in(file, source.read())
    header = tables.pop("state", None)
    if prune and header is None:
        raise Misuse(
            f"Error: {file} is a part of a state, because it has no [state] table. With --prune, nearly all would go.",
            "leave --prune out, or give a whole state file",
        )
    before, mark = state.header, state.mark()
    if isinstance(header, dict):
        _set_header(state, header)
    objects = _Names(state, file, tables).objects()
    if header is not None:
        _add_templates(state, objects)
    _put(state, objects, whole=header is not None)
    if prune:
        _prune(state, objects)
    plan = plan_of(state.changes(mark), before, state.header, [state])
    return plan.in_full() if full else plan


def _set_header(state: State, header: dict[str, Any]) -> None:
    """Take over the rules and the set of default templates, those that were destroyed among them."""
    state.set_rules(str(header.get(RULES, STRICT)))
    if header.get(TEMPLATES, NO_SET) != state.header.get(TEMPLATES, NO_SET):
        replace(state, str(header.get(TEMPLATES, NO_SET)))
    state.set_header({DESTROYED: header.get(DESTROYED)})
    for uuid in header.get(DESTROYED, ()):
        vm = state.get("vm", uuid)
        if vm is not None:
            state.delete(vm)


def _add_templates(state: State, objects: Objects) -> None:
    """Add the default templates that a whole file need not hold, as they were delivered."""
    given = objects.setdefault("vm", {})
    for uuid, fields in of(state.header).items():
        given.setdefault(uuid, {name: value for name, value in fields.items() if name != "uuid"})


def _put(state: State, objects: Objects, *, whole: bool) -> None:
    """Give the objects the fields of the file; with `whole`, the default to each other field."""
    for name, found in objects.items():
        cls = classes.get(name)
        for uuid, fields in found.items():
            there = state.get(name, uuid)
            if there is None:
                state.add(name, fields, uuid)
            else:
                others = {field: cls.defaults[field] for field in cls.stored if field != "uuid"} if whole else {}
                state.update(there, others | fields)


def _prune(state: State, objects: Objects) -> None:
    """Remove what the file does not have."""
    for cls in reversed(list(classes.sections())):
        kept = objects.get(cls.name, {})
        for obj in state.all(cls.name):
            if obj["uuid"] not in kept and state.get(cls.name, obj["uuid"]) is obj:
                state.delete(obj)


class _Names:
    """The tables of a file with uuids in the place of names: names of its own objects first, then of the state's."""

    def __init__(self, state: State, file: str, tables: dict[str, Any]) -> None:
        self._state = state
        self._file = file
        self._tables = tables
        self._known: dict[tuple[str, str], str] = {}

    def objects(self) -> Objects:
        """The objects of the file; Misuse for the first word in it that makes no sense."""
        found: Objects = {}
        for name, table in self._tables.items():
            if name not in classes.order() or not isinstance(table, dict):
                raise self._wrong(f"there is no class {name}", *did_you_mean(name, classes.order()))
            for key, fields in table.items():
                if not isinstance(fields, dict):
                    raise self._wrong(f"{name} {key} must be a table, [{name}.{key}]")
                self._known[name, key] = self._uuid(name, key)
        for name, table in self._tables.items():
            cls = classes.get(name)
            for key, fields in table.items():
                found.setdefault(name, {})[self._known[name, key]] = self._fields(cls, key, fields)
        return found

    def _uuid(self, cls: str, key: str) -> str:
        """The uuid of the table: its name is the uuid, the name of an object, or that of a new one."""
        return key if is_uuid(key) else self._in_state(cls, key) or new_uuid()

    def _in_state(self, cls: str, name: str) -> str | None:
        """The uuid of the only object of the state with this name; Misuse if there are several."""
        if "name-label" not in classes.get(cls).stored:
            return None
        found = self._state.having(cls, "name-label", name)
        if len(found) > 1:
            uuids = ", ".join(obj["uuid"] for obj in found)
            raise self._wrong(f"several objects of the class {cls} have the name {name}; give a uuid: {uuids}")
        return str(found[0]["uuid"]) if found else None

    def _fields(self, cls: XenClass, key: str, fields: dict[str, Any]) -> dict[str, Any]:
        found = {}
        for name, value in fields.items():
            field = cls.stored.get(name)
            if field is None or name == "uuid":
                notes = did_you_mean(name, cls.stored)
                raise self._wrong(f"{cls.name} {key}: {name} is no field that a state file holds", *notes)
            found[name] = self._value(cls, key, field, value)
        if not is_uuid(key) and "name-label" in cls.stored:
            found.setdefault("name-label", key)
        return found

    def _value(self, cls: XenClass, key: str, field: Field, value: Any) -> Any:
        if isinstance(field, Time):
            value = field.from_toml(value)
        elif isinstance(field, Ref) and isinstance(value, str):
            value = self._referred(field.to, value)
        elif isinstance(field, Refs) and isinstance(value, list):
            value = [self._referred(field.to, each) if isinstance(each, str) else each for each in value]
        if not field.accepts(value):
            raise self._wrong(f"{cls.name} {key}: {field.name} cannot be {value!r}")
        return value

    def _referred(self, cls: str, name: str) -> str:
        if is_uuid(name):
            return name
        uuid = self._known.get((cls, name)) or self._in_state(cls, name)
        if uuid is None:
            raise self._wrong(f"no object of the class {cls} has the name {name}")
        return uuid

    def _wrong(self, text: str, *notes: str) -> Misuse:
        return Misuse(f"Error: {self._file}: {text}.", *notes)
