"""The interface through which a host is managed."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.operations.effects.bring_up import get_address, manage_through, tell_address
from xe_py.schema.command import command
from xe_py.schema.fields import Ref, Text
from xe_py.xapi import pif_guards as guards
from xe_py.xapi.hosts import coordinator, is_leaderless, this_host
from xe_py.xapi.networks import pifs_on
from xe_py.xapi.protection import ha_is_off

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

# The names of a host that nobody has named: it takes its host name instead.
_NO_NAMES = ("localhost", "localhost.localdomain")


@command(
    "host-management-reconfigure",
    required=(Ref("pif-uuid", "pif", doc="The interface."),),
    doc="Choose the PIF through which a host is managed.",
)
def reconfigure(state: State, pif: Record) -> None:
    """Manage the host through this PIF from now on."""
    refuse(guards.can_be_management(state, pif))
    if not pif["management"]:
        manage_through(state, pif)


@command("host-management-disable", doc="Let nobody manage the host over the network any more.")
def disable(state: State) -> None:
    """Take the management from the interface of the coordinator; the interface stays up."""
    refuse(ha_is_off(state))
    host = this_host(state)
    if host is not coordinator(state):
        raise Failure("SLAVE_REQUIRES_MANAGEMENT_INTERFACE")
    for pif in guards.management_pifs(state, host["uuid"]):
        state.update(pif, {"management": False})
    tell_address(state, host)


@command(
    "host-emergency-management-reconfigure",
    required=(Text("interface", doc="The bridge of the interface."),),
    doc="Choose the interface of a member that has lost its coordinator.",
)
def emergency_reconfigure(state: State, interface: str) -> None:
    """Manage the host that xe talks to through its PIF on the network with this bridge."""
    if not is_leaderless(state):
        raise Failure("NOT_IN_EMERGENCY_MODE")
    host = this_host(state)
    found = [pif for net in state.having("network", "bridge", interface) for pif in pifs_on(state, net, host)]
    if not found:
        raise Failure("INVALID_VALUE", "interface", interface)
    manage_through(state, found[0])


@command(
    "host-signal-networking-change",
    hidden=True,
    doc="Tell the host that its addresses or its host name have changed.",
)
def signal_networking_change(state: State) -> None:
    """Look at the addresses of the host's PIFs again, and at its name if nobody has given it one."""
    host = this_host(state)
    for pif in state.pointing_at(host, "pif.host-uuid"):
        get_address(state, pif)
    tell_address(state, host)
    if host["name-label"] in _NO_NAMES:
        state.update(host, {"name-label": host["hostname"]})
