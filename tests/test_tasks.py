"""Tasks: no command leaves one behind; those that somebody writes in the file are treated as the real xe treats them."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Xe

TASK = "33333333-4444-4555-8666-777777777777"
PART = "33333333-4444-4555-8666-888888888888"


@pytest.fixture
def running(xe: "Xe") -> "Xe":
    """A task that runs, with a part that has ended."""
    tasks = f'[task.{TASK}]\nname-label = "Async.VM.start"\nprogress = 0.25\n\n[task.{PART}]\nsubtask_of = "{TASK}"\nstatus = "success"\n'
    xe.state.write_text(f"{xe.state.read_text()}\n{tasks}")
    return xe


def test_nobody_sees_a_task(xe: "Xe") -> None:
    xe.do("vm-create name-label=web")
    xe.do("vm-start vm=web")
    assert xe.do("task-list") == ""
    assert xe("task-list --minimal").out == "\n"


@pytest.mark.parametrize(
    "line", ["task-cancel uuid=x", "task-param-list uuid=x", "task-param-get uuid=x param-name=status"]
)
def test_a_task_that_is_not_there_is_refused(xe: "Xe", line: str) -> None:
    refused = xe(line)
    assert "type: task\nuuid: x\n" in refused.err
    assert xe.code(line) == "UUID_INVALID"


def test_a_task_is_shown_as_in_xe(running: "Xe") -> None:
    shown = running.do(f"task-list uuid={TASK}")
    fields = dict(line.replace(" ( RO)", "").split(":", 1) for line in shown.splitlines() if line)
    assert {name.strip(): text.strip() for name, text in fields.items()} == {
        "uuid": TASK,
        "name-label": "Async.VM.start",
        "name-description": "",
        "status": "pending",
        "progress": "0.250",
    }
    assert running.do(f"task-param-get uuid={TASK} param-name=subtasks") == PART
    assert running.do(f"task-param-get uuid={TASK} param-name=finished") == "19700101T00:00:00Z"


def test_a_task_that_runs_is_cancelled(running: "Xe") -> None:
    for task, status in ((TASK, "cancelled"), (PART, "success")):
        assert running.do(f"task-cancel uuid={task}") == ""
        assert running.do(f"task-param-get uuid={task} param-name=status") == status
    assert running.do(f"task-param-get uuid={TASK} param-name=finished") != "19700101T00:00:00Z"
    running.do(f"event-wait class=task uuid={TASK} status=/=pending")


def test_a_task_has_settings_of_clients(running: "Xe") -> None:
    running.do(f"task-param-add uuid={TASK} param-name=other-config applies_to=web")
    assert running.do("task-list other-config:applies_to=web --minimal") == TASK
