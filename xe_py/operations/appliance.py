"""Appliances: VMs that start and stop together."""

from __future__ import annotations

from xe_py.classes import appliance as guards
from xe_py.errors import Failure, refuse
from xe_py.operations import vm_power
from xe_py.operations.vm_recovery import DATABASE, names_a_database, no_database
from xe_py.schema.command import READS, command
from xe_py.schema.fields import Bool, Ref, Text
from xe_py.schema.values import Uuid
from xe_py.xapi.guest import HALTED, PAUSED, RUNNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from xe_py.state.record import Record
    from xe_py.state.state import State

_APPLIANCE = Ref("uuid", "appliance", doc="The appliance.")
_ELSEWHERE = Uuid("uuid", doc="The uuid that the appliance has in the database.")


@command(
    "appliance-create",
    required=(Text("name-label", doc="The name."),),
    optional=(Text("name-description", doc="The description."),),
    doc="Make an appliance. vm-param-set uuid=<VM> appliance=<appliance> puts a VM into it.",
)
def create(state: State, name_label: str, name_description: str = "") -> Record:
    """Make an appliance without VMs."""
    return state.add("appliance", {"name-label": name_label, "name-description": name_description})


@command("appliance-destroy", required=(_APPLIANCE,), doc="Destroy an appliance; its VMs stay.")
def destroy(state: State, appliance: Record) -> None:
    """Destroy the appliance; its VMs belong to none then."""
    state.delete(appliance)


@command(
    "appliance-start",
    required=(_APPLIANCE,),
    optional=(Bool("paused", doc="Start the VMs paused."),),
    doc="Start the VMs of an appliance, those with the smallest order first.",
)
def start(state: State, appliance: Record, *, paused: bool = False) -> None:
    """Start all VMs that do not run yet."""
    refuse(guards.can_start(state, appliance))
    vms = _in_order(state, appliance, PAUSED if paused else RUNNING)
    _do("VM_appliance.start", vms, lambda vm: vm_power.start(state, vm, paused=paused))


@command(
    "appliance-shutdown",
    required=(_APPLIANCE,),
    optional=(Bool("force", doc="Do not ask the guests."),),
    doc="Shut down the VMs of an appliance, those with the largest order first.",
)
def shutdown(state: State, appliance: Record, *, force: bool = False) -> None:
    """Shut down all VMs that are not halted yet."""
    refuse((guards.can_be_forced_down if force else guards.can_shut_down)(state, appliance))
    vms = _in_order(state, appliance, HALTED)[::-1]
    name = "VM_appliance.hard_shutdown" if force else "VM_appliance.clean_shutdown"
    _do(name, vms, lambda vm: vm_power.shutdown(state, vm, force=force))


def _in_order(state: State, appliance: Record, done: str) -> list[Record]:
    """The VMs that are not in this power state yet, by their order."""
    vms = [vm for vm in state.pointing_at(appliance, "vm.appliance") if vm["power-state"] != done]
    return sorted(vms, key=lambda vm: int(vm["order"]))


def _do(name: str, vms: list[Record], act: Callable[[Record], None]) -> None:
    """Do it to each VM; OPERATION_PARTIALLY_FAILED if one refuses."""
    refused = list(_refused(vms, act))
    if refused:
        raise Failure("OPERATION_PARTIALLY_FAILED", name, *(vm for vm, _ in refused), reasons=tuple(refused))


def _refused(vms: list[Record], act: Callable[[Record], None]) -> Iterator[tuple[Record, Failure]]:
    for vm in vms:
        try:
            act(vm)
        except Failure as failure:
            yield vm, failure


# Of another pool


@command(
    "appliance-assert-can-be-recovered",
    required=(_ELSEWHERE,),
    optional=(DATABASE,),
    doc="Check whether an appliance can be recovered from the database on a disk; no disk here holds one.",
    grammar=names_a_database,
    kind=READS,
)
def assert_can_be_recovered(state: State, *, database: Mapping[str, str] | None = None, **_uuid: object) -> None:
    """Refuse: only a disk of metadata could hold a database, and none here does."""
    no_database(state, database)


@command(
    "appliance-recover",
    required=(_ELSEWHERE,),
    optional=(DATABASE, Bool("force", doc="Replace VMs that have the same uuids.")),
    doc="Recover an appliance from the database on a disk; no disk here holds one.",
    grammar=names_a_database,
)
def recover(state: State, *, database: Mapping[str, str] | None = None, **_without_effect: object) -> None:
    """Refuse, for the same reason."""
    no_database(state, database)
