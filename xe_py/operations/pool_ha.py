"""High availability: switching it on and off, and for how many failures of hosts there is a plan."""

from __future__ import annotations

from xe_py.classes.pool import can_disable_ha, can_enable_ha
from xe_py.errors import Failure, Misuse, named, refuse
from xe_py.operations import vdi
from xe_py.operations.effects.messages import leave
from xe_py.schema.collections import EachRef, EachText
from xe_py.schema.command import READS, command
from xe_py.schema.fields import Int, Map, Refs
from xe_py.schema.listing import Facts
from xe_py.xapi import evacuation, failover
from xe_py.xapi.agility import is_agile
from xe_py.xapi.drivers import capabilities
from xe_py.xapi.ha_settings import is_priority
from xe_py.xapi.hosts import answers
from xe_py.xapi.vm_settings import RESTART

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xe_py.state.record import Record
    from xe_py.state.state import State

_STACK = "xhad"
# The VDIs on the SR that the hosts watch: type, name, description, and the least size in bytes.
_STATEFILE = ("HA statefile", "Statefile for HA", "Used for storage heartbeating", 65 * 4096)
_METADATA = ("Redo log", "Metadata for HA", "Used for master failover", 951 << 22)
_VDIS = (_STATEFILE, _METADATA)
_LEAST_SPACE = 952 << 22
_RAW = {"type": "raw"}
_NO_ROOM = "HOST_NOT_ENOUGH_FREE_MEMORY"


@command(
    "pool-ha-enable",
    optional=(
        Refs("heartbeat-sr-uuids", "sr", doc="The SR that the hosts watch; the first suitable one if left out."),
        Map("ha-config", doc="Settings such as timeouts, which are only noted: ha-config:<key>=<value>."),
    ),
    doc="Switch high availability on.",
)
def enable(state: State, heartbeat_srs: list[Record] | None = None, ha_config: Mapping[str, str] | None = None) -> None:
    """Let all hosts watch an SR, and plan for the failures that the pool is to tolerate."""
    pool, hosts = state.all("pool")[0], state.all("host")
    refuse(can_enable_ha(state, pool))
    refuse(_pifs_are_plugged(state))
    _tell_of_pifs(state, pool)
    for host in hosts:
        refuse(answers(state, host))
    srs = heartbeat_srs or [sr for sr in state.all("sr") if not any(_can_hold(state, sr, _VDIS))]
    if not srs:
        raise Failure("CANNOT_CREATE_STATE_FILE")
    statefile, _ = (_vdi_for(state, srs[0], what)["uuid"] for what in _VDIS)
    state.update(
        pool,
        {
            "ha-enabled": True,
            "ha-configuration": dict(ha_config or {}),
            "ha-statefiles": [statefile],
            "ha-cluster-stack": _STACK,
            "ha-plan-exists-for": 0,
        },
    )
    for host in hosts:
        state.update(host, {"ha-statefiles": [statefile], "ha-network-peers": [peer["uuid"] for peer in hosts]})
    failover.note_plan(state)


@command("pool-ha-disable", doc="Switch high availability off.")
def disable(state: State) -> None:
    """Let no host watch the SR any more; the VDIs stay there for the next time."""
    pool = state.all("pool")[0]
    refuse(can_disable_ha(state, pool))
    state.update(pool, {"ha-enabled": False, "ha-plan-exists-for": 0})
    for host in state.all("host"):
        state.update(host, {"ha-statefiles": [], "ha-network-peers": []})


@command(
    "pool-ha-compute-max-host-failures-to-tolerate",
    doc="Compute for how many failures of hosts there is a plan, and note it if high availability is on.",
)
def compute_max(state: State) -> str:
    """The largest number of failures after which all protected VMs start again."""
    pool, most = state.all("pool")[0], failover.most_failures(state, failover.protected(state))
    if pool["ha-enabled"]:
        state.update(pool, {"ha-overcommitted": pool["ha-host-failures-to-tolerate"] > most})
        failover.note_most(state, pool, most)
    return str(most)


def _are_pairs(_state: State, *, vm_uuid: tuple[Record, ...] = (), restart_priority: str | None = None) -> None:
    vms, priorities = len(vm_uuid), len(_split(restart_priority))
    if vms != priorities:
        raise Misuse(f"Error: Give as many vm-uuid as restart-priority; there are {vms} and {priorities}.")


@command(
    "pool-ha-compute-hypothetical-max-host-failures-to-tolerate",
    optional=(
        EachRef("vm-uuid", "vm", doc="A VM, and behind it its restart-priority; once for each VM."),
        EachText("restart-priority", doc="The restart priority that the VM would have."),
    ),
    doc="Compute for how many failures of hosts there would be a plan if these VMs had these restart priorities.",
    kind=READS,
    grammar=_are_pairs,
)
def compute_hypothetical_max(
    state: State, vm_uuid: tuple[Record, ...] = (), restart_priority: str | None = None
) -> str:
    """The largest number of failures after which those VMs start again that have the priority `restart`."""
    priorities = _split(restart_priority)
    for priority in priorities:
        refuse(is_priority(priority))
    kept = [vm for vm, priority in zip(vm_uuid, priorities, strict=True) if priority == RESTART]
    return str(failover.most_failures(state, kept))


def _split(priorities: str | None) -> list[str]:
    return [] if priorities is None else priorities.split(",")


@command(
    "pool-ha-compute-vm-failover-plan",
    required=(Refs("host-uuids", "host", doc="The hosts that fail, separated by commas."),),
    doc="Compute where the VMs of some hosts would start if these hosts failed.",
    kind=READS,
    hidden=True,
)
def compute_plan(state: State, hosts: list[Record]) -> Facts:
    """For each VM of the hosts, the host where it would start, or the code of the reason why it would not."""
    live = [host for host in state.all("host") if host["host-metrics-live"] and host not in hosts]
    vms = [vm for host in hosts for vm in evacuation.guests_of(state, host)]
    found = evacuation.packed(state, vms, live)
    rows = [("VM", "Destination Host or Error")]
    lost = [vm for vm in vms if vm["uuid"] not in found]
    rows += [(named(vm), next((why.code for why in is_agile(state, vm)), _NO_ROOM)) for vm in lost]
    rows += [(named(vm), named(found[vm["uuid"]])) for vm in vms if vm["uuid"] in found]
    return Facts(rows)


@command(
    "pool-ha-prevent-restarts-for",
    required=(Int("seconds", doc="For how many seconds."),),
    doc="Let high availability restart no VM for some time; without effect, because nothing here does.",
    kind=READS,
    hidden=True,
)
def prevent_restarts_for(_state: State, **_without_effect: object) -> None:
    """Do nothing."""


# The SR that the hosts watch


def _can_hold(state: State, sr: Record, vdis: tuple[tuple[str, str, str, int], ...]) -> Iterator[Failure]:
    """Why the hosts cannot watch the SR through these VDIs: all hosts must reach it, and it needs room for them."""
    pbds = state.pointing_at(sr, "pbd.sr-uuid")
    if len({pbd["host-uuid"] for pbd in pbds}) < state.count("host"):
        yield Failure("SR_HAS_NO_PBDS", sr)
    unplugged = tuple(pbd for pbd in pbds if not pbd["currently-attached"])
    if unplugged:
        yield Failure("SR_HAS_NO_PBDS", sr, blockers=unplugged)
    if "VDI_GENERATE_CONFIG" not in capabilities(sr["type"]):
        yield Failure("SR_OPERATION_NOT_SUPPORTED", sr)
    free = sr["physical-size"] - state.value(sr, "physical-utilisation")
    if any(_fitting(state, sr, what) is None for what in vdis) and free < _LEAST_SPACE:
        yield Failure("SR_SOURCE_SPACE_INSUFFICIENT", sr)


def _fitting(state: State, sr: Record, what: tuple[str, str, str, int]) -> Record | None:
    """The VDI of this kind that the SR has from an earlier time."""
    kind, _, _, size = what
    found = state.pointing_at(sr, "vdi.sr-uuid")
    return next((vdi for vdi in found if vdi["type"] == kind and vdi["virtual-size"] >= size), None)


def _vdi_for(state: State, sr: Record, what: tuple[str, str, str, int]) -> Record:
    """The VDI of this kind on the SR; a new one if there is none."""
    found = _fitting(state, sr, what)
    refuse(_can_hold(state, sr, (what,)))
    if found is not None:
        return found
    kind, name, description, size = what
    made = vdi.create(state, sr, name, size, _RAW, sharable=True)
    state.update(made, {"name-description": description, "type": kind})
    return made


# The network interfaces


def _pifs_are_plugged(state: State) -> Iterator[Failure]:
    unplugged = [pif for pif in state.all("pif") if pif["disallow-unplug"] and not pif["currently-attached"]]
    if unplugged:
        yield Failure("REQUIRED_PIF_IS_UNPLUGGED", *unplugged)


def _tell_of_pifs(state: State, pool: Record) -> None:
    """Leave a message about PIFs with an address that somebody could unplug."""
    loose = [
        f"{state.name_of(pif, 'host-uuid')}: {pif['device']} (uuid: {pif['uuid']})"
        for pif in state.all("pif")
        if pif["IP-configuration-mode"] != "None" and not (pif["disallow-unplug"] or pif["management"])
        if pif["bond-slave-of"] is None
    ]
    if loose:
        body = "\n".join(["These PIFs have an address, and nothing prevents that they are unplugged:", *loose])
        leave(state, ("Pool", pool["uuid"]), "IP_CONFIGURED_PIF_CAN_UNPLUG", failover.WARNING, body)
