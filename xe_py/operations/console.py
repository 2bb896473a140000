"""The consoles of guests."""

from __future__ import annotations

from xe_py.errors import Misuse
from xe_py.schema.command import CONTROL_DOMAINS, ONE, READS, VM, command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def _there_is_none(_state: State, _vm: Record) -> None:
    raise Misuse("No text console available", "a simulated guest has no console")


@command(
    "console",
    doc="Connect to the text console of a guest; a simulated guest has none.",
    selector=VM.also(CONTROL_DOMAINS)
    .taking(ONE)
    .saying(none="No VM found", several="Multiple VMs found: please narrow your request to one VM."),
    grammar=_there_is_none,
    kind=READS,
)
def console(_state: State, _vm: Record) -> None:
    """Do nothing: the grammar has refused the command by then."""
