"""Copies of VDIs: snapshots, clones and full copies, and the move to another SR."""

from __future__ import annotations

from itertools import chain

from xe_py.classes import vdi as guards
from xe_py.errors import Failure, Misuse, refuse
from xe_py.operations.effects.copies import copy_disk
from xe_py.operations.effects.disk_data import copy_content
from xe_py.operations.effects.moving import move
from xe_py.schema.command import command
from xe_py.schema.fields import Ref, Text
from xe_py.schema.values import DashedMap
from xe_py.xapi.disk_copies import CLONE, COPY, SNAPSHOT
from xe_py.xapi.drivers import capabilities
from xe_py.xapi.placement import can_run_on, can_see
from xe_py.xapi.vm_lifecycle import refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

_VDI = Ref("uuid", "vdi", doc="The VDI.")
_DRIVER_PARAMS = DashedMap("driver-params", doc="Settings for the driver; they have no effect.")
_NEEDED = ("VDI_SNAPSHOT", "VDI_MIRROR")


@command(
    "vdi-snapshot",
    required=(_VDI,),
    optional=(_DRIVER_PARAMS,),
    doc="Take a snapshot of a VDI.",
)
def snapshot(state: State, vdi: Record, **_without_effect: object) -> Record:
    """Take a snapshot of the VDI on its SR, also while VMs use it."""
    return copy_disk(state, vdi, SNAPSHOT)


@command(
    "vdi-clone",
    required=(_VDI,),
    optional=(
        _DRIVER_PARAMS,
        Text("new-name-label", doc="The name of the clone; that of the VDI if left out."),
        Text("new-name-description", doc="The description of the clone; that of the VDI if left out."),
    ),
    doc="Clone a VDI: both share what they have in common.",
)
def clone(
    state: State,
    vdi: Record,
    new_name_label: str | None = None,
    new_name_description: str | None = None,
    **_without_effect: object,
) -> Record:
    """Clone the VDI on its SR."""
    copy = copy_disk(state, vdi, CLONE)
    given = {"name-label": new_name_label, "name-description": new_name_description}
    state.update(copy, {name: text for name, text in given.items() if text is not None})
    return copy


def _one_target(
    _state: State, _vdi: Record, *, sr: Record | None = None, into_vdi: Record | None = None, **_others: object
) -> None:
    if (sr is None) == (into_vdi is None):
        raise Misuse(
            "Error: Please specify one but not both of: sr-uuid, the SR for a new VDI; into-vdi-uuid, an existing VDI"
        )


@command(
    "vdi-copy",
    required=(_VDI,),
    optional=(
        Ref("sr-uuid", "sr", doc="The SR on which to make the copy."),
        Ref("base-vdi-uuid", "vdi", doc="A VDI whose data the target already has, so that only the rest is copied."),
        Ref("into-vdi-uuid", "vdi", doc="An existing VDI to copy the data into."),
    ),
    grammar=_one_target,
    doc="Copy the data of a VDI, into a new VDI on any SR or into an existing VDI.",
)
def copy(
    state: State, vdi: Record, sr: Record | None = None, into_vdi: Record | None = None, **_base: object
) -> Record:
    """Copy the VDI; the record of an existing target stays as it is."""
    if into_vdi is None:
        return copy_disk(state, vdi, COPY, sr)
    refuse(guards.can_copy(state, vdi))
    refuse(guards.can_be_read(state, vdi))
    refuse(guards.can_be_filled(state, into_vdi, vdi["virtual-size"]))
    copy_content(state, vdi, into_vdi)
    return into_vdi


@command(
    "vdi-pool-migrate",
    required=(_VDI, Ref("sr-uuid", "sr", doc="The SR to which the VDI moves.")),
    optional=(Text("dest-img-format", doc="The format of the image there; it has no effect."),),
    doc="Move a VDI of a VM to another SR, also while the VM runs.",
)
def pool_migrate(state: State, vdi: Record, sr: Record, **_without_effect: object) -> Record:
    """Make the VDI anew on the other SR, with its snapshots, and give it to the VBDs that had the old one."""
    vbds = state.pointing_at(vdi, "vbd.vdi-uuid")
    if not vbds:
        raise Failure("VDI_NEEDS_VM_FOR_MIGRATE", vdi)
    vm = state.ref(vbds[0], "vm-uuid")
    refuse(refusals(state, vm, "migrate_send"))
    _check_hosts(state, vm, sr)
    refuse(guards.can_migrate(vdi))
    if sr["uuid"] == vdi["sr-uuid"]:
        return vdi
    for each in (state.ref(vdi, "sr-uuid"), sr):
        refuse(_can_mirror(each))
    for taken in state.pointing_at(vdi, "vdi.snapshot-of"):
        move(state, taken, sr)
    return move(state, vdi, sr)


def _check_hosts(state: State, vm: Record, sr: Record) -> None:
    """Refuse unless the host of the VM sees the SR. If the VM does not run, any host that could run it will do."""
    here = state.ref_or_none(vm, "resident-on")
    if here is not None:
        refuse(can_see(state, vm, sr, here))
        return
    reasons = []
    for host in state.all("host"):
        failure = next(chain(can_run_on(state, vm, host), can_see(state, vm, sr, host)), None)
        if failure is None:
            return
        reasons.append((host, failure))
    raise Failure("NO_HOSTS_AVAILABLE", reasons=tuple(reasons))


def _can_mirror(sr: Record) -> Iterator[Failure]:
    missing = [capability for capability in _NEEDED if capability not in capabilities(sr["type"])]
    if missing:
        yield Failure("SR_DOES_NOT_SUPPORT_MIGRATION", sr, ";".join(missing))
