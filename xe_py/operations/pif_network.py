"""Joining networks directly: the strict rules allow a PIF more than its own network, its VLANs and its bond."""

from __future__ import annotations

from xe_py.errors import refuse
from xe_py.schema.command import command
from xe_py.schema.fields import Ref
from xe_py.xapi import pif_guards as guards

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_PIF = Ref("uuid", "pif", doc="The PIF.")
_NETWORK = Ref("network-uuid", "network", doc="The network.")


@command(
    "pif-network-add",
    required=(_PIF, _NETWORK),
    doc="Let a PIF serve one more network; only under the strict rules.",
    ours=True,
)
def network_add(state: State, pif: Record, network: Record) -> None:
    """Let the PIF serve the network, besides its own."""
    refuse(guards.can_join(state, pif, network))
    state.update(pif, {"joined-network-uuids": [*pif["joined-network-uuids"], network["uuid"]]})


@command(
    "pif-network-remove",
    required=(_PIF, _NETWORK),
    doc="Take a PIF from a network that it joined with pif-network-add.",
    ours=True,
)
def network_remove(state: State, pif: Record, network: Record) -> None:
    """Take the PIF from a network that it joined directly."""
    refuse(guards.can_leave(state, pif, network))
    remaining = [uuid for uuid in pif["joined-network-uuids"] if uuid != network["uuid"]]
    state.update(pif, {"joined-network-uuids": remaining})
