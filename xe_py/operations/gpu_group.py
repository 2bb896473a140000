"""Groups of physical GPUs."""

from __future__ import annotations

from xe_py.errors import refuse
from xe_py.schema.command import READS, command
from xe_py.schema.fields import Ref, Text
from xe_py.xapi import gpus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_GROUP = Ref("uuid", "gpu-group", doc="The group.")


@command(
    "gpu-group-create",
    required=(Text("name-label", doc="The name."),),
    optional=(Text("name-description", doc="The description."),),
    doc="Make a group of GPUs.",
)
def create(state: State, name_label: str, name_description: str = "") -> Record:
    """Make the group, with no GPU in it."""
    return state.add("gpu-group", {"name-label": name_label, "name-description": name_description})


@command("gpu-group-destroy", required=(_GROUP,), doc="Destroy a group of GPUs that has none, and its virtual GPUs.")
def destroy(state: State, gpu_group: Record) -> None:
    """Destroy the group with the virtual GPUs that are not attached."""
    refuse(gpus.can_destroy_group(state, gpu_group))
    state.delete(gpu_group)


@command(
    "gpu-group-get-remaining-capacity",
    required=(_GROUP, Ref("vgpu-type-uuid", "vgpu-type", doc="The type of virtual GPUs.")),
    doc="Show how many more virtual GPUs of a type can run in a group.",
    kind=READS,
)
def get_remaining_capacity(state: State, gpu_group: Record, vgpu_type: Record) -> str:
    """What all GPUs of the group have room for."""
    return str(sum(gpus.room(state, pgpu, vgpu_type) for pgpu in gpus.of(state, gpu_group)))
