"""What the driver for LVM had of its own."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.schema.command import HOST, command
from xe_py.schema.fields import Ref
from xe_py.schema.values import Size
from xe_py.xapi.hosts import answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_EXTENSION = "LVHD.enable_thin_provisioning"


@command(
    "lvhd-enable-thin-provisioning",
    required=(
        Ref("sr-uuid", "sr", doc="The SR."),
        Size("initial-allocation", doc="How much room a new VDI would get at first."),
        Size("allocation-quantum", doc="How much more room a VDI would get at once."),
    ),
    doc="Let new VDIs on an SR of LVM take room only when they need it. Hosts of today refuse it.",
    selector=HOST,
)
def enable_thin_provisioning(state: State, host: Record, **_given: object) -> None:
    """Refuse it, as a host does that lacks the extension: no storage manager has it any more."""
    refuse(answers(state, host))
    failure = Failure("MESSAGE_METHOD_UNKNOWN", _EXTENSION)
    failure.notes = ("An SR of the type ext or nfs takes room for a VDI only when that needs it.",)
    raise failure
