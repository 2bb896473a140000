"""The SDN controller of a pool, as older clients set it."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.operations.sdn_controller import USUAL_PORT, forget, introduce
from xe_py.schema.command import command
from xe_py.schema.fields import Text
from xe_py.xapi.addresses import is_ip
from xe_py.xapi.vswitch import can_be_controlled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.state import State


@command(
    "pool-set-vswitch-controller",
    required=(Text("address", doc="The IPv4 address of the controller; empty for none."),),
    hidden=True,
    doc="Choose the SDN controller of the pool by its address alone, or let it have none.",
)
def set_vswitch_controller(state: State, address: str) -> None:
    """Let the controller at the address steer the pool, instead of any other; without an address, let none do it."""
    refuse(can_be_controlled(state))
    (pool,) = state.all("pool")
    if address == pool["vswitch-controller"]:
        return
    if address and not is_ip(address, 4):
        raise Failure("INVALID_IP_ADDRESS_SPECIFIED", "address")
    state.update(pool, {"vswitch-controller": address})
    for controller in state.all("sdn-controller"):
        forget(state, controller)
    if address:
        introduce(state, address, tcp_port=USUAL_PORT)
