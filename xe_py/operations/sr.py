"""What can be done to SRs."""

from __future__ import annotations

from xe_py.classes import pbd as pbd_guards
from xe_py.classes import sr as guards
from xe_py.errors import Failure, Misuse, refuse
from xe_py.operations.effects.contents import destroy_all, forget_all, format_devices
from xe_py.operations.effects.storage import attach, check_uuid, take_in
from xe_py.schema.command import command
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
_DESCRIPTION = Text("name-description", doc="What it is for.")
_SHARED = Bool("shared", doc="Whether all hosts of the pool may use it at once.")
_CONTENT = Text("content-type", doc="What is kept in it, such as user or iso.")


def _one_host_is_meant(state: State, *, host: Record | None = None, shared: bool = False, **_others: object) -> None:
    if host is None and not shared and state.count("host") > 1:
        raise Misuse("Error: Required parameter not found: host-uuid")


@command(
    "sr-create",
    required=(_NAME, _TYPE),
    optional=(
        _DESCRIPTION,
        Ref("host-uuid", "host", doc="The host that gets it; needed where there are several, unless shared."),
        Map("device-config", doc="Where the hosts find the storage."),
        _SHARED,
        Size("physical-size", doc="How much room it has; the driver's own measure if left out."),
        _CONTENT,
        Map("sm-config", doc="Further settings of the driver."),
    ),
    doc="Make an SR, connect it to its hosts and plug it.",
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
    """Make an SR and plug it on its host, or on every host that answers if it is shared."""
    type, config = type.lower(), device_config or {}
    hosts = _hosts(state, host, shared=shared)
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
        pbd = state.add("pbd", {"host-uuid": each["uuid"], "sr-uuid": sr["uuid"], "device-config": config})
        if each["host-metrics-live"]:
            attach(state, pbd)
    return sr


@command(
    "sr-introduce",
    required=(_NAME, _TYPE, Text("uuid", doc="The uuid that the SR has had since it was made.")),
    optional=(_DESCRIPTION, _SHARED, _CONTENT),
    undeclared=(Map("sm-config", doc="Settings of the driver."),),
    doc="Make an SR known that exists; connect it with pbd-create and pbd-plug.",
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
    """Make a record of the SR; the first plug says how large it is."""
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
    """Forget the SR: its PBDs and VDIs go, drives that held one of them become empty; what lies on it stays."""
    refuse(guards.can_forget(state, sr))
    forget_all(state, sr)


@command("sr-destroy", required=(_SR,), doc="Destroy an SR on which there are no VDIs.")
def destroy(state: State, sr: Record) -> None:
    """Destroy the SR, its PBDs and all that lies on it."""
    refuse(guards.can_destroy(state, sr))
    destroy_all(state, sr)


@command("sr-scan", required=(_SR,), doc="Look for VDIs that came to an SR or are gone.")
def scan(state: State, sr: Record) -> None:
    """Bring the VDIs up to date: forgotten ones come back, and those whose files are gone go."""
    refuse(guards.is_plugged(state, sr))
    take_in(state, sr, scanning=True)
    state.update(sr, {"other-config": {key: text for key, text in sr["other-config"].items() if key != "dirty"}})


@command("sr-update", required=(_SR,), doc="Ask the driver of an SR for its size.")
def update(state: State, sr: Record) -> None:
    """Bring the size of the SR up to date: it changes only if nobody asked before."""
    refuse(guards.can_update(state, sr))
    take_in(state, sr)


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
    """Refuse a device that another SR has: a disk of the host, or a LUN that any host sees."""
    key, wanted = taken_by(type, config)
    pbds = state.pointing_at(host, "pbd.host-uuid") if key == "device" else state.all("pbd") if wanted else []
    for pbd in pbds:
        owner = state.ref(pbd, "sr-uuid")
        if not wanted.isdisjoint(taken_by(owner["type"], pbd["device-config"])[1]):
            raise Failure("SR_DEVICE_IN_USE", blockers=(owner,))
