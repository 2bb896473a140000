"""What can be done to templates."""

from __future__ import annotations

from xe_py.operations.effects.templates import must_be_template
from xe_py.operations.effects.uninstalling import DONE, FORCE, uninstall, what_goes
from xe_py.schema.command import Question, command
from xe_py.schema.fields import Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def _with_its_disks(state: State, template: Record, **_forced: object) -> list[str]:
    return what_goes(state, [template])


@command(
    "template-uninstall",
    required=(Ref("template-uuid", "vm", doc="The template."),),
    optional=(FORCE,),
    grammar=must_be_template,
    doc="Destroy a template with its disks.",
    asks=Question(_with_its_disks, done=DONE),
    standard=True,
)
def uninstall_template(state: State, template: Record, **_forced: object) -> None:
    """Destroy the template and the disks of which it is the owner."""
    uninstall(state, template)
