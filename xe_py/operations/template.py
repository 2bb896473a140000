"""What can be done to templates."""

from __future__ import annotations

from xe_py.errors import Misuse
from xe_py.operations.effects.uninstalling import DONE, FORCE, uninstall, what_goes
from xe_py.schema.command import Question, command
from xe_py.schema.fields import Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def _is_a_template(_state: State, *, template: Record, **_others: object) -> None:
    if not template["is-a-template"]:
        raise Misuse(
            f"Error: This operation can only be performed on a VM template. {template['uuid']} is not a VM template."
        )


def _with_its_disks(state: State, template: Record, **_forced: object) -> list[str]:
    return what_goes(state, [template])


@command(
    "template-uninstall",
    required=(Ref("template-uuid", "vm", doc="The template."),),
    optional=(FORCE,),
    grammar=_is_a_template,
    doc="Destroy a template with its disks.",
    asks=Question(_with_its_disks, done=DONE),
    standard=True,
)
def uninstall_template(state: State, template: Record, **_forced: object) -> None:
    """Destroy the template and the disks of which it is the owner."""
    uninstall(state, template)
