"""What high availability is to do with a VM: the guards of these settings, and what else they change."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.xapi import failover
from xe_py.xapi.guest import HALTED, RUNNING
from xe_py.xapi.vm_settings import RESTART

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

_PRIORITIES = (RESTART, "best-effort", "")


def is_priority(value: str) -> Iterator[Failure]:
    """Why the text is no restart priority."""
    if value not in _PRIORITIES:
        yield Failure("INVALID_VALUE", "ha_restart_priority", value)


def restart_priority(state: State, vm: Record, value: str) -> Iterator[Failure]:
    """Why the priority is refused: there is no such priority, or no plan for one more protected VM."""
    yield from is_priority(value)
    if value == RESTART != vm["ha-restart-priority"] and vm["power-state"] != HALTED:
        yield from failover.keeps_plan(state, failover.Change(protecting=vm))


def always_run(state: State, vm: Record, value: bool) -> Iterator[Failure]:
    """Why the VM cannot be kept running; the setting is an older form of the priority."""
    return restart_priority(state, vm, _priority(value))


def restart_priority_was_set(state: State, vm: Record, value: str) -> None:
    """High availability keeps a running VM with the priority `restart` running, and plans anew."""
    if vm["power-state"] == RUNNING:
        state.update(vm, {"ha-always-run": value == RESTART})
    if state.all("pool")[0]["ha-enabled"]:
        failover.note_plan(state)


def always_run_was_set(state: State, vm: Record, value: bool) -> None:
    """The old setting changes the new one; ha-always-run itself is only true while the VM runs."""
    state.update(vm, {"ha-restart-priority": _priority(value), "ha-always-run": False})
    restart_priority_was_set(state, vm, _priority(value))


def _priority(is_kept: bool) -> str:
    return RESTART if is_kept else ""
