"""The rules that hold for every PIF in every state."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.xenclass import STRICT, XAPI, rule
from xe_py.xapi.addresses import is_cidr, is_ip, is_mac, is_unicast
from xe_py.xapi.networks import has_no_pif_on
from xe_py.xapi.pif_guards import are_properties, has_ip_configuration, is_no_bond_slave, management_pifs
from xe_py.xapi.pif_kinds import sriovs_below, sriovs_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

_STANDS_FOR = ("bond.master", "tunnel.access-PIF", "network-sriov.logical-PIF")


@rule(
    "host-uuid",
    "device",
    "VLAN",
    "network-sriov.logical-PIF",
    "vlan.untagged-PIF/tagged-PIF/network-sriov.logical-PIF",
)
def device_is_used_once(state: State, pif: Record) -> Iterator[Failure]:
    """A host has at most one PIF for each device and each VLAN tag on it, and the same once more for SR-IOV."""
    for other in state.find("pif", host_uuid=pif["host-uuid"], device=pif["device"], VLAN=pif["VLAN"]):
        if other is not pif and _is_virtual(state, other) == _is_virtual(state, pif):
            yield Failure(
                "DUPLICATE_PIF_DEVICE_NAME" if pif["VLAN"] < 0 else "PIF_VLAN_EXISTS", pif["device"], blockers=(other,)
            )
            return


def _is_virtual(state: State, pif: Record) -> bool:
    return bool(sriovs_of(state, pif) or sriovs_below(state, pif))


@rule("network-uuid", "host-uuid")
def network_has_one_pif_on_each_host(state: State, pif: Record) -> Iterator[Failure]:
    """On each host, a network is the own network of at most one PIF."""
    network, host = state.ref(pif, "network-uuid"), state.ref(pif, "host-uuid")
    for failure in has_no_pif_on(state, network, host):
        if failure.values[1] is not pif:
            yield failure
            return


@rule("joined-network-uuids", "network-uuid")
def own_network_is_not_joined_again(state: State, pif: Record) -> Iterator[Failure]:
    """A PIF does not join its own network."""
    if pif["network-uuid"] in pif["joined-network-uuids"]:
        yield Failure("NETWORK_ALREADY_CONNECTED", state.ref(pif, "host-uuid"), pif)


@rule("joined-network-uuids", profile=XAPI)
def networks_are_not_joined_directly(_state: State, pif: Record) -> Iterator[Failure]:
    """A PIF joins no networks directly; the xapi rules know only its own network, VLANs and bonds."""
    if pif["joined-network-uuids"]:
        yield Failure(
            "OPERATION_NOT_ALLOWED", "Only the strict rules let a PIF join networks directly", blockers=(pif,)
        )


@rule("management", "host-uuid")
def host_has_one_management_pif(state: State, pif: Record) -> Iterator[Failure]:
    """A host has at most one management interface."""
    if pif["management"]:
        for other in management_pifs(state, pif["host-uuid"]):
            if other is not pif:
                yield Failure("PIF_IS_MANAGEMENT_INTERFACE", other)
                return


@rule("management", "primary-address-type", "IP-configuration-mode", "IPv6-configuration-mode")
def management_pif_has_ip_configuration(_state: State, pif: Record) -> Iterator[Failure]:
    """The management interface has an IP configuration."""
    if pif["management"]:
        yield from has_ip_configuration(pif)


@rule("MAC")
def mac_is_well_formed(_state: State, pif: Record) -> Iterator[Failure]:
    """A MAC is six pairs of hexadecimal digits."""
    if not is_mac(pif["MAC"]):
        yield Failure("MAC_INVALID", pif["MAC"])


@rule("MAC", profile=STRICT)
def mac_is_unicast(_state: State, pif: Record) -> Iterator[Failure]:
    """A MAC is not a multicast address."""
    if is_mac(pif["MAC"]) and not is_unicast(pif["MAC"]):
        yield Failure("MAC_INVALID", pif["MAC"])


@rule("IP-configuration-mode", "IP", "netmask", "gateway", "DNS")
def ip_configuration_is_valid(_state: State, pif: Record) -> Iterator[Failure]:
    """A static configuration has an address and a netmask, and all addresses are valid."""
    static = pif["IP-configuration-mode"] == "Static"
    for field in ("IP", "netmask", "gateway"):
        wanted = static and field != "gateway"
        if (pif[field] or wanted) and not is_ip(pif[field], 4):
            yield Failure("INVALID_IP_ADDRESS_SPECIFIED", field)
    for server in pif["DNS"].split(",") if pif["DNS"] else ():
        if not is_ip(server, 4) and not is_ip(server, 6):
            yield Failure("INVALID_IP_ADDRESS_SPECIFIED", "DNS")


@rule("IPv6", "IPv6-gateway")
def ipv6_configuration_is_valid(_state: State, pif: Record) -> Iterator[Failure]:
    """The IPv6 addresses are valid and have prefix lengths; the IPv6 gateway is valid and has none."""
    if pif["IPv6-gateway"] and not is_ip(pif["IPv6-gateway"], 6):
        yield Failure("INVALID_IP_ADDRESS_SPECIFIED", "gateway")
    for address in pif["IPv6"]:
        if not is_cidr(address, 6):
            yield Failure("INVALID_CIDR_ADDRESS_SPECIFIED", "IPv6")


@rule("properties")
def properties_are_known(_state: State, pif: Record) -> Iterator[Failure]:
    """A property has a known name and an allowed value."""
    yield from are_properties(pif["properties"])


@rule("physical", "VLAN", "vlan.untagged-PIF", "bond.master", "tunnel.access-PIF", "network-sriov.logical-PIF")
def pif_is_of_one_kind(state: State, pif: Record) -> Iterator[Failure]:
    """A PIF is one of these: physical, or the PIF of a VLAN, of a bond, of a tunnel or of an SR-IOV network."""
    vlan = bool(state.pointing_at(pif, "vlan.untagged-PIF"))
    others = sum(bool(state.pointing_at(pif, reference)) for reference in _STANDS_FOR)
    if vlan != (pif["VLAN"] >= 0):
        yield Failure(
            "PIF_CONFIGURATION_ERROR", pif, "it has a VLAN tag but no VLAN object, or a VLAN object but no tag"
        )
    elif pif["physical"] + vlan + others != 1:
        yield Failure(
            "PIF_CONFIGURATION_ERROR",
            pif,
            "it must be exactly one of these: physical, or the PIF of a VLAN, a bond, a tunnel or an SR-IOV network",
        )


@rule("bond-slave-of", "currently-attached", "management", "joined-network-uuids")
def bond_slaves_work_through_the_bond(state: State, pif: Record) -> Iterator[Failure]:
    """A member of a bond is not plugged by itself, is no management interface and joins no networks."""
    if pif["currently-attached"] or pif["management"] or pif["joined-network-uuids"]:
        yield from is_no_bond_slave(state, pif)


RULES = (
    device_is_used_once,
    network_has_one_pif_on_each_host,
    own_network_is_not_joined_again,
    networks_are_not_joined_directly,
    host_has_one_management_pif,
    management_pif_has_ip_configuration,
    mac_is_well_formed,
    mac_is_unicast,
    ip_configuration_is_valid,
    ipv6_configuration_is_valid,
    properties_are_known,
    pif_is_of_one_kind,
    bond_slaves_work_through_the_bond,
)
