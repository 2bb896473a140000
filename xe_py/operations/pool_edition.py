"""The edition of all hosts of the pool."""

from __future__ import annotations

from xe_py.operations.effects import editions
from xe_py.schema.command import command
from xe_py.schema.fields import Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "pool-apply-edition",
    required=(editions.EDITION,),
    optional=(Ref("uuid", "pool", doc="The pool."), editions.ADDRESS, editions.PORT),
    doc="Give all hosts of the pool another edition of the software.",
    grammar=editions.has_a_port,
)
def apply_edition(state: State, *, edition: str, uuid: Record | None = None, **server: str) -> None:
    """Give every host the edition, or none."""
    del uuid  # There is one pool.
    editions.apply(state, state.all("host"), edition, **server)
