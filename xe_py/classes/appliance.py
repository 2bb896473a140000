"""Appliance: VMs that start and stop together, in an order."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.derived import Back
from xe_py.schema.xenclass import NAMES, OPERATIONS, XenClass
from xe_py.xapi.guest import HALTED, PAUSED, RUNNING, SUSPENDED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.schema.fields import Guard
    from xe_py.state.record import Record
    from xe_py.state.state import State

_NOT_HALTED = (PAUSED, RUNNING, SUSPENDED)


def _needs(states: tuple[str, ...], otherwise: str) -> Guard:
    """The guard of an operation that makes sense if one of the VMs is in one of these power states."""

    def guard(state: State, appliance: Record) -> Iterator[Failure]:
        vms = state.pointing_at(appliance, "vm.appliance")
        if not vms:
            yield Failure("OPERATION_NOT_ALLOWED", "The appliance has no VMs")
        elif not any(vm["power-state"] in states for vm in vms):
            yield Failure("OPERATION_NOT_ALLOWED", otherwise)

    return guard


can_start = _needs((HALTED,), "No VM of the appliance is halted")
can_shut_down = _needs((RUNNING,), "No VM of the appliance runs")
can_be_forced_down = _needs(_NOT_HALTED, "All VMs of the appliance are halted")

APPLIANCE = XenClass(
    "appliance",
    label="VM_appliance",
    section=236,
    doc="VMs that start and stop together, in an order: vApps.",
    fields=(
        *NAMES,
        Back("VMs", "vm.appliance", mode="SRO", doc="The VMs of the appliance."),
        *OPERATIONS,
    ),
    operations={
        "start": can_start,
        "clean_shutdown": can_shut_down,
        "hard_shutdown": can_be_forced_down,
        "shutdown": can_be_forced_down,
    },
    list_fields=(),
)
