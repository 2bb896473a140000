"""Making VMs and destroying them."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.schema.command import command
from xe_py.schema.fields import Choice, Ref, Text
from xe_py.state.state import new_uuid
from xe_py.xapi.vm_lifecycle import refusals
from xe_py.xapi.vm_settings import BIOS_ORDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "vm-create",
    required=(Text("name-label", doc="The name of the VM."),),
    optional=(
        Text("name-description", doc="The description."),
        Choice(
            "domain-type",
            ("pv", "hvm"),
            otherwise="Invalid domain type. Got {}",
            doc="How Xen runs the VM; pv if left out. Only xe_py has this parameter.",
        ),
    ),
    doc="Make a VM without devices.",
    hidden=True,
)
def create(state: State, name_label: str, name_description: str = "", domain_type: str = "pv") -> Record:
    """Make a halted VM with 256 MiB of memory and one CPU; paravirtualised by default."""
    return state.add(
        "vm",
        {
            "name-label": name_label,
            "name-description": name_description,
            "domain-type": domain_type,
            "HVM-boot-policy": BIOS_ORDER if domain_type == "hvm" else "",
            "other-config": {"mac_seed": new_uuid()},
        },
    )


@command(
    "vm-destroy",
    required=(Ref("uuid", "vm", doc="The VM."),),
    doc="Destroy a VM with its VBDs and VIFs; VDIs and snapshots stay.",
)
def destroy(state: State, vm: Record) -> None:
    """Destroy the VM and its devices; its children become children of its parent."""
    if vm["is-control-domain"]:
        raise Failure("OPERATION_NOT_ALLOWED", "You cannot destroy a control domain via the CLI")
    refuse(refusals(state, vm, "destroy"))
    if vm["other-config"].get("default_template") == "true":
        raise Failure("VM_CANNOT_DELETE_DEFAULT_TEMPLATE", blockers=(vm,))
    for child in state.pointing_at(vm, "vm.parent"):
        state.update(child, {"parent": vm["parent"]})
    for vtpm in state.pointing_at(vm, "vtpm.vm-uuid"):
        from xe_py.operations.effects.tpms import remove_tpm

        remove_tpm(state, vtpm)
    state.delete(vm)
