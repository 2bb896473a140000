"""A refusal as an object of JSON: the code, its parameters, what is in the way, and what may help."""

from __future__ import annotations

from xe_py.cli.formats.texts import json
from xe_py.cli.remarks import command_of, notes_of
from xe_py.cli.report import hints, sentence
from xe_py.codes import in_words
from xe_py.errors import (
    Failure,
    Misuse,
    ScriptRefused,
    SeveralFailed,
    StateFileError,
    UnsoundStateError,
    XeError,
    named,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.state.record import Record


def told(error: XeError) -> str:
    """The refusal on a line of its own."""
    return json(object_of(error))


def findings(error: UnsoundStateError) -> list[dict[str, Any]]:
    """What is wrong with an unsound state, finding by finding."""
    return [
        {
            "place": place,
            "class": finding.cls,
            "uuid": finding.uuid,
            "field": finding.field,
            "code": finding.failure.code,
            "parameters": list(map(_parameter, finding.failure.values)),
            "message": finding.text or sentence(finding.failure),
        }
        for place, finding in zip(error.opened.places(error.findings), error.findings, strict=True)
    ]


def object_of(error: XeError) -> dict[str, Any]:
    """The refusal with the keys that apply to it; `code` and `message` always do."""
    found: dict[str, Any] = {"code": error.code if isinstance(error, Failure) else None, "message": _message(error)}
    if isinstance(error, Failure):
        found["parameters"] = list(map(_parameter, error.values))
        found["in-the-way"] = [_blocker(obj) for obj in error.blockers] + [
            _blocker(obj) | {"code": reason.code, "message": in_words(reason)} for obj, reason in error.reasons
        ]
    if isinstance(error, SeveralFailed):
        found["refused"] = [{"uuid": uuid} | object_of(each) for uuid, each in error.refusals]
    if isinstance(error, UnsoundStateError):
        found["findings"] = findings(error)
    found["notes"] = notes_of(error)
    found["remedies"] = hints(error)
    if (line := command_of(error)) is not None:
        found["command"] = line
    return found


def _message(error: XeError) -> str:
    if isinstance(error, Failure):
        return sentence(error)
    if isinstance(error, SeveralFailed):
        count = len(error.refusals)
        return f"{count} of the objects {'was' if count == 1 else 'were'} refused; the others are done."
    return error.text if isinstance(error, (Misuse, ScriptRefused, StateFileError)) else str(error)


def _parameter(value: Any) -> str:
    return str(value["uuid"]) if isinstance(value, dict) and "uuid" in value else named(value)


def _blocker(obj: Record) -> dict[str, Any]:
    return {"class": obj.cls.name, "uuid": obj["uuid"], "name-label": obj.name or None}
