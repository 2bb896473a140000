"""Removing VMs with their disks."""

from __future__ import annotations

from xe_py.operations.effects.uninstalling import DONE, FORCE, uninstall, what_goes
from xe_py.schema.command import VM, Question, command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def _with_snapshots(state: State, vm: list[Record], **_forced: object) -> list[str]:
    return what_goes(state, vm + [snapshot for each in vm for snapshot in _snapshots(state, each)])


def _snapshots(state: State, vm: Record) -> list[Record]:
    return state.pointing_at(vm, "vm.snapshot-of")


@command(
    "vm-uninstall",
    optional=(FORCE,),
    doc="Destroy a VM with its snapshots and its own disks.",
    selector=VM,
    asks=Question(_with_snapshots, done=DONE),
    standard=True,
)
def uninstall_vm(state: State, vm: Record, **_forced: object) -> None:
    """Halt the VM and destroy it, its snapshots, and the disks of which they are the owners."""
    for each in (vm, *_snapshots(state, vm)):
        uninstall(state, each)
