"""When a host can go down, and when it can be enabled."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.xapi.guest import is_live
from xe_py.xapi.hosts import answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


def is_at_rest(state: State, host: Record) -> Iterator[Failure]:
    """Why the host cannot go down: it does not answer, a guest runs on it, or its control domain uses a disk."""
    yield from answers(state, host)
    vms = [vm for vm in state.pointing_at(host, "vm.resident-on") if is_live(vm)]
    for vm in vms:
        if not vm["is-control-domain"]:
            yield Failure("HOST_IN_USE", host, "vm", vm, blockers=(vm,))
    for vm in vms:
        for vbd in state.pointing_at(vm, "vbd.vm-uuid"):
            if vm["is-control-domain"] and vbd["currently-attached"]:
                yield Failure("HOST_IN_USE", host, "vbd", vbd, blockers=(vbd,))


def can_be_enabled(_state: State, host: Record) -> Iterator[Failure]:
    """Why a disabled host stays disabled: an update requires something first, or only a boot enables it."""
    if host["pending-guidances"]:
        yield Failure("HOST_PENDING_MANDATORY_GUIDANCE_NOT_EMPTY", host, blockers=(host,))
    if host["disabled-until-reboot"]:
        yield Failure("HOST_DISABLED_UNTIL_REBOOT", host)
