"""How a network reaches hosts through its PIFs, and which uses it allows."""

from __future__ import annotations

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

# For a VLAN, and for a trunk of a VIF.
LARGEST_TAG = 4094
INTERNAL_MANAGEMENT = "is_host_internal_management_network"
_SHARED = "assume_network_is_shared"


def pifs(state: State, network: Record) -> list[Record]:
    """The PIFs on the network: first those whose own network it is, then those that joined it."""
    return state.pointing_at(network, "pif.network-uuid") + state.pointing_at(network, "pif.joined-network-uuids")


def pifs_on(state: State, network: Record, host: Record) -> list[Record]:
    """The PIFs on the network that belong to one host."""
    joined = state.pointing_at(network, "pif.joined-network-uuids")
    own = state.find("pif", network_uuid=network["uuid"], host_uuid=host["uuid"])
    return own + [pif for pif in joined if pif["host-uuid"] == host["uuid"]]


def is_visible_on(state: State, network: Record, host: Record) -> bool:
    """Whether VMs on the host can use the network.

    A network without PIFs is internal: it is on the host where running VMs use it, or on any host if none does.
    """
    if pifs(state, network):
        return bool(pifs_on(state, network, host))
    if network["other-config"].get(_SHARED) == "true" or not network["managed"]:
        return True
    vms = [state.ref(vif, "vm-uuid") for vif in state.pointing_at(network, "vif.network-uuid")]
    hosts = {vm["resident-on"] for vm in vms if vm["power-state"] == "running"}
    return not hosts or host["uuid"] in hosts


def can_attach(state: State, network: Record, host: Record) -> Iterator[Failure]:
    """Why VMs on the host cannot use the network, although they see it."""
    local = pifs_on(state, network, host)
    slaves = tuple(pif for pif in local if pif["bond-slave-of"])
    if slaves and len(slaves) == len(local):
        yield Failure("HOST_CANNOT_ATTACH_NETWORK", host, network, blockers=slaves)


def has_address_on(state: State, network: Record, host: Record) -> Iterator[Failure]:
    """Why no migration to the host can go over the network: the host has no address on it."""
    local = pifs_on(state, network, host)
    if not local:
        yield Failure("PIF_NOT_PRESENT", host, network)
    elif not local[0]["currently-attached"]:
        yield Failure("REQUIRED_PIF_IS_UNPLUGGED", local[0])
    elif not local[0]["IPv6" if local[0]["primary-address-type"] == "IPv6" else "IP"]:
        yield Failure("INTERFACE_HAS_NO_IP", local[0])


def is_managed(network: Record) -> Iterator[Failure]:
    """Why the network accepts no VLANs, bonds, joined PIFs or purposes."""
    if not network["managed"]:
        yield Failure("NETWORK_UNMANAGED", network)


def has_no_pif_on(state: State, network: Record, host: Record) -> Iterator[Failure]:
    """Why the network cannot have a PIF of its own on the host."""
    for pif in state.find("pif", network_uuid=network["uuid"], host_uuid=host["uuid"]):
        yield Failure("NETWORK_ALREADY_CONNECTED", host, pif)
