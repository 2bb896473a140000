"""What can be done to tunnels."""

from __future__ import annotations

from xe_py.classes.tunnel import PROTOCOLS
from xe_py.errors import Failure, refuse
from xe_py.operations.effects.plugging import plug, remove, unplug
from xe_py.schema.command import command
from xe_py.schema.fields import Choice, Ref
from xe_py.xapi import networks, pif_guards
from xe_py.xapi.addresses import random_mac
from xe_py.xapi.pif_kinds import can_carry_tunnels
from xe_py.xapi.sriov import is_sriov
from xe_py.xapi.vswitch import is_everywhere

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "tunnel-create",
    required=(
        Ref("pif-uuid", "pif", doc="The PIF over whose address the packets travel."),
        Ref("network-uuid", "network", doc="The network that the tunnel carries."),
    ),
    optional=(Choice("protocol", PROTOCOLS, default="gre", doc="How the packets are packed."),),
    doc="Make a tunnel over a PIF, and print the uuid of the PIF of the tunnel.",
)
def create(state: State, pif: Record, network: Record, protocol: str = "gre") -> Record:
    """Make a tunnel over the PIF, plug the tunnel's own PIF, and return it."""
    host = state.ref(pif, "host-uuid")
    refuse(pif_guards.host_answers(state, pif))
    refuse(networks.is_managed(network))
    refuse(networks.has_no_pif_on(state, network, host))
    refuse(pif_guards.is_managed(pif))
    refuse(can_carry_tunnels(state, pif))
    if is_sriov(state, network):
        raise Failure("NETWORK_INCOMPATIBLE_WITH_TUNNEL", network)
    refuse(is_everywhere(state))
    access = stack(state, pif, network, protocol)
    plug(state, access)
    return access


@command(
    "tunnel-destroy",
    required=(Ref("uuid", "tunnel", doc="The tunnel."),),
    doc="Destroy a tunnel and its PIF; the network stays.",
)
def destroy(state: State, tunnel: Record) -> None:
    """Destroy the tunnel and its own PIF; the network stays."""
    access = state.ref(tunnel, "access-PIF")
    unplug(state, access)
    remove(state, access)


def stack(state: State, transport: Record, network: Record, protocol: str) -> Record:
    """Make the two objects of a tunnel, and return its access PIF."""
    taken = {pif["device"] for pif in state.having("pif", "host-uuid", transport["host-uuid"])}
    shared = ("host-uuid", "primary-address-type", "carrier", "speed", "duplex")
    access = state.add(
        "pif",
        {
            "network-uuid": network["uuid"],
            "device": next(name for number in range(len(taken) + 1) if (name := f"tunnel{number}") not in taken),
            "MAC": random_mac(),
            **{field: transport[field] for field in shared},
        },
    )
    state.add("tunnel", {"access-PIF": access["uuid"], "transport-PIF": transport["uuid"], "protocol": protocol})
    return access
