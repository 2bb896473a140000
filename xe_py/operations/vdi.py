"""What can be done to VDIs."""

from __future__ import annotations

from xe_py.classes import sr as sr_guards
from xe_py.classes import vdi as guards
from xe_py.classes._drivers import rounded, size_refusals
from xe_py.errors import Failure, refuse
from xe_py.operations import _storage
from xe_py.schema.command import command
from xe_py.schema.fields import Bool, Map, Ref, Text
from xe_py.schema.values import ExactChoice, Size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_VDI = Ref("uuid", "vdi", doc="The VDI.")
_SR = Ref("sr-uuid", "sr", doc="The SR it lives on.")
_TYPE = ExactChoice(
    "type",
    ("system", "user", "suspend", "crashdump"),
    otherwise="Unknown vdi type: {}",
    doc="What is kept on it; user if left out.",
)
_BACKUP = "Pool Metadata Backup"
_BACKUPS = "e93e0639-2bdb-4a59-8b46-352b3f408c19"
_SHARABLE = Bool("sharable", doc="Whether several VMs may write to it at once.")
_SM_CONFIG = Map("sm-config", doc="Further settings of the driver.")


@command(
    "vdi-create",
    required=(_SR, Text("name-label", doc="The name."), Size("virtual-size", doc="The bytes that the guest sees.")),
    optional=(_SM_CONFIG, _SHARABLE, Map("tags", doc="Words by which clients find it."), _TYPE),
    doc="Make a VDI on an SR.",
)
def create(
    state: State,
    sr: Record,
    name_label: str,
    virtual_size: int,
    sm_config: dict[str, str] | None = None,
    *,
    sharable: bool = False,
    tags: dict[str, str] | None = None,
    type: str = "user",
) -> Record:
    """Make a VDI of this size, rounded up as the driver does."""
    refuse(sr_guards.can_create_vdi(state, sr))
    refuse(size_refusals(sr["type"], virtual_size))
    size = rounded(sr["type"], virtual_size)
    refuse(sr_guards.has_space(state, sr, size))
    fields = {
        "name-label": name_label,
        "sr-uuid": sr["uuid"],
        "virtual-size": size,
        "sm-config": sm_config or {},
        "sharable": sharable,
        "tags": list(tags or ()),
        "type": type.capitalize(),
    }
    vdi = state.add("vdi", fields, _fixed_uuid(state, sr, name_label, type))
    state.update(vdi, {"location": vdi["uuid"]})
    return vdi


def _fixed_uuid(state: State, sr: Record, name_label: str, type: str) -> str | None:
    """The uuid by which backup scripts look for the disk with the pool's metadata on the SR; None for other disks."""
    if (type, name_label) != ("user", _BACKUP):
        return None
    from uuid import UUID, uuid5  # noqa: PLC0415 - few disks are of this kind

    uuid = str(uuid5(UUID(_BACKUPS), sr["uuid"]))
    if (other := state.get("vdi", uuid)) is not None:
        raise Failure("SR_BACKEND_FAILURE_43", "", f"the VDI {uuid} exists already", "", blockers=(other,))
    return uuid


@command("vdi-destroy", required=(_VDI,), doc="Destroy a VDI and its VBDs.")
def destroy(state: State, vdi: Record) -> None:
    """Destroy the VDI with every VBD that presents it."""
    refuse(guards.can_destroy(state, vdi))
    state.delete(vdi)


@command(
    "vdi-introduce",
    required=(
        Text("uuid", doc="The uuid that the VDI has had since it was made."),
        _SR,
        _TYPE,
        Text("location", doc="What the driver knows it by."),
    ),
    optional=(
        Text("name-description", doc="What it is for."),
        _SHARABLE,
        Bool("read-only", doc="Whether nobody may write to it."),
        Bool("managed", doc="Whether VMs may use it."),
        Map("other-config", doc="Further settings of clients."),
        Map("xenstore-data", doc="What the guest finds in xenstore."),
        _SM_CONFIG,
        Text("name-label", doc="The name."),
    ),
    doc="Make a VDI known that exists on an SR.",
)
def introduce(state: State, uuid: str, sr: Record, type: str, location: str, **rest: object) -> Record:
    """Make a record of the VDI, with the size that the storage knows, if it knows this disk."""
    refuse(sr_guards.can_introduce_vdi(state, sr))
    for other in state.find("vdi", location=location, sr_uuid=sr["uuid"]):
        raise Failure("LOCATION_NOT_UNIQUE", sr, location, blockers=(other,))
    _storage.check_uuid("VDI", uuid)
    fields = {name.replace("_", "-"): value for name, value in rest.items()}
    size = _storage.recall(state, sr, location).get("virtual-size", 0)
    fields |= {"sr-uuid": sr["uuid"], "type": type.capitalize(), "location": location, "virtual-size": size}
    return state.add("vdi", fields, uuid)


@command("vdi-forget", required=(_VDI,), doc="Forget a VDI; its data stays.")
def forget(state: State, vdi: Record) -> None:
    """Forget the VDI; drives that hold it become empty, other VBDs go."""
    refuse(guards.can_forget(state, vdi))
    _storage.forget(state, vdi)


@command(
    "vdi-resize",
    required=(_VDI, Size("disk-size", doc="The new size in bytes.")),
    optional=(Bool("online", doc="While a VM uses it."),),
    doc="Make a VDI larger.",
)
def resize(state: State, vdi: Record, disk_size: int, *, online: bool = False) -> None:
    """Give the VDI its new size; no driver makes one smaller."""
    refuse(guards.can_resize_online(state, vdi) if online else guards.can_resize(state, vdi))
    if disk_size < vdi["virtual-size"]:
        raise Failure("SR_BACKEND_FAILURE_79", "", f"{disk_size} bytes is less than it has", "")
    sr = state.ref(vdi, "sr-uuid")
    refuse(size_refusals(sr["type"], disk_size))
    size = rounded(sr["type"], disk_size)
    refuse(sr_guards.has_space(state, sr, size - vdi["virtual-size"]))
    state.update(vdi, {"virtual-size": size})


@command("vdi-update", required=(_VDI,), doc="Ask the driver about a VDI anew.")
def update(state: State, vdi: Record) -> None:
    """Bring the VDI up to date: there is nothing about it but what is known."""
    refuse(guards.can_update(state, vdi))
