"""Groups of VMs."""

from __future__ import annotations

from xe_py.classes.vm_group import PLACEMENTS
from xe_py.schema.command import command
from xe_py.schema.fields import Choice, Ref, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "vm-group-create",
    required=(
        Text("name-label", doc="The name."),
        Choice(
            "placement",
            PLACEMENTS,
            otherwise="Invalid VM placement policy, got {}",
            doc="anti-affinity, if the VMs are to run on different hosts; otherwise normal.",
        ),
    ),
    optional=(Text("name-description", doc="The description."),),
    doc="Make a group of VMs. vm-param-set uuid=<VM> groups=<group> puts a VM into it.",
)
def create(state: State, name_label: str, placement: str, name_description: str = "") -> Record:
    """Make an empty group."""
    fields = {"name-label": name_label, "name-description": name_description, "placement": placement}
    return state.add("vm-group", fields)


@command(
    "vm-group-destroy", required=(Ref("uuid", "vm-group", doc="The group."),), doc="Destroy a group; its VMs stay."
)
def destroy(state: State, vm_group: Record) -> None:
    """Destroy the group; its VMs are in no group then."""
    state.delete(vm_group)
