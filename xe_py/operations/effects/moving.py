"""Moving disks to other SRs."""

from __future__ import annotations

from xe_py.classes import sr as sr_guards
from xe_py.errors import refuse
from xe_py.xapi.drivers import whole_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_KEPT = ("name-label", "name-description", "type", "sharable", "read-only")
_KEPT_OF_SNAPSHOTS = ("is-a-snapshot", "snapshot-of", "snapshot-time")
_CONFIG_DRIVE = "config-drive"


def move(state: State, vdi: Record, sr: Record) -> Record:
    """Make the VDI anew on the SR, under a new uuid. What refers to the old one refers to the new one then."""
    refuse(sr_guards.can_create_vdi(state, sr))
    size = whole_size(sr["type"], {}, vdi["virtual-size"])
    refuse(sr_guards.has_space(state, sr, size))
    kept = {name: vdi[name] for name in (*_KEPT, *_KEPT_OF_SNAPSHOTS)}
    config = {key: text for key, text in vdi["other-config"].items() if key == _CONFIG_DRIVE}
    moved = state.add("vdi", {**kept, "sr-uuid": sr["uuid"], "virtual-size": size, "other-config": config})
    state.update(moved, {"location": moved["uuid"]})
    for reference in ("vbd.vdi-uuid", "vdi.snapshot-of", "vm.suspend-VDI-uuid"):
        field = reference.partition(".")[2]
        for obj in state.pointing_at(vdi, reference):
            state.update(obj, {field: moved["uuid"]})
    state.delete(vdi)
    return moved
