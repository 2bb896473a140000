"""Ending tasks."""

from __future__ import annotations

from xe_py.schema.command import command
from xe_py.schema.fields import Ref
from xe_py.xapi.vm_settings import now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command("task-cancel", required=(Ref("uuid", "task", doc="The task."),), doc="Cancel a task that runs.")
def cancel(state: State, task: Record) -> None:
    """Cancel the task; one that has ended stays as it is."""
    if task["status"] == "pending":
        state.update(task, {"status": "cancelled", "finished": now()})
