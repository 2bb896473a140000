"""A host joins a pool: the state of the host becomes a part of the state of the pool, in another store."""

from __future__ import annotations

from contextlib import ExitStack

from xe_py.errors import Failure, StaleError, StateFileError, refuse
from xe_py.schema.command import MAKES, command
from xe_py.schema.fields import Bool, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client
    from xe_py.schema.listing import Plan
    from xe_py.state.state import State
    from xe_py.store.promise import Opened, Store


@command(
    "pool-join",
    required=(
        Text("master-address", doc="The state file of the pool. Nothing here ever connects to a real pool."),
        Text("master-username", doc="A user of the pool; every user may do it."),
        Text("master-password", doc="The password of this user; every password is right."),
    ),
    optional=(Bool("force", doc="Join although the software or the CPUs differ."),),
    doc="Let the host join the pool in another state file. The file of the host then leads to that of the pool.",
    kind=MAKES,
)
def join(
    store: Store, master_address: str, *, force: bool = False, client: Client, dry_run: bool, **_anybody: str
) -> str | Plan:
    """Bring the host into the pool, save the pool, and let the store of the host lead there.

    If this is interrupted in between, the host is in both stores, and nothing is lost.
    """
    there = _pool_at(client, master_address)
    if there.place == store.place:
        raise Failure("OPERATION_NOT_ALLOWED", "Host cannot become slave of itself")
    if dry_run:
        from xe_py.state.plan import plan_of

        pool = there.read()
        _merge(store.read(), pool, force=force)
        return plan_of(pool.state.changes(), pool.state.header, pool.state.header, [pool.state])
    line = f"pool-join master-address={master_address}"
    with ExitStack() as locks:
        # Whoever locks two stores locks them in this order, so two hosts that join each other do not wait for ever.
        opened = [locks.enter_context(each.write(line)) for each in sorted((store, there), key=_place)]
        own, pool = opened if store.place < there.place else reversed(opened)
        name = _merge(own, pool, force=force)
        pool.commit()
        own.give_way(there)
    return f"{name} is a member of the pool in {there.name} now, and {store.name} leads there.\n"


def _place(store: Store) -> str:
    return store.place


def _pool_at(client: Client, address: str) -> Store:
    """The store at the address, if it has a pool that answers."""
    there = client.store(address)
    try:
        there.read()
    except StateFileError as error:
        failure = Failure("JOINING_HOST_SERVICE_FAILED")
        failure.notes = (f"master-address must be the state file of the pool. {error.text.partition(chr(10))[0]}",)
        raise failure from None
    return there


def _merge(own: Opened, pool: Opened, *, force: bool) -> str:
    """Bring the host into the state of the pool, and check that; the name of the host. It may have to be read again."""
    for opened in (own, pool):
        if opened.findings:
            raise opened.unsound()
    try:
        return _brought(own.state, pool.state, force=force)
    except StaleError:
        pool.state.rollback(0)
        own.refresh()
        pool.refresh()
        return _brought(own.state, pool.state, force=force)


def _brought(own: State, pool: State, *, force: bool) -> str:
    from xe_py.operations.effects.merging import merge
    from xe_py.state.core import verify
    from xe_py.xapi.pool_join import answers_joiners, can_join

    refuse(answers_joiners(pool))
    refuse(can_join(own, pool, forced=force))
    host = merge(pool, own)
    verify(pool, pool.changes(), everything=False)
    return host.name
