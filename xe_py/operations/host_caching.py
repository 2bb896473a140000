"""Whether a host caches disks of shared storage on an SR of its own."""

from __future__ import annotations

from xe_py.errors import refuse
from xe_py.operations.effects import caching
from xe_py.schema.command import HOST, command
from xe_py.schema.fields import Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "host-enable-local-storage-caching",
    required=(Ref("sr-uuid", "sr", doc="The SR for the cache: an SR of this host alone, such as one of type ext."),),
    doc="Let a disabled host without running VMs cache disks of shared storage on an SR of its own.",
    selector=HOST,
)
def enable(state: State, host: Record, sr: Record) -> None:
    """Let the host cache disks on the SR."""
    refuse(caching.can_enable(state, host, sr))
    caching.enable(state, host, sr)


@command(
    "host-disable-local-storage-caching",
    doc="Let a disabled host without running VMs cache no disks any more.",
    selector=HOST,
)
def disable(state: State, host: Record) -> None:
    """Let the host cache no disks."""
    refuse(caching.can_disable(state, host))
    caching.disable(state, host)
