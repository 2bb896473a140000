"""What a host could tell of its own system."""

from __future__ import annotations

from xe_py.schema.command import HOST, READS, command
from xe_py.schema.listing import Texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "host-get-system-status-capabilities",
    doc="Show, as XML, what the status report of a host can contain; there is nothing on a simulated host.",
    selector=HOST,
    kind=READS,
)
def capabilities(_state: State, _host: Record) -> Texts:
    """An empty list."""
    return Texts('<?xml version="1.0" ?>', "<system-status-capabilities/>")
