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


@command("host-enable", doc="Let VMs start on a host again.", selector=HOST)
def enable(state: State, host: Record) -> None:
    """Let VMs start on the host, which is not under maintenance any more."""
    refuse(answers(state, host))
    others = {key: text for key, text in host["other-config"].items() if key != "MAINTENANCE_MODE"}
    state.update(host, {"enabled": True, "other-config": others})


@command(
    "host-compute-free-memory",
    doc="Show how much memory a host has left for VMs.",
    selector=HOST.taking(ONE),
    kind=READS,
)
def compute_free_memory(state: State, host: Record) -> str:
    """The bytes that are left when every VM shrinks to its least."""
    return str(memory.free(state, host))


@command(
    "host-compute-memory-overhead",
    doc="Show how much memory Xen itself takes.",
    selector=HOST.taking(ONE),
    kind=READS,
)
def compute_memory_overhead(_state: State, host: Record) -> str:
    """The bytes."""
    return str(host["memory-overhead"])
