"""What is done to running VMs from outside, and what they leave behind."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.operations.effects import domain
from xe_py.schema.command import IMPORTS, READS, VM, command
from xe_py.schema.fields import Text
from xe_py.xapi.guest import RUNNING, is_live
from xe_py.xapi.hosts import answers
from xe_py.xapi.vm_lifecycle import refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.schema.client import Client
    from xe_py.state.record import Record
    from xe_py.state.state import State

_LARGEST_ANSWER = 32 << 10


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


@command(
    "vm-sysprep",
    required=(Text("filename", doc="The file with the answers for Windows (unattend.xml)."),),
    optional=(Text("timeout", doc="For how many seconds to wait; without effect, because the guest does it at once."),),
    doc="Let a Windows guest forget what makes it one machine, and shut down.",
    selector=VM,
    kind=IMPORTS,
)
def sysprep(state: State, vm: Record, *, filename: str, client: Client | None, **_timeout: str) -> None:
    """Halt the VM; of the answers, only the size is looked at."""
    size = 0
    if client is not None:
        with client.source(filename) as file:
            size = len(file.read(_LARGEST_ANSWER + 1))
    refuse(_can_sysprep(state, vm, size))
    domain.end(state, vm)


def _can_sysprep(state: State, vm: Record, size: int) -> Iterator[Failure]:
    """Why the guest cannot do it."""
    if not is_live(vm):
        yield Failure("SYSPREP", vm["uuid"], "the VM does not run")
    if size > _LARGEST_ANSWER:
        yield Failure("SYSPREP", vm["uuid"], f"the file has more than {_LARGEST_ANSWER >> 10} KiB")
    if state.value(vm, "other").get("feature-sysprep") != "1":
        yield Failure("SYSPREP", vm["uuid"], "the guest has no driver for sysprep")
    drives = state.pointing_at(vm, "vbd.vm-uuid")
    if not any(drive["type"] == "CD" and state.value(drive, "empty") for drive in drives):
        yield Failure("SYSPREP", vm["uuid"], "the VM has no empty CD drive")
