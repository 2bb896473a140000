"""Virtual GPUs of VMs."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.schema.command import command
from xe_py.schema.fields import Ref
from xe_py.schema.values import BareInt
from xe_py.xapi import gpus
from xe_py.xapi.guest import HALTED, RUNNING
from xe_py.xapi.licence import allows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "vgpu-create",
    required=(Ref("vm-uuid", "vm", doc="The VM."), Ref("gpu-group-uuid", "gpu-group", doc="The group of GPUs.")),
    optional=(
        Ref("vgpu-type-uuid", "vgpu-type", doc="The type of the virtual GPU; if left out, a whole physical one."),
        BareInt("device", doc="Its place among the devices of the VM; 0 for the first free one."),
    ),
    doc="Give a virtual GPU to a VM.",
)
def create(state: State, vm: Record, gpu_group: Record, vgpu_type: Record | None = None, device: int = 0) -> Record:
    """Make the virtual GPU."""
    if any(allows(state, "GPU", "gpu")):
        raise Failure("FEATURE_RESTRICTED")
    if not vm["is-a-snapshot"] and vm["power-state"] != HALTED:
        raise Failure("VM_BAD_POWER_STATE", vm, HALTED, vm["power-state"])
    type = vgpu_type or gpus.passthrough_type(state)
    refuse(gpus.goes_with(state, vm, type))
    where = {"vm-uuid": vm["uuid"], "gpu-group-uuid": gpu_group["uuid"]}
    return state.add("vgpu", {**where, "type-uuid": type["uuid"], "device": gpus.free_device(state, vm, device)})


@command("vgpu-destroy", required=(Ref("uuid", "vgpu", doc="The virtual GPU."),), doc="Take a virtual GPU from a VM.")
def destroy(state: State, vgpu: Record) -> None:
    """Destroy the virtual GPU of a VM that does not run."""
    vm = state.ref(vgpu, "vm-uuid")
    if vm["power-state"] == RUNNING:
        raise Failure("OPERATION_NOT_ALLOWED", "vGPU currently attached to a running VM", blockers=(vm,))
    state.delete(vgpu)
