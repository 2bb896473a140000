"""The disks of VMs that are imported: made anew, or found where they are."""

from __future__ import annotations

from xe_py import classes
from xe_py.errors import Failure
from xe_py.operations import vdi as vdis
from xe_py.schema.fields import with_key
from xe_py.xapi.isos import cds
from xe_py.xva.objects import Objects, text
from xe_py.xva.records import stored

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from xe_py.state.record import Record
    from xe_py.state.state import State
    from xe_py.xva.ova import Entry

IMPORT_TASK = "import_task"
"""The key in other-config, and in sm-config, of what an import has made."""
_CHAIN = "vhd-parent"
_KEPT = (
    *("name-description", "type", "sharable", "read-only", "other-config", "xenstore-data", "tags"),
    *("on-boot", "allow-caching"),
)
_LUN = "SCSIid"
"""The key in the sm-config of a disk that is a LUN: the LUN is the same in every pool."""
# A disk that is there takes this key of its other-config from the archive.
_TAKEN_OVER = "config-drive"


def make_disks(state: State, objects: Objects, sr: Record, task: str) -> list[tuple[str, Record, int]]:
    """Make a VDI on the SR for each disk; those whose data follows, each with its id and size, in that order."""
    sizes = {}
    for entry in objects.of("VDI"):
        if _is_cd(objects, entry):
            _find_cd(state, objects, entry)
            continue
        fields = stored(classes.get("vdi"), entry.snapshot)
        config = {key: value for key, value in fields.pop("sm-config", {}).items() if key != _CHAIN}
        sizes[entry.id] = fields.pop("virtual-size", 0)
        config[IMPORT_TASK] = task
        made = vdis.create(state, sr, fields.pop("name-label", ""), sizes[entry.id], config)
        state.update(made, {name: fields[name] for name in _KEPT if name in fields})
        objects.made[entry.id] = made
    return [(id, objects.made[id], sizes[id]) for id in sorted(_with_data(objects)) if id in sizes]


def find_disks(state: State, objects: Objects, chosen: Mapping[str, str], *, force: bool) -> None:
    """Find the VDI of each disk: the `chosen` one, the same LUN, or the one at its place.

    Without it VDI_LOCATION_MISSING or, if its SR is not there either, VDI_CONTENT_ID_MISSING; with `force`, nothing.
    """
    for entry in objects.of("VDI"):
        if _is_cd(objects, entry):
            _find_cd(state, objects, entry)
            continue
        found = _named(state, entry, chosen) or _at_its_place(state, objects, entry, force=force)
        if found is not None:
            objects.made[entry.id] = found
            _take_over(state, entry, found)


def _with_data(objects: Objects) -> set[str]:
    """The ids of the disks whose data is in the archive: those that no VM has in a drive for CDs, and all memory."""
    shown = [objects.need_target(vbd, "VDI") for vbd in objects.of("VBD") if text(vbd, "type") != "CD"]
    memory = [entry for entry in objects.of("VDI") if text(entry, "type") == "suspend"]
    return {entry.id for entry in (*shown, *memory)}


def _is_cd(objects: Objects, entry: Entry) -> bool:
    return text(objects.need_target(entry, "SR"), "content_type") == "iso"


def _find_cd(state: State, objects: Objects, entry: Entry) -> None:
    """Find the disc with the same place in any library; if there is none, the drive will be empty."""
    place = text(entry, "location")
    for disc in cds(state):
        if disc["location"] == place and state.ref(disc, "sr-uuid")["type"] != "udev":
            objects.made[entry.id] = disc
            return


def _named(state: State, entry: Entry, chosen: Mapping[str, str]) -> Record | None:
    """The VDI that is chosen for the disk, by its uuid or LUN, or has the same LUN."""
    lun = stored(classes.get("vdi"), entry.snapshot).get("sm-config", {}).get(_LUN, "")
    wanted = chosen.get(text(entry, "uuid"), chosen.get(lun) if lun else None)
    if wanted is None:
        return _with_lun(state, lun)
    found = state.get("vdi", wanted) or _with_lun(state, wanted)
    if found is None:
        raise Failure("UUID_INVALID", "VDI", wanted)
    return found


def _with_lun(state: State, lun: str) -> Record | None:
    return next((vdi for vdi in state.all("vdi") if vdi["sm-config"].get(_LUN) == lun), None) if lun else None


def _at_its_place(state: State, objects: Objects, entry: Entry, *, force: bool) -> Record | None:
    sr = state.get("sr", objects.uuid_of(entry, "SR"))
    place = text(entry, "location")
    found = [] if sr is None else state.find("vdi", location=place, sr_uuid=sr["uuid"])
    if found or force:
        return next(iter(found), None)
    if sr is None:
        raise Failure("VDI_CONTENT_ID_MISSING")
    raise Failure("VDI_LOCATION_MISSING", sr, place)


def _take_over(state: State, entry: Entry, vdi: Record) -> None:
    said = stored(classes.get("vdi"), entry.snapshot).get("other-config", {})
    kept = {key: value for key, value in vdi["other-config"].items() if key != _TAKEN_OVER}
    state.update(vdi, {"other-config": with_key(kept, _TAKEN_OVER, said[_TAKEN_OVER]) if _TAKEN_OVER in said else kept})
