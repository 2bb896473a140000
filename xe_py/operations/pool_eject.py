"""A host leaves its pool: it is installed anew, and gets a state of its own."""

from __future__ import annotations

from xe_py.classes.pbd import can_unplug
from xe_py.errors import Failure, refuse
from xe_py.operations.effects.contents import destroy_all, forget_all
from xe_py.schema.command import Question, command
from xe_py.schema.fields import Bool, Ref
from xe_py.schema.xenclass import TEMPLATES
from xe_py.xapi.drivers import DRIVERS
from xe_py.xapi.hosts import answers, coordinator
from xe_py.xapi.protection import ha_is_off

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

# What of a physical PIF belongs to the network card.
_OF_CARD = ("MAC", "MTU", "carrier", "speed", "duplex")
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._")


def _before(state: State, host: Record, **_forced: object) -> list[str]:
    lost = [vdi for sr in _alone(state, host) for vdi in state.pointing_at(sr, "vdi.sr-uuid")]
    return [
        "WARNING: Ejecting a host from the pool will reinitialise that host's local SRs.",
        "WARNING: What is on them will be lost.",
        *(["These VDIs will be gone:"] if lost else []),
        *(f"VDI: {vdi['uuid']} ({vdi.name})" for vdi in lost),
    ]


@command(
    "pool-eject",
    required=(Ref("host-uuid", "host", doc="The host; not the coordinator."),),
    undeclared=(Bool("force", doc="Do not ask."),),
    doc="Put a host out of the pool, into a state file of its own: <hostname>.toml beside the file of the pool.",
    asks=Question(_before, hushes=True),
)
def eject(state: State, host: Record, **_forced: object) -> str:
    """Take the host out with its local storage, and make a new host of it in a state of its own."""
    refuse(answers(state, host))
    refuse(ha_is_off(state))
    refuse(_can_leave(state, host))
    for pbd in state.pointing_at(host, "pbd.host-uuid"):
        if pbd["currently-attached"]:
            refuse(can_unplug(state, pbd))
            state.update(pbd, {"currently-attached": False})
    _split_off(state, host)
    domains = _domains(state, host)
    _leave_storage(state, host)
    for domain in domains:
        state.delete(domain)
    state.delete(host)
    return "Specified host will attempt to restart as a master of a new pool in 10. seconds..."


def _can_leave(state: State, host: Record) -> Iterator[Failure]:
    """Why the host must stay: updates are applied, it is the coordinator, or a VM lives on it."""
    if "apply_updates" in state.all("pool")[0]["current-operations"]:
        yield Failure("NOT_SUPPORTED_DURING_UPGRADE")
    if host is coordinator(state):
        yield Failure("INTERNAL_ERROR", "Xapi_pool.Cannot_eject_master", blockers=(host,))
    for vm in state.pointing_at(host, "vm.resident-on"):
        if vm["dom-id"] != 0:
            yield Failure("OPERATION_NOT_ALLOWED", "VM resident on host", blockers=(vm,))


def _alone(state: State, host: Record) -> list[Record]:
    """The SRs that only this host reaches."""
    srs = [state.ref(pbd, "sr-uuid") for pbd in state.pointing_at(host, "pbd.host-uuid")]
    return [sr for sr in srs if len(state.pointing_at(sr, "pbd.sr-uuid")) == 1]


def _is_inside(sr: Record) -> bool:
    """Whether the SR is on the disks of its host, which are formatted when the host is installed anew."""
    driver = DRIVERS.get(sr["type"])
    return driver is not None and driver.formats == "device"


def _leave_storage(state: State, host: Record) -> None:
    """Let the SRs go that only this host reaches; what lies on servers stays there."""
    for sr in _alone(state, host):
        (destroy_all if _is_inside(sr) else forget_all)(state, sr)
    for storage in state.pointing_at(host, "storage.host-uuid"):
        state.delete(storage)


def _domains(state: State, host: Record) -> list[Record]:
    """The control domains that are on the host, or have their disks on it."""
    vdis = [vdi for sr in _alone(state, host) for vdi in state.pointing_at(sr, "vdi.sr-uuid")]
    vms = [state.ref(vbd, "vm-uuid") for vdi in vdis for vbd in state.pointing_at(vdi, "vbd.vdi-uuid")]
    found = {vm["uuid"]: vm for vm in (*state.pointing_at(host, "vm.resident-on"), *vms) if vm["is-control-domain"]}
    return list(found.values())


def _split_off(state: State, host: Record) -> None:
    from xe_py.fresh.host import as_new
    from xe_py.fresh.presets import DISK
    from xe_py.state.templates import NO_SET

    cards = [
        {field: pif[field] for field in _OF_CARD} for pif in state.find("pif", host_uuid=host["uuid"], physical=True)
    ]
    sizes = [sr["physical-size"] for sr in _alone(state, host) if _is_inside(sr)]
    templates = str(state.header.get(TEMPLATES, NO_SET))
    part = as_new(host, cards, sizes[0] if sizes else DISK, rules=state.rules, templates=templates)
    name = "".join(letter if letter in _SAFE else "_" for letter in host["hostname"] or host.name).lstrip(".")
    state.split_off(name or host["uuid"], part)
