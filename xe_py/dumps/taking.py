"""From the rows of a capture to objects of the classes: each field is taken by the name that it has there."""

from __future__ import annotations

import json

from xe_py import classes
from xe_py.dumps import printed, values
from xe_py.dumps.capture import REFERENCE
from xe_py.dumps.found import Found
from xe_py.dumps.guessing import Guess
from xe_py.dumps.places import GUEST_METRICS, parts
from xe_py.dumps.texts import map_of
from xe_py.schema.derived import NameOf
from xe_py.schema.fields import Map
from xe_py.schema.numbers import is_uuid
from xe_py.schema.secrets import is_secret
from xe_py.schema.values import Absent
from xe_py.xapi.guest import REPORTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from xe_py.dumps.capture import Capture, Listed, Row
    from xe_py.dumps.found import Report
    from xe_py.dumps.places import Part
    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import XenClass

MADE_BY = "xe_py"
"""The key in the manifest of a database that says that xe_py wrote it."""
PASSING = frozenset(("allowed-operations", "current-operations", "allowed_operations", "current_operations"))
"""What is done to an object just then. It does not outlive the host's software."""
_METADATA = "snapshot_metadata"
# What is taken otherwise, or passes with the host.
_OTHERWISE = PASSING | {"uuid", _METADATA, "last_updated"}
_LONGEST = 40


def objects(capture: Capture, report: Report) -> list[Found]:
    """The objects of the capture; the report counts what is left out."""
    if capture.listed:
        return _Listing(report).objects(capture.listed)
    return _Rows(capture, report).objects()


class _Rows:
    """Takes the rows of XenAPI."""

    def __init__(self, capture: Capture, report: Report) -> None:
        self._capture = capture
        self._report = report
        self._parts = parts()
        self._guess = Guess({label: frozenset(("uuid", *part.places)) for label, part in self._parts.items()})
        self._labels = {label.lower(): label for label in self._parts}
        self._by_ref = {row.ref: row for row in capture.rows}
        self._is_ours = MADE_BY in capture.manifest
        self._metrics: dict[XenClass, list[Part]] = {}
        for part in self._parts.values():
            if part.link:
                self._metrics.setdefault(part.cls, []).append(part)

    def objects(self) -> list[Found]:
        """The objects, in the order in which they were made."""
        found, metrics = [], 0
        for row, part in [(row, self._part_of(row)) for row in self._capture.rows]:
            if part is None:
                self._report.unknown[row.cls or "records of an unknown class"] += 1
            elif part.link:
                metrics += 1
            elif (made := self._made(part, row)) is not None:
                found.append(made)
        if not found and metrics:
            self._report.dropped["metrics without their objects"] += metrics
        found.sort(key=lambda made: made.age)
        return found + self._hidden()

    def _hidden(self) -> list[Found]:
        """The objects of classes that only xe_py has."""
        found = []
        for key in self._capture.manifest if self._is_ours else ():
            of, _, uuid = key.removeprefix(f"{MADE_BY}/").partition("/")
            if of in classes.HIDDEN and is_uuid(uuid):
                found.append(Found(classes.get(of), uuid, uuid))
                found[-1].own = _own_fields(self._capture.manifest, found[-1])
        return found

    def _part_of(self, row: Row) -> Part | None:
        label = self._labels.get(row.cls.lower())
        if label is None and not self._capture.manifest:
            label = self._guess(frozenset(row.fields))
        part = self._parts.get(label or "")
        if part is not None and row.ref.startswith(REFERENCE):
            self._capture.complete.add(part.label)
        return part

    def _made(self, part: Part, row: Row) -> Found | None:
        uuid = row.fields.get("uuid")
        if not isinstance(uuid, str) or not is_uuid(uuid):
            self._report.dropped[f"{part.label} without a valid uuid"] += 1
            return None
        found = Found(part.cls, uuid, row.ref, row.age)
        self._take(part, row.fields, found)
        for metrics in self._metrics.get(part.cls, ()):
            told = self._by_ref.get(str(row.fields.get(metrics.link, "")))
            if told is not None:
                self._take(metrics, told.fields, found)
            if metrics.label == GUEST_METRICS and not self._is_ours and metrics.label in self._capture.complete:
                found.reports = {} if told is None else dict(_reports(metrics, told.fields))
        self._fill(part, row.fields, found)
        if self._is_ours:
            found.own = _own_fields(self._capture.manifest, found)
        return found

    def _take(self, part: Part, fields: Mapping[str, Any], found: Found) -> None:
        for name, value in fields.items():
            place = part.places.get(name)
            if place is None:
                self._leave_out(part, name, value)
            elif place.field.stored and name not in PASSING:
                made = values.of_api(place.field, place.api, value)
                if made is values.MISFIT:
                    self._report.misfits[_misfit(f"{part.label}.{name}", place.field, value)] += 1
                elif isinstance(place.field, Absent):
                    self._leave_out(part, name, value)
                elif made is not None:
                    found.values[place.field.name] = made

    def _leave_out(self, part: Part, name: str, value: Any) -> None:
        if name not in _OTHERWISE and not values.is_empty(value) and not values.references(value):
            self._report.unknown[f"{part.label}.{name}"] += 1

    def _fill(self, part: Part, fields: Mapping[str, Any], found: Found) -> None:
        """Take what the state holds in fields of its own: what XenAPI computes from elsewhere."""
        device = fields.get("device")
        if found.cls.name == "vbd" and device and not self._is_ours:
            found.values["attached-as"] = str(device)
        metadata = fields.get(_METADATA)
        if isinstance(metadata, str) and metadata and not self._is_ours:
            columns = map_of(metadata) or {}
            reverts = Found(found.cls, found.uuid, "")
            told = {column.replace("__", "_"): text for column, text in columns.items()}
            self._take(part, told, reverts)
            found.reverts = reverts.values | ({"uuid": told["uuid"]} if "uuid" in told else {})


def _reports(part: Part, fields: Mapping[str, Any]) -> Any:
    for name, value in fields.items():
        place = part.places.get(name)
        if place is not None and place.field.name in REPORTED:
            made = values.of_map(value)
            if made is not values.MISFIT:
                yield place.field.name, made


def _own_fields(manifest: Mapping[str, str], found: Found) -> dict[str, Any]:
    """The fields that xe_py has written into the manifest, because the row cannot hold them."""
    text = manifest.get(f"{MADE_BY}/{found.cls.name}/{found.uuid}")
    try:
        read = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    stored = found.cls.stored
    fields = read.items() if isinstance(read, dict) else ()
    return {name: value for name, value in fields if name in stored and name != "uuid" and stored[name].accepts(value)}


def _misfit(name: str, field: Field, value: Any) -> str:
    """The field and its value, which a map does not show, because it may hold secrets."""
    return name if isinstance(field, Map) or is_secret(field.name) else f"{name}={_short(value)}"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


class _Listing:
    """Takes the records that xe prints."""

    def __init__(self, report: Report) -> None:
        self._report = report
        fields = {cls.name: frozenset(cls.by_name) for cls in classes.sections() if cls.name not in classes.HIDDEN}
        columns = {name: frozenset(classes.view(name).list_fields) for name in classes.names()}
        self._guess = Guess(fields, columns)

    def objects(self, listed: list[Listed]) -> list[Found]:
        """The objects, in the order in which they were printed."""
        return [made for record in listed if (made := self._made(record)) is not None]

    def _made(self, record: Listed) -> Found | None:
        cls = self._class_of(record)
        uuid = record.fields.get("uuid", "").strip()
        if cls is None:
            self._report.unknown[f"records with the fields {_short(', '.join(record.fields))}"] += 1
            return None
        if not is_uuid(uuid):
            self._report.dropped[f"{cls.label} without a valid uuid"] += 1
            return None
        found = Found(cls, uuid, uuid.lower())
        for name, text in record.fields.items():
            self._take(found, name, text)
        return found

    def _class_of(self, record: Listed) -> XenClass | None:
        names = frozenset(record.fields)
        if record.heading in classes.all_names():
            cls = classes.get(classes.view(record.heading).of)
            if len(names & cls.by_name.keys()) * 2 >= len(names):
                return cls
        name = self._guess(names)
        return classes.get(classes.view(name).of) if name else None

    def _take(self, found: Found, name: str, text: str) -> None:
        cls = found.cls
        field = cls.by_name.get(name)
        if field is None:
            if not values.is_empty(text):
                self._report.unknown[f"{cls.name} {name}"] += 1
        elif isinstance(field, NameOf):
            found.names[field.reference] = text
        elif name in REPORTED and cls.name == "vm":
            self._take_report(found, field, text)
        elif field.stored and name not in {"uuid", *PASSING}:
            made = printed.of_xe(field, text)
            if made is values.MISFIT:
                self._report.misfits[_misfit(f"{cls.name} {name}", field, text)] += 1
            elif isinstance(field, Absent):
                if made:
                    self._report.unknown[f"{cls.name} {name}"] += 1
            elif made is not None:
                found.values[name] = made

    @staticmethod
    def _take_report(found: Found, field: Field, text: str) -> None:
        told = printed.pairs(field, text)
        found.reports = {} if found.reports is None else found.reports
        if told is not values.MISFIT and told:
            found.reports[field.name] = told
