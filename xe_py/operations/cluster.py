"""Clusters of the hosts of a pool."""

from __future__ import annotations

from xe_py.classes import cluster as guards
from xe_py.errors import Failure, refuse
from xe_py.operations.effects.bring_up import bring_up
from xe_py.schema.command import command
from xe_py.schema.fields import Bool, Ref, Text
from xe_py.state.state import new_uuid
from xe_py.xapi import clusters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_STACK = Text("cluster-stack", doc="The program with which the hosts watch each other: corosync.")
_TIMEOUT = Text("token-timeout", doc="After how many seconds a silent host counts as lost.")
_COEFFICIENT = Text("token-timeout-coefficient", doc="How many seconds more that takes for each further host.")
_CLUSTER = Ref("cluster-uuid", "cluster", doc="The cluster.")
_MEMBER = Ref("uuid", "cluster-host", doc="The host in the cluster.")


@command(
    "cluster-create",
    required=(Ref("pif-uuid", "pif", doc="The PIF of the coordinator through which the hosts watch each other."),),
    optional=(
        _STACK,
        Bool("pool-auto-join", default=True, doc="Whether a host that joins the pool joins the cluster."),
        _TIMEOUT,
        _COEFFICIENT,
    ),
    doc="Make a cluster of the coordinator alone.",
    hidden=True,
)
def create(
    state: State,
    pif: Record,
    cluster_stack: str = clusters.COROSYNC,
    *,
    pool_auto_join: bool = True,
    token_timeout: str = "",
    token_timeout_coefficient: str = "",
) -> Record:
    """Make the cluster, with the coordinator in it."""
    timeout = clusters.seconds(token_timeout, clusters.TIMEOUT)
    coefficient = clusters.seconds(token_timeout_coefficient, clusters.COEFFICIENT)
    refuse(guards.is_first(state))
    refuse(guards.is_stack(cluster_stack))
    refuse(guards.are_timeouts(timeout, coefficient))
    refuse(guards.can_use(pif))
    cluster = state.add(
        "cluster",
        {
            "cluster-token": new_uuid(),
            "cluster-stack": cluster_stack,
            "pool-auto-join": pool_auto_join,
            "token-timeout": timeout,
            "token-timeout-coefficient": coefficient,
        },
    )
    _join(state, cluster, state.ref(state.all("pool")[0], "master"), pif)
    return cluster


@command("cluster-destroy", required=(Ref("uuid", "cluster", doc="The cluster."),), doc="Destroy a cluster.")
def destroy(state: State, cluster: Record) -> None:
    """Destroy the cluster with its last host."""
    refuse(guards.can_destroy(state, cluster))
    state.delete(cluster)


@command(
    "cluster-pool-create",
    required=(Ref("network-uuid", "network", doc="The network on which the hosts watch each other."),),
    optional=(_STACK, _TIMEOUT, _COEFFICIENT),
    doc="Make a cluster of all hosts of the pool.",
)
def pool_create(
    state: State,
    network: Record,
    cluster_stack: str = clusters.COROSYNC,
    token_timeout: str = "",
    token_timeout_coefficient: str = "",
) -> Record:
    """Make the cluster with the coordinator, and let the others join."""
    refuse(
        guards.are_timeouts(
            clusters.seconds(token_timeout, clusters.TIMEOUT),
            clusters.seconds(token_timeout_coefficient, clusters.COEFFICIENT),
        )
    )
    coordinator = state.ref(state.all("pool")[0], "master")
    cluster = create(
        state,
        clusters.pif_of(state, network, coordinator),
        cluster_stack,
        token_timeout=token_timeout,
        token_timeout_coefficient=token_timeout_coefficient,
    )
    for host in state.all("host"):
        if host is not coordinator:
            host_create(state, cluster, host, clusters.pif_of(state, network, host))
    return cluster


@command("cluster-pool-destroy", required=(_CLUSTER,), doc="Destroy a cluster: all hosts leave it.")
def pool_destroy(state: State, cluster: Record) -> None:
    """Let all hosts but the coordinator leave, and destroy the cluster."""
    coordinator = state.ref(state.all("pool")[0], "master")
    for member in clusters.members(state, cluster):
        if member["host"] != coordinator["uuid"]:
            host_destroy(state, member)
    destroy(state, cluster)


@command("cluster-pool-force-destroy", required=(_CLUSTER,), doc="Destroy a cluster, whatever its hosts say about it.")
def pool_force_destroy(state: State, cluster: Record) -> None:
    """Destroy the cluster with all its hosts."""
    state.delete(cluster)


@command("cluster-pool-resync", required=(_CLUSTER,), doc="Let the hosts join a cluster that are not in it.")
def pool_resync(state: State, cluster: Record) -> None:
    """Let each host join that has a PIF on the network of the cluster, if hosts join by themselves."""
    network = clusters.network_of(state, cluster)
    known = {member["host"] for member in clusters.members(state, cluster)}
    for host in state.all("host") if cluster["pool-auto-join"] and network is not None else ():
        if host["uuid"] not in known and network is not None:
            host_create(state, cluster, host, clusters.pif_of(state, network, host))


@command(
    "cluster-host-create",
    required=(
        _CLUSTER,
        Ref("host-uuid", "host", doc="The host."),
        Ref("pif-uuid", "pif", doc="The PIF through which the host reaches the others."),
    ),
    doc="Let a host join a cluster.",
    hidden=True,
)
def host_create(state: State, cluster: Record, host: Record, pif: Record) -> Record:
    """Let the host join; its PIF comes up, and stays up."""
    refuse(guards.can_join(state, host, pif))
    if not pif["currently-attached"]:
        bring_up(state, pif)
    state.update(pif, {"disallow-unplug": True})
    return _join(state, cluster, host, pif)


@command("cluster-host-enable", required=(_MEMBER,), doc="Let a host take part in its cluster.")
def host_enable(state: State, cluster_host: Record) -> None:
    """Let the host take part."""
    refuse(guards.can_use(state.ref(cluster_host, "PIF")))
    state.update(cluster_host, {"enabled": True})


@command("cluster-host-disable", required=(_MEMBER,), doc="Let a host take part in its cluster no more.")
def host_disable(state: State, cluster_host: Record) -> None:
    """Let the host take part no more; it stays in the cluster."""
    state.update(cluster_host, {"enabled": False})


@command("cluster-host-destroy", required=(_MEMBER,), doc="Let a host leave its cluster.")
def host_destroy(state: State, cluster_host: Record) -> None:
    """Let the host leave."""
    if not cluster_host["enabled"]:
        raise Failure("CLUSTERING_DISABLED", cluster_host)
    if len(clusters.members(state, state.ref(cluster_host, "cluster"))) == 1:
        raise Failure("CLUSTER_HOST_IS_LAST", cluster_host)
    state.delete(cluster_host)


@command("cluster-host-force-destroy", required=(_MEMBER,), doc="Remove a host from its cluster, whatever it says.")
def host_force_destroy(state: State, cluster_host: Record) -> None:
    """Remove the host."""
    state.delete(cluster_host)


def _join(state: State, cluster: Record, host: Record, pif: Record) -> Record:
    who = {"cluster": cluster["uuid"], "host": host["uuid"], "PIF": pif["uuid"]}
    return state.add("cluster-host", {**who, "enabled": True})
