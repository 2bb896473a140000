"""What can be done to snapshots of VMs."""

from __future__ import annotations

from xe_py.errors import Failure, Misuse, refuse
from xe_py.operations.effects.uninstalling import DONE, FORCE, uninstall, what_goes
from xe_py.schema.command import READS, Question, command
from xe_py.schema.fields import Bool, Ref, Text
from xe_py.xapi.guest import HALTED, SUSPENDED
from xe_py.xapi.vm_lifecycle import refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.schema.listing import Listing
    from xe_py.state.record import Record
    from xe_py.state.state import State

_UUID = Ref("uuid", "vm", doc="The snapshot.")
_SNAPSHOT = Ref("snapshot-uuid", "vm", doc="The snapshot; it goes before uuid.")
_NAME = Text("new-name-label", doc="The name of the new template.")
_DESCRIPTION = Text("new-name-description", doc="Its description; that of the snapshot if left out.")


def _is_a_snapshot(
    _state: State, *, uuid: Record | None = None, snapshot: Record | None = None, **_others: object
) -> None:
    named = snapshot or uuid
    if named is None:
        raise Misuse("Error: Required parameter not found: uuid")
    if not named["is-a-snapshot"]:
        raise Misuse(f"Error: The VM {named['uuid']} is not a snapshot; this command needs a snapshot.")


def _must_be_forced(state: State, *, force: bool = False, **named: Record) -> None:
    if not force:
        from xe_py.operations.vm_power import UNFORCED

        raise Misuse(f"Error: {UNFORCED}")
    _is_a_snapshot(state, **named)


def _named(uuid: Record | None, snapshot: Record | None) -> Record:
    """The snapshot that is meant; the grammar has seen that there is one."""
    named = snapshot or uuid
    if named is None:
        raise Failure("UUID_INVALID", "VM", "")
    return named


@command(
    "snapshot-clone",
    required=(_NAME,),
    optional=(_UUID, _DESCRIPTION),
    undeclared=(_SNAPSHOT,),
    grammar=_is_a_snapshot,
    doc="Clone a snapshot: this makes a template with clones of the disks.",
    standard=True,
)
def clone(state: State, uuid: Record | None = None, snapshot: Record | None = None, **given: Any) -> Record:
    """Make a halted template from the snapshot, with clones of the disks."""
    from xe_py.operations import vm_copy

    return vm_copy.clone(state, _named(uuid, snapshot), **given)


@command(
    "snapshot-copy",
    required=(_NAME,),
    optional=(
        _UUID,
        _DESCRIPTION,
        Ref("sr-uuid", "sr", doc="The SR for the new disks; each disk stays on its own SR if left out."),
    ),
    undeclared=(_SNAPSHOT,),
    grammar=_is_a_snapshot,
    doc="Copy a snapshot: this makes a template with full copies of the disks.",
    standard=True,
)
def copy(state: State, uuid: Record | None = None, snapshot: Record | None = None, **given: Any) -> Record:
    """Make a halted template from the snapshot, with full copies of the disks."""
    from xe_py.operations import vm_copy

    return vm_copy.copy(state, _named(uuid, snapshot), **given)


@command(
    "snapshot-revert",
    optional=(_UUID, _SNAPSHOT),
    grammar=_is_a_snapshot,
    doc="Give a VM the disks and settings that it had when the snapshot was taken; what came later is lost.",
    standard=True,
)
def revert(state: State, uuid: Record | None = None, snapshot: Record | None = None) -> None:
    """Revert the VM to the snapshot; a VM that is not halted is shut down first, and one that is gone is made again."""
    from xe_py.operations.effects import messages, reverting

    taken = _named(uuid, snapshot)
    vm = state.ref_or_none(taken, "snapshot-of") or reverting.make_again(state, taken)
    refuse(refusals(state, taken, "revert"))
    refuse(refusals(state, vm, "reverting"))
    if taken["power-state"] == SUSPENDED:
        _check_memory(state, taken)
    _halt(state, vm)
    reverting.revert(state, vm, taken)
    messages.tell_of(state, vm, "VM_SNAPSHOT_REVERTED", f"reverted to snapshot: {taken.name} (uuid {taken['uuid']})")


@command(
    "snapshot-destroy",
    optional=(_UUID, _SNAPSHOT),
    grammar=_is_a_snapshot,
    doc="Destroy a snapshot; its disks stay.",
)
def destroy(state: State, uuid: Record | None = None, snapshot: Record | None = None) -> None:
    """Destroy the snapshot with its VBDs and VIFs, and the memory that it holds."""
    from xe_py.operations import vm_record

    taken = _named(uuid, snapshot)
    _halt(state, taken)
    vm_record.destroy(state, taken)


def _with_its_disks(
    state: State, uuid: Record | None = None, snapshot: Record | None = None, **_forced: object
) -> list[str]:
    return what_goes(state, [_named(uuid, snapshot)])


@command(
    "snapshot-uninstall",
    optional=(_UUID, _SNAPSHOT, FORCE),
    grammar=_is_a_snapshot,
    doc="Destroy a snapshot with its disks.",
    asks=Question(_with_its_disks, done=DONE),
    standard=True,
)
def uninstall_snapshot(
    state: State, uuid: Record | None = None, snapshot: Record | None = None, **_forced: object
) -> None:
    """Destroy the snapshot, the memory that it holds, and the disks of which it is the owner."""
    uninstall(state, _named(uuid, snapshot))


@command(
    "snapshot-disk-list",
    optional=(
        _UUID,
        _SNAPSHOT,
        Text("vbd-params", doc="The fields of the VBDs to show, separated by commas, or all."),
        Text("vdi-params", doc="The fields of the VDIs to show, separated by commas, or all."),
    ),
    undeclared=(Text("params", doc="Has no effect; give vbd-params or vdi-params."),),
    grammar=_is_a_snapshot,
    doc="List the disks of a snapshot.",
    kind=READS,
    standard=True,
)
def disk_list(
    state: State,
    uuid: Record | None = None,
    snapshot: Record | None = None,
    vbd_params: str | None = None,
    vdi_params: str | None = None,
    **_without_effect: object,
) -> list[Listing]:
    """The VBD of each disk, and its VDI."""
    from xe_py.operations import vm_views

    return vm_views.disk_list(state, _named(uuid, snapshot), vbd_params, vdi_params)


@command(
    "snapshot-reset-powerstate",
    optional=(_UUID, _SNAPSHOT, Bool("force", doc="Required, as for vm-reset-powerstate.")),
    grammar=_must_be_forced,
    doc="Record a snapshot as halted; XAPI always refuses this.",
    standard=True,
)
def reset_powerstate(
    state: State, uuid: Record | None = None, snapshot: Record | None = None, **_forced: object
) -> None:
    """Refuse, as XAPI does: a snapshot has no domain that could be lost."""
    from xe_py.operations import vm_power

    vm_power.reset_powerstate(state, _named(uuid, snapshot))


def _halt(state: State, vm: Record) -> None:
    if vm["power-state"] != HALTED:
        from xe_py.operations import vm_power

        vm_power.shutdown(state, vm, force=True)


def _check_memory(state: State, snapshot: Record) -> None:
    """Refuse unless a host that answers can read the memory that the snapshot holds."""
    image = state.ref_or_none(snapshot, "suspend-VDI-uuid")
    if image is None:
        return
    sr = state.ref(image, "sr-uuid")
    plugged = state.find("pbd", sr_uuid=sr["uuid"], currently_attached=True)
    if not plugged:
        raise Failure("SR_HAS_NO_PBDS", sr, blockers=tuple(state.pointing_at(sr, "pbd.sr-uuid")))
    host = state.ref(plugged[0], "host-uuid")
    if not host["host-metrics-live"]:
        raise Failure("HOST_NOT_LIVE", host)
