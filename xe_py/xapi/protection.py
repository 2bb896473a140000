"""What protects a pool against the loss of a host, and so forbids changes to the interfaces of its hosts."""

from __future__ import annotations

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.state import State


def nothing_relies_on_interfaces(state: State) -> Iterator[Failure]:
    """Why an interface that is up must stay as it is: high availability or the redo log relies on it."""
    yield from ha_is_off(state)
    for pool in state.all("pool"):
        if pool["redo-log-enabled"]:
            yield Failure("REDO_LOG_IS_ENABLED", blockers=(pool,))


def ha_is_off(state: State) -> Iterator[Failure]:
    """Why what high availability relies on must stay as it is: it is on."""
    for pool in state.all("pool"):
        if pool["ha-enabled"]:
            yield Failure("HA_IS_ENABLED")
