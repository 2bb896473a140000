"""What is measured of VMs, hosts and SRs: the same four commands for each of them, as rows."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.schema.command import COMMANDS, CONTROL_DOMAINS, HOST, ONE, READS, SR, VM, Command, Selector
from xe_py.schema.fields import Text
from xe_py.schema.listing import Facts
from xe_py.xapi import data_sources
from xe_py.xapi.guest import PAUSED, RUNNING
from xe_py.xapi.hosts import answers
from xe_py.xapi.vm_lifecycle import can

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xe_py.schema.fields import Guard
    from xe_py.state.record import Record
    from xe_py.state.state import State

    Sources = Callable[[State, Record], list[data_sources.DataSource]]

_NAME = Text("data-source", doc="The name of the data source.")


def _has_a_domain(_state: State, vm: Record) -> Iterator[Failure]:
    if vm["power-state"] not in {RUNNING, PAUSED}:
        yield Failure("VM_BAD_POWER_STATE", vm, f"{RUNNING}, {PAUSED}", vm["power-state"])


def _nothing(_state: State, _sr: Record) -> Iterator[Failure]:
    return iter(())


def _commands(of: Selector, sources: Sources, guard: Guard, asked: Guard) -> Iterator[Command]:
    """The commands for the objects that the selector chooses; `asked` is the guard of a query."""

    def listed(state: State, obj: Record) -> Facts:
        refuse(guard(state, obj))
        return Facts(*(source.rows() for source in sources(state, obj)))

    def record(state: State, obj: Record, data_source: str) -> None:
        refuse(guard(state, obj))
        _found(state, obj, data_source)

    def query(state: State, obj: Record, data_source: str) -> str:
        refuse(asked(state, obj))
        return f"{_found(state, obj, data_source).value:f}"

    def forget(state: State, obj: Record, **_data_source: object) -> None:
        refuse(guard(state, obj))

    def _found(state: State, obj: Record, name: str) -> data_sources.DataSource:
        known = {source.name: source for source in sources(state, obj)}
        if name not in known:
            names = ", ".join(known) or "none"
            raise Failure("INTERNAL_ERROR", f"There is no data source {name!r} here; there are: {names}")
        return known[name]

    name, one, label = f"{of.name}-data-source", of.taking(ONE), of.label
    measured = f"what is measured of {'an' if label == 'SR' else 'a'} {label}"
    yield Command(f"{name}-list", listed, selector=one, kind=READS, doc=f"List {measured}.")
    yield Command(
        f"{name}-query",
        query,
        selector=one,
        kind=READS,
        required=(_NAME,),
        doc=f"Show the last value of one thing of {measured}.",
    )
    yield Command(
        f"{name}-record",
        record,
        selector=one,
        kind=READS,
        required=(_NAME,),
        doc=f"Keep the values of one thing of {measured}; all are kept here already.",
    )
    yield Command(
        f"{name}-forget",
        forget,
        selector=one,
        kind=READS,
        required=(_NAME,),
        doc=f"Forget the values of one thing of {measured}; none are stored here.",
    )


_ROWS = (
    *_commands(VM.also(CONTROL_DOMAINS), data_sources.of_vm, can("data_source_op"), _has_a_domain),
    *_commands(HOST, data_sources.of_host, answers, answers),
    *_commands(SR, data_sources.of_sr, _nothing, _nothing),
)
COMMANDS.update({command.name: command for command in _ROWS})
