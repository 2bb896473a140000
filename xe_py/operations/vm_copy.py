"""Copies of VMs: clones, full copies, snapshots and checkpoints."""

from __future__ import annotations

from xe_py.classes.sr import driver_can
from xe_py.errors import Failure, refuse
from xe_py.operations.effects import domain, messages
from xe_py.operations.effects.copies import copy_vm, note_moment
from xe_py.schema.command import ONE, TEMPLATES, VM, command
from xe_py.schema.fields import Ref, Refs, Text
from xe_py.xapi.disk_copies import CLONE, COPY, SNAPSHOT
from xe_py.xapi.guest import HALTED, RUNNING, SUSPENDED
from xe_py.xapi.vm_lifecycle import refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

NAME = Text("new-name-label", doc="The name of the new VM.")
DESCRIPTION = Text("new-name-description", doc="Its description; that of the VM if left out.")
SR = Ref("sr-uuid", "sr", doc="The SR for the new disks; each disk stays on its own SR if left out.")
_SNAPSHOT_NAME = Text("new-name-label", doc="The name of the snapshot.")
_LEFT_OUT = "ignore-vdi-uuids"


@command(
    "vm-clone",
    required=(NAME,),
    optional=(DESCRIPTION,),
    ignored=(_LEFT_OUT,),
    doc="Clone a VM or template: the new disks share what they have in common with the old ones.",
    selector=VM.also(TEMPLATES),
    standard=True,
)
def clone(state: State, vm: Record, new_name_label: str, new_name_description: str | None = None) -> Record:
    """Make a VM with clones of the disks, and with MACs of its own."""
    refuse(refusals(state, vm, "clone"))
    made = copy_vm(state, vm, CLONE, new_name_label, power_state=_power_state(vm))
    return _described(state, made, new_name_description)


@command(
    "vm-copy",
    required=(NAME,),
    optional=(DESCRIPTION, SR),
    doc="Copy a VM or template with full copies of its disks.",
    selector=VM.also(TEMPLATES).taking(ONE),
    standard=True,
)
def copy(
    state: State, vm: Record, new_name_label: str, new_name_description: str | None = None, sr: Record | None = None
) -> Record:
    """Make a VM with full copies of the disks, and with MACs of its own."""
    refuse(refusals(state, vm, "copy"))
    if sr is not None and sr["content-type"] == "iso":
        raise Failure("OPERATION_NOT_ALLOWED", "Cannot copy a VM's disks to an ISO SR")
    made = copy_vm(state, vm, COPY, new_name_label, sr=sr, power_state=_power_state(vm))
    return _described(state, made, new_name_description)


@command(
    "vm-snapshot",
    required=(_SNAPSHOT_NAME,),
    optional=(
        DESCRIPTION,
        Refs(_LEFT_OUT, "vdi", doc="The disks to leave out of the snapshot, separated by commas."),
    ),
    doc="Take a snapshot of the disks and settings of a VM.",
    selector=VM,
    standard=True,
)
def snapshot(
    state: State,
    vm: Record,
    new_name_label: str,
    new_name_description: str | None = None,
    ignore_vdis: list[Record] | None = None,
) -> Record:
    """Take a snapshot of the VM, whatever it does now; its memory is not in the snapshot."""
    refuse(refusals(state, vm, "snapshot"))
    left_out = {vdi["uuid"] for vdi in ignore_vdis or ()}
    taken = copy_vm(state, vm, SNAPSHOT, new_name_label, without=left_out)
    note_moment(state, taken, vm["power-state"])
    messages.tell_of(state, vm, "VM_SNAPSHOTTED", f"snapshotted, snapshot name: {new_name_label}")
    return _described(state, taken, new_name_description)


@command(
    "vm-snapshot-with-quiesce",
    required=(_SNAPSHOT_NAME,),
    optional=(DESCRIPTION,),
    ignored=(_LEFT_OUT,),
    doc="Take a snapshot while the guest pauses its writes; XAPI always refuses this today.",
    selector=VM,
    standard=True,
)
def snapshot_with_quiesce(state: State, vm: Record, **_unused: object) -> None:
    """Refuse, as every guest does."""
    refuse(refusals(state, vm, "snapshot_with_quiesce"))


@command(
    "vm-checkpoint",
    required=(_SNAPSHOT_NAME,),
    optional=(DESCRIPTION,),
    ignored=(_LEFT_OUT,),
    doc="Take a snapshot of the disks, the settings and the memory of a VM.",
    selector=VM,
    standard=True,
)
def checkpoint(state: State, vm: Record, new_name_label: str, new_name_description: str | None = None) -> Record:
    """Take a snapshot that can be resumed; a running VM is suspended for it, and resumed on its host."""
    refuse(refusals(state, vm, "checkpoint"))
    if vm["power-state"] == RUNNING:
        taken = _of_running(state, vm, new_name_label)
    else:
        taken = copy_vm(state, vm, SNAPSHOT, new_name_label, power_state=_power_state(vm))
    messages.tell_of(state, vm, "VM_CHECKPOINTED", f"checkpointed, snapshot name: {new_name_label}")
    return _described(state, taken, new_name_description)


def _of_running(state: State, vm: Record, name: str) -> Record:
    """A checkpoint of a running VM, which has another domain afterwards, and no image of its own."""
    from xe_py.operations.vm_power import check_host, forget_image, make_image

    check_host(state, vm)
    for vbd in state.pointing_at(vm, "vbd.vm-uuid"):
        vdi = state.ref_or_none(vbd, "vdi-uuid")
        if vdi is not None and vbd["type"] != "CD" and any(driver_can(state.ref(vdi, "sr-uuid"), "VDI_SNAPSHOT")):
            raise Failure("SR_OPERATION_NOT_SUPPORTED", vm)
    host = state.ref(vm, "resident-on")
    domain.suspend(state, vm, make_image(state, vm))
    taken = copy_vm(state, vm, SNAPSHOT, name, power_state=SUSPENDED)
    domain.make(state, vm, host)
    forget_image(state, vm)
    note_moment(state, taken, RUNNING)
    return taken


def _power_state(vm: Record) -> str:
    """What the clone or copy of the VM does; one of a snapshot is shut down at once."""
    return SUSPENDED if vm["power-state"] == SUSPENDED and not vm["is-a-snapshot"] else HALTED


def _described(state: State, copy: Record, description: str | None) -> Record:
    if description is not None:
        state.update(copy, {"name-description": description})
    return copy
