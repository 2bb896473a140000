"""Ways out of a refusal: the command lines that could resolve it, the least harmful first.

They follow from the code and from what stands in the way. Which of them works in the state at hand is tried by
`xe_py.cli.hints` before one is shown.
"""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.xenclass import STRICT, XAPI
from xe_py.xapi.guest import HALTED, PAUSED, RUNNING, SUSPENDED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

    Remedy = Callable[[State, Failure, str], Iterator[str]]

_STOP = ("vm-shutdown uuid={}", "vm-shutdown uuid={} force=true")
_WAYS = {
    (RUNNING, HALTED): _STOP,
    (PAUSED, HALTED): _STOP[1:],
    (SUSPENDED, HALTED): _STOP[1:],
    (HALTED, RUNNING): ("vm-start uuid={}",),
    (PAUSED, RUNNING): ("vm-unpause uuid={}",),
    (SUSPENDED, RUNNING): ("vm-resume uuid={}",),
    (RUNNING, PAUSED): ("vm-pause uuid={}",),
    (RUNNING, SUSPENDED): ("vm-suspend uuid={}",),
}
# What a VM is to be after a command.
_GOALS = {
    "vm-start": RUNNING,
    "vm-resume": RUNNING,
    "vm-unpause": RUNNING,
    "vm-pause": PAUSED,
    "vm-suspend": SUSPENDED,
    "vm-shutdown": HALTED,
}


def candidates(state: State, failure: Failure, command: str) -> Iterator[str]:
    """The lines, without `xe`, that could resolve a refusal of the command of this name."""
    remedy = _REMEDIES.get(failure.code)
    if remedy is not None:
        yield from remedy(state, failure, command)
    for _, reason in failure.reasons:
        yield from candidates(state, reason, command)


def other_rules(failure: Failure) -> str:
    """The set of rules that does not refuse this."""
    return XAPI if failure.profile == STRICT else STRICT


# What brings an object where it is not in the way


def _towards(vm: Record, *states: str) -> Iterator[str]:
    for state in states:
        for line in _WAYS.get((vm["power-state"], state), ()):
            yield line.format(vm["uuid"])


def _detached(state: State, vbd: Record) -> Iterator[str]:
    """A VM is not left without the disk that it lives on: it is stopped first."""
    vm = state.ref(vbd, "vm-uuid")
    disks = [other for other in state.pointing_at(vm, "vbd.vm-uuid") if other["type"] != "CD"]
    unplug = (f"vbd-unplug uuid={vbd['uuid']}",)
    stop = tuple(_towards(vm, HALTED))
    yield from (*stop, *unplug) if vbd["bootable"] or disks == [vbd] else (*unplug, *stop)


# The command that takes an object of the class out of the way.
_REMOVALS = {
    "bond": "bond-destroy",
    "network-sriov": "network-sriov-destroy",
    "pbd": "pbd-unplug",
    "sdn-controller": "sdn-controller-forget",
    "tunnel": "tunnel-destroy",
    "vlan": "vlan-destroy",
}


def _removed(state: State, obj: Record) -> Iterator[str]:
    """What takes one object in the way out of it: by its class."""
    uuid, cls = obj["uuid"], obj.cls.name
    if cls == "vbd":
        if obj["type"] == "CD":
            yield f"vbd-eject uuid={uuid}"
        yield from _detached(state, obj)
    elif cls == "vif":
        yield f"vif-unplug uuid={uuid}"
        yield from _towards(state.ref(obj, "vm-uuid"), HALTED)
    elif cls == "vm":
        yield from _towards(obj, HALTED)
    elif cls in _REMOVALS:
        yield f"{_REMOVALS[cls]} uuid={uuid}"
    elif cls == "pif":
        for reference in ("vlan.untagged-PIF", "bond.master", "tunnel.access-PIF", "network-sriov.logical-PIF"):
            for above in state.pointing_at(obj, reference):
                yield from _removed(state, above)


# By code


def _clear_the_way(state: State, failure: Failure, _command: str) -> Iterator[str]:
    for blocker in failure.blockers:
        yield from _removed(state, blocker)


def _clear_what_it_names(state: State, failure: Failure, _command: str) -> Iterator[str]:
    for value in failure.values:
        yield from _removed(state, value)


def _plug(_state: State, failure: Failure, _command: str) -> Iterator[str]:
    for pbd in failure.blockers:
        yield f"pbd-plug uuid={pbd['uuid']}"


def _change_power_state(_state: State, failure: Failure, command: str) -> Iterator[str]:
    vm, expected, actual = failure.values
    goal = _GOALS.get(command)
    if goal == RUNNING:
        yield from _towards(vm, RUNNING)
    elif goal != actual:
        yield from _towards(vm, *expected.split(", "))


def _stop(_state: State, failure: Failure, _command: str) -> Iterator[str]:
    yield from _towards((*failure.blockers, *failure.values)[0], HALTED)


def _hand_over(state: State, failure: Failure, command: str) -> Iterator[str]:
    """Another host coordinates the pool before the coordinator leaves it."""
    for host in state.all("host") if command == "pool-eject" else ():
        if host not in failure.blockers:
            yield f"pool-designate-new-master host-uuid={host['uuid']}"


def _put_at_rest(_state: State, failure: Failure, _command: str) -> Iterator[str]:
    """A guest moves away or stops; a disk of the control domain is unplugged."""
    host, kind, used = failure.values
    if kind == "vm":
        yield f"host-evacuate uuid={host['uuid']}"
        yield from _towards(used, HALTED)
    else:
        yield f"vbd-unplug uuid={used['uuid']}"


def _down(_state: State, failure: Failure, command: str) -> Iterator[str]:
    """A VM stops, or a host goes down, where what is refused needs it not to run."""
    obj = (*failure.blockers, *failure.values)[0]
    if obj.cls.name == "vm":
        yield from _towards(obj, HALTED)
    elif command != "host-power-on":
        yield f"host-shutdown uuid={obj['uuid']}"


def _stop_by_force(_state: State, failure: Failure, command: str) -> Iterator[str]:
    if command in {"vm-shutdown", "vm-reboot"}:
        yield f"{command} uuid={failure.values[0]['uuid']} force=true"


def _unblock(_state: State, failure: Failure, _command: str) -> Iterator[str]:
    vm, reason = failure.values
    for operation, text in vm["blocked-operations"].items():
        if text == reason:
            yield f"vm-param-remove uuid={vm['uuid']} param-name=blocked-operations param-key={operation}"


def _switch_ha_off(_state: State, _failure: Failure, command: str) -> Iterator[str]:
    if command != "pool-ha-enable":
        yield "pool-ha-disable"


def _plan_for_less(_state: State, failure: Failure, _command: str) -> Iterator[str]:
    """Plan for one failure less, or let the pool run more VMs than the plan can start again."""
    [pool] = failure.blockers
    fewer = pool["ha-plan-exists-for"] - 1
    if fewer >= 0:
        yield f"pool-param-set uuid={pool['uuid']} ha-host-failures-to-tolerate={fewer}"
    yield f"pool-param-set uuid={pool['uuid']} ha-allow-overcommit=true"


def _protect(_state: State, failure: Failure, _command: str) -> Iterator[str]:
    """Let high availability protect the VM, or end it."""
    vm = failure.values[0]
    yield f"vm-param-set uuid={vm['uuid']} ha-restart-priority=restart"
    yield f"vm-suspend uuid={vm['uuid']}"
    yield from _towards(vm, HALTED)


def _settle_time(_state: State, failure: Failure, _command: str) -> Iterator[str]:
    """A server for a host that is to have one, or another mode for one that is to have none."""
    host = failure.blockers[0]["uuid"]
    if str(failure.values[0]).startswith("ntp-custom-servers"):
        yield f"host-param-set uuid={host} ntp-custom-servers=0.pool.ntp.org"
    yield f"host-param-set uuid={host} ntp-mode=Factory"


def _look_at_storage(state: State, failure: Failure, _command: str) -> Iterator[str]:
    """Disks that were forgotten are found once the SR is plugged."""
    for sr in (blocker for blocker in failure.blockers if blocker.cls.name == "sr"):
        for pbd in state.pointing_at(sr, "pbd.sr-uuid"):
            yield f"pbd-plug uuid={pbd['uuid']}"


def _choose_suspend_sr(state: State, failure: Failure, _command: str) -> Iterator[str]:
    for sr in state.all("sr"):
        yield f"vm-param-set uuid={failure.values[0]['uuid']} suspend-SR-uuid={sr['uuid']}"


def _empty_a_drive(state: State, failure: Failure, _command: str) -> Iterator[str]:
    vm = failure.values[0]
    for vbd in state.pointing_at(vm, "vbd.vm-uuid"):
        if vbd["type"] == "CD":
            yield f"vbd-eject uuid={vbd['uuid']}"
    yield f"vbd-create vm-uuid={vm['uuid']} device=autodetect type=CD mode=RO"


def _prepare_for_sysprep(state: State, failure: Failure, command: str) -> Iterator[str]:
    """The VM runs, its guest has the driver, and a drive is empty."""
    vm = state.need("vm", failure.values[0])
    yield from _towards(vm, RUNNING)
    yield f"vm-guest-set uuid={vm['uuid']} other:feature-sysprep=1"
    yield from _empty_a_drive(state, Failure("VM_NO_EMPTY_CD_VBD", vm), command)


def _leave_the_directory(_state: State, failure: Failure, _command: str) -> Iterator[str]:
    yield "pool-disable-external-auth"
    for host in failure.blockers:
        yield f"host-disable-external-auth host-uuid={host['uuid']} force=true"


def _of(line: str) -> Remedy:
    """The line with the uuid of the first object that the refusal names, or that stands in the way."""

    def remedy(_state: State, failure: Failure, _command: str) -> Iterator[str]:
        yield line.format((*failure.values, *failure.blockers)[0]["uuid"])

    return remedy


def _of_blocker(line: str) -> Remedy:
    """The line with the uuid of the first object that stands in the way."""

    def remedy(_state: State, failure: Failure, _command: str) -> Iterator[str]:
        yield line.format(failure.blockers[0]["uuid"])

    return remedy


_REMEDIES: dict[str, Remedy] = {
    "CANNOT_FORGET_SRIOV_LOGICAL": _clear_the_way,
    "AUTH_ALREADY_ENABLED": _leave_the_directory,
    "CERTIFICATE_LIBRARY_CORRUPT": _of_blocker("host-reset-server-certificate uuid={}"),
    "CLUSTERING_ENABLED": _of("cluster-host-disable uuid={}"),
    "DOMAIN_EXISTS": _stop,
    "HA_IS_ENABLED": _switch_ha_off,
    "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN": _plan_for_less,
    "HOST_DISABLED": _of("host-enable uuid={}"),
    "HOST_DISABLED_UNTIL_REBOOT": _of("host-reboot uuid={}"),
    "HOST_HAS_RESIDENT_VMS": _of("host-declare-dead uuid={} force=true"),
    "HOST_IN_USE": _put_at_rest,
    "HOST_IS_LIVE": _down,
    "HOST_EVACUATE_VM_NOT_HA_PROTECTED": _protect,
    "HOST_NOT_DISABLED": _of("host-disable uuid={}"),
    "HOST_PENDING_MANDATORY_GUIDANCE_NOT_EMPTY": _of("host-emergency-clear-mandatory-guidance"),
    "HOST_POWER_ON_MODE_DISABLED": _of_blocker("host-set-power-on-mode uuid={} power-on-mode=wake-on-lan"),
    "INTERNAL_ERROR": _hand_over,
    "INVALID_NTP_CONFIG": _settle_time,
    "NETWORK_CONTAINS_PIF": _clear_what_it_names,
    "NETWORK_SRIOV_ALREADY_ENABLED": _clear_the_way,
    "NETWORK_CONTAINS_VIF": _clear_the_way,
    "OPERATION_BLOCKED": _unblock,
    "OPERATION_NOT_ALLOWED": _clear_the_way,
    "PIF_ALREADY_BONDED": _clear_the_way,
    "PIF_DOES_NOT_ALLOW_UNPLUG": _of("pif-param-set uuid={} disallow-unplug=false"),
    "PIF_HAS_NO_NETWORK_CONFIGURATION": _of("pif-reconfigure-ip uuid={} mode=DHCP"),
    "PIF_SRIOV_STILL_EXISTS": _clear_the_way,
    "PIF_TUNNEL_STILL_EXISTS": _clear_the_way,
    "PIF_VLAN_STILL_EXISTS": _clear_the_way,
    "POOL_AUTH_ALREADY_ENABLED": _of("pool-disable-external-auth"),
    "REDO_LOG_IS_ENABLED": _of("pool-disable-redo-log"),
    "REQUIRED_PIF_IS_UNPLUGGED": _of("pif-plug uuid={}"),
    "SR_HAS_NO_PBDS": _plug,
    "SR_HAS_PBD": _clear_the_way,
    "SR_NOT_EMPTY": _look_at_storage,
    "SR_NOT_SHARABLE": _clear_the_way,
    "TRANSPORT_PIF_NOT_CONFIGURED": _of("pif-reconfigure-ip uuid={} mode=DHCP"),
    "SYSPREP": _prepare_for_sysprep,
    "VBD_NOT_EMPTY": _of("vbd-eject uuid={}"),
    "VBD_NOT_UNPLUGGABLE": _of("vbd-param-set uuid={} unpluggable=true"),
    "VDI_IN_USE": _clear_the_way,
    "VDI_MISSING": _clear_the_way,
    "VIF_IN_USE": _clear_the_way,
    "VMSS_HAS_VM": _of_blocker("vm-param-set uuid={} snapshot-schedule="),
    "VM_ASSIGNED_TO_SNAPSHOT_SCHEDULE": _of("vm-param-set uuid={} snapshot-schedule="),
    "VM_BAD_POWER_STATE": _change_power_state,
    "VM_HAS_NO_SUSPEND_VDI": _of_blocker("vm-shutdown uuid={} force=true"),
    "VM_IS_PART_OF_AN_APPLIANCE": _of("vm-param-set uuid={} appliance="),
    "VM_IS_PROTECTED": _of("vm-param-set uuid={} ha-restart-priority="),
    "VM_LACKS_FEATURE": _stop_by_force,
    "VM_MISSING_PV_DRIVERS": _stop,
    "VM_NO_EMPTY_CD_VBD": _empty_a_drive,
    "VM_NO_SUSPEND_SR": _choose_suspend_sr,
    "VM_REQUIRES_SR": _plug,
}
