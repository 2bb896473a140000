"""Tunnel: carries the network of its access PIF over the addresses of its transport PIF."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.fields import CASCADE, Choice, Map, Ref
from xe_py.schema.xenclass import OTHER_CONFIG, Unique, XenClass, rule
from xe_py.xapi.pif_kinds import can_carry_tunnels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

PROTOCOLS = ("gre", "vxlan")


@rule(
    "transport-PIF/bond-slave-of",
    "transport-PIF/tunnel.access-PIF",
    "transport-PIF/network-sriov.logical-PIF",
    "transport-PIF/vlan.untagged-PIF/tagged-PIF/network-sriov.logical-PIF",
)
def tunnel_stands_on_whole_pif(state: State, tunnel: Record) -> Iterator[Failure]:
    """The transport PIF of a tunnel is no member of a bond, and no PIF of another tunnel or of SR-IOV."""
    yield from can_carry_tunnels(state, state.ref(tunnel, "transport-PIF"))


@rule("access-PIF/host-uuid", "transport-PIF/host-uuid")
def both_pifs_are_on_one_host(state: State, tunnel: Record) -> Iterator[Failure]:
    """Both PIFs of a tunnel belong to the same host."""
    access, transport = state.ref(tunnel, "access-PIF"), state.ref(tunnel, "transport-PIF")
    if access["host-uuid"] != transport["host-uuid"]:
        yield Failure("PIF_CONFIGURATION_ERROR", access, "its host-uuid is not the same as on the PIF below")


TUNNEL = XenClass(
    "tunnel",
    label="tunnel",
    section=62,
    doc="A tunnel: carries a network between hosts over the addresses of other PIFs.",
    fields=(
        Ref(
            "access-PIF",
            "pif",
            required=True,
            on_delete=CASCADE,
            doc="The PIF of the tunnel; it carries the tunnel's network.",
        ),
        Ref(
            "transport-PIF",
            "pif",
            required=True,
            on_delete=CASCADE,
            doc="The PIF below, over whose address the packets travel.",
        ),
        Map("status", default={"active": "false"}, doc="Whether an SDN controller has switched the tunnel on."),
        OTHER_CONFIG,
        Choice("protocol", PROTOCOLS, default="gre", doc="How the packets are packed."),
    ),
    unique=(Unique("access-PIF", refusal="IS_TUNNEL_ACCESS_PIF"),),
    rules=(tunnel_stands_on_whole_pif, both_pifs_are_on_one_host),
    list_fields=("uuid", "transport-PIF", "access-PIF", "status"),
)
