"""What holds for every VM in every state."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.xenclass import STRICT, rule
from xe_py.xapi.guest import HALTED, PAUSED, RUNNING, SUSPENDED, is_live
from xe_py.xapi.lineage import has_no_loop, says_that_it_is_a_snapshot
from xe_py.xapi.vm_settings import (
    MEMORY_LIMITS,
    has_image,
    memory_is_ordered,
    shadow_multiplier_is_valid,
    vcpus_are_ordered,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


@rule("power-state", "resident-on", "dom-id")
def live_vms_have_a_host_and_a_domain(_state: State, vm: Record) -> Iterator[Failure]:
    """A running or paused VM has a host and a domain number on it; other VMs have neither."""
    host, domain = vm["resident-on"], vm["dom-id"]
    if is_live(vm) and host is None:
        yield Failure("INVALID_VALUE", "resident-on", "<not in database>", blockers=(vm,))
    if not is_live(vm) and host is not None:
        yield Failure("VM_BAD_POWER_STATE", vm, f"{RUNNING}, {PAUSED}", vm["power-state"])
    if is_live(vm) != (domain >= 0) or domain < -1:
        yield Failure("INVALID_VALUE", "dom-id", str(domain), blockers=(vm,))


@rule("dom-id", "is-control-domain")
def domain_zero_is_a_control_domain(_state: State, vm: Record) -> Iterator[Failure]:
    """Domain 0 is a control domain."""
    if vm["dom-id"] == 0 and not vm["is-control-domain"]:
        yield Failure("INVALID_VALUE", "dom-id", "0", blockers=(vm,))


@rule("VCPUs-max", "VCPUs-at-startup", profile=STRICT)
def vcpus_are_in_order(_state: State, vm: Record) -> Iterator[Failure]:
    """VCPUs-at-startup is at least 1 and at most VCPUs-max."""
    at_startup, most = vm["VCPUs-at-startup"], vm["VCPUs-max"]
    yield from vcpus_are_ordered(vm, at_startup=at_startup, most=most, value=at_startup)


@rule(*MEMORY_LIMITS, profile=STRICT)
def memory_limits_are_in_order(_state: State, vm: Record) -> Iterator[Failure]:
    """The memory limits satisfy static-min <= dynamic-min <= dynamic-max <= static-max."""
    yield from memory_is_ordered(vm)


@rule("HVM-shadow-multiplier")
def shadow_multiplier_is_at_least_one(_state: State, vm: Record) -> Iterator[Failure]:
    """HVM-shadow-multiplier is at least 1."""
    yield from shadow_multiplier_is_valid(vm["HVM-shadow-multiplier"])


@rule("is-a-template", "is-a-snapshot", "power-state")
def templates_do_not_run(_state: State, vm: Record) -> Iterator[Failure]:
    """A template is halted. A snapshot is halted, or suspended if it holds the memory."""
    if vm["is-a-snapshot"] and vm["power-state"] not in {HALTED, SUSPENDED}:
        yield Failure("VM_IS_SNAPSHOT", vm, "start")
    elif vm["is-a-template"] and not vm["is-a-snapshot"] and vm["power-state"] != HALTED:
        yield Failure("VM_IS_TEMPLATE", vm, "start")


@rule("power-state", "VCPUs-number", "VCPUs-max", profile=STRICT)
def live_vms_have_no_more_cpus_than_they_can(_state: State, vm: Record) -> Iterator[Failure]:
    """A running or paused VM has at least one CPU and at most VCPUs-max."""
    if is_live(vm) and not 0 < vm["VCPUs-number"] <= vm["VCPUs-max"]:
        yield Failure(
            "INVALID_VALUE",
            "VCPU values must satisfy: 0 < VCPUs ≤ VCPUs_max",
            str(vm["VCPUs-number"]),
            blockers=(vm,),
        )


@rule("power-state", "suspend-VDI-uuid", profile=STRICT)
def suspended_vms_have_an_image(state: State, vm: Record) -> Iterator[Failure]:
    """Every suspended VM, and no other, has a suspend VDI, and each VM has one of its own."""
    image = vm["suspend-VDI-uuid"]
    if vm["power-state"] == SUSPENDED:
        yield from has_image(vm)
    if image is not None:
        if vm["power-state"] != SUSPENDED:
            yield Failure("VM_BAD_POWER_STATE", vm, SUSPENDED, vm["power-state"])
        for other in state.having("vm", "suspend-VDI-uuid", image):
            if other is not vm:
                yield Failure("VDI_IN_USE", state.ref(vm, "suspend-VDI-uuid"), "resume", blockers=(other,))
                return


@rule("snapshot-of", "is-a-snapshot", profile=STRICT)
def only_snapshots_are_of_a_vm(_state: State, vm: Record) -> Iterator[Failure]:
    """A VM that has snapshot-of also has is-a-snapshot."""
    yield from says_that_it_is_a_snapshot(vm)


@rule("snapshot-of", "parent", profile=STRICT)
def no_vm_comes_from_itself(state: State, vm: Record) -> Iterator[Failure]:
    """A VM does not come from itself, as a snapshot or as a child, directly or through other VMs."""
    yield from has_no_loop(state, vm)


@rule("power-state", "dom-id", "is-control-domain", profile=STRICT)
def live_control_domains_are_domain_zero(_state: State, vm: Record) -> Iterator[Failure]:
    """A running control domain is domain 0, so a host has only one."""
    if vm["is-control-domain"] and is_live(vm) and vm["dom-id"] != 0:
        yield Failure("INVALID_VALUE", "dom-id", str(vm["dom-id"]), blockers=(vm,))


RULES = (
    live_vms_have_a_host_and_a_domain,
    domain_zero_is_a_control_domain,
    vcpus_are_in_order,
    memory_limits_are_in_order,
    shadow_multiplier_is_at_least_one,
    templates_do_not_run,
    live_vms_have_no_more_cpus_than_they_can,
    suspended_vms_have_an_image,
    only_snapshots_are_of_a_vm,
    no_vm_comes_from_itself,
    live_control_domains_are_domain_zero,
)
