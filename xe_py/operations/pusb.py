"""Looking for USB devices."""

from __future__ import annotations

from xe_py.schema.command import command
from xe_py.schema.fields import Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command("pusb-scan", required=(Ref("host-uuid", "host", doc="The host."),), doc="Look for USB devices of a host.")
def scan(_state: State, host: Record) -> None:
    """Find what is known: nobody plugs a device into a simulated host but whoever writes it into the file."""
    del host
