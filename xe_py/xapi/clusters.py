"""Clusters: what follows from their hosts."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

COROSYNC, VERSION = "corosync", 3
TIMEOUT, COEFFICIENT = 20.0, 1.0


def members(state: State, cluster: Record) -> list[Record]:
    """The hosts in the cluster."""
    return state.pointing_at(cluster, "cluster-host.cluster")


def is_live(state: State, member: Record) -> bool:
    """Whether the others hear of the host: it takes part, and it answers."""
    return bool(member["enabled"] and state.ref(member, "host")["host-metrics-live"])


def expected_hosts(state: State, cluster: Record) -> int:
    """How many hosts take part."""
    return sum(member["enabled"] for member in members(state, cluster))


def live_hosts(state: State, cluster: Record) -> int:
    """How many hosts are heard of."""
    return sum(is_live(state, member) for member in members(state, cluster))


def quorum(state: State, cluster: Record) -> int:
    """How many hosts must be heard of: more than half of those that take part."""
    expected = expected_hosts(state, cluster)
    return expected // 2 + 1 if expected else 0


def is_quorate(state: State, cluster: Record) -> bool:
    """Whether as many are heard of."""
    return 0 < quorum(state, cluster) <= live_hosts(state, cluster)
