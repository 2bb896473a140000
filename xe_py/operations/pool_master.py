"""Which host coordinates the pool: choosing another one, also when the coordinator is lost."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.operations.effects import messages
from xe_py.schema.command import command
from xe_py.schema.fields import Bool, Ref, Text
from xe_py.schema.listing import Sentence
from xe_py.xapi.hosts import answers, coordinator, this_host
from xe_py.xapi.protection import ha_is_off

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_IMPORTANT = 4


@command(
    "pool-designate-new-master",
    required=(Ref("host-uuid", "host", doc="The host."),),
    doc="Let another host coordinate the pool.",
)
def designate_new_master(state: State, host: Record) -> None:
    """Let the host coordinate the pool, which then syncs updates anew."""
    refuse(answers(state, host))
    if host is not coordinator(state):
        refuse(ha_is_off(state))
        state.update(state.all("pool")[0], {"last-update-sync": None})
        _coordinate(state, host)


@command(
    "pool-emergency-transition-to-master",
    optional=(Bool("force", doc="Do it even if the coordinator answers."),),
    doc="Let a host that has lost its coordinator coordinate the pool.",
)
def transition_to_master(state: State, *, force: bool = False) -> Sentence:
    """Let the host that xe talks to coordinate the pool."""
    host = this_host(state)
    if host is coordinator(state) and not force:
        return Sentence(f"{host.name} is the coordinator already. Add --force to do it all the same.")
    refuse(answers(state, host))
    refuse(ha_is_off(state))
    _coordinate(state, host)
    return Sentence(f"{host.name} is the coordinator of the pool now. Tell the other hosts: xe pool-recover-slaves")


@command(
    "pool-emergency-reset-master",
    required=(Text("master-address", doc="The address or the name of the coordinator."),),
    doc="Tell a host that has lost its coordinator which host coordinates the pool.",
)
def reset_master(state: State, master_address: str) -> Sentence:
    """Let the host with the address coordinate the pool."""
    refuse(ha_is_off(state))
    named = [host for host in state.all("host") if master_address in {host["address"], host["hostname"]} - {""}]
    if not named:
        raise Failure("INVALID_VALUE", "master_address", master_address)
    host = named[0]
    refuse(answers(state, host))
    if host is not coordinator(state):
        _coordinate(state, host)
    return Sentence(f"{this_host(state).name} obeys {host.name} now.")


@command(
    "pool-recover-slaves",
    doc="Tell all other hosts that answer which host coordinates the pool, and print the uuids of these hosts.",
)
def recover_slaves(state: State) -> list[Record]:
    """The hosts that were told, the last one first; in one state all hosts know it already."""
    this = this_host(state)
    return [host for host in reversed(state.all("host")) if host is not this and host["host-metrics-live"]]


@command("pool-sync-database", doc="Copy the database of the pool to all hosts.")
def sync_database(state: State) -> None:
    """Ask the coordinator, which must answer; all hosts share one state."""
    refuse(answers(state, coordinator(state)))


def _coordinate(state: State, host: Record) -> None:
    state.update(state.all("pool")[0], {"master": host["uuid"]})
    messages.leave(state, ("Host", host["uuid"]), "POOL_MASTER_TRANSITION", _IMPORTANT, "")
