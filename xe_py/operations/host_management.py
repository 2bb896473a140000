"""Choosing the interface through which a host is managed."""

from __future__ import annotations

from xe_py.errors import refuse
from xe_py.operations.effects.bring_up import manage_through
from xe_py.schema.command import command
from xe_py.schema.fields import Ref
from xe_py.xapi import pif_guards as guards

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "host-management-reconfigure",
    required=(Ref("pif-uuid", "pif", doc="The interface."),),
    doc="Choose the PIF through which a host is managed.",
)
def reconfigure(state: State, pif: Record) -> None:
    """Manage the host through this PIF from now on."""
    if pif["managed"]:
        refuse(guards.can_be_management(state, pif))
    if not pif["management"]:
        manage_through(state, pif)
