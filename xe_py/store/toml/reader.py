"""From the bytes of a state file to a state; everything that is wrong gets a name and a place."""

from __future__ import annotations

import os
from stat import S_ISDIR, S_ISREG

from xe_py import classes
from xe_py.classes import FOLLOWING
from xe_py.errors import Failure, StateFileError, on_file
from xe_py.schema.fields import LARGEST, Choice, Int, Set
from xe_py.schema.numbers import is_uuid
from xe_py.schema.values import Time
from xe_py.schema.xenclass import DESTROYED, GUESTS_ACT, RULES, STRICT, TEMPLATES, XAPI
from xe_py.state.core import Finding, causes, findings
from xe_py.state.state import FORMAT, State
from xe_py.store.files.document import Document, identity
from xe_py.store.toml import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import XenClass
    from xe_py.store.files.document import Site
    from xe_py.store.terms import Placed

_HEADER = {"format": int, "lineage": str, "serial": int, "rules": str}

# Fields that follow from other objects today, and that were stored, with nothing in them, before those had classes.
_ONCE_STORED = {
    "vm": ("console-uuids", "vtpms", "blobs"),
    "host": ("patches", "updates", "features", "blobs"),
    "pool": ("blobs",),
    "sr": ("blobs",),
    "network": ("blobs",),
}

# So many findings are looked for one by one.
_FEW = 20

# Codes that say something is missing; it may be one of the parts that were left out.
_LACKS = frozenset(("STATE_HOST_INCOMPLETE", "STATE_OBJECT_MISSING"))


def read(site: Site) -> Document:
    """The file with its text; StateFileError if it cannot be read.

    The error says so if an earlier version of the file may help.
    """
    path = site.path
    try:
        # Without O_NONBLOCK a pipe would be waited for.
        handle = os.open(site.source, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(handle, "rb") as file:
            status = os.fstat(handle)
            if not S_ISREG(status.st_mode):
                kind = "a folder" if S_ISDIR(status.st_mode) else "a special file"
                raise StateFileError(f"{path} is {kind}, not a state file.\nName the file itself.")
            data = file.read()
    except FileNotFoundError:
        raise _lost(StateFileError(f"The state file {path} does not exist.", on_file(path, "state-init"))) from None
    except OSError as error:
        raise StateFileError(f"The state file {path} cannot be read: {error.strerror}.") from None
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _lost(StateFileError(f"{path}:{line}: this is not UTF-8 text (byte {error.start}).")) from None
    if not text.strip():
        raise _lost(StateFileError(f"The state file {path} is empty.", on_file(path, "state-init --force")))
    return Document(path, site.target, identity(status), text=text)


def _lost(error: StateFileError) -> StateFileError:
    error.is_lost = True
    return error


def judge(document: Document) -> tuple[State, list[Finding]]:
    """The state in the text, and everything in it that is unsound.

    A part that cannot be read into the state (an unknown field, a value of the wrong kind) is left out and is a
    finding. StateFileError if the text as a whole is not a state.
    """
    try:
        tables = parse(document)
    except StateFileError as error:
        raise _lost(error) from None
    header = _header(document, tables.pop("state", None))
    if header["format"] < FORMAT:
        from xe_py.store.toml.upgrade import upgrade

        document.taken_out = upgrade(tables, header["format"])
        header = {**header, "format": FORMAT}
    state = State(header)
    doubly = _add_templates(state, tables)
    left_out = _take_in(state, tables)
    if any(state.is_delivered(state.get("vm", uuid)) for uuid in doubly):
        document.is_plain = False  # In a plain file, a template that is as delivered has no table.
    found = list(findings(state, typed=True))
    found = _all_found(state, tables, left_out, found) if left_out or found else []
    if state.header["serial"] == LARGEST:
        reason = "it is the largest possible number, so no change can follow"
        found.insert(0, Finding("state", "", "serial", Failure("VALUE_NOT_SUPPORTED", "serial", str(LARGEST), reason)))
    return state, found


def taken_in(header: dict[str, Any], tables: dict[str, Any]) -> State | None:
    """A state with these tables alone; None if anything in them does not fit."""
    state = State(header)
    return None if _take_in(state, tables) else state


def read_back(text: str) -> State | None:
    """The state in the text; None if it holds none, or more than a state can take in."""
    try:
        tables = parse(Document("", "", (), text=text))
        state = State(tables.pop("state", {}))
        _add_templates(state, tables)
    except StateFileError:
        return None
    return None if _take_in(state, tables) else state


def places(document: Document, found: Sequence[Placed]) -> list[str]:
    """Where each of them shows: `path:line` of the field, or of the nearest part around it that is in the text."""
    paths = [(each.cls, each.uuid, each.field) for each in found]
    lines = plain.lines_of(document.content(), paths) if document.is_plain and len(paths) <= _FEW else None
    if lines is None:
        from xe_py.store.toml import layout

        lines = layout.lines_of(document.text, paths)
    return [_place(document, lines, *path) for path in paths]


def _place(document: Document, lines: dict[tuple[str, ...], int], *path: str) -> str:
    depths = range(len(path), 0, -1)
    line = next((lines[path[:depth]] for depth in depths if path[:depth] in lines), None)
    return document.path if line is None else f"{document.path}:{line}"


def parse(document: Document) -> dict[str, Any]:
    """The tables of the text; StateFileError if it is no TOML."""
    text = document.text
    tables = plain.load(text)
    if tables is not None:
        document.is_plain = text.endswith("\n") and "state" in tables and not document.is_wrapped
        return tables
    import tomllib

    from xe_py.store.toml.unreadable import no_toml, refuse_deep_names

    refuse_deep_names(document.path, text)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise StateFileError(f"{document.path} is nested too deeply to be read.") from None
    except (ValueError, OverflowError) as error:
        raise no_toml(document.path, text, error) from None


def _header(document: Document, header: Any) -> dict[str, Any]:
    if not isinstance(header, dict):
        raise _lost(StateFileError(f"{document.path} has no [state] table, so it is not a state file of xe."))
    number = header.get("format")
    if type(number) is int and number > FORMAT:
        raise _no_header(
            document, "format", f"has a newer format than {FORMAT}, the newest that this xe knows; use a newer xe"
        )
    known = (*_HEADER, TEMPLATES, DESTROYED, GUESTS_ACT)
    for name in (each for each in header if each not in known):
        from xe_py.store.toml.misfits import guess, nearest

        raise _no_header(document, name, f"has an unknown key: {name}{guess(nearest(name, known))}")
    for name, kind in _HEADER.items():
        if type(header.get(name)) is not kind:
            raise _no_header(document, name, f"must have {name}, a {'number' if kind is int else 'text'}")
    if header["format"] < 1:
        raise _no_header(document, "format", f"has a format that does not exist; it must be {FORMAT}")
    if not 0 <= header["serial"] <= LARGEST:
        raise _no_header(document, "serial", f"has an impossible serial; it must be from 0 to {LARGEST}")
    for field in _settings(header):
        if field.name in header and not field.accepts(header[field.name]):
            from xe_py.store.toml.misfits import misfit

            raise _no_header(document, field.name, misfit(field, header[field.name]))
    return header


def _settings(header: dict[str, Any]) -> Iterator[Field]:
    """The keys of the header that are like fields of an object."""
    yield Choice(RULES, (STRICT, XAPI))
    yield Set(DESTROYED)
    yield Int(GUESTS_ACT)
    if TEMPLATES in header:
        from xe_py.xapi.default_templates import SETS

        yield Choice(TEMPLATES, SETS)


def _add_templates(state: State, tables: dict[str, Any]) -> set[str]:
    """Put the default templates that the file does not hold before its VMs; the uuids of those that it does hold."""
    if TEMPLATES not in state.header:
        return set()
    from xe_py.state.templates import of

    known, written = of(state.header), tables.get("vm", {})
    if not isinstance(written, dict):
        return set()
    as_written = {
        uuid: {name: value for name, value in fields.items() if name != "uuid"} for uuid, fields in known.items()
    }
    tables["vm"] = as_written | written
    return known.keys() & written.keys()


def _no_header(document: Document, name: str, text: str) -> StateFileError:
    from xe_py.store.toml.layout import lines_of

    place = _place(document, lines_of(document.text, [("state", name)]), "state", name)
    return _lost(StateFileError(f"{place}: [state] {text}."))


def _all_found(state: State, tables: dict[str, Any], left_out: list[Finding], found: list[Finding]) -> list[Finding]:
    """What was left out and what else is unsound, except what only follows from the parts left out."""
    from xe_py.store.toml.misfits import missing

    written = {uuid for table in tables.values() if isinstance(table, dict) for uuid in table}
    lost = {uuid for uuid in written if state.class_of(uuid) is None}
    spoilt = {(finding.uuid, finding.spoils) for finding in left_out}
    for finding in found:
        if finding.failure.code == "FIELD_TYPE_ERROR":
            finding.text = missing(classes.get(finding.cls).stored[finding.field])
    if lost:
        found = [finding for finding in found if finding.failure.code not in _LACKS]
    every = left_out + [finding for finding in found if (finding.uuid, finding.field) not in spoilt]
    return [finding for finding in causes(state, every) if not (finding.spoils and _leads_to(finding.failure, lost))]


def _leads_to(failure: Failure, lost: set[str]) -> bool:
    return failure.code == "HANDLE_INVALID" and failure.values[1] in lost


def _take_in(state: State, tables: dict[str, Any]) -> list[Finding]:
    found = []
    known = classes.order()
    seen: set[str] = set()
    for name, table in tables.items():
        if name not in known or not isinstance(table, dict):
            found.append(_no_class(name, known))
            continue
        cls = classes.get(name)
        # The uuid is the name of the table, and no field in it.
        stored = {field.name: field for field in cls.stored.values() if field.name != "uuid"}
        for uuid, fields in table.items():
            if not is_uuid(uuid):
                found.append(Finding(name, uuid, "", Failure("STATE_UUID_MALFORMED", uuid), name=_name(fields)))
            elif not isinstance(fields, dict):
                found.append(_no_object(name, uuid, fields))
            elif (folded := uuid.lower()) in seen:
                found.append(Finding(name, uuid, "", Failure("STATE_DUPLICATE_UUID", uuid), name=_name(fields)))
            else:
                seen.add(folded)
                found += _take_in_object(state, cls, stored, uuid, fields)
    return found


def _take_in_object(
    state: State, cls: XenClass, stored: dict[str, Field], uuid: str, fields: dict[str, Any]
) -> list[Finding]:
    found = []
    dropped = []
    for name, value in fields.items():
        field = stored.get(name)
        if field is None and not value and name in _ONCE_STORED.get(cls.name, ()):
            dropped.append(name)
            continue
        if field is None:
            found.append(_no_field(cls, uuid, fields, name))
            dropped.append(name)
            continue
        if type(value) is not field.takes:
            if isinstance(field, Time):
                value = fields[name] = field.from_toml(value)  # noqa: PLW2901 - from here on it is the value
            if not field.accepts(value):
                found.append(_misfit(cls, uuid, fields, name))
                dropped.append(name)
                continue
        if value == field.default:
            dropped.append(name)
    for name in dropped:
        del fields[name]
    fields["uuid"] = uuid
    state.load(cls, fields)
    return found


def _no_class(name: str, known: Iterable[str]) -> Finding:
    from xe_py.store.toml.misfits import guess, nearest

    near = nearest(name, known)
    if near == name:
        text = f"objects of this class must be tables, [{name}.uuid]"
    elif name in FOLLOWING:
        text = f"xe_py has its own objects of the class {name}; delete these tables"
    else:
        text = f"there is no class {name}{guess(near)}"
    return Finding(name, "", "", Failure("STATE_UNKNOWN_CLASS", name), text=text)


def _no_object(cls: str, uuid: str, value: Any) -> Finding:
    from xe_py.store.toml.misfits import no_object

    return Finding(cls, uuid, "", Failure("STATE_OBJECT_MALFORMED", uuid), text=no_object(cls, value))


def _no_field(cls: XenClass, uuid: str, fields: dict[str, Any], name: str) -> Finding:
    from xe_py.store.toml.misfits import nearest, unknown_field

    failure = Failure("STATE_UNKNOWN_FIELD", name)
    meant = nearest(name, cls.stored.keys() - fields.keys())
    return Finding(cls.name, uuid, name, failure, name=_name(fields), spoils=meant, text=unknown_field(cls, name))


def _misfit(cls: XenClass, uuid: str, fields: dict[str, Any], name: str) -> Finding:
    from xe_py.store.toml.misfits import misfit

    text = misfit(cls.stored[name], fields[name])
    failure = Failure("FIELD_TYPE_ERROR", name)
    return Finding(cls.name, uuid, name, failure, name=_name(fields), spoils=name, text=text)


def _name(fields: Any) -> str:
    """The name-label in the fields of an object, if there is one."""
    name = fields.get("name-label", "") if isinstance(fields, dict) else ""
    return name if isinstance(name, str) else ""
