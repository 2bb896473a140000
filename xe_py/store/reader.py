"""From the bytes of a state file to a state, with everything that is wrong named and placed."""

from __future__ import annotations

import os
from stat import S_ISDIR, S_ISREG

from xe_py.classes import sections
from xe_py.errors import Failure, StateFileError
from xe_py.schema.fields import LARGEST, Time, is_uuid
from xe_py.schema.xenclass import STRICT, XAPI
from xe_py.state.core import Finding, findings
from xe_py.state.state import FORMAT, State
from xe_py.store import plain
from xe_py.store.document import Document, identity, target_of
from xe_py.store.indexing import build

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import XenClass

_HEADER = {"format": int, "lineage": str, "serial": int, "rules": str}


def read(path: str) -> Document:
    """The file with its text; StateFileError where it cannot be read."""
    try:
        # Without O_NONBLOCK a pipe would be waited for.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(handle, "rb") as file:
            status = os.fstat(handle)
            if not S_ISREG(status.st_mode):
                kind = "a folder" if S_ISDIR(status.st_mode) else "no ordinary file"
                raise StateFileError(f"{path} is {kind}, not a state file.\nName the file itself.")
            data = file.read()
    except FileNotFoundError:
        raise StateFileError(
            f"The state file {path} does not exist.\nMake one with: xe --state {path} state-init"
        ) from None
    except OSError as error:
        raise StateFileError(f"The state file {path} cannot be read: {error.strerror}.") from None
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise StateFileError(f"{path}:{line}: this is not UTF-8 text (byte {error.start}).") from None
    if not text.strip():
        raise StateFileError(
            f"The state file {path} is empty.\nRemove it and make a new one with: xe --state {path} state-init"
        )
    return Document(path, target_of(path), identity(status), text=text)


def judge(document: Document) -> tuple[State, list[Finding]]:
    """The state that the text describes, and all that is unsound in it.

    A part that cannot be taken in (an unknown field, a value of the wrong kind) is left out and is a finding.
    StateFileError where the text as a whole says no state.
    """
    tables = _parse(document)
    state = State(_header(document, tables.pop("state", None)))
    found = list(_take_in(state, tables))
    found += findings(state, typed=True)
    return state, found


def load(document: Document) -> tuple[State, list[Finding]]:
    """The same as `judge`; a sound state gets its index."""
    state, found = judge(document)
    if not found:
        build(document.target, document.identity, state, document.text.encode() if document.is_plain else None)
    return state, found


def places(document: Document, found: list[Finding]) -> list[str]:
    """Where each finding shows: `path:line` of the field, or of the nearest thing around it that is written."""
    from xe_py.store.layout import lines_of  # noqa: PLC0415 - only a report of findings needs line numbers

    lines = lines_of(document.text)
    shown = []
    for finding in found:
        path = (finding.cls, finding.uuid, finding.field)
        line = next((lines[path[:depth]] for depth in (3, 2, 1) if path[:depth] in lines), None)
        shown.append(document.path if line is None else f"{document.path}:{line}")
    return shown


def _parse(document: Document) -> dict[str, Any]:
    text = document.text
    tables = plain.load(text)
    if tables is not None:
        document.is_plain = text.endswith("\n") and "\n[state]\n" in text
        return tables
    import tomllib  # noqa: PLC0415 - importing it costs more than starting Python

    try:
        return tomllib.loads(document.text)
    except tomllib.TOMLDecodeError as error:
        raise StateFileError(f"{document.path} is not TOML: {error}.") from None
    except RecursionError:
        raise StateFileError(f"{document.path} is nested too deeply to be read.") from None
    except (ValueError, OverflowError) as error:
        raise StateFileError(f"{document.path} holds a value that cannot be read: {error}.") from None


def _header(document: Document, header: Any) -> dict[str, Any]:
    path = document.path
    if not isinstance(header, dict):
        raise StateFileError(f"{path} has no [state] table, so it is not a state file of xe.")
    for name, kind in _HEADER.items():
        if type(header.get(name)) is not kind:
            raise StateFileError(f"{path}: [state] must have {name}, a {'number' if kind is int else 'text'}.")
    if header["format"] > FORMAT:
        raise StateFileError(f"{path} has a newer format than {FORMAT}, the newest that this xe knows. Use a newer xe.")
    if header["format"] < 1 or not 0 <= header["serial"] <= LARGEST:
        raise StateFileError(f"{path}: [state] has a format or a serial that cannot be.")
    if header["rules"] not in {STRICT, XAPI}:
        raise StateFileError(f"{path}: [state] rules must be {STRICT} or {XAPI}, not {header['rules']!r}.")
    if unknown := sorted(header.keys() - _HEADER.keys()):
        raise StateFileError(f"{path}: [state] has unknown keys: {', '.join(unknown)}.")
    return header


def _take_in(state: State, tables: dict[str, Any]) -> list[Finding]:
    found = []
    known = {cls.name: cls for cls in sections()}
    seen: set[str] = set()
    for name, table in tables.items():
        if name not in known or not isinstance(table, dict):
            found.append(Finding(name, "", "", Failure("STATE_UNKNOWN_CLASS", name)))
            continue
        cls = known[name]
        # The uuid is the name of the table, and no field in it.
        stored = {field.name: field for field in cls.stored.values() if field.name != "uuid"}
        for uuid, fields in table.items():
            if not is_uuid(uuid) or not isinstance(fields, dict):
                found.append(Finding(name, uuid, "", Failure("STATE_UUID_MALFORMED", uuid)))
            elif (folded := uuid.lower()) in seen:
                found.append(Finding(name, uuid, "", Failure("STATE_DUPLICATE_UUID", uuid)))
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
        if field is None:
            found.append(Finding(cls.name, uuid, name, Failure("STATE_UNKNOWN_FIELD", name)))
            dropped.append(name)
            continue
        if type(value) is not field.takes:
            if isinstance(field, Time):
                value = fields[name] = field.from_toml(value)  # noqa: PLW2901 - from here on it is the value
            if not field.accepts(value):
                found.append(Finding(cls.name, uuid, name, Failure("FIELD_TYPE_ERROR", name)))
                dropped.append(name)
                continue
        if value == field.default:
            dropped.append(name)
    for name in dropped:
        del fields[name]
    fields["uuid"] = uuid
    state.load(cls, fields)
    return found
