"""The SDN controller that steers the virtual switches of a pool."""

from __future__ import annotations

from xe_py.classes.sdn_controller import PROTOCOLS
from xe_py.errors import Failure, refuse
from xe_py.schema.command import command
from xe_py.schema.fields import Choice, Int, Ref, Text
from xe_py.xapi.addresses import is_ip
from xe_py.xapi.vswitch import can_be_controlled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

USUAL_PORT, _LAST_PORT = 6632, 65535


@command(
    "sdn-controller-introduce",
    optional=(
        Text("address", doc="The IPv4 address of the controller; needed for ssl, not allowed for pssl."),
        Choice("protocol", PROTOCOLS, default="ssl", doc="Who calls whom: ssl if the hosts call the controller."),
        Int("tcp-port", doc=f"The TCP port of the controller; {USUAL_PORT} for ssl if left out."),
    ),
    doc="Let an SDN controller steer the virtual switches of all hosts.",
)
def introduce(state: State, address: str = "", protocol: str = "ssl", tcp_port: int = 0) -> Record:
    """Let the controller steer the pool, which has none yet."""
    refuse(can_be_controlled(state))
    for other in state.all("sdn-controller"):
        text = "SDN controller has been configured. Please forget it first."
        raise Failure("OPERATION_NOT_ALLOWED", text, blockers=(other,))
    if protocol == "pssl":
        if address:
            raise Failure("INVALID_VALUE", "address", address)
        if tcp_port:
            raise Failure("INVALID_VALUE", "port", str(tcp_port))
    elif not address:
        raise Failure("INVALID_VALUE", "address", address)
    elif not is_ip(address, 4):
        raise Failure("INVALID_IP_ADDRESS_SPECIFIED", "address")
    if tcp_port and not 0 < tcp_port <= _LAST_PORT:
        raise Failure("VALUE_NOT_SUPPORTED", "port", str(tcp_port), "Port out of range")
    port = tcp_port or (USUAL_PORT if protocol == "ssl" else 0)
    return state.add("sdn-controller", {"protocol": protocol, "address": address, "port": port})


@command(
    "sdn-controller-forget",
    required=(Ref("uuid", "sdn-controller", doc="The controller."),),
    doc="Let the SDN controller steer the pool no longer.",
)
def forget(state: State, controller: Record) -> None:
    """Forget the controller."""
    state.delete(controller)
