"""Tasks: what is done without making its client wait, and what clients report of their own work."""

from __future__ import annotations

from xe_py.serve.model import NULL
from xe_py.serve.sessions import NEVER, moment
from xe_py.serve.xmlrpc import value
from xe_py.state.state import new_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from xe_py.serve.shelves import Shelf

PENDING, SUCCESS, FAILURE, CANCELLED = "pending", "success", "failure", "cancelled"
_CANCELLED = "TASK_CANCELLED"
# As in XAPI, so many completed tasks are kept.
_KEPT = 200


def begin(shelf: Shelf, name: str, description: str, host: str) -> str:
    """A new task, which is pending; its reference."""
    return shelf.put(
        {
            "uuid": new_uuid(),
            "name_label": name,
            "name_description": description,
            "allowed_operations": [],
            "current_operations": {},
            "created": moment(),
            "finished": NEVER,
            "status": PENDING,
            "resident_on": host,
            "progress": 0.0,
            "type": "<none/>",
            "result": "",
            "error_info": [],
            "other_config": {},
            "subtask_of": NULL,
            "subtasks": [],
            "backtrace": "()",
        }
    )


def succeed(shelf: Shelf, ref: str, result: Any) -> None:
    """Note the result, as XML-RPC has it, and that the task is done."""
    _end(shelf, ref, SUCCESS, result=value("" if result is None else result))


def fail(shelf: Shelf, ref: str, description: Sequence[str]) -> None:
    """Note why the task failed."""
    status = CANCELLED if description[0] == _CANCELLED else FAILURE
    _end(shelf, ref, status, error_info=list(description))


def _end(shelf: Shelf, ref: str, status: str, **fields: Any) -> None:
    if ref not in shelf:
        return
    if "destroy" in shelf[ref]["current_operations"].values():
        shelf.drop(ref)
        return
    shelf.set(ref, finished=moment(), progress=1.0, status=status, **fields)
    ended = [each for each in shelf if shelf[each]["status"] != PENDING]
    for each in ended[:-_KEPT]:
        shelf.drop(each)


def destroy(shelf: Shelf, ref: str) -> None:
    """Remove the task; one that is pending goes when it ends."""
    if shelf[ref]["status"] == PENDING:
        shelf.set(ref, current_operations={ref: "destroy"})
    else:
        shelf.drop(ref)
