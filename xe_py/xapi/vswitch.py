"""The virtual switches of the hosts."""

from __future__ import annotations

from xe_py.errors import Failure

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
