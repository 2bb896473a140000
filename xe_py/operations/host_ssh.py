"""SSH on single hosts."""

from __future__ import annotations

from xe_py.errors import refuse
from xe_py.operations.effects import ssh
from xe_py.schema.command import HOST, command
from xe_py.xapi.hosts import answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command("host-enable-ssh", doc="Let a host accept SSH connections.", selector=HOST)
def enable(state: State, host: Record) -> None:
    """Switch SSH on."""
    refuse(answers(state, host))
    ssh.enable(state, host)


@command("host-disable-ssh", doc="Let a host refuse SSH connections.", selector=HOST)
def disable(state: State, host: Record) -> None:
    """Switch SSH off."""
    refuse(answers(state, host))
    ssh.disable(state, host)
