"""Whether the control domain uses GPUs, or leaves them to VMs from the next boot on."""

from __future__ import annotations

from xe_py.errors import refuse
from xe_py.schema.command import command
from xe_py.schema.fields import Ref
from xe_py.xapi.gpus import hide
from xe_py.xapi.licence import allows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_PGPU = Ref("uuid", "pgpu", doc="The GPU.")


@command("pgpu-disable-dom0-access", required=(_PGPU,), doc="Hide a GPU from the control domain from the next boot on.")
def disable_dom0_access(state: State, pgpu: Record) -> str:
    """Hide the GPU, and say what is so now."""
    refuse(allows(state, "Integrated_GPU", "integrated_gpu_passthrough"))
    return hide(state, state.ref(pgpu, "pci-uuid"), hidden=True)


@command("pgpu-enable-dom0-access", required=(_PGPU,), doc="Show a GPU to the control domain from the next boot on.")
def enable_dom0_access(state: State, pgpu: Record) -> str:
    """Hide the GPU no more, and say what is so now."""
    return hide(state, state.ref(pgpu, "pci-uuid"), hidden=False)
