"""What can be done to networks."""

from __future__ import annotations

from xe_py.classes import network as guards
from xe_py.errors import Failure, refuse
from xe_py.schema.command import command
from xe_py.schema.fields import Bool, Int, Ref, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_NETWORK = Ref("uuid", "network", doc="The network.")
_LONGEST_BRIDGE = 15
_RESERVED = ("xen", "xapi", "vif", "tap", "eth")


@command(
    "network-create",
    required=(Text("name-label", doc="The name."),),
    optional=(
        Text("name-description", doc="The description."),
        Int("MTU", doc="The largest packet, in bytes; 1500 if left out."),
        Text("bridge", doc="The name of the bridge; a new one if left out."),
        Bool("managed", doc="Whether XenServer makes and removes the bridge as needed."),
    ),
    doc="Make a network.",
)
def create(
    state: State,
    name_label: str,
    name_description: str = "",
    mtu: int = 0,
    bridge: str = "",
    *,
    managed: bool = True,
) -> Record:
    """Make a network that has no PIF yet."""
    if len(bridge) > _LONGEST_BRIDGE or bridge.startswith(_RESERVED):
        raise Failure("INVALID_VALUE", "bridge", bridge)
    return state.add(
        "network",
        {
            "name-label": name_label,
            "name-description": name_description,
            "MTU": mtu if mtu > 0 else None,
            "bridge": bridge or free_bridge(state),
            "managed": managed,
        },
    )


@command("network-destroy", required=(_NETWORK,), doc="Destroy a network and the detached VIFs on it.")
def destroy(state: State, network: Record) -> None:
    """Destroy the network; VIFs that are not attached go with it."""
    refuse(guards.can_destroy(state, network))
    state.delete(network)


def free_bridge(state: State) -> str:
    """The first of xapi0, xapi1, … that no network has."""
    number = 0
    while state.having("network", "bridge", f"xapi{number}"):
        number += 1
    return f"xapi{number}"
