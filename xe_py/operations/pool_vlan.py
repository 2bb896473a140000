"""VLANs on all hosts of the pool at once."""

from __future__ import annotations

from xe_py.operations.effects.bring_up import bring_up
from xe_py.operations.vlan import make
from xe_py.schema.command import command
from xe_py.schema.fields import Int, Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "pool-vlan-create",
    required=(
        Ref("pif-uuid", "pif", doc="The PIF below the VLAN, on any host."),
        Int("vlan", doc="The tag, from 0 to 4094."),
        Ref("network-uuid", "network", doc="The network that the VLANs carry."),
    ),
    doc="Make a VLAN on each host of the pool, and print the uuids of the PIFs of these VLANs.",
)
def create(state: State, pif: Record, vlan: int, network: Record) -> list[Record]:
    """Make a VLAN on each PIF of the same network whose host is live; all of them or none."""
    below = state.pointing_at(state.ref(pif, "network-uuid"), "pif.network-uuid")
    live = [other for other in below if state.ref(other, "host-uuid")["host-metrics-live"]]
    untagged = [make(state, other, vlan, network) for other in live]
    for other in untagged:
        bring_up(state, other)
    return untagged
