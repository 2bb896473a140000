"""Moving disks to other SRs."""

from __future__ import annotations

from xe_py.classes import sr as sr_guards
from xe_py.errors import refuse
from xe_py.xapi.disk_copies import MIGRATION, make

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_CONFIG_DRIVE = "config-drive"


def move(state: State, vdi: Record, sr: Record) -> Record:
    """Make the VDI anew on the SR, under a new uuid. What refers to the old one refers to the new one then."""
    refuse(sr_guards.can_create_vdi(state, sr))
    moved = make(state, vdi, MIGRATION, sr)
    refuse(sr_guards.has_space(state, sr, 0))
    kept = {key: text for key, text in vdi["other-config"].items() if key == _CONFIG_DRIVE}
    state.update(moved, {"other-config": kept})
    for reference in ("vbd.vdi-uuid", "vdi.snapshot-of", "vm.suspend-VDI-uuid"):
        field = reference.partition(".")[2]
        for obj in state.pointing_at(vdi, reference):
            state.update(obj, {field: moved["uuid"]})
    state.delete(vdi)
    return moved
