"""Commands that only record something, a row for each.

A row of the first kind says which fields the command sets, and which guard is asked first. Of the others, the state
keeps nothing but the call.
"""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.schema.command import COMMANDS, HOST, ONE, RECORDED, Command
from xe_py.schema.fields import Bool, Choice, Map, Ref, Text
from xe_py.state.record import Record
from xe_py.xapi.hosts import answers
from xe_py.xapi.pif_guards import can_change_address_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from xe_py.schema.fields import Guard
    from xe_py.state.state import State


class _Given(str):
    """The value that the argument with this keyword has."""

    __slots__ = ()


def _recording(sets: dict[str, Any], guard: Guard) -> Callable[..., None]:
    """The function of such a command; other parameters of the command have no effect."""

    def run(state: State, obj: Record, **given: Any) -> None:
        refuse(guard(state, obj))
        values = {name: given[value] if isinstance(value, _Given) else value for name, value in sets.items()}
        state.update(obj, values)

    return run


def _noted(name: str, guard: Guard | None = None, **declaration: Any) -> Command:
    """A command of which the state keeps the call; the guard is asked about the first object that the call names."""

    def run(state: State, obj: Record | None = None, **given: Any) -> None:
        from xe_py.operations.effects.calls import note_call

        if guard is not None:
            refuse(guard(state, next((each for each in (obj, *given.values()) if isinstance(each, Record)), None)))
        note_call(state, command, obj, given)

    command = Command(name, run, coverage=RECORDED, **declaration)
    return command


def _pool_secret_can_rotate(state: State, _none: None) -> Iterator[Failure]:
    from xe_py.xapi.licensing import is_licensed

    yield from is_licensed(state, "Pool_secret_rotation")
    for host in state.all("host"):
        if not host["host-metrics-live"]:
            yield Failure("CANNOT_CONTACT_HOST", host)
    if state.all("pool")[0]["ha-enabled"]:
        yield Failure("HA_IS_ENABLED")


_HOST = Ref("host-uuid", "host", doc="The host.")
_POOL = Ref("uuid", "pool", doc="The pool.")

_ROWS = (
    Command(
        "pif-set-primary-address-type",
        _recording({"primary-address-type": _Given("primary_address_type")}, can_change_address_type),
        required=(
            Ref("uuid", "pif", doc="The PIF."),
            Choice("primary_address_type", ("IPv4", "IPv6"), doc="Which address is the primary one."),
        ),
        doc="Choose the primary address of a PIF.",
    ),
    _noted(
        "diagnostic-compact",
        answers,
        selector=HOST.taking(ONE),
        doc="Let the toolstack of a host return memory that it does not need.",
    ),
    _noted(
        "host-license-remove",
        optional=(Ref("host-uuid", "host", doc="The host; without it, the coordinator of the pool."),),
        doc="Remove the licence file of a host.",
    ),
    _noted(
        "host-notify",
        required=(Text("type", doc="What has happened."),),
        optional=(Text("params", doc="More about it."),),
        doc="Tell a host that something has happened to its hardware.",
        hidden=True,
    ),
    _noted(
        "host-refresh-pack-info",
        answers,
        required=(_HOST,),
        doc="Let a host look again which supplemental packs are installed.",
        hidden=True,
    ),
    _noted(
        "host-send-debug-keys",
        answers,
        required=(
            _HOST,
            Text("keys", doc="The keys, as Xen takes them on its console."),
        ),
        doc="Send debug keys to the Xen of a host.",
    ),
    _noted(
        "host-sm-dp-destroy",
        answers,
        required=(
            Ref("uuid", "host", doc="The host."),
            Text("dp", doc="The name of the datapath."),
        ),
        optional=(Bool("allow-leak", doc="Forget the datapath even if it cannot be destroyed."),),
        doc="Destroy a datapath of the storage manager of a host.",
    ),
    _noted(
        "host-update-firewalld-service-status",
        doc="Let the firewall of the host follow the services that are enabled.",
    ),
    _noted(
        "pool-reset-telemetry-uuid",
        undeclared=(_POOL,),
        doc="Give the pool a new name for telemetry.",
    ),
    _noted(
        "pool-secret-rotate",
        _pool_secret_can_rotate,
        doc="Change the secret by which the hosts of the pool know each other.",
    ),
    _noted(
        "pool-send-wlb-configuration",
        optional=(Map("config", doc="The settings."),),
        doc="Send settings to the workload balancing server of the pool.",
    ),
)
COMMANDS.update({command.name: command for command in _ROWS})
