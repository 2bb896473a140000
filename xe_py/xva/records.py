"""The objects of an archive as XenAPI has them: from the fields of xe_py and back."""

from __future__ import annotations

from xe_py import classes
from xe_py.errors import Failure
from xe_py.schema.derived import NameOf
from xe_py.schema.fields import Choice
from xe_py.schema.values import EPOCH
from xe_py.xapi.api_fields import api_field
from xe_py.xapi.api_values import in_api, in_xe
from xe_py.xapi.guest import REPORTED, reported_as
from xe_py.xva import snapshot_metadata
from xe_py.xva.ova import NULL, Moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import XenClass
    from xe_py.state.record import Record
    from xe_py.state.state import State
    from xe_py.xapi.api_fields import ApiField

METRICS, GUEST_METRICS = "VM_metrics", "VM_guest_metrics"
"""The classes in which XenAPI keeps some of the fields of a VM, the second what the guest reports."""

# What XenAPI has and xe_py does not simulate. A reader may need every field.
_MORE: dict[str, dict[str, Any]] = {
    "VM": {
        "scheduled_to_be_resident_on": NULL,
        "memory_target": 0,
        "VUSBs": [],
        "PCI_bus": "",
        "domarch": "",
        "guest_metrics": NULL,
        "snapshot_metadata": "",
        "protection_policy": NULL,
        "is_snapshot_from_vmpp": False,
        "VGPUs": [],
        "attached_PCIs": [],
        "crash_dumps": [],
    },
    METRICS: {
        "VCPUs_utilisation": {},
        "VCPUs_CPU": {},
        "VCPUs_params": {},
        "VCPUs_flags": {},
        "state": [],
        "last_updated": Moment(EPOCH),
        "other_config": {},
    },
    GUEST_METRICS: {"other_config": {}},
    "host": {
        "cpu_configuration": {},
        "sched_policy": "",
        "PIFs": [],
        "crashdumps": [],
        "PBDs": [],
        "host_CPUs": [],
        "metrics": NULL,
        "license_params": {},
        "boot_free_mem": 0,
        "bios_strings": {},
        "PCIs": [],
        "PGPUs": [],
        "PUSBs": [],
        "certificates": [],
        "editions": [],
    },
    "VBD": {"runtime_properties": {}, "metrics": NULL},
    "VIF": {"status_code": 0, "status_detail": "", "runtime_properties": {}, "metrics": NULL},
    "network": {"allowed_operations": [], "current_operations": {}, "assigned_ips": {}},
}
# What points at an object and has no field in xe.
_BACK = {"VM": {"VIFs": "vif.vm-uuid"}}
# What only the host that runs the VM, or has the storage, can know.
_BLANK = frozenset(("allowed_operations", "current_operations", "blobs", "consoles", "crash_dumps", "PBDs", "PIFs"))
# What XAPI leaves out of a host, of which a reader needs only the uuid.
_BLANK_IN = {
    "host": frozenset(
        (
            *("patches", "logging", "supported_bootloaders", "other_config", "capabilities", "software_version"),
            *("ha_statefiles", "ha_network_peers", "tags"),
            *("external_auth_type", "external_auth_service_name", "external_auth_configuration"),
        )
    )
}
_NO_NUMBER = "it is no number"
_WRONG_KIND = "it has the wrong kind of value"


def described(state: State, obj: Record, ids: Mapping[str, str], place: str = "") -> dict[str, Any]:
    """The object as XenAPI has it, or its part in the class `place`; references to objects without an id are null."""
    place = place or obj.cls.label
    found = dict(_MORE.get(place, {}))
    if place == obj.cls.label:
        found["uuid"] = obj["uuid"]
        for name, reference in _BACK.get(place, {}).items():
            uuids = [other["uuid"] for other in state.pointing_at(obj, reference)]
            found[name] = _given("set(ref)", uuids, ids)
    for field, api in _fields(obj.cls, place):
        if api.name in _BLANK or api.name in _BLANK_IN.get(place, ()):
            found[api.name] = {} if api.type.startswith("map(") else [] if api.type.startswith("set(") else ""
        else:
            found[api.name] = _given(api.type, state.value(obj, field.name), ids)
    return found


def stored(cls: XenClass, snapshot: Mapping[str, Any], place: str = "") -> dict[str, Any]:
    """The stored fields of an object of the class that its record has, but for references.

    IMPORT_ERROR for a value that the field cannot have. What the record lacks gets its default.
    """
    found = {}
    for field, api in _fields(cls, place or cls.label):
        if field.name not in cls.stored or "ref " in api.type or api.name in _BLANK or api.name not in snapshot:
            continue
        value = _taken(field, api, snapshot[api.name])
        if value is None:
            continue
        if not field.accepts(value):
            raise _wrong(api, _WRONG_KIND)
        found[field.name] = value
    return found


def row(cls: XenClass, uuid: str, fields: Mapping[str, Any]) -> str:
    """The fields as a row of XAPI's database has them; references are null."""
    kept = [(field, api) for field, api in _fields(cls, cls.label) if field.name in fields and "ref " not in api.type]
    values = [(api.name, api.type, _given(api.type, fields[field.name], {})) for field, api in kept]
    return snapshot_metadata.write([("uuid", "string", uuid), *values])


def of_row(cls: XenClass, text: str) -> dict[str, Any]:
    """The uuid and the stored fields that the row has, but for references; IMPORT_ERROR for what is no row."""
    columns = snapshot_metadata.read(text)
    snapshot = {
        api.name: snapshot_metadata.value_of(api.type, columns[column])
        for _, api in _fields(cls, cls.label)
        if (column := snapshot_metadata.column(api.name)) in columns
    }
    return {"uuid": columns.get("uuid", ""), **stored(cls, snapshot)}


def reported(cls: XenClass, snapshot: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The maps that the guest reports in its metrics; IMPORT_ERROR for what is no map of texts."""
    found = {}
    for field, api in _fields(cls, GUEST_METRICS):
        if field.name in REPORTED and api.name in snapshot:
            if not cls.by_name[reported_as(field.name)].accepts(snapshot[api.name]):
                raise _wrong(api, _WRONG_KIND)
            found[field.name] = snapshot[api.name]
    return found


def _fields(cls: XenClass, place: str) -> Iterator[tuple[Field, ApiField]]:
    for field in cls.fields:
        api = None if isinstance(field, NameOf) else api_field(cls, field, classes.get)
        if api is not None and api.cls == place and api.name != "uuid":
            yield field, api


def _given(type: str, value: Any, ids: Mapping[str, str]) -> Any:
    """The value as XenAPI has it."""
    if type.startswith("ref "):
        return ids.get(value, NULL)
    if type.startswith("set(ref"):
        return [ids[each] for each in value if each in ids]
    if type == "datetime":
        return Moment(value or EPOCH)
    if type.startswith("enum "):
        return in_api(type.removeprefix("enum "), value)
    if type.startswith("map(enum "):
        return {key.replace("-", "_"): text for key, text in value.items()}
    return float(value) if type == "float" else value


def _taken(field: Field, api: ApiField, value: Any) -> Any:
    """The value as the field has it; None for the default."""
    if api.type in {"int", "float"} and isinstance(value, str):
        return _number(api, value)
    if api.type == "datetime":
        return None if value == EPOCH else value
    if api.enum is not None and isinstance(field, Choice) and isinstance(value, str):
        return in_xe(api.enum, value, field.options)
    return value


def _number(api: ApiField, text: str) -> int | float:
    try:
        return float(text) if api.type == "float" else int(text)
    except ValueError:
        raise _wrong(api, _NO_NUMBER) from None


def _wrong(api: ApiField, why: str) -> Failure:
    return Failure("IMPORT_ERROR", f"The field {api.cls}.{api.name} in the archive cannot be used: {why}.")
