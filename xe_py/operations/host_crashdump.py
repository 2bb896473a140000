"""Destroying crash dumps of hosts."""

from __future__ import annotations

from xe_py.errors import refuse
from xe_py.schema.command import command
from xe_py.schema.fields import Ref
from xe_py.xapi.hosts import answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "host-crashdump-destroy",
    required=(Ref("uuid", "host-crashdump", doc="The crash dump."),),
    doc="Destroy a crash dump of a host.",
)
def destroy(state: State, dump: Record) -> None:
    """Destroy the dump on its host, which must answer."""
    refuse(answers(state, state.ref(dump, "host-uuid")))
    state.delete(dump)
