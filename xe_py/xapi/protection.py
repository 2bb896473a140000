"""What protects a pool against the loss of a host, and so forbids changes to the interfaces of its hosts."""

from __future__ import annotations

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.state import State


def ha_is_off(state: State) -> Iterator[Failure]:
    """Why what high availability relies on must stay as it is: it is on."""
    for pool in state.all("pool"):
        if pool["ha-enabled"]:
            yield Failure("HA_IS_ENABLED")
