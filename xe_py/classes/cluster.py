"""Clusters: hosts that watch each other, so that they can share an SR of type GFS2."""

from __future__ import annotations

from xe_py.schema.derived import Back, Computed
from xe_py.schema.fields import CASCADE, SRO, Bool, Int, Map, Ref, Set, Text
from xe_py.schema.values import EPOCH, Float, Time
from xe_py.schema.xenclass import OPERATIONS, OTHER_CONFIG, XenClass
from xe_py.xapi import clusters

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
