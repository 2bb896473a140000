"""Bringing up a network on a host, as the start of a VM does it."""

from __future__ import annotations

from xe_py.errors import refuse
from xe_py.operations.effects.bring_up import bring_up
from xe_py.schema.command import command
from xe_py.schema.fields import Ref
from xe_py.xapi.hosts import answers
from xe_py.xapi.networks import pifs_on
from xe_py.xapi.pif_guards import is_no_bond_slave

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "network-attach",
    required=(Ref("uuid", "network", doc="The network."), Ref("host-uuid", "host", doc="The host.")),
    hidden=True,
    doc="Bring up a network on a host.",
)
def attach(state: State, network: Record, host: Record) -> None:
    """Plug the PIFs of the network on the host, also those that are up; what is not managed stays as it is."""
    refuse(answers(state, host))
    for pif in pifs_on(state, network, host) if network["managed"] else ():
        if pif["managed"]:
            refuse(is_no_bond_slave(state, pif))
            bring_up(state, pif)
