"""What the agent of a host does for itself. Nothing of it shows in the state: the state is always current."""

from __future__ import annotations

from xe_py.errors import refuse
from xe_py.schema.command import HOST, command
from xe_py.schema.fields import Ref
from xe_py.xapi.hosts import answers, this_host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command("host-shutdown-agent", doc="Stop the agent of the host; it is started again at once.")
def shutdown_agent(state: State) -> None:
    """Ask the agent, which must be there."""
    refuse(answers(state, this_host(state)))


@command("host-sync-data", doc="Copy what is kept outside the database to a host.", selector=HOST)
def sync_data(state: State, host: Record) -> None:
    """Ask the host, which must answer."""
    refuse(answers(state, host))


@command(
    "host-syslog-reconfigure",
    required=(Ref("host-uuid", "host", doc="The host."),),
    doc="Let a host send its logs where its field logging says (the key syslog_destination).",
)
def syslog_reconfigure(state: State, host: Record) -> None:
    """Ask the host, which must answer."""
    refuse(answers(state, host))
