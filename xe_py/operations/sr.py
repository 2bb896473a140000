"""What can be done to SRs."""

from __future__ import annotations

from xe_py.classes import pbd as pbd_guards
from xe_py.classes import sr as guards
from xe_py.errors import Failure, Misuse, refuse
from xe_py.operations.effects.contents import destroy_all, forget_all, format_devices
from xe_py.operations.effects.passwords import check_secrets, with_secrets
from xe_py.operations.effects.storage import attach, check_uuid, take_in
from xe_py.schema.command import READS, command
from xe_py.schema.fields import Bool, Map, Ref, Text
from xe_py.schema.values import Size
from xe_py.xapi.drivers import DRIVERS, refusals, taken_by

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_SR = Ref("uuid", "sr", doc="The SR.")
_NAME = Text("name-label", doc="The name.")
_TYPE = Text("type", doc="The driver, such as ext, lvm, nfs or iso.")
_DESCRIPTION = Text("name-description", doc="The description.")
_SHARED = Bool("shared", doc="Whether all hosts of the pool may use it at once.")
_CONTENT = Text("content-type", doc="What the SR is for, such as user or iso.")


def _one_host_is_meant(state: State, *, host: Record | None = None, shared: bool = False, **_others: object) -> None:
    if host is None and not shared and state.count("host") > 1:
        raise Misuse("Error: Required parameter not found: host-uuid")


@command(
    "sr-create",
    required=(_NAME, _TYPE),
    optional=(
        _DESCRIPTION,
        Ref("host-uuid", "host", doc="The host of the SR; needed if there are several hosts and the SR is not shared."),
        Map("device-config", doc="Where and how the hosts find the storage."),
        _SHARED,
        Size("physical-size", doc="The size of the SR; if left out, the size that the driver has."),
        _CONTENT,
        Map("sm-config", doc="Extra settings of the driver."),
    ),
    doc="Make an SR and plug it on its hosts.",
    grammar=_one_host_is_meant,
)
def create(
    state: State,
    name_label: str,
    type: str,
    *,
    name_description: str = "",
    host: Record | None = None,
    device_config: dict[str, str] | None = None,
    shared: bool = False,
    physical_size: int = 0,
    content_type: str = "",
    sm_config: dict[str, str] | None = None,
) -> Record:
    """Make an SR and plug it on its host or, if it is shared, on every host that answers."""
    type, config = type.lower(), device_config or {}
    hosts = _hosts(state, host, shared=shared)
    check_secrets(state, config)
    refuse(refusals(type, config))
    for each in hosts:
        _check_devices(state, each, type, config)
        format_devices(state, each, type, config)
    sr = state.add(
        "sr",
        {
            "name-label": name_label,
            "name-description": name_description,
            "type": type,
            "content-type": content_type,
            "shared": shared,
            "physical-size": max(physical_size, 0) or DRIVERS[type].size,
            "sm-config": sm_config or {},
        },
    )
    for each in hosts:
        refuse(pbd_guards.can_create(state, sr, each, config))
        fields = {"host-uuid": each["uuid"], "sr-uuid": sr["uuid"], "device-config": with_secrets(state, config)}
        pbd = state.add("pbd", fields)
        if each["host-metrics-live"]:
            attach(state, pbd)
    return sr


@command(
    "sr-introduce",
    required=(_NAME, _TYPE, Text("uuid", doc="The uuid of the existing SR.")),
    optional=(_DESCRIPTION, _SHARED, _CONTENT),
    undeclared=(Map("sm-config", doc="Extra settings of the driver."),),
    doc="Add an existing SR to the pool; connect it with pbd-create and pbd-plug.",
)
def introduce(
    state: State,
    name_label: str,
    type: str,
    uuid: str,
    name_description: str = "",
    *,
    shared: bool = False,
    content_type: str = "",
    sm_config: dict[str, str] | None = None,
) -> Record:
    """Make a record of the SR; its size is known after the first plug."""
    if uuid:
        check_uuid("SR", uuid)
        if state.get("sr", uuid) is not None:
            raise Failure("SR_UUID_EXISTS", uuid)
    fields = {
        "name-label": name_label,
        "name-description": name_description,
        "type": type.lower(),
        "content-type": content_type,
        "shared": shared,
        "sm-config": sm_config or {},
    }
    return state.add("sr", fields, uuid or None)


@command("sr-forget", required=(_SR,), doc="Forget an SR with its PBDs and VDIs; its data stays.")
def forget(state: State, sr: Record) -> None:
    """Forget the SR with its PBDs and VDIs; drives with one of its VDIs become empty, and the data stays."""
    refuse(guards.can_forget(state, sr))
    forget_all(state, sr)


@command("sr-destroy", required=(_SR,), doc="Destroy an SR that has no VDIs, and all data on it.")
def destroy(state: State, sr: Record) -> None:
    """Destroy the SR, its PBDs and all data on it."""
    refuse(guards.can_destroy(state, sr))
    destroy_all(state, sr)


@command("sr-scan", required=(_SR,), doc="Scan an SR for VDIs that are new or gone.")
def scan(state: State, sr: Record) -> None:
    """Update the VDIs: forgotten VDIs come back, and VDIs whose files are gone are removed."""
    refuse(guards.is_plugged(state, sr))
    take_in(state, sr, scanning=True)
    state.update(sr, {"other-config": {key: text for key, text in sr["other-config"].items() if key != "dirty"}})


@command("sr-update", required=(_SR,), doc="Update the size of an SR from its driver.")
def update(state: State, sr: Record) -> None:
    """Update the size of the SR, which changes only if the driver was never asked before."""
    refuse(guards.can_update(state, sr))
    take_in(state, sr)


_WHERE = (
    Ref("host-uuid", "host", doc="The host that looks; the coordinator of the pool if it is left out."),
    Map("device-config", doc="Where and how the host finds the storage."),
    Map("sm-config", doc="Extra settings of the driver."),
)


@command(
    "sr-probe",
    required=(_TYPE,),
    optional=_WHERE,
    doc="Show the SRs on a storage or, if a key is missing, what to choose from.",
    kind=READS,
)
def probe(
    state: State,
    type: str,
    host: Record | None = None,
    device_config: dict[str, str] | None = None,
    sm_config: dict[str, str] | None = None,
) -> str:
    """The SRs on the storage, as an XML document."""
    from xe_py.operations.effects import probing

    check_secrets(state, device_config or {})
    host = host or state.ref(state.all("pool")[0], "master")
    return probing.probe(state, host, type.lower(), device_config or {}, sm_config or {})


@command(
    "sr-probe-ext",
    required=(_TYPE,),
    optional=_WHERE,
    doc="Show the SRs on a storage; only drivers of a newer kind can do it.",
    kind=READS,
)
def probe_ext(_state: State, type: str, **_where: object) -> None:
    """Refuse: there is no driver of the newer kind here."""
    if type.lower() not in DRIVERS:
        raise Failure("SR_UNKNOWN_DRIVER", type.lower())
    raise Failure("SR_OPERATION_NOT_SUPPORTED")


def _hosts(state: State, host: Record | None, *, shared: bool) -> list[Record]:
    """The hosts that get a PBD, the coordinator first."""
    coordinators = {pool["master"] for pool in state.all("pool")}
    hosts = sorted(state.all("host"), key=lambda each: each["uuid"] not in coordinators)
    if shared:
        return hosts
    chosen = hosts if host is None else [host]
    for each in chosen:
        if not each["host-metrics-live"]:
            raise Failure("HOST_OFFLINE", each)
    return chosen


def _check_devices(state: State, host: Record, type: str, config: dict[str, str]) -> None:
    """Refuse a device that another SR uses: a disk of the host, or a LUN that any host sees."""
    key, wanted = taken_by(type, config)
    pbds = state.pointing_at(host, "pbd.host-uuid") if key == "device" else state.all("pbd") if wanted else []
    for pbd in pbds:
        owner = state.ref(pbd, "sr-uuid")
        if not wanted.isdisjoint(taken_by(owner["type"], pbd["device-config"])[1]):
            raise Failure("SR_DEVICE_IN_USE", blockers=(owner,))
