"""What can be done to VDIs."""

from __future__ import annotations

from xe_py.classes import sr as sr_guards
from xe_py.classes import vdi as guards
from xe_py.errors import Failure, refuse
from xe_py.operations.effects.contents import forget as forget_vdi
from xe_py.operations.effects.contents import make_vdi
from xe_py.operations.effects.storage import check_uuid
from xe_py.schema.command import command
from xe_py.schema.fields import Bool, Map, Ref, Text
from xe_py.schema.values import ExactChoice, Size
from xe_py.xapi.drivers import reason, size_refused, whole_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_VDI = Ref("uuid", "vdi", doc="The VDI.")
_SR = Ref("sr-uuid", "sr", doc="The SR that the VDI is on.")
_TYPE = ExactChoice(
    "type",
    ("system", "user", "suspend", "crashdump"),
    otherwise="Unknown vdi type: {}",
    doc="What the VDI is used for; user if left out.",
)
# The backup script finds its disk by a uuid that follows from that of the SR.
_BACKUP = ("Pool Metadata Backup", "user")
_BACKUP_NAMESPACE = "e93e0639-2bdb-4a59-8b46-352b3f408c19"
_SHARABLE = Bool("sharable", doc="Whether several VMs may write to the VDI at once.")
_SM_CONFIG = Map("sm-config", doc="Extra settings of the driver.")


@command(
    "vdi-create",
    required=(
        _SR,
        Text("name-label", doc="The name."),
        Size("virtual-size", doc="The size of the VDI, in bytes or with a suffix such as GiB."),
    ),
    optional=(_SM_CONFIG, _SHARABLE, Map("tags", doc="Words for finding and grouping VDIs."), _TYPE),
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
    """Make a VDI of this size, rounded up as its driver does."""
    refuse(sr_guards.can_create_vdi(state, sr))
    uuid = _backup_uuid(sr) if (name_label, type) == _BACKUP else None
    if uuid is not None and _lies_on(state, sr, uuid):
        raise Failure("SR_BACKEND_FAILURE_43", "", reason("The SR already has this VDI", uuid), "")
    size = whole_size(sr["type"], sm_config or {}, virtual_size)
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
    vdi = state.add("vdi", fields, uuid)
    state.update(vdi, {"location": vdi["uuid"]})
    return vdi


@command("vdi-destroy", required=(_VDI,), doc="Destroy a VDI and its VBDs.")
def destroy(state: State, vdi: Record) -> None:
    """Destroy the VDI with every VBD that presents it."""
    refuse(guards.can_destroy(state, vdi))
    state.delete(vdi)


@command(
    "vdi-introduce",
    required=(
        Text("uuid", doc="The uuid of the existing VDI."),
        _SR,
        _TYPE,
        Text("location", doc="The name that the driver uses for the VDI."),
    ),
    optional=(
        Text("name-description", doc="The description."),
        _SHARABLE,
        Bool("read-only", doc="Whether the VDI is read-only."),
        Bool("managed", doc="Whether VMs may use the VDI."),
        Map("other-config", doc="Extra settings that clients keep."),
        Map("xenstore-data", doc="Data for the guest in XenStore."),
        _SM_CONFIG,
        Text("name-label", doc="The name."),
    ),
    doc="Add a VDI that already exists on an SR.",
)
def introduce(state: State, uuid: str, sr: Record, type: str, location: str, **rest: object) -> Record:
    """Make a VDI of the data at this location on the SR; the driver knows its size."""
    refuse(sr_guards.can_introduce_vdi(state, sr))
    for other in state.find("vdi", location=location, sr_uuid=sr["uuid"]):
        raise Failure("LOCATION_NOT_UNIQUE", sr, location, blockers=(other,))
    check_uuid("VDI", uuid)
    volume = next((each for each in sr_guards.volumes(state, sr) if each["location"] == location), None)
    if volume is None:
        raise Failure(
            "SR_BACKEND_FAILURE_46", "", reason("The SR does not have this VDI", f"there is nothing at {location}"), ""
        )
    vdi = make_vdi(state, sr, volume, uuid)
    given = {name.replace("_", "-"): value for name, value in rest.items()}
    state.update(vdi, {**given, "type": type.capitalize()})
    return vdi


@command("vdi-forget", required=(_VDI,), doc="Forget a VDI; its data stays.")
def forget(state: State, vdi: Record) -> None:
    """Forget the VDI; drives with it become empty, other VBDs are removed. A scan of the SR brings the VDI back."""
    refuse(guards.can_forget(state, vdi))
    forget_vdi(state, vdi)


@command(
    "vdi-resize",
    required=(_VDI, Size("disk-size", doc="The new size, in bytes or with a suffix such as GiB.")),
    optional=(Bool("online", doc="Resize the VDI while a VM uses it."),),
    doc="Make a VDI larger.",
)
def resize(state: State, vdi: Record, disk_size: int, *, online: bool = False) -> None:
    """Give the VDI its new size, rounded up as its driver does; no driver makes a VDI smaller."""
    refuse(guards.can_resize_online(state, vdi) if online else guards.can_resize(state, vdi))
    if disk_size < vdi["virtual-size"]:
        raise size_refused(f"{disk_size} bytes is less than it has now")
    if disk_size > vdi["virtual-size"]:
        sr = state.ref(vdi, "sr-uuid")
        size = whole_size(sr["type"], vdi["sm-config"], disk_size)
        refuse(sr_guards.has_space(state, sr, size - vdi["virtual-size"]))
        state.update(vdi, {"virtual-size": size})


@command("vdi-update", required=(_VDI,), doc="Update a VDI from its driver.")
def update(state: State, vdi: Record) -> None:
    """Check the VDI and change nothing: the driver knows no more than the record."""
    refuse(guards.can_update(state, vdi))


def _backup_uuid(sr: Record) -> str:
    """The uuid that the VDI for the metadata of the pool has on this SR."""
    from uuid import UUID, uuid5

    return str(uuid5(UUID(_BACKUP_NAMESPACE), sr["uuid"]))


def _lies_on(state: State, sr: Record, uuid: str) -> bool:
    """Whether the uuid is taken: by any object, or by a volume on the SR."""
    return state.class_of(uuid) is not None or any(volume["vdi"] == uuid for volume in sr_guards.volumes(state, sr))
