"""Schedules for snapshots."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.operations import vm_copy
from xe_py.operations.effects.messages import leave
from xe_py.operations.effects.uninstalling import uninstall
from xe_py.schema.command import command
from xe_py.schema.fields import Bool, Choice, Int, Map, Ref, Text
from xe_py.xapi import schedules
from xe_py.xapi.guest import RUNNING
from xe_py.xapi.vm_settings import now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from xe_py.state.record import Record
    from xe_py.state.state import State

_SCHEDULE = Ref("uuid", "vmss", doc="The schedule.")
_CLASS, _FAILED, _DONE = "VMSS", ("VMSS_SNAPSHOT_FAILED", 3), ("VMSS_SNAPSHOT_SUCCEEDED", 5)


@command(
    "vmss-create",
    required=(
        Text("name-label", doc="The name."),
        Choice("type", schedules.TYPES, doc="What is taken of a VM: a snapshot, or a checkpoint with its memory too."),
        Choice("frequency", schedules.FREQUENCIES, doc="How often snapshots are to be taken."),
    ),
    optional=(
        Text("name-description", doc="The description."),
        Bool("enabled", default=True, doc="Whether the schedule is in force."),
        Map("schedule", doc="When, as schedule:min=15, schedule:hour=3 and schedule:days=Monday,Friday."),
        Int("retained-snapshots", doc="How many snapshots of each VM are kept, from 1 to 10; 7 if left out."),
    ),
    doc="Make a schedule for snapshots. vm-param-set uuid=<VM> snapshot-schedule=<schedule> puts a VM into it.",
)
def create(
    state: State, name_label: str, type: str, frequency: str, schedule: Mapping[str, str] | None = None, **rest: object
) -> Record:
    """Make a schedule without VMs; it has all keys of its frequency."""
    refuse(schedules.wrong(schedule or {}, schedules.KEYS[frequency]))
    made = state.add("vmss", {"name-label": name_label, "type": type, "frequency": frequency})
    state.update(made, {name.replace("_", "-"): value for name, value in rest.items()})
    state.update(made, {"schedule": schedules.completed(schedule or {}, frequency)})
    refuse(schedules.kept_snapshots(state, made, made["retained-snapshots"]))
    return made


@command("vmss-destroy", required=(_SCHEDULE,), doc="Destroy a schedule that has no VMs.")
def destroy(state: State, vmss: Record) -> None:
    """Destroy the schedule and the messages about it."""
    vms = tuple(state.pointing_at(vmss, "vm.snapshot-schedule"))
    if vms:
        raise Failure("VMSS_HAS_VM", blockers=vms)
    for message in state.find("message", obj_uuid=vmss["uuid"]):
        state.delete(message)
    state.delete(vmss)


@command(
    "vmss-snapshot-now",
    required=(_SCHEDULE,),
    doc="Take the snapshots of a schedule now, even if it is not in force, and destroy those beyond the number kept.",
    ours=True,
)
def snapshot_now(state: State, vmss: Record) -> list[Record]:
    """The snapshots that were taken. If a VM refuses, a message says so, and the others go on."""
    state.update(vmss, {"last-run-time": now()})
    taken = [_taken(state, vmss, vm) for vm in state.pointing_at(vmss, "vm.snapshot-schedule")]
    return [snapshot for snapshot in taken if snapshot is not None]


def _taken(state: State, vmss: Record, vm: Record) -> Record | None:
    """A snapshot of the VM; a VM that does not run has no memory for a checkpoint."""
    take = vm_copy.checkpoint if vmss["type"] == "checkpoint" and vm["power-state"] == RUNNING else vm_copy.snapshot
    mark = state.mark()
    try:
        if vmss["type"] == schedules.QUIESCED:
            vm_copy.snapshot_with_quiesce(state, vm)
        snapshot = take(state, vm, f"{vm.name}-{vmss.name}-{now()}")
    except Failure as failure:
        state.rollback(mark)
        _tell(state, vmss, _FAILED, f"VM '{vm.name}' (uuid: {vm['uuid']}): {failure}")
        return None
    state.update(snapshot, {"is-vmss-snapshot": True})
    older = [each for each in state.pointing_at(vm, "vm.snapshot-of") if each["is-vmss-snapshot"]]
    for each in older[: -vmss["retained-snapshots"]]:
        uninstall(state, each)
    _tell(state, vmss, _DONE, f"VM '{vm.name}' (uuid: {vm['uuid']}): snapshot {snapshot.name}")
    return snapshot


def _tell(state: State, vmss: Record, what: tuple[str, int], body: str) -> None:
    name, priority = what
    leave(state, (_CLASS, vmss["uuid"]), name, priority, body)
