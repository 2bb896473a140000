"""What a PIF stands on, and what stands on it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def standing_on(state: State, pif: Record) -> list[Record]:
    """The PIFs of the VLANs on the PIF."""
    return [state.ref(vlan, "untagged-PIF") for vlan in state.pointing_at(pif, "vlan.tagged-PIF")]
