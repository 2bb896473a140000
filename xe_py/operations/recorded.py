"""Commands that only record something: each row says which fields are set, and which guard is asked first."""

from __future__ import annotations

from xe_py.errors import refuse
from xe_py.schema.command import COMMANDS, HOST, Command
from xe_py.schema.fields import Bool, Choice, Ref
from xe_py.xapi.hosts import answers, can_do_without
from xe_py.xapi.pif_guards import is_not_management

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from xe_py.errors import Failure
    from xe_py.schema.fields import Guard
    from xe_py.state.record import Record
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


def _can_be_disabled(state: State, host: Record) -> Iterator[Failure]:
    yield from can_do_without(state, host)
    yield from answers(state, host)


def _is_not_management(_state: State, pif: Record) -> Iterator[Failure]:
    return is_not_management(pif)


_ROWS = (
    Command(
        "host-disable",
        _recording({"enabled": False}, _can_be_disabled),
        selector=HOST,
        optional=(Bool("auto-enable", default=True, doc="Whether the host enables itself at its next boot."),),
        doc="Disable a host, so that no more VMs start on it.",
    ),
    Command(
        "pif-set-primary-address-type",
        _recording({"primary-address-type": _Given("primary_address_type")}, _is_not_management),
        required=(
            Ref("uuid", "pif", doc="The PIF."),
            Choice("primary_address_type", ("IPv4", "IPv6"), doc="Which address is the primary one."),
        ),
        doc="Choose the primary address of a PIF.",
    ),
)
COMMANDS.update({command.name: command for command in _ROWS})
