"""Task: a command while it runs.

Every command ends before the next one begins, so no command sees a task. A script may be tried with one that somebody
writes in the state file.
"""

from __future__ import annotations

from xe_py.schema.derived import Back
from xe_py.schema.fields import CLEAR, Choice, Ref, Set, Text
from xe_py.schema.values import EPOCH, Float, Time
from xe_py.schema.xenclass import OTHER_CONFIG, XenClass

TASK = XenClass(
    "task",
    label="task",
    section=195,
    doc="A command while it runs. Only a task that somebody has written in the state file is ever seen.",
    fields=(
        Text("name-label", doc="The name, for people to read."),
        Text("name-description", doc="The description."),
        Ref("subtask_of", "task", on_delete=CLEAR, doc="The task that this one is a part of."),
        Back("subtasks", "task.subtask_of", doc="The tasks that are parts of this one."),
        Ref("resident-on", "host", on_delete=CLEAR, doc="The host where it runs."),
        Choice(
            "status",
            ("pending", "success", "failure", "cancelling", "cancelled"),
            default="pending",
            doc="Whether it runs, or how it ended.",
        ),
        Float("progress", doc="Which part of it is done, from 0 to 1."),
        Text("type", doc="What kind of result it has."),
        Text("result", doc="Its result."),
        Time("created", unknown=EPOCH, doc="When it began."),
        Time("finished", unknown=EPOCH, doc="When it ended."),
        Set("error_info", doc="The error code and its values, if it failed."),
        Set("allowed_operations", doc="The operations that are allowed now."),
        Set("current_operations", doc="The operations that are in progress."),
        OTHER_CONFIG,
    ),
    list_fields=("uuid", "name-label", "name-description", "status", "progress"),
)
