"""TPMs that the guests of VMs see."""

from __future__ import annotations

from xe_py.classes.vtpm import can_destroy
from xe_py.errors import Misuse, refuse
from xe_py.operations.effects.tpms import add_tpm, remove_tpm
from xe_py.schema.command import command
from xe_py.schema.fields import Bool, Ref
from xe_py.xapi.vm_lifecycle import refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "vtpm-create",
    required=(Ref("vm-uuid", "vm", doc="The VM."),),
    optional=(Bool("is-unique", doc="Copies of the VM get a TPM with nothing in it."),),
    undeclared=(Bool("is_unique", doc="The same as is-unique."),),
    called={"is_unique": "unique"},
    doc="Give a TPM to a VM.",
)
def create(state: State, vm: Record, *, is_unique: bool = False, unique: bool = False) -> Record:
    """Make the TPM, with nothing in it."""
    refuse(refusals(state, vm, "create_vtpm"))
    return add_tpm(state, vm, is_unique=is_unique or unique)


def _is_forced(_state: State, _vtpm: Record, *, force: bool = False) -> None:
    if not force:
        from xe_py.operations.vm_power import UNFORCED

        raise Misuse(f"Error: {UNFORCED}")


@command(
    "vtpm-destroy",
    required=(Ref("uuid", "vtpm", doc="The TPM."),),
    optional=(Bool("force", doc="Destroy it indeed."),),
    doc="Destroy the TPM of a VM, with all keys in it.",
    grammar=_is_forced,
)
def destroy(state: State, vtpm: Record, *, force: bool = False) -> None:
    """Destroy the TPM with what it keeps."""
    del force
    refuse(can_destroy(state, vtpm))
    remove_tpm(state, vtpm)
