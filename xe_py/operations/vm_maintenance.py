"""What is done to running VMs from outside, and what they leave behind."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.operations.effects import domain
from xe_py.schema.command import READS, VM, command
from xe_py.xapi.guest import RUNNING
from xe_py.xapi.hosts import answers
from xe_py.xapi.vm_lifecycle import refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "vm-crashdump-list",
    doc="List the crash dumps of VMs; a simulated guest never crashes, so there are none.",
    selector=VM,
    kind=READS,
)
def crashdump_list(_state: State, _vm: Record) -> None:
    """Nothing."""


@command(
    "vm-query-services",
    doc="Show the services that a VM offers to the toolstack; XAPI itself refuses this.",
    selector=VM,
    kind=READS,
    standard=True,
    hidden=True,
)
def query_services(_state: State, _vm: Record) -> None:
    """Refuse, as XAPI does."""
    raise Failure("NOT_IMPLEMENTED", "query_services")


@command(
    "vm-restart-device-models",
    doc="Restart the program that emulates the devices of a VM, by moving the VM to its own host.",
    selector=VM,
    standard=True,
)
def restart_device_models(state: State, vm: Record) -> None:
    """Move the VM to the host that it runs on: its domain gets another number."""
    if vm["power-state"] != RUNNING:
        raise Failure("VM_BAD_POWER_STATE", vm, RUNNING, vm["power-state"])
    refuse(refusals(state, vm, "pool_migrate"))
    host = state.ref(vm, "resident-on")
    refuse(answers(state, host))
    domain.migrate(state, vm, host)
