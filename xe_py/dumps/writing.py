"""Writing a dump of XAPI's database, as `pool-dump-database` does.

What the rows cannot hold stands in the manifest, under keys that begin with `xe_py`. XAPI ignores such keys, and a dump
that is read back gives the same objects.
"""

from __future__ import annotations

import json
import re

import xe_py
from xe_py import classes
from xe_py.dumps import values
from xe_py.dumps.capture import NULL, REFERENCE
from xe_py.dumps.database import GENERATION, MAJOR, MINOR
from xe_py.dumps.places import GUEST_METRICS, parts
from xe_py.dumps.taking import MADE_BY, PASSING
from xe_py.dumps.texts import protected, text_of_map, text_of_set
from xe_py.schema.fields import Refs
from xe_py.schema.values import EPOCH
from xe_py.state.record import alike
from xe_py.xapi.api_fields import in_database
from xe_py.xapi.api_values import in_api
from xe_py.xapi.seeded import uuid_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from xe_py.dumps.places import Part, Place
    from xe_py.state.record import Record
    from xe_py.state.state import State

    Columns = dict[str, str]

# The schema of the release that xe_py follows.
_SCHEMA = "5", "909"
_SCHEMA_KEY = "db_schema"
_NOT_PERSISTENT = frozenset(("task", "session", "VBD_metrics", "VIF_metrics"))
_NO_TABLES = frozenset(("message",))
# Nothing in the rows may refer to blobs: as their contents are not in a dump, they are in no table.
_LEFT_OUT = PASSING | {"blobs"}
# All tables of that schema.
_TABLES = """
Bond Caller Certificate Cluster Cluster_host DR_task Driver_variant Feature GPU_group Host_driver LVHD Observer PBD PCI
PGPU PIF PIF_metrics PUSB PVS_cache_storage PVS_proxy PVS_server PVS_site Rate_limit Repository SDN_controller SM SR
USB_group VBD VBD_metrics VDI VGPU VGPU_type VIF VIF_metrics VLAN VM VMPP VMSS VM_appliance VM_group VM_guest_metrics
VM_metrics VTPM VUSB blob console crashdump host host_cpu host_crashdump host_metrics host_patch network network_sriov
pool pool_patch pool_update role secret session subject task tunnel user
"""
_IN_ATTRIBUTE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
# What XML has no characters for.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_EMPTY = {"map": "()", "set": "()", "ref": NULL, "bool": "false", "int": "0", "float": "0.", "datetime": EPOCH}


def schema_of(state: State) -> tuple[str, str]:
    """The version of the schema that the coordinator of the pool has: the major and the minor number."""
    coordinator = state.ref(state.all("pool")[0], "master")
    major, _, minor = coordinator["software-version"].get(_SCHEMA_KEY, "").partition(".")
    return (major, minor) if major.isdecimal() and minor.isdecimal() else _SCHEMA


def dump(state: State) -> Iterator[bytes]:
    """The text of the dump, table by table."""
    writer = _Writer(state)
    tables = writer.tables()
    major, minor = schema_of(state)
    manifest = {
        MAJOR: major,
        MINOR: minor,
        GENERATION: str(writer.generation),
        MADE_BY: xe_py.__version__,
        **writer.own,
    }
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n<database><manifest>'
    for key, text in manifest.items():
        yield f"<pair{_attributes({'key': key, 'value': text})}/>".encode()
    yield b"</manifest>"
    for name in sorted({*_TABLES.split(), *tables}):
        yield f'<table name="{name}">{"".join(sorted(tables.get(name, ())))}</table>'.encode()
    yield b"</database>"


class _Writer:
    """Makes the rows of a state. `own` is what they cannot hold, `generation` how many there are."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._columns_of: dict[str, list[tuple[str, str, Place]]] = {}
        self._rows: dict[str, list[str]] = {}
        self.own: dict[str, str] = {}
        self.generation = 0

    def tables(self) -> dict[str, list[str]]:
        """The rows of all objects, by table."""
        found = parts()
        for cls in classes.sections():
            if cls.label in _NOT_PERSISTENT | _NO_TABLES:
                continue
            of_class = [part for part in found.values() if part.cls is cls]
            for obj in self._state.all(cls.name):
                self._add(obj, of_class)
        return self._rows

    def _add(self, obj: Record, of_class: list[Part]) -> None:
        links: Columns = {}
        recovered: dict[str, Any] = {}
        for part in sorted(of_class, key=lambda part: not part.link):
            uuid = uuid_from(f"{part.label} {obj['uuid']}") if part.link else obj["uuid"]
            if part.label == GUEST_METRICS and self._state.value(obj, "os-version") is None:
                links[part.link] = NULL
                continue
            if part.link:
                links[part.link] = f"{REFERENCE}{uuid}"
            columns = self._columns(part, obj, recovered) | ({} if part.link else links)
            self._write(part.label, uuid, columns)
        stored = {name: recovered.get(name, default) for name, default in obj.cls.defaults.items() if name != "uuid"}
        rest = {name: obj[name] for name, value in stored.items() if not alike(value, obj[name])}
        if rest:
            self.own[f"{MADE_BY}/{obj.cls.name}/{obj['uuid']}"] = json.dumps(rest)

    def _columns(self, part: Part, obj: Record, recovered: dict[str, Any]) -> Columns:
        """The columns of the object; `recovered` gets the stored values that reading them back gives."""
        columns = {}
        for name, column, place in self._plan(part):
            text = _EMPTY[_kind(place)] if name in _LEFT_OUT else self._text(place, obj)
            columns[column] = text = _UNWRITABLE.sub("\ufffd", text)
            if place.field.stored:
                made = None if name in PASSING else values.of_api(place.field, place.api, text)
                recovered[place.field.name] = _without_prefix(place, place.field.default if made is None else made)
        return columns

    def _plan(self, part: Part) -> list[tuple[str, str, Place]]:
        """The fields of the part in XenAPI, with their columns."""
        if part.label not in self._columns_of:
            found = [(name, in_database(part.label, name), place) for name, place in part.places.items()]
            self._columns_of[part.label] = found
        return self._columns_of[part.label]

    def _text(self, place: Place, obj: Record) -> str:
        field = place.field
        return text_of(place, obj[field.name] if field.stored else self._state.value(obj, field.name))

    def _write(self, table: str, uuid: str, columns: Columns) -> None:
        self.generation += 1
        ref, age = f"{REFERENCE}{uuid}", str(self.generation)
        row = {"_ref": ref, "uuid": uuid, **columns}
        first = {"ref": ref, "__ctime": age, "__mtime": age}
        self._rows.setdefault(table, []).append(f"<row{_attributes({**first, **dict(sorted(row.items()))})}/>")


def text_of(place: Place, value: Any) -> str:
    """The value as the database has it."""
    kind = _kind(place)
    if value is None or (kind in {"map", "set"} and isinstance(value, str)):
        return _EMPTY.get(kind, "")
    return _TEXTS[kind](value, place) if kind in _TEXTS else str(value)


def _kind(place: Place) -> str:
    return place.api.type.partition("(")[0].partition(" ")[0]


def _without_prefix(place: Place, value: Any) -> Any:
    """The value with uuids in the place of references, as the state has it."""
    if not place.api.type.startswith(("ref ", "set(ref ")) or value is values.MISFIT:
        return value
    if isinstance(value, list):
        return [each.removeprefix(REFERENCE) for each in value]
    return value.removeprefix(REFERENCE) if isinstance(value, str) else value


def _members(value: Any, place: Place) -> str:
    # The addresses of a PCI device's dependencies are stored as they are.
    refers = isinstance(place.field, Refs) or ("ref " in place.api.type and not place.field.stored)
    return text_of_set(f"{REFERENCE}{each}" if refers else str(each) for each in value)


def _digits(value: Any, _place: Place) -> str:
    return str(value).removesuffix(" Mbit/s")


def _word(value: Any, place: Place) -> str:
    return in_api(place.api.enum or "", value)


def _fraction(value: Any, _place: Place) -> str:
    return repr(float(value)).removesuffix("0") if float(value).is_integer() else repr(value)


_TEXTS: dict[str, Callable[[Any, Place], str]] = {
    "map": lambda value, _place: text_of_map(value),
    "set": _members,
    "ref": lambda value, _place: f"{REFERENCE}{value}",
    "bool": lambda value, _place: "true" if value in {True, "full"} else "false",
    "int": _digits,
    "float": _fraction,
    "datetime": lambda value, _place: value,
    "enum": _word,
}


def _attributes(texts: Mapping[str, str]) -> str:
    return "".join(f' {name}="{protected(text).translate(_IN_ATTRIBUTE)}"' for name, text in texts.items())
