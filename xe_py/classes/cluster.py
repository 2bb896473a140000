"""Clusters: hosts that watch each other, so that they can share an SR of type GFS2."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.derived import Back, Computed
from xe_py.schema.fields import CASCADE, SRO, Bool, Int, Map, Ref, Set, Text
from xe_py.schema.values import EPOCH, Float, Time
from xe_py.schema.xenclass import OPERATIONS, OTHER_CONFIG, XenClass
from xe_py.xapi import clusters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

_LEAST_TIMEOUT, _LEAST_COEFFICIENT = 1.0, 0.65


# Guards, in the order in which XAPI asks them


def is_first(state: State) -> Iterator[Failure]:
    """Why the pool cannot get a cluster: it has one."""
    for cluster in state.all("cluster"):
        yield Failure("CLUSTER_ALREADY_EXISTS", blockers=(cluster,))


def is_stack(stack: str) -> Iterator[Failure]:
    """Why there is no such program."""
    if stack != clusters.COROSYNC:
        yield Failure("INVALID_CLUSTER_STACK", stack)


def are_timeouts(timeout: float, coefficient: float) -> Iterator[Failure]:
    """Why the times are too short."""
    if timeout < _LEAST_TIMEOUT:
        yield Failure("INVALID_VALUE", "token_timeout", f"{timeout:.3f}")
    if coefficient < _LEAST_COEFFICIENT:
        yield Failure("INVALID_VALUE", "token_timeout_coefficient", f"{coefficient:.3f}")


def can_use(pif: Record) -> Iterator[Failure]:
    """Why hosts cannot watch each other through the PIF."""
    if not pif["disallow-unplug"]:
        yield Failure("PIF_ALLOWS_UNPLUG", pif)
    if not pif["currently-attached"]:
        yield Failure("REQUIRED_PIF_IS_UNPLUGGED", pif)
    yield from _has_address(pif)


def can_join(state: State, host: Record, pif: Record) -> Iterator[Failure]:
    """Why the host cannot join a cluster through the PIF."""
    if pif["host-uuid"] != host["uuid"]:
        yield Failure("PIF_NOT_ATTACHED_TO_HOST", pif, host)
    for member in state.having("cluster-host", "host", host["uuid"]):
        yield Failure("INTERNAL_ERROR", "The host is in a cluster already", blockers=(member,))
    yield from _has_address(pif)


def _has_address(pif: Record) -> Iterator[Failure]:
    if not pif["IP"]:
        yield Failure("PIF_HAS_NO_NETWORK_CONFIGURATION", pif)


def can_destroy(state: State, cluster: Record) -> Iterator[Failure]:
    """Why the cluster cannot be destroyed: several hosts are in it."""
    members = clusters.members(state, cluster)
    if len(members) > 1:
        yield Failure("CLUSTER_DOES_NOT_HAVE_ONE_NODE", str(len(members)), blockers=tuple(members))


def _is_free(_state: State, _obj: Record) -> Iterator[Failure]:
    return iter(())


CLUSTER = XenClass(
    "cluster",
    label="Cluster",
    section=460,
    doc="A cluster: the hosts of a pool that watch each other.",
    fields=(
        Back("cluster-hosts", "cluster-host.cluster", mode=SRO, doc="The hosts in it."),
        Text("cluster-token", doc="A word that its hosts share."),
        Text("cluster-stack", default=clusters.COROSYNC, doc="The program with which the hosts watch each other."),
        Int("cluster-stack-version", default=clusters.VERSION, doc="The version of that program."),
        Float("token-timeout", default=clusters.TIMEOUT, doc="After how many seconds a silent host counts as lost."),
        Float(
            "token-timeout-coefficient",
            default=clusters.COEFFICIENT,
            doc="How many seconds more that takes for each further host.",
        ),
        Set("pending-forget", mode=SRO, hidden=True, doc="The addresses of hosts that the cluster must still forget."),
        *OPERATIONS,
        Bool("pool-auto-join", default=True, doc="Whether a host that joins the pool joins the cluster."),
        Map("cluster-config", mode="MRO", doc="The settings of that program."),
        OTHER_CONFIG,
        Computed("is-quorate", Bool, clusters.is_quorate, doc="Whether enough hosts are there."),
        Computed("quorum", Int, clusters.quorum, doc="How many hosts must be there."),
        Computed("live-hosts", Int, clusters.live_hosts, doc="How many hosts are there."),
        Computed("expected-hosts", Int, clusters.expected_hosts, doc="How many hosts should be there."),
    ),
    operations=dict.fromkeys(("add", "remove", "enable", "disable", "destroy"), _is_free),
    list_fields=(
        "uuid",
        "cluster-hosts",
        "cluster-token",
        "cluster-stack",
        "allowed-operations",
        "current-operations",
        "pool-auto-join",
        "cluster-config",
        "other-config",
    ),
)

CLUSTER_HOST = XenClass(
    "cluster-host",
    label="Cluster_host",
    section=465,
    doc="A host in a cluster.",
    fields=(
        Ref("cluster", "cluster", required=True, on_delete=CASCADE, doc="The cluster."),
        Ref("PIF", "pif", doc="The PIF through which the host reaches the others."),
        Ref("host", "host", required=True, on_delete=CASCADE, doc="The host."),
        Bool("enabled", doc="Whether the host takes part."),
        Bool("joined", default=True, doc="Whether the host has joined the cluster."),
        Computed("live", Bool, clusters.is_live, doc="Whether the host is there."),
        Time("last-update-live", unknown=EPOCH, doc="When that last changed."),
        *OPERATIONS,
        Map("other-config", mode="MRO", doc="Extra settings that clients keep."),
    ),
    operations=dict.fromkeys(("enable", "disable", "destroy"), _is_free),
    list_fields=(
        "uuid",
        "cluster",
        "host",
        "enabled",
        "allowed-operations",
        "current-operations",
        "other-config",
    ),
)
