"""The guest: what the operating system in a VM does, and what it tells of itself while the VM has a domain."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State

HALTED, PAUSED, RUNNING, SUSPENDED = "halted", "paused", "running", "suspended"
LIVE = frozenset((RUNNING, PAUSED))

TOOLS = "guest-tools"
"""The key in a VM's other-config that says, with `false`, that its guest has no PV drivers."""


def is_live(vm: Record) -> bool:
    """Whether the VM has a domain on a host."""
    return vm["power-state"] in LIVE


def has_drivers(vm: Record) -> bool:
    """Whether the guest has PV drivers, with which it hotplugs, shuts down when asked, and can be suspended."""
    return bool(vm["other-config"].get(TOOLS) != "false")


def cooperates(vm: Record) -> bool:
    """Whether the guest does what the toolstack asks: a paravirtualised one always, others with PV drivers."""
    return vm["domain-type"] != "hvm" or has_drivers(vm)


def domain_type(_state: State, vm: Record) -> str:
    """How Xen runs the VM now."""
    return "unspecified" if vm["power-state"] == HALTED else str(vm["domain-type"])


def platform_says(vm: Record, key: str) -> bool:
    """Whether a setting of the virtual hardware is on."""
    return vm["platform"].get(key) in {"true", "1"}


def told(with_drivers: Any, without: Any) -> Callable[[State, Record], Any]:
    """How a field is computed that the guest fills: nothing without a guest, and little without PV drivers."""

    def compute(_state: State, vm: Record) -> Any:
        if vm["power-state"] == HALTED or vm["is-control-domain"]:
            return None
        return with_drivers if has_drivers(vm) else without

    return compute
