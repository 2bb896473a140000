"""What can be done to hosts."""

from __future__ import annotations

from xe_py.errors import refuse
from xe_py.schema.command import HOST, ONE, READS, command
from xe_py.xapi import memory
from xe_py.xapi.hosts import answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command("host-enable", doc="Enable a host, so that VMs can start on it again.", selector=HOST)
def enable(state: State, host: Record) -> None:
    """Let VMs start on the host, and end its maintenance."""
    refuse(answers(state, host))
    others = {key: text for key, text in host["other-config"].items() if key != "MAINTENANCE_MODE"}
    state.update(host, {"enabled": True, "other-config": others})


@command(
    "host-compute-free-memory",
    doc="Show how much memory a host has for more VMs.",
    selector=HOST.taking(ONE),
    kind=READS,
)
def compute_free_memory(state: State, host: Record) -> str:
    """How much memory would be free if every VM shrank to its minimum, in bytes."""
    return str(memory.free(state, host))


@command(
    "host-compute-memory-overhead",
    doc="Show how much memory Xen itself uses on a host.",
    selector=HOST.taking(ONE),
    kind=READS,
)
def compute_memory_overhead(_state: State, host: Record) -> str:
    """How much memory Xen itself uses, in bytes."""
    return str(host["memory-overhead"])
