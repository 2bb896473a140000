"""What holds for every VM in every state."""

from __future__ import annotations

from xe_py.classes._guest import HALTED, PAUSED, RUNNING, SUSPENDED, is_live
from xe_py.classes._vm_settings import MEMORY_LIMITS, memory_is_ordered, shadow_multiplier_is_valid, vcpus_are_ordered
from xe_py.errors import Failure
from xe_py.schema.xenclass import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


@rule("power-state", "resident-on", "dom-id")
def live_vms_have_a_host_and_a_domain(_state: State, vm: Record) -> Iterator[Failure]:
    """A VM that runs or is paused has a host and the number of its domain there; no other VM has."""
    host, domain = vm["resident-on"], vm["dom-id"]
    if is_live(vm) and host is None:
        yield Failure("INVALID_VALUE", "resident-on", "<not in database>", blockers=(vm,))
    if not is_live(vm) and host is not None:
        yield Failure("VM_BAD_POWER_STATE", vm, f"{RUNNING}, {PAUSED}", vm["power-state"])
    if is_live(vm) != (domain >= 0) or domain < -1:
        yield Failure("INVALID_VALUE", "dom-id", str(domain), blockers=(vm,))


@rule("dom-id", "is-control-domain")
def domain_zero_is_a_control_domain(_state: State, vm: Record) -> Iterator[Failure]:
    """Domain 0 manages its host, and only a control domain does that."""
    if vm["dom-id"] == 0 and not vm["is-control-domain"]:
        yield Failure("INVALID_VALUE", "dom-id", "0", blockers=(vm,))


@rule("VCPUs-max", "VCPUs-at-startup")
def vcpus_are_in_order(_state: State, vm: Record) -> Iterator[Failure]:
    """A VM starts with at least one CPU, and with no more than it can have."""
    at_startup, most = vm["VCPUs-at-startup"], vm["VCPUs-max"]
    yield from vcpus_are_ordered(vm, at_startup=at_startup, most=most, value=at_startup)


@rule(*MEMORY_LIMITS)
def memory_limits_are_in_order(_state: State, vm: Record) -> Iterator[Failure]:
    """The limits of the memory rise: static-min, dynamic-min, dynamic-max, static-max."""
    yield from memory_is_ordered(vm)


@rule("HVM-shadow-multiplier")
def shadow_multiplier_is_at_least_one(_state: State, vm: Record) -> Iterator[Failure]:
    """The tables of pages are not made smaller than they have to be."""
    yield from shadow_multiplier_is_valid(vm["HVM-shadow-multiplier"])


@rule("is-a-template", "is-a-snapshot", "power-state")
def templates_do_not_run(_state: State, vm: Record) -> Iterator[Failure]:
    """A template is halted; a snapshot is too, or suspended if it has the memory."""
    if vm["is-a-snapshot"] and vm["power-state"] not in {HALTED, SUSPENDED}:
        yield Failure("VM_IS_SNAPSHOT", vm, "start")
    elif vm["is-a-template"] and not vm["is-a-snapshot"] and vm["power-state"] != HALTED:
        yield Failure("VM_IS_TEMPLATE", vm, "start")


RULES = (
    live_vms_have_a_host_and_a_domain,
    domain_zero_is_a_control_domain,
    vcpus_are_in_order,
    memory_limits_are_in_order,
    shadow_multiplier_is_at_least_one,
    templates_do_not_run,
)
