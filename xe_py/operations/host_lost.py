"""Hosts that will not come back: declaring one dead, and forgetting it."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.operations.effects import domain
from xe_py.schema.command import Question, command
from xe_py.schema.fields import Bool, Ref
from xe_py.xapi import hosts
from xe_py.xapi.protection import ha_is_off

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

_HOST = Ref("uuid", "host", doc="The host.")
# Whether xe asks; the command itself does nothing else with it.
_FORCE = Bool("force", doc="Do not ask.")


def _is_down(state: State, host: Record) -> Iterator[Failure]:
    if host["host-metrics-live"] or host is hosts.coordinator(state):
        yield Failure("HOST_IS_LIVE", host)


def _guests(state: State, host: Record) -> list[Record]:
    return [vm for vm in state.pointing_at(host, "vm.resident-on") if not vm["is-control-domain"]]


def _before_dead(_state: State, host: Record, **_forced: object) -> list[str]:
    return [
        f"WARNING: {host.name} will count as dead, and every VM on it as halted.",
        "WARNING: If the host still runs, the disks of its VMs may be damaged. First make sure that it is off.",
    ]


def _before_forgetting(_state: State, host: Record, **_forced: object) -> list[str]:
    return [
        f"WARNING: The pool will forget {host.name} for good. The host must be installed again before it can be used.",
        "WARNING: If the host still works, use pool-eject instead.",
    ]


@command(
    "host-declare-dead",
    required=(_HOST,),
    undeclared=(_FORCE,),
    doc="Say that a host that does not answer is dead, so that its VMs count as halted.",
    asks=Question(_before_dead, hushes=True),
)
def declare_dead(state: State, host: Record, **_forced: object) -> None:
    """Halt the VMs that ran on the host, and disable it."""
    refuse(_is_down(state, host))
    for vm in _guests(state, host):
        domain.end(state, vm)
    state.update(host, {"enabled": False})


@command(
    "host-forget",
    required=(_HOST,),
    undeclared=(_FORCE,),
    doc="Forget a host that is lost. Its local SRs stay, but no host reaches them.",
    asks=Question(_before_forgetting, hushes=True),
)
def forget(state: State, host: Record, **_forced: object) -> None:
    """Delete the host with its PIFs, its PBDs and its control domains."""
    refuse(_is_down(state, host))
    refuse(ha_is_off(state))
    guests = _guests(state, host)
    if guests:
        raise Failure("HOST_HAS_RESIDENT_VMS", host, blockers=tuple(guests))
    for each in state.pointing_at(host, "vm.resident-on"):
        state.delete(each)
    state.delete(host)
