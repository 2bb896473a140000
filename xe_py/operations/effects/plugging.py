"""What comes up, goes down and goes with a PIF."""

from __future__ import annotations

from xe_py.errors import refuse
from xe_py.operations.effects.bring_up import bring_down, bring_up
from xe_py.xapi import pif_guards as guards
from xe_py.xapi.pif_kinds import standing_on, transports, tunnels_on

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def plug(state: State, pif: Record) -> None:
    """Bring the PIF up, after what it needs below; refuse if that cannot be."""
    refuse(guards.can_plug(state, pif))
    for below in transports(state, pif):
        plug(state, below)
    bring_up(state, pif)


def unplug(state: State, pif: Record) -> None:
    """Bring the PIF down, after the tunnels over it; refuse if that cannot be."""
    refuse(guards.can_unplug(state, pif))
    for above in tunnels_on(state, pif):
        unplug(state, above)
    bring_down(state, pif)


def remove(state: State, pif: Record) -> None:
    """Delete the PIF and all that stands on it."""
    for above in standing_on(state, pif):
        remove(state, above)
    state.delete(pif)
