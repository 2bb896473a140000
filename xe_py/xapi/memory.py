"""Memory: how much a VM uses on its host, and how the VMs of a host share the memory."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from xe_py.state.record import Record
    from xe_py.state.state import State

MIB = 1 << 20
_PAGES_IN_A_MIB = 256
_PAGES_FOR_A_VCPU = 256


def overhead(vm: Record) -> int:
    """What Xen needs for a VM besides the guest's memory, in bytes: page tables, and a little more."""
    return overhead_with(vm, vm["memory-static-max"], vm["VCPUs-max"])


def overhead_with(vm: Record, static_max: int, vcpus: int) -> int:
    """What Xen would need if the VM had these limits."""
    if vm["is-control-domain"]:
        return 0
    pages = vcpus * _PAGES_FOR_A_VCPU + 2 * _rounded_up(static_max, MIB)
    tables = _rounded_up(pages, _PAGES_IN_A_MIB)
    if vm["domain-type"] == "pv":
        return (tables + 1) * MIB
    return (int(tables * vm["HVM-shadow-multiplier"]) + 2) * MIB


def most(vm: Record, total: int, vcpus: int) -> int:
    """How much memory the guest could have at most, in whole MiB, if it and its overhead had this total."""
    low, high = 0, max(0, total // MIB)
    while low < high:
        middle = (low + high + 1) // 2
        fits = middle * MIB + overhead_with(vm, middle * MIB, vcpus) <= total
        low, high = (middle, high) if fits else (low, middle - 1)
    return low * MIB


def least(vm: Record) -> int:
    """What a VM uses on its host when its guest has the least memory."""
    return int(vm["memory-dynamic-min"]) + overhead(vm)


def most_of(vm: Record) -> int:
    """What a VM uses on its host when its guest has all the memory that it can ever have."""
    return int(vm["memory-static-max"]) + overhead(vm)


def to_start(vm: Record) -> int:
    """What must be free for a VM that starts; a paravirtualised guest in a PVH domain cannot shrink."""
    return most_of(vm) if vm["domain-type"] == "pv-in-pvh" else least(vm)


def to_move(vm: Record) -> int:
    """What a host needs for a VM that comes from another host; a PVH guest cannot shrink."""
    return least(vm) if vm["domain-type"] in {"hvm", "pv"} else most_of(vm)


def for_guests(host: Record) -> int:
    """What all VMs of a host together may use, the control domain included."""
    return int(host["memory-total"]) - int(host["memory-overhead"])


def free(state: State, host: Record) -> int:
    """What another VM could get if every VM of the host shrank to its minimum."""
    return max(0, for_guests(host) - needed(state, host))


def unused(state: State, host: Record) -> int:
    """What no VM of the host uses now."""
    left = free(state, host)
    return left - min(left, _ranges(state, host))


def target(state: State, vm: Record) -> int:
    """How much memory the guest of a live VM has: all VMs of a host shrink alike, and no more than necessary."""
    host = state.ref_or_none(vm, "resident-on")
    if host is None or not _range(vm):
        return int(vm["memory-dynamic-max"])
    ranges = _ranges(state, host)
    return int(vm["memory-dynamic-min"]) + _range(vm) * min(free(state, host), ranges) // ranges


def needed(state: State, host: Record) -> int:
    """What all VMs of a host use if each one has the least memory."""
    return state.sum_of(host, "vm.resident-on", "least-memory")


def _range(vm: Record) -> int:
    return max(0, int(vm["memory-dynamic-max"]) - int(vm["memory-dynamic-min"]))


def _ranges(state: State, host: Record) -> int:
    return state.sum_of(host, "vm.resident-on", "memory-range")


MEASURES: dict[str, Callable[[Record], int]] = {
    "least-memory": least,
    "most-memory": most_of,
    "memory-range": _range,
    "domains": lambda _vm: 1,
}


def _rounded_up(amount: int, unit: int) -> int:
    return -(-amount // unit)
