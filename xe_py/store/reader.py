"""From the bytes of a state file to a state, with everything that is wrong named and placed."""

from __future__ import annotations

import os

from xe_py import classes
from xe_py.errors import Failure, StateFileError
from xe_py.schema.xenclass import STRICT, XAPI
from xe_py.state.core import Finding, findings
from xe_py.state.state import FORMAT, State, is_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.schema.xenclass import XenClass

_HEADER = {"format": int, "lineage": str, "serial": int, "rules": str}


class UnsoundStateError(StateFileError):
    """The state in a file is unsound. With `whole` the findings are what was asked for, and all are shown."""

    def __init__(self, document: Document, found: list[Finding], *, whole: bool = False) -> None:
        super().__init__(document.path)
        self.document = document
        self.findings = found
        self.whole = whole


class Document:
    """A state file as it was read: its path, its text, and what identifies this version of it."""

    __slots__ = ("identity", "path", "text")

    def __init__(self, path: str, text: str, identity: tuple[int, ...]) -> None:
        self.path = path
        self.text = text
        self.identity = identity


def identity(status: os.stat_result) -> tuple[int, ...]:
    """What tells one version of a file from another."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def read(path: str) -> Document:
    """The text of the file; StateFileError where it cannot be read."""
    try:
        with open(path, "rb") as file:
            data = file.read()
            status = os.fstat(file.fileno())
    except FileNotFoundError:
        raise StateFileError(
            f"The state file {path} does not exist.\nMake one with: xe --state {path} state-init"
        ) from None
    except IsADirectoryError:
        raise StateFileError(f"{path} is a folder, not a state file.\nName the file itself.") from None
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
    return Document(path, text, identity(status))


def load(document: Document) -> tuple[State, list[Finding]]:
    """The state that the text describes, and all that is unsound in it.

    A part that cannot be taken in (an unknown field, a value of the wrong kind) is left out and is a finding.
    StateFileError where the text as a whole says no state.
    """
    tables = _parse(document)
    state = State(_header(document, tables.pop("state", None)))
    found = list(_take_in(state, tables))
    return state, found + list(findings(state))


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
        raise StateFileError(
            f"{path} has format {header['format']}; this xe knows formats up to {FORMAT}. Use a newer xe."
        )
    if header["format"] < 1 or header["serial"] < 0:
        raise StateFileError(f"{path}: [state] has a format or a serial that cannot be.")
    if header["rules"] not in {STRICT, XAPI}:
        raise StateFileError(f"{path}: [state] rules must be {STRICT} or {XAPI}, not {header['rules']!r}.")
    if unknown := sorted(header.keys() - _HEADER.keys()):
        raise StateFileError(f"{path}: [state] has unknown keys: {', '.join(unknown)}.")
    return header


def _take_in(state: State, tables: dict[str, Any]) -> list[Finding]:
    found = []
    known = {cls.name: cls for cls in classes.sections()}
    for name, table in tables.items():
        if name not in known or not isinstance(table, dict):
            found.append(Finding(name, "", "", Failure("STATE_UNKNOWN_CLASS", name)))
            continue
        for uuid, fields in table.items():
            if not is_uuid(uuid) or not isinstance(fields, dict):
                found.append(Finding(name, uuid, "", Failure("STATE_UUID_MALFORMED", uuid)))
            elif state.class_of(uuid) is not None:
                found.append(Finding(name, uuid, "", Failure("STATE_DUPLICATE_UUID", uuid)))
            else:
                found += _take_in_object(state, known[name], uuid, fields)
    return found


def _take_in_object(state: State, cls: XenClass, uuid: str, fields: dict[str, Any]) -> list[Finding]:
    found = []
    taken = {"uuid": uuid}
    stored = cls.stored
    for name, value in fields.items():
        field = stored.get(name)
        if field is None or name == "uuid":
            found.append(Finding(cls.name, uuid, name, Failure("STATE_UNKNOWN_FIELD", name)))
        elif not field.accepts(value):
            found.append(Finding(cls.name, uuid, name, Failure("FIELD_TYPE_ERROR", name)))
        elif value != field.default:
            taken[name] = value
    state.load(cls, taken)
    return found
