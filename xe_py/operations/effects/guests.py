"""What a guest does by itself once its time has come: it halts, or it boots again, as after an installation."""

from __future__ import annotations

import time

from xe_py.errors import Failure, XeError
from xe_py.operations.effects import domain
from xe_py.schema.xenclass import GUESTS_ACT
from xe_py.state.core import verify
from xe_py.xapi.guest import ACTS, ACTS_AT, acts_at, next_act, note_next_act

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def act(state: State) -> None:
    """Let every guest whose time has come halt or boot again, the earliest first, and note when the next one acts."""
    while (due := _due(state)) is not None:
        mark = state.mark()
        try:
            _act(state, due)
            verify(state, state.changes(mark), everything=False)
        except XeError:
            state.rollback(mark)
            state.update(due, dict.fromkeys(ACTS, 0))


def _due(state: State) -> Record | None:
    """The first guest whose time has come, if there is one; else the header names the next moment."""
    if state.header.get(GUESTS_ACT, float("inf")) > time.time():
        return None
    vms = [vm for vm in state.some("vm", ACTS_AT) if acts_at(vm) <= time.time()]
    if vms:
        return state.need("vm", min(vms, key=acts_at)["uuid"])
    state.set_header({GUESTS_ACT: next_act(state)})
    return None


def _act(state: State, vm: Record) -> None:
    """End the domain and, if that is what happens then, boot it again on its host; each field counts once."""
    field, what = next((field, what) for field, what in ACTS.items() if vm[field] and acts_at(vm, field) == acts_at(vm))
    state.update(vm, {field: 0})
    mark = state.mark()
    try:
        if vm[what] == "Restart":
            domain.reboot(state, vm)
        else:
            domain.end(state, vm)
    except Failure:
        state.rollback(mark)
        domain.end(state, vm)
    note_next_act(state, vm)
