"""Clusters: what follows from their hosts."""

from __future__ import annotations

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

COROSYNC, VERSION = "corosync", 3
TIMEOUT, COEFFICIENT = 20.0, 1.0


def seconds(text: str, otherwise: float) -> float:
    """The number that a word stands for; the other one if it stands for none, as in xe."""
    try:
        return float(text)
    except ValueError:
        return otherwise


def pif_of(state: State, network: Record, host: Record) -> Record:
    """The PIF of the host on the network; Failure if there is none."""
    found = state.find("pif", network_uuid=network["uuid"], host_uuid=host["uuid"])
    if len(found) != 1:
        text = f"No PIF found for host:{host['uuid']} and network:{network['uuid']}"
        raise Failure("INTERNAL_ERROR", text, blockers=(host, network))
    return found[0]


def network_of(state: State, cluster: Record) -> Record | None:
    """The network on which the hosts watch each other."""
    pifs = (state.ref_or_none(member, "PIF") for member in members(state, cluster))
    return next((state.ref(pif, "network-uuid") for pif in pifs if pif is not None), None)


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
