"""Why something cannot be done with a PIF, in the order in which XAPI checks."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.xapi.guest import LIVE
from xe_py.xapi.hosts import answers
from xe_py.xapi.networks import is_managed as network_is_managed
from xe_py.xapi.networks import pifs_on
from xe_py.xapi.pif_kinds import is_no_sriov_logical, is_no_tunnel_access, sriovs_of, sriovs_on, transports
from xe_py.xapi.protection import ha_is_off, nothing_relies_on_interfaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State

PROPERTIES = {"gro": ("on", "off")}


def can_forget(state: State, pif: Record) -> Iterator[Failure]:
    """Why the PIF cannot be forgotten."""
    yield from host_answers(state, pif)
    yield from is_not_management(pif)
    yield from is_not_in_bond(state, pif)
    vlans = state.pointing_at(pif, "vlan.tagged-PIF")
    if vlans or pif["VLAN"] >= 0:
        yield Failure("PIF_VLAN_STILL_EXISTS", pif, blockers=tuple(vlans))
    tunnels = (*state.pointing_at(pif, "tunnel.transport-PIF"), *state.pointing_at(pif, "tunnel.access-PIF"))
    if tunnels:
        yield Failure("PIF_TUNNEL_STILL_EXISTS", pif, blockers=tunnels)
    yield from may_change(state, pif)
    for sriov in sriovs_of(state, pif):
        yield Failure("CANNOT_FORGET_SRIOV_LOGICAL", pif, blockers=(sriov,))
    for sriov in state.pointing_at(pif, "network-sriov.physical-PIF"):
        yield Failure("PIF_SRIOV_STILL_EXISTS", pif, blockers=(sriov,))
    yield from is_in_no_cluster(state, pif)


def can_plug(state: State, pif: Record) -> Iterator[Failure]:
    """Why the PIF cannot be brought up."""
    yield from host_answers(state, pif)
    yield from is_managed(pif)
    for transport in transports(state, pif):
        if transport["IP-configuration-mode"] == "None":
            yield Failure("TRANSPORT_PIF_NOT_CONFIGURED", transport)
    if not sriovs_on(state, pif):
        yield from is_no_bond_slave(state, pif)


def can_unplug(state: State, pif: Record) -> Iterator[Failure]:
    """Why the PIF cannot be brought down."""
    yield from host_answers(state, pif)
    yield from is_managed(pif)
    yield from may_change(state, pif)
    yield from is_not_management(pif)
    for network in (state.ref(pif, "network-uuid"), *_joined(state, pif)):
        yield from _no_vif_needs(state, network, pif)
    if pif["disallow-unplug"]:
        yield Failure("PIF_DOES_NOT_ALLOW_UNPLUG", pif)


def can_join(state: State, pif: Record, network: Record) -> Iterator[Failure]:
    """Why the PIF cannot join the network."""
    yield from network_is_managed(network)
    yield from is_managed(pif)
    yield from is_no_bond_slave(state, pif)
    if pif["network-uuid"] == network["uuid"] or network["uuid"] in pif["joined-network-uuids"]:
        yield Failure("NETWORK_ALREADY_CONNECTED", state.ref(pif, "host-uuid"), pif)


def can_leave(state: State, pif: Record, network: Record) -> Iterator[Failure]:
    """Why the PIF cannot leave a network that it joined."""
    host = state.ref(pif, "host-uuid")
    if pif["network-uuid"] == network["uuid"]:
        yield Failure("OPERATION_NOT_ALLOWED", "A PIF cannot leave its own network")
    if network["uuid"] not in pif["joined-network-uuids"]:
        yield Failure("PIF_NOT_PRESENT", host, network)
    if pifs_on(state, network, host) == [pif]:
        yield from _no_vif_needs(state, network, pif)


def can_be_management(state: State, pif: Record) -> Iterator[Failure]:
    """Why the PIF cannot become the management interface of its host."""
    yield from host_answers(state, pif)
    yield from ha_is_off(state)
    if not pif["managed"]:
        return
    yield from is_usable_for_management(state, pif)


def is_usable_for_management(state: State, pif: Record) -> Iterator[Failure]:
    """Why the PIF can manage no host."""
    yield from is_no_bond_slave(state, pif)
    yield from has_ip_configuration(pif)


def can_be_bonded(state: State, pif: Record) -> Iterator[Failure]:
    """Why the PIF cannot become a member of a bond."""
    yield from is_managed(pif)
    yield from is_not_in_bond(state, pif)
    yield from is_no_vlan(pif)
    yield from is_no_tunnel_access(state, pif)
    yield from is_no_sriov_logical(state, pif)
    yield from keeps_management(state, pif)


def keeps_management(state: State, pif: Record) -> Iterator[Failure]:
    """Why the management interface cannot go into a bond or come out of one: high availability relies on it."""
    if pif["management"] and any(ha_is_off(state)):
        yield Failure("HA_CANNOT_CHANGE_BOND_STATUS_OF_MGMT_IFACE")


def can_change_address_type(state: State, pif: Record) -> Iterator[Failure]:
    """Why the PIF cannot have another primary address."""
    yield from host_answers(state, pif)
    yield from may_change(state, pif)
    yield from is_not_management(pif)


def can_have_properties(state: State, pif: Record, properties: dict[str, str]) -> Iterator[Failure]:
    """Why the properties of the PIF cannot become these."""
    yield from host_answers(state, pif)
    yield from are_properties(properties)
    if not (pif["physical"] or state.pointing_at(pif, "bond.master")) or pif["bond-slave-of"]:
        yield Failure("CANNOT_CHANGE_PIF_PROPERTIES", pif)


def management_pifs(state: State, host: str) -> list[Record]:
    """A list with the management interface of the host with this uuid, or an empty list."""
    return [pif for pif in state.having("pif", "host-uuid", host) if pif["management"]]


def ip_mode(pif: Record) -> str:
    """How the PIF gets its primary address."""
    version = "IP" if pif["primary-address-type"] == "IPv4" else "IPv6"
    return str(pif[f"{version}-configuration-mode"])


def has_ip_configuration(pif: Record) -> Iterator[Failure]:
    if ip_mode(pif) == "None":
        if pif["primary-address-type"] == "IPv6":
            yield Failure("PIF_HAS_NO_V6_NETWORK_CONFIGURATION", pif)
        else:
            yield Failure("PIF_HAS_NO_NETWORK_CONFIGURATION", pif)


def host_answers(state: State, pif: Record) -> Iterator[Failure]:
    """Why nothing can be done with the PIF now: its host does not answer."""
    yield from answers(state, state.ref(pif, "host-uuid"))


def may_change(state: State, pif: Record) -> Iterator[Failure]:
    """Why the PIF must stay as it is: it is up, and high availability or the redo log relies on it."""
    if pif["currently-attached"]:
        yield from nothing_relies_on_interfaces(state)


def is_in_no_cluster(state: State, pif: Record) -> Iterator[Failure]:
    """Why the PIF must stay as it is: through it, its host takes part in a cluster."""
    for member in state.pointing_at(pif, "cluster-host.PIF"):
        if member["enabled"]:
            yield Failure("CLUSTERING_ENABLED", member, blockers=(member,))


def can_allow_unplug(state: State, pif: Record, disallowed: Any) -> Iterator[Failure]:
    """Why the PIF must stay plugged."""
    if pif["disallow-unplug"] and not disallowed:
        yield from is_in_no_cluster(state, pif)


def are_properties(properties: dict[str, str]) -> Iterator[Failure]:
    """A refusal for each property that no PIF can have."""
    for name, value in properties.items():
        if value not in PROPERTIES.get(name, ()):
            yield Failure("INVALID_VALUE", "properties", f"{name} = {value}")


def is_managed(pif: Record) -> Iterator[Failure]:
    if not pif["managed"]:
        yield Failure("PIF_UNMANAGED", pif)


def is_not_management(pif: Record) -> Iterator[Failure]:
    if pif["management"]:
        yield Failure("PIF_IS_MANAGEMENT_INTERFACE", pif)


def manages_no_member(state: State, pif: Record) -> Iterator[Failure]:
    """Why the PIF must stay: a member of the pool would lose its coordinator."""
    if pif["currently-attached"] and all(pif["host-uuid"] != pool["master"] for pool in state.all("pool")):
        yield from is_not_management(pif)


def is_no_vlan(pif: Record) -> Iterator[Failure]:
    if pif["VLAN"] >= 0:
        yield Failure("PIF_VLAN_EXISTS", pif["device"], blockers=(pif,))


def is_no_bond_slave(state: State, pif: Record) -> Iterator[Failure]:
    bond = state.ref_or_none(pif, "bond-slave-of")
    if bond is not None:
        yield Failure("CANNOT_PLUG_BOND_SLAVE", pif, blockers=(bond,))


def is_not_in_bond(state: State, pif: Record) -> Iterator[Failure]:
    bonds = [*state.pointing_at(pif, "bond.master"), state.ref_or_none(pif, "bond-slave-of")]
    bond = next((bond for bond in bonds if bond is not None), None)
    if bond is not None:
        yield Failure("PIF_ALREADY_BONDED", pif, blockers=(bond,))


def _no_vif_needs(state: State, network: Record, pif: Record) -> Iterator[Failure]:
    for vif in state.pointing_at(network, "vif.network-uuid"):
        vm = state.ref(vif, "vm-uuid")
        if vif["currently-attached"] and vm["power-state"] in LIVE and vm["resident-on"] == pif["host-uuid"]:
            yield Failure("VIF_IN_USE", network, vif, blockers=(vif,))


def _joined(state: State, pif: Record) -> list[Record]:
    return [state.need("network", uuid) for uuid in pif["joined-network-uuids"]]
