"""Placement: which hosts can run a VM, and which of them is chosen."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.xapi import memory
from xe_py.xapi.guest import SUSPENDED, platform_says
from xe_py.xapi.hosts import cpus, has_hvm
from xe_py.xapi.networks import can_attach, is_visible_on
from xe_py.xapi.vm_settings import actions_after_crash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


# How many measures `_room` has, and what its last one says of a host whose VMs need not shrink.
_MEASURES, _UNSQUEEZED = 4, 1000


def choose(state: State, vm: Record) -> Record:
    """The host on which to start or resume the VM; NO_HOSTS_AVAILABLE, with a report, if there is none.

    XAPI draws from the best hosts at random; this is the first of them. If no host has enough memory, XAPI looks once
    more and leaves the memory out of the checks of each host.
    """
    groups = _groups(state, vm)
    for with_memory, hosts in (
        *((True, group) for group in groups),
        (False, [host for group in groups for host in group]),
    ):
        for host in _ranked(state, vm, hosts):
            if not any(can_run_on(state, vm, host, with_memory=with_memory)):
                return host
    raise Failure("NO_HOSTS_AVAILABLE", reasons=tuple(reasons(state, vm)))


def _groups(state: State, vm: Record) -> list[list[Record]]:
    """The hosts in groups, of which the first is tried first: by anti-affinity or else by GPUs or else by SR-IOV."""
    hosts = state.all("host")
    if vm["groups"]:
        from xe_py.xapi import anti_affinity

        if anti_affinity.group_of(state, vm) is not None:
            return list(anti_affinity.ranked(state, vm, hosts))
    vgpus = state.pointing_at(vm, "vgpu.vm-uuid")
    if vgpus:
        from xe_py.xapi import passthrough

        return passthrough.ranked(state, vgpus[0], hosts)
    for vif in state.pointing_at(vm, "vif.vm-uuid"):
        if _may_be_sriov(state, state.ref(vif, "network-uuid")):
            from xe_py.xapi import sriov

            if sriov.is_sriov(state, network := state.ref(vif, "network-uuid")):
                return sriov.ranked(state, network)
    return [hosts]


def _ranked(state: State, vm: Record, hosts: list[Record]) -> Iterator[Record]:
    """The hosts that have room for the VM, the best one first."""
    pools = state.all("pool")
    spared = pools[0]["master"] if pools and pools[0]["coordinator-bias"] else None
    left = [(host, _room(state, vm, host, is_spared=host["uuid"] == spared)) for host in hosts]
    for measure in range(_MEASURES):
        fit = [(host, room) for host, room in left if room[measure] >= 0]
        yield from (host for host, _ in sorted(fit, key=lambda each: -each[1][measure]))
        left = [(host, room) for host, room in left if room[measure] < 0]


def _room(state: State, vm: Record, host: Record, *, is_spared: bool) -> tuple[int, ...]:
    """How good the host is by each of XAPI's measures, the more the better; a negative number is not good enough.

    First, as the VM's affinity. Then, if all VMs have all memory that they can ever have, and if they have all that
    they may have now; of the coordinator, half of that room counts if the pool says so. Last, how little VMs shrink.
    """
    least, most, shrinkable = (
        state.sum_of(host, "vm.resident-on", name) + memory.MEASURES[name](vm)
        for name in ("least-memory", "most-memory", "memory-range")
    )
    total = memory.for_guests(host)
    squeezed = _UNSQUEEZED
    if total - least < shrinkable:
        squeezed = -1 if total < least else _UNSQUEEZED * (total - least) // shrinkable
    definite, probable = (
        (room - 1) // 2 if is_spared and room > 0 else room for room in (total - most, total - least - shrinkable)
    )
    return squeezed if vm["affinity"] == host["uuid"] else -1, definite, probable, squeezed


def possible_hosts(state: State, vm: Record) -> list[Record]:
    """The hosts on which the VM can run now."""
    return [host for host in state.all("host") if not any(can_run_on(state, vm, host))]


def reasons(state: State, vm: Record) -> Iterator[tuple[Record, Failure]]:
    """Each host that cannot run the VM, with the first reason."""
    for host in state.all("host"):
        failure = next(can_run_on(state, vm, host), None)
        if failure is not None:
            yield host, failure


def can_run_on(
    state: State, vm: Record, host: Record, *, disks_move: bool = False, with_memory: bool = True
) -> Iterator[Failure]:
    """Why the VM cannot run on this host, in the order of XAPI's checks; disks that move along need not be there.

    Without `with_memory`, the host may be full.
    """
    yield from actions_after_crash(state, vm, vm["actions-after-crash"])
    if not host["host-metrics-live"]:
        yield Failure("HOST_NOT_LIVE")
    if vm["is-control-domain"] and vm["affinity"] not in {None, host["uuid"]}:
        yield Failure("OPERATION_NOT_ALLOWED", "A control domain starts only on the host of its affinity")
    if not host["enabled"] and not vm["is-control-domain"]:
        yield Failure("HOST_DISABLED", host)
    yield from _virtual_hardware(vm, host)
    if not disks_move:
        yield from _storage(state, vm, host)
    yield from _networks(state, vm, host)
    if state.pointing_at(vm, "vgpu.vm-uuid") or state.pointing_at(vm, "vusb.vm-uuid"):
        from xe_py.xapi.passthrough import has_devices

        yield from has_devices(state, vm, host)
    yield from _functions(state, vm, host)
    if vm["domain-type"] != "pv" and not has_hvm(host):
        yield Failure("VM_HVM_REQUIRED", vm)
    needed, available = memory.to_start(vm), memory.free(state, host)
    if with_memory and needed > available:
        yield Failure("HOST_NOT_ENOUGH_FREE_MEMORY", str(needed), str(available))
    if vm["VCPUs-max"] > cpus(host) and not platform_says(vm, "vcpu-unrestricted"):
        yield Failure("HOST_NOT_ENOUGH_PCPUS", str(vm["VCPUs-max"]), str(cpus(host)))


def keeps_failover_plan(state: State, vm: Record, host: Record) -> Iterator[Failure]:
    """Why the VM cannot come to the host: high availability would no longer have a plan."""
    if any(pool["ha-enabled"] for pool in state.all("pool")):
        from xe_py.xapi.failover import keeps_plan_with

        yield from keeps_plan_with(state, vm, host)


def sees(state: State, host: Record, sr: Record) -> bool:
    """Whether the SR is plugged on the host."""
    return any(
        pbd["currently-attached"] and pbd["host-uuid"] == host["uuid"] for pbd in state.pointing_at(sr, "pbd.sr-uuid")
    )


def can_see(state: State, vm: Record, sr: Record, host: Record) -> Iterator[Failure]:
    """Why the VM cannot have a disk of the SR on the host: the SR is not plugged there."""
    if not sees(state, host, sr):
        unplugged = tuple(state.find("pbd", sr_uuid=sr["uuid"], host_uuid=host["uuid"]))
        yield Failure("VM_REQUIRES_SR", vm, sr, blockers=unplugged)


def default_sr(state: State) -> Record | None:
    """The SR for new disks where none is given, if the pool has one."""
    return state.ref_or_none(state.all("pool")[0], "default-SR")


def _virtual_hardware(vm: Record, host: Record) -> Iterator[Failure]:
    version, versions = str(vm["hardware-platform-version"]), host["virtual-hardware-platform-versions"]
    if version not in versions:
        shown = f"[{'; '.join(versions)}]"
        yield Failure("VM_HOST_INCOMPATIBLE_VIRTUAL_HARDWARE_PLATFORM_VERSION", host, shown, vm, version)


def _storage(state: State, vm: Record, host: Record) -> Iterator[Failure]:
    vdis = [state.ref_or_none(vbd, "vdi-uuid") for vbd in state.pointing_at(vm, "vbd.vm-uuid")]
    if vm["power-state"] == SUSPENDED:
        vdis.append(state.ref_or_none(vm, "suspend-VDI-uuid"))
    srs = {vdi["sr-uuid"]: state.ref(vdi, "sr-uuid") for vdi in vdis if vdi is not None}
    for sr in srs.values():
        yield from can_see(state, vm, sr, host)


def _networks(state: State, vm: Record, host: Record) -> Iterator[Failure]:
    networks = [state.ref(vif, "network-uuid") for vif in state.pointing_at(vm, "vif.vm-uuid")]
    for network in networks:
        if not is_visible_on(state, network, host):
            yield Failure("VM_REQUIRES_NETWORK", vm, network)
        yield from can_attach(state, network, host)


def _functions(state: State, vm: Record, host: Record) -> Iterator[Failure]:
    """Why the host has no virtual functions for VIFs of the VM on SR-IOV networks."""
    vifs = state.pointing_at(vm, "vif.vm-uuid")
    if any(_may_be_sriov(state, state.ref(vif, "network-uuid")) for vif in vifs):
        from xe_py.xapi.sriov import has_functions

        yield from has_functions(state, vm, host)


def _may_be_sriov(state: State, network: Record) -> bool:
    """Whether it is worth while to look: a network without other PIFs than network cards has no virtual functions."""
    return any(not pif["physical"] for pif in state.pointing_at(network, "pif.network-uuid"))
