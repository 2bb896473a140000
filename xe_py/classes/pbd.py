"""PBD: the physical block device, which connects one SR to one host."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.derived import Computed, NameOf
from xe_py.schema.fields import CASCADE, Bool, Ref
from xe_py.schema.values import SecretMap
from xe_py.schema.xenclass import OTHER_CONFIG, STRICT, XenClass, rule
from xe_py.xapi.drivers import layout, reason, refusals, taken_by

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xe_py.state.record import Record
    from xe_py.state.state import State


# Guards, in the order in which XAPI asks them


def can_create(state: State, sr: Record, host: Record, device_config: Mapping[str, str]) -> Iterator[Failure]:
    """Why the SR cannot be connected to the host."""
    for pbd in state.find("pbd", sr_uuid=sr["uuid"], host_uuid=host["uuid"]):
        yield Failure("PBD_EXISTS", sr, host, pbd)
    if "SRmaster" in device_config:
        reason = "only the storage drivers set this key"
        yield Failure("VALUE_NOT_SUPPORTED", "SRmaster", device_config["SRmaster"], reason)


def can_plug(state: State, pbd: Record) -> Iterator[Failure]:
    """Why the SR cannot be attached to the host."""
    yield from _host_is_live(state, pbd)
    yield from _attached_elsewhere(state, pbd)
    sr = state.ref(pbd, "sr-uuid")
    yield from refusals(sr["type"], pbd["device-config"], plugging=True)
    yield from _can_read(state, sr)
    yield from _has_devices(state, pbd, sr)


def can_unplug(state: State, pbd: Record) -> Iterator[Failure]:
    """Why the SR cannot be detached from the host."""
    yield from _host_is_live(state, pbd)
    for pool in state.find("pool", ha_enabled=True):
        yield from _is_not_needed_for_ha(state, pbd, pool)
    live = {vbd["vdi-uuid"]: vbd for vbd in _vbds_through(state, pbd)}
    if live:
        vdis = [state.need("vdi", uuid) for uuid in live]
        yield Failure("VDI_IN_USE", *vdis, blockers=tuple(live.values()))


def _is_not_needed_for_ha(state: State, pbd: Record, pool: Record) -> Iterator[Failure]:
    """Why high availability needs the SR: a protected VM has a disk there, or the hosts watch it."""
    from xe_py.xapi.vm_settings import is_protected

    sr, statefiles = state.ref(pbd, "sr-uuid"), pool["ha-statefiles"]
    vdis = state.pointing_at(sr, "vdi.sr-uuid")
    vbds = [vbd for vdi in vdis for vbd in state.pointing_at(vdi, "vbd.vdi-uuid")]
    kept = tuple(vm for vm in (state.ref(vbd, "vm-uuid") for vbd in vbds) if is_protected(vm))
    if state.ref(pbd, "host-uuid")["enabled"] and kept:
        yield Failure("HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED", sr, blockers=kept)
    if any(vdi["uuid"] in statefiles for vdi in vdis):
        yield Failure("HA_IS_ENABLED", blockers=(pool,))


def can_destroy(_state: State, pbd: Record) -> Iterator[Failure]:
    """Why the PBD cannot be destroyed."""
    if pbd["currently-attached"]:
        yield Failure("OPERATION_NOT_ALLOWED", "PBD is currently attached", blockers=(pbd,))


def _host_is_live(state: State, pbd: Record) -> Iterator[Failure]:
    host = state.ref(pbd, "host-uuid")
    if not host["host-metrics-live"]:
        yield Failure("HOST_OFFLINE", host)


def _attached_elsewhere(state: State, pbd: Record) -> Iterator[Failure]:
    sr = state.ref(pbd, "sr-uuid")
    if not sr["shared"]:
        for other in state.find("pbd", sr_uuid=pbd["sr-uuid"], currently_attached=True):
            if other["host-uuid"] != pbd["host-uuid"]:
                yield Failure("SR_NOT_SHARABLE", sr, state.ref(other, "host-uuid"), blockers=(other,))


def _can_read(state: State, sr: Record) -> Iterator[Failure]:
    """Why the SR cannot be plugged: a driver of another type wrote the storage."""
    from xe_py.classes.sr import storage_of

    storage = storage_of(state, sr)
    if storage is not None and layout(storage["type"]) != layout(sr["type"]):
        yield Failure(
            "SR_BACKEND_FAILURE_47",
            "",
            reason("The storage does not hold this SR", f"the {storage['type']} driver wrote it"),
            "",
        )


def _has_devices(state: State, pbd: Record, sr: Record) -> Iterator[Failure]:
    """Why the SR cannot be plugged: a plugged SR already uses the same device of the host."""
    _, devices = taken_by(sr["type"], pbd["device-config"])
    for other in state.find("pbd", host_uuid=pbd["host-uuid"], currently_attached=True) if devices else ():
        owner = state.ref(other, "sr-uuid")
        taken = devices & taken_by(owner["type"], other["device-config"])[1]
        if taken and other is not pbd:
            said = reason("The storage does not hold this SR", f"{min(taken)} holds another SR")
            yield Failure("SR_BACKEND_FAILURE_47", "", said, "", blockers=(owner,))


def _vbds_through(state: State, pbd: Record) -> Iterator[Record]:
    """The attached VBDs of the host's VMs whose VDIs are on the SR, except VDIs of type Metadata."""
    for vm in state.pointing_at(state.ref(pbd, "host-uuid"), "vm.resident-on"):
        for vbd in state.pointing_at(vm, "vbd.vm-uuid"):
            vdi = state.ref_or_none(vbd, "vdi-uuid") if vbd["currently-attached"] else None
            if vdi is not None and vdi["sr-uuid"] == pbd["sr-uuid"] and vdi["type"] != "Metadata":
                yield vbd


# Rules. Each compares two PBDs. Breaking it takes a change of one of them, so it watches only its own PBD.


@rule("sr-uuid", "host-uuid")
def an_sr_has_one_pbd_for_each_host(state: State, pbd: Record) -> Iterator[Failure]:
    """An SR has at most one PBD on each host."""
    for other in state.find("pbd", sr_uuid=pbd["sr-uuid"], host_uuid=pbd["host-uuid"]):
        if other is not pbd:
            yield _exists(state, pbd, other)
            return


@rule("sr-uuid", "sr-uuid/shared", profile=STRICT)
def an_sr_has_one_pbd(state: State, pbd: Record) -> Iterator[Failure]:
    """An SR that is not shared has at most one PBD."""
    if not state.ref(pbd, "sr-uuid")["shared"]:
        for other in state.having("pbd", "sr-uuid", pbd["sr-uuid"]):
            if other is not pbd:
                yield _exists(state, pbd, other)
                return


@rule("sr-uuid", "host-uuid", "currently-attached", "sr-uuid/shared")
def an_sr_that_is_not_shared_is_on_one_host(state: State, pbd: Record) -> Iterator[Failure]:
    """An SR that is not shared is plugged on at most one host."""
    if pbd["currently-attached"]:
        yield from _attached_elsewhere(state, pbd)


def _exists(state: State, pbd: Record, other: Record) -> Failure:
    return Failure("PBD_EXISTS", state.ref(pbd, "sr-uuid"), state.ref(pbd, "host-uuid"), other)


PBD = XenClass(
    "pbd",
    label="PBD",
    section=80,
    doc="A physical block device: connects an SR to a host.",
    fields=(
        Computed(
            "host", Ref, lambda _state, pbd: pbd["host-uuid"], to="host", deprecated=True, doc="The same as host-uuid."
        ),
        Ref("host-uuid", "host", required=True, on_delete=CASCADE, doc="The host that the PBD connects to the SR."),
        NameOf("host-name-label", "host-uuid", doc="The name of that host."),
        Ref("sr-uuid", "sr", required=True, on_delete=CASCADE, doc="The SR that the PBD connects to the host."),
        NameOf("sr-name-label", "sr-uuid", doc="The name of that SR."),
        SecretMap("device-config", mode="MRO", doc="Where and how the host finds the storage."),
        Bool("currently-attached", doc="Whether the PBD is plugged, so that the host uses the SR."),
        OTHER_CONFIG,
    ),
    keys=(("sr-uuid", "host-uuid"),),
    rules=(an_sr_has_one_pbd_for_each_host, an_sr_has_one_pbd, an_sr_that_is_not_shared_is_on_one_host),
    list_fields=("uuid", "host-uuid", "sr-uuid", "device-config", "currently-attached"),
)
