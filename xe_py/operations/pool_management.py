"""The network through which all hosts of a pool are managed."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.operations.host_management import reconfigure as reconfigure_host
from xe_py.schema.command import command
from xe_py.schema.fields import Ref
from xe_py.xapi import pif_guards as guards
from xe_py.xapi.hosts import coordinator
from xe_py.xapi.protection import ha_is_off

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "pool-management-reconfigure",
    required=(Ref("network-uuid", "network", doc="The network."),),
    doc="Choose the network through which all hosts of the pool are managed.",
)
def reconfigure(state: State, network: Record) -> None:
    """Manage each host through its PIF on the network: all of them or none, the coordinator last."""
    refuse(ha_is_off(state))
    pifs = state.pointing_at(network, "pif.network-uuid")
    reached = {pif["host-uuid"] for pif in pifs}
    for host in state.all("host"):
        if host["uuid"] not in reached:
            raise Failure("PIF_NOT_PRESENT", host, network)
    for pif in pifs:
        if pif["primary-address-type"] != pifs[0]["primary-address-type"]:
            raise Failure("PIF_INCOMPATIBLE_PRIMARY_ADDRESS_TYPE", pif)
        refuse(guards.is_usable_for_management(state, pif))
    last = coordinator(state)["uuid"]
    for pif in sorted(pifs, key=lambda pif: pif["host-uuid"] == last):
        reconfigure_host(state, pif)
