"""What can be done to VDIs."""

from __future__ import annotations

from xe_py.classes import sr as sr_guards
from xe_py.classes import vdi as guards
from xe_py.errors import Failure, refuse
from xe_py.operations import _storage
from xe_py.schema.command import command
from xe_py.schema.fields import Bool, Choice, Map, Ref, Size, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_VDI = Ref("uuid", "vdi", doc="The VDI.")
_SR = Ref("sr-uuid", "sr", doc="The SR it lives on.")
_TYPE = Choice(
    "type",
    ("system", "user", "suspend", "crashdump"),
    exact=True,
    wrong="Error: Unknown vdi type: {text}",
    doc="What is kept on it; user if left out.",
)
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
    """Make a VDI of exactly this size; real drivers round it up."""
    refuse(sr_guards.can_create_vdi(state, sr))
    fields = {
        "name-label": name_label,
        "sr-uuid": sr["uuid"],
        "virtual-size": virtual_size,
        "sm-config": sm_config or {},
        "sharable": sharable,
        "tags": list(tags or ()),
        "type": type.capitalize(),
    }
    vdi = state.add("vdi", fields)
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
    """Make a record of the VDI; there is no data that could say how large it is."""
    refuse(sr_guards.can_introduce_vdi(state, sr))
    for other in state.find("vdi", location=location, sr_uuid=sr["uuid"]):
        raise Failure("LOCATION_NOT_UNIQUE", sr, location, blockers=(other,))
    _storage.check_uuid("VDI", uuid)
    fields = {name.replace("_", "-"): value for name, value in rest.items()}
    fields |= {"sr-uuid": sr["uuid"], "type": type.capitalize(), "location": location}
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
    state.update(vdi, {"virtual-size": disk_size})


@command("vdi-update", required=(_VDI,), doc="Ask the driver about a VDI anew.")
def update(state: State, vdi: Record) -> None:
    """Bring the VDI up to date: there is nothing about it but what is known."""
    refuse(guards.can_update(state, vdi))
