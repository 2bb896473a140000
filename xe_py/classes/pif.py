"""PIF: the physical network card of a host, or a bond or VLAN on top of one."""

from __future__ import annotations

from xe_py.schema.derived import Back, BackOne, Computed, Fixed, NameOf
from xe_py.schema.fields import CASCADE, CLEAR, KEYS, RW, Bool, Choice, Int, Map, Ref, Refs, Set, Text
from xe_py.schema.xenclass import OTHER_CONFIG, XenClass
from xe_py.xapi.pif_guards import can_allow_unplug, can_have_properties
from xe_py.xapi.pif_kinds import standing_on
from xe_py.xapi.pif_rules import RULES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def networks(state: State, pif: Record) -> list[str]:
    """The uuids of the networks that the PIF serves: its own, those of what uses it, those that it joined."""
    above = standing_on(state, pif)
    bond = state.ref_or_none(pif, "bond-slave-of")
    if bond is not None:
        above.append(state.ref(bond, "master"))
    own = [each["network-uuid"] for each in (pif, *above)]
    # In an unsound file, a PIF may have no network.
    return list(dict.fromkeys([uuid for uuid in own if uuid is not None] + pif["joined-network-uuids"]))


def _properties_of_slaves(state: State, pif: Record, properties: dict[str, str]) -> None:
    for bond in state.pointing_at(pif, "bond.master"):
        for slave in state.pointing_at(bond, "pif.bond-slave-of"):
            state.update(slave, {"properties": properties})


PIF = XenClass(
    "pif",
    label="PIF",
    section=40,
    doc="A physical network card of a host, or a bond or VLAN on top of one.",
    fields=(
        Text("device", doc="The name of the interface on the host."),
        Text("MAC", any_case=True, doc="The MAC address of the interface."),
        Bool("physical", doc="Whether it is a network card and not a bond or a VLAN."),
        Bool("managed", default=True, doc="Whether the host brings the interface up and down."),
        Bool("currently-attached", doc="Whether the interface is up."),
        Int("MTU", default=1500, doc="The largest packet, in bytes."),
        Int("VLAN", default=-1, doc="The VLAN tag; -1 for none."),
        BackOne("vlan-master-of", "vlan.untagged-PIF", doc="The VLAN that this PIF stands for, if it stands for one."),
        Back("vlan-slave-of", "vlan.tagged-PIF", doc="The VLANs that use this PIF."),
        Back("bond-master-of", "bond.master", doc="The bond that this PIF stands for, if it stands for one."),
        Ref("bond-slave-of", "bond", on_delete=CLEAR, doc="The bond that this PIF is a member of."),
        Back(
            "sriov-physical-PIF-of",
            "network-sriov.physical-PIF",
            doc="The SR-IOV network on this PIF, if there is one.",
        ),
        Back("sriov-logical-PIF-of", "network-sriov.logical-PIF", doc="The SR-IOV network that this PIF stands for."),
        Back("tunnel-access-PIF-of", "tunnel.access-PIF", doc="The tunnel that this PIF stands for, if there is one."),
        Back("tunnel-transport-PIF-of", "tunnel.transport-PIF", doc="The tunnels that use this PIF."),
        Bool("management", doc="Whether it is the management interface of its host."),
        Ref("network-uuid", "network", required=True, doc="The network of the PIF."),
        NameOf("network-name-label", "network-uuid", doc="That network's name."),
        Ref("host-uuid", "host", required=True, on_delete=CASCADE, doc="The host that the PIF belongs to."),
        NameOf("host-name-label", "host-uuid", doc="The name of that host."),
        Choice("IP-configuration-mode", ("None", "DHCP", "Static"), default="None", doc="How it gets an IPv4 address."),
        Text("IP", doc="The IPv4 address."),
        Text("netmask", doc="The netmask of that address."),
        Text("gateway", doc="The IPv4 gateway."),
        Choice(
            "IPv6-configuration-mode",
            ("None", "DHCP", "Static", "Autoconf"),
            default="None",
            doc="How it gets IPv6 addresses.",
        ),
        Set("IPv6", doc="The IPv6 addresses, with their prefix lengths."),
        Text("IPv6-gateway", doc="The IPv6 gateway."),
        Choice("primary-address-type", ("IPv4", "IPv6"), default="IPv4", doc="Which address is the primary one."),
        Text("DNS", doc="The DNS servers, with commas between them."),
        Map(
            "properties",
            mode="MRO",
            param_set=KEYS,
            guard=can_have_properties,
            effect=_properties_of_slaves,
            doc="Settings of the interface: gro may be on or off.",
        ),
        Set("capabilities", mode="SRO", doc="What the interface can do: sriov if it has virtual functions."),
        Fixed("io_read_kbs", "<unknown>", expensive=True, doc="KiB received per second; not simulated."),
        Fixed("io_write_kbs", "<unknown>", expensive=True, doc="KiB sent per second; not simulated."),
        Bool("carrier", doc="Whether the interface has a link."),
        Text("vendor-id", doc="The PCI number of the vendor."),
        Text("vendor-name", doc="The name of the vendor."),
        Text("device-id", doc="The PCI number of the model."),
        Text("device-name", doc="The name of the model."),
        Text("speed", default="0 Mbit/s", doc="The speed of the link."),
        Choice(
            "duplex",
            ("full", "half", "unknown"),
            default="unknown",
            doc="Whether the link sends and receives at the same time.",
        ),
        Bool("disallow-unplug", mode=RW, guard=can_allow_unplug, doc="Whether the PIF must stay plugged."),
        Text("pci-bus-path", doc="The place on the PCI bus."),
        OTHER_CONFIG,
        Choice(
            "igmp-snooping-status",
            ("enabled", "disabled", "unknown"),
            default="unknown",
            doc="Whether the bridge sends multicast traffic only where it is wanted.",
        ),
        Refs("joined-network-uuids", "network", hidden=True, doc="The networks joined with pif-network-add."),
        Computed("network-uuids", Refs, networks, to="network", mode="SRO", doc="All networks that the PIF serves."),
    ),
    keys=(("network-uuid", "host-uuid"),),
    rules=RULES,
    list_fields=("uuid", "device", "VLAN", "MAC", "network-uuid", "currently-attached", "host-uuid"),
)
