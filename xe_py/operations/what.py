"""The command `what-if`: what would become of the VMs. Only xe_py has it, not the real xe."""

from __future__ import annotations

from xe_py.codes import in_words
from xe_py.errors import Misuse
from xe_py.operations.effects import losses
from xe_py.schema.collections import EachNamed
from xe_py.schema.command import HOST, READS, SR, Selector, command
from xe_py.schema.listing import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.operations.effects.losses import Fate
    from xe_py.state.record import Record
    from xe_py.state.state import State

_PIF = Selector("pif", "PIF", named_by=("uuid", "device"), none="", several="")
_HEAD = ("uuid", "name", "on", "then", "why")
_MANY = "; several with commas between them, or the word again."


def _something_happens(_state: State, **given: list[Record]) -> None:
    if not any(given.values()):
        raise Misuse("Error: Say what happens, with host-lost=, sr-lost=, pif-lost= or host-maintenance=")


@command(
    "what-if",
    optional=(
        EachNamed("host-lost", HOST, doc=f"A host that fails, by name or uuid{_MANY}"),
        EachNamed("sr-lost", SR, doc=f"An SR that no host reaches any more, by name or uuid{_MANY}"),
        EachNamed("pif-lost", _PIF, doc=f"A PIF that loses its link, by uuid, or by device if one PIF has it{_MANY}"),
        EachNamed("host-maintenance", HOST, doc=f"A host that is taken out of service, by name or uuid{_MANY}"),
    ),
    doc="Say which VMs would start again where, which would move, and which would be lost, and why. Nothing changes.",
    grammar=_something_happens,
    kind=READS,
    ours=True,
)
def what_if(
    state: State,
    host_lost: list[Record] | None = None,
    sr_lost: list[Record] | None = None,
    pif_lost: list[Record] | None = None,
    host_maintenance: list[Record] | None = None,
) -> Table:
    """A row for each VM that this touches; all of it is taken back."""
    mark = state.mark()
    try:
        found = losses.fates(state, host_lost or (), sr_lost or (), pif_lost or (), host_maintenance or ())
        return _as_table(found)
    finally:
        state.rollback(mark)


def _as_table(found: list[Fate]) -> Table:
    rows = [
        (
            fate.vm["uuid"],
            fate.vm.name,
            fate.before.name if fate.before else "",
            f"{fate.then} {fate.to.name}" if fate.to else fate.then,
            "; ".join(f"{host.name}: {in_words(why)}" if host else in_words(why) for host, why in fate.reasons),
        )
        for fate in found
    ]
    return Table(_HEAD, rows, _summary(found), data=list(map(_fields, found)))


def _summary(found: list[Fate]) -> str:
    """How many VMs meet each fate."""
    counts = {then: sum(fate.then == then for fate in found) for then in _SUMMARY}
    told = [f"{count} {_SUMMARY[then]}" for then, count in counts.items() if count]
    return f"VMs: {', '.join(told)}." if told else "No VM is touched."


_SUMMARY = {
    losses.RESTARTS: "restart",
    losses.MOVES: "move",
    losses.STAYS: "cannot leave",
    losses.NO_NETWORK: "lose a network",
    losses.LOST: "are lost",
    losses.NO_START: "cannot start any more",
}


def _fields(fate: Fate) -> dict[str, Any]:
    return {
        "uuid": fate.vm["uuid"],
        "name-label": fate.vm.name,
        "host": fate.before["uuid"] if fate.before else None,
        "then": fate.then.removesuffix(" on").removesuffix(" to"),
        "to": fate.to["uuid"] if fate.to else None,
        "reasons": [
            {"host": host["uuid"] if host else None, "code": why.code, "text": in_words(why)}
            for host, why in fate.reasons
        ],
    }
