"""The guest: what the operating system in a VM does, and what it reports while the VM has a domain."""

from __future__ import annotations

from xe_py.schema.derived import kind_of
from xe_py.schema.fields import Derived

TYPE_CHECKING = False
if TYPE_CHECKING:
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
    """Whether the guest has PV drivers, which it needs for hotplug, for a clean shutdown and to be suspended."""
    return bool(vm["other-config"].get(TOOLS) != "false")


def cooperates(vm: Record) -> bool:
    """Whether the guest obeys the toolstack: a paravirtualised guest always does, others only with PV drivers."""
    return vm["domain-type"] != "hvm" or has_drivers(vm)


def domain_type(_state: State, vm: Record) -> str:
    """How Xen runs the VM now."""
    return "unspecified" if vm["power-state"] == HALTED else str(vm["domain-type"])


def platform_says(vm: Record, key: str) -> bool:
    """Whether a setting of the virtual hardware is true."""
    return vm["platform"].get(key) in {"true", "1"}


class Told(Derived):
    """A field that the guest fills: empty without a running guest, and nearly empty without PV drivers."""

    __slots__ = ("kind", "with_drivers", "without")

    def __init__(self, name: str, with_drivers: Any, without: Any, **rest: Any) -> None:
        self.with_drivers = with_drivers
        self.without = without
        self.kind = kind_of(without)
        super().__init__(name, **rest)

    def compute(self, state: State, obj: Record) -> Any:
        del state
        if obj["power-state"] == HALTED or obj["is-control-domain"]:
            return None
        return self.with_drivers if has_drivers(obj) else self.without
