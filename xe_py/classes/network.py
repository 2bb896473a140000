"""Network: the virtual switch that joins VIFs, and through PIFs reaches the world outside."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.fields import RW, Bool, Choice, Derived, Map, Set, Text
from xe_py.schema.values import BareInt
from xe_py.schema.xenclass import STRICT, Unique, XenClass, rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

# Of a VLAN, and of a trunk to a VIF.
LARGEST_TAG = 4094
INTERNAL_MANAGEMENT = "is_host_internal_management_network"
_LEAST_MTU, _MOST_MTU = 68, 65535
_SHARED = "assume_network_is_shared"
_OPPOSITE_PURPOSES = {"nbd": "insecure_nbd", "insecure_nbd": "nbd"}


# Reaching hosts through PIFs


def pifs(state: State, network: Record) -> list[Record]:
    """The PIFs of the network: those whose own network it is, then those that joined it directly."""
    return state.pointing_at(network, "pif.network-uuid") + state.pointing_at(network, "pif.joined-network-uuids")


def pifs_on(state: State, network: Record, host: Record) -> list[Record]:
    """The PIFs of the network on one host."""
    joined = state.pointing_at(network, "pif.joined-network-uuids")
    own = state.find("pif", network_uuid=network["uuid"], host_uuid=host["uuid"])
    return own + [pif for pif in joined if pif["host-uuid"] == host["uuid"]]


def is_visible_on(state: State, network: Record, host: Record) -> bool:
    """Whether VMs on the host can use the network.

    One without PIFs is internal: it lives on the host where running VMs use it, or on any as long as none does.
    """
    if pifs(state, network):
        return bool(pifs_on(state, network, host))
    if network["other-config"].get(_SHARED) == "true" or not network["managed"]:
        return True
    vms = [state.ref(vif, "vm-uuid") for vif in state.pointing_at(network, "vif.network-uuid")]
    hosts = {vm["resident-on"] for vm in vms if vm["power-state"] == "running"}
    return not hosts or host["uuid"] in hosts


def can_attach(state: State, network: Record, host: Record) -> Iterator[Failure]:
    """What forbids VMs on the host to use the network, once it is visible there."""
    local = pifs_on(state, network, host)
    slaves = tuple(pif for pif in local if pif["bond-slave-of"])
    if slaves and len(slaves) == len(local):
        yield Failure("HOST_CANNOT_ATTACH_NETWORK", host, network, blockers=slaves)


# Guards, in the order in which XAPI asks them


def can_destroy(state: State, network: Record) -> Iterator[Failure]:
    """What forbids to destroy the network."""
    vifs = [vif for vif in state.pointing_at(network, "vif.network-uuid") if vif["currently-attached"]]
    if vifs:
        yield Failure("NETWORK_CONTAINS_VIF", *vifs, blockers=tuple(vifs))
    if found := pifs(state, network):
        yield Failure("NETWORK_CONTAINS_PIF", *found)
    if network["other-config"].get(INTERNAL_MANAGEMENT) == "true":
        yield Failure("CANNOT_DESTROY_SYSTEM_NETWORK", network)


def is_managed(network: Record) -> Iterator[Failure]:
    """What forbids VLANs, bonds, joins and purposes on the network."""
    if not network["managed"]:
        yield Failure("NETWORK_UNMANAGED", network)


def has_no_pif_on(state: State, network: Record, host: Record) -> Iterator[Failure]:
    """What forbids to give the network a PIF of its own on the host."""
    for pif in state.find("pif", network_uuid=network["uuid"], host_uuid=host["uuid"]):
        yield Failure("NETWORK_ALREADY_CONNECTED", host, pif)


def _no_vif_is_attached(state: State, network: Record, _mode: str) -> Iterator[Failure]:
    for vif in state.pointing_at(network, "vif.network-uuid"):
        if vif["currently-attached"]:
            yield Failure("VIF_IN_USE", network, vif, blockers=(vif,))


def _can_have_purpose(_state: State, network: Record, purposes: list[str]) -> Iterator[Failure]:
    if set(purposes) - set(network["purpose"]):
        yield from is_managed(network)


# Rules


@rule("MTU", profile=STRICT)
def packets_have_a_possible_size(_state: State, network: Record) -> Iterator[Failure]:
    """The largest packet is one that IP can be sent in."""
    if not _LEAST_MTU <= network["MTU"] <= _MOST_MTU:
        yield Failure("INVALID_VALUE", "MTU", str(network["MTU"]), blockers=(network,))


@rule("purpose")
def purposes_do_not_conflict(state: State, network: Record) -> Iterator[Failure]:
    """A network serves NBD, and no network of the pool serves it both with and without TLS."""
    for purpose in network["purpose"]:
        opposite = _OPPOSITE_PURPOSES.get(purpose)
        if opposite is None:
            yield Failure("INVALID_VALUE", "purpose", purpose)
            return
        for other in state.having("network", "purpose", opposite):
            yield Failure("NETWORK_INCOMPATIBLE_PURPOSES", purpose, opposite, blockers=(other,))
            return


NETWORK = XenClass(
    "network",
    label="network",
    section=30,
    doc="A virtual switch: joins VIFs, and reaches the world outside through PIFs.",
    fields=(
        Text("name-label", mode=RW, doc="The name for people."),
        Text("name-description", mode=RW, doc="What it is for."),
        Derived(
            "VIF-uuids",
            lambda state, network: [vif["uuid"] for vif in state.pointing_at(network, "vif.network-uuid")],
            mode="SRO",
            doc="The VIFs on the network.",
        ),
        Derived(
            "PIF-uuids",
            lambda state, network: [pif["uuid"] for pif in pifs(state, network)],
            mode="SRO",
            doc="The PIFs of the network: its own, then those that joined it directly.",
        ),
        BareInt("MTU", default=1500, mode=RW, doc="The largest packet, in bytes."),
        Text("bridge", doc="The name of the bridge on each host."),
        Bool("managed", default=True, doc="Whether the bridge is made and removed as needed."),
        Map("other-config", mode="MRW", doc="Further settings of clients."),
        Map("blobs", doc="Binary data kept with the network."),
        Set("tags", mode="SRW", join=", ", doc="Words to find it by."),
        Choice(
            "default-locking-mode",
            ("unlocked", "disabled"),
            default="unlocked",
            mode=RW,
            guard=_no_vif_is_attached,
            doc="What VIFs may send whose locking-mode is network_default.",
        ),
        Set(
            "purpose",
            mode="SRW",
            join=", ",
            guard=_can_have_purpose,
            doc="What the hosts use it for: nbd or insecure_nbd.",
        ),
    ),
    unique=(Unique("bridge", refusal="BRIDGE_NAME_EXISTS"),),
    rules=(purposes_do_not_conflict, packets_have_a_possible_size),
    list_fields=("uuid", "name-label", "name-description", "bridge"),
)
