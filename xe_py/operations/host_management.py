"""The interface through which a host is managed."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.operations.effects.bring_up import get_address, manage_through, tell_address
from xe_py.schema.command import command
from xe_py.schema.fields import Ref, Text
from xe_py.xapi import pif_guards as guards
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


@command("host-management-disable", doc="Let nobody manage the coordinator over the network any more.")
def disable(state: State) -> None:
    """Take the management from the interface of the coordinator; the interface stays up."""
    refuse(ha_is_off(state))
    coordinator = _coordinator(state)
    for pif in guards.management_pifs(state, coordinator["uuid"]):
        state.update(pif, {"management": False})
    tell_address(state, coordinator)


@command(
    "host-emergency-management-reconfigure",
    required=(Text("interface", doc="The bridge of the interface."),),
    doc="Choose the interface of a member that has lost its coordinator.",
)
def emergency_reconfigure(_state: State, interface: str) -> None:  # noqa: ARG001 - as the coordinator has not lost itself
    """Refuse: commands run on the coordinator, which is never in emergency mode."""
    raise Failure("NOT_IN_EMERGENCY_MODE")


@command(
    "host-signal-networking-change",
    hidden=True,
    doc="Tell the coordinator that its addresses or its host name have changed.",
)
def signal_networking_change(state: State) -> None:
    """Look at the addresses of the coordinator's PIFs again, and at its name if nobody has given it one."""
    coordinator = _coordinator(state)
    for pif in state.pointing_at(coordinator, "pif.host-uuid"):
        get_address(state, pif)
    tell_address(state, coordinator)
    if coordinator["name-label"] in _NO_NAMES:
        state.update(coordinator, {"name-label": coordinator["hostname"]})


def _coordinator(state: State) -> Record:
    return state.ref(state.all("pool")[0], "master")
