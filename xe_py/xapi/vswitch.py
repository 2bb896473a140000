"""The virtual switches of the hosts, and the SDN controller that may steer them."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.xapi.hosts import coordinator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


def has_vswitch(host: Record) -> bool:
    """Whether the host switches with Open vSwitch, and not with the bridges of Linux."""
    return bool(host["software-version"].get("network_backend") == "openvswitch")


def is_everywhere(state: State) -> Iterator[Failure]:
    """Why the pool can have no tunnels: a host has no Open vSwitch."""
    bridged = tuple(host for host in state.all("host") if not has_vswitch(host))
    if bridged:
        yield Failure("OPENVSWITCH_NOT_ACTIVE", blockers=bridged)


def can_be_controlled(state: State) -> Iterator[Failure]:
    """Why the pool can have no SDN controller: its coordinator has no Open vSwitch."""
    host = coordinator(state)
    if not has_vswitch(host):
        yield Failure("OPERATION_NOT_ALLOWED", "host not configured for vswitch operation", blockers=(host,))


def is_uncontrolled(state: State) -> Iterator[Failure]:
    """Why no VIF can be locked: an SDN controller says which traffic may pass."""
    controllers = tuple(state.all("sdn-controller"))
    if controllers and not any(can_be_controlled(state)):
        yield Failure("OPERATION_NOT_ALLOWED", "A vswitch controller is active", blockers=controllers)
