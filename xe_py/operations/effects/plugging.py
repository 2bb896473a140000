"""What comes up, goes down and goes with a PIF."""

from __future__ import annotations

from xe_py.errors import refuse
from xe_py.operations.effects.bring_up import bring_down, bring_up
from xe_py.xapi import pif_guards as guards
from xe_py.xapi.pif_kinds import (
    cards,
    sriovs_below,
    sriovs_of,
    sriovs_on,
    standing_on,
    transports,
    tunnels_on,
    vlans_on,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def plug(state: State, pif: Record) -> None:
    """Bring the PIF up, after what it needs below; refuse if that cannot be."""
    refuse(guards.can_plug(state, pif))
    for below in _needed_by(state, pif):
        plug(state, below)
    if not pif["bond-slave-of"]:
        bring_up(state, pif)


def unplug(state: State, pif: Record) -> None:
    """Bring the PIF down, after what needs it; refuse if that cannot be."""
    refuse(guards.can_unplug(state, pif))
    for above in _needing(state, pif):
        unplug(state, above)
    if not pif["bond-slave-of"]:
        bring_down(state, pif)


def remove(state: State, pif: Record) -> None:
    """Delete the PIF and all that stands on it."""
    for above in standing_on(state, pif):
        remove(state, above)
    state.delete(pif)


def _needed_by(state: State, pif: Record) -> list[Record]:
    """The PIFs that come up with the PIF. A card with an SR-IOV network may be in a bond, which then comes up."""
    bond = state.ref_or_none(pif, "bond-slave-of")
    bonded = [] if bond is None else [state.ref(bond, "master")]
    return [*transports(state, pif), *sriovs_below(state, pif), *cards(state, pif), *bonded]


def _needing(state: State, pif: Record) -> list[Record]:
    """The PIFs that go down with the PIF."""
    members = [
        pif for bond in state.pointing_at(pif, "bond.master") for pif in state.pointing_at(bond, "pif.bond-slave-of")
    ]
    virtual = vlans_on(state, pif) if sriovs_of(state, pif) else []
    return [
        *tunnels_on(state, pif),
        *(each for each in members if sriovs_on(state, each)),
        *virtual,
        *sriovs_on(state, pif),
    ]
