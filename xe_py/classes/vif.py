"""VIF: the virtual network card, which joins one VM to one network."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.collections import Numbers
from xe_py.schema.derived import Fixed, NameOf
from xe_py.schema.fields import CASCADE, RW, WHOLE, Bool, Choice, Int, Map, Ref, Set, Text
from xe_py.schema.numbers import decimal_of
from xe_py.schema.xenclass import OPERATIONS, OTHER_CONFIG, STRICT, XenClass, rule
from xe_py.xapi.addresses import is_cidr, is_ip, is_mac, is_unicast
from xe_py.xapi.guest import LIVE
from xe_py.xapi.networks import LARGEST_TAG, is_visible_on, pifs, pifs_on
from xe_py.xapi.networks import can_attach as can_attach_network

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

_DIGITS = 4


# Guards, in the order in which XAPI asks them


def can_start(_state: State, _vif: Record) -> Iterator[Failure]:
    """Why the VM cannot start with this VIF: only the network can be a reason."""
    yield from ()


def can_plug(state: State, vif: Record) -> Iterator[Failure]:
    """Why the VIF cannot be attached to its running VM."""
    vm = state.ref(vif, "vm-uuid")
    if vm["is-control-domain"]:
        yield Failure("OPERATION_NOT_ALLOWED", "Control domain does not support hotplug")
    yield from _has_no_function(state, vif)
    if vm["power-state"] == "running" and vif["currently-attached"]:
        yield Failure("DEVICE_ALREADY_ATTACHED", vif)
    yield from _vm_can_hotplug(state, vm)


def can_unplug(state: State, vif: Record) -> Iterator[Failure]:
    """Why the VIF cannot be detached from its running VM."""
    yield from _has_no_function(state, vif)
    vm = state.ref(vif, "vm-uuid")
    if vm["power-state"] == "running" and not vif["currently-attached"]:
        yield Failure("DEVICE_ALREADY_DETACHED", vif)
    yield from _vm_can_hotplug(state, vm)


def is_behind_proxy(state: State, vif: Record) -> Iterator[Failure]:
    """Why the VM cannot have the new VIF: its first VIF has a PVS proxy, and must stay the first."""
    others = [other for other in state.having("vif", "vm-uuid", vif["vm-uuid"]) if other is not vif]
    first = min(others, key=lambda other: int(other["device"]), default=None)
    if first is not None and int(vif["device"]) < int(first["device"]):
        for proxy in state.pointing_at(first, "pvs-proxy.vif-uuid"):
            yield Failure("PVS_PROXY_PRESENT_ON_HIGHER_VIF_DEVICE", str(first["device"]), blockers=(proxy,))


def can_destroy(state: State, vif: Record) -> Iterator[Failure]:
    """Why the VIF cannot be destroyed."""
    vm = state.ref(vif, "vm-uuid")
    if vif["currently-attached"] and vm["power-state"] == "running":
        yield Failure(
            "OPERATION_NOT_ALLOWED",
            "VIF currently attached to a running VM",
            blockers=(vif,),
        )


def can_move(state: State, vif: Record, network: Record) -> Iterator[Failure]:
    """Why the VIF cannot be moved to the network."""
    vm = state.ref(vif, "vm-uuid")
    host = state.ref_or_none(vm, "resident-on")
    if is_live(state, vif) and host is not None:
        if not is_visible_on(state, network, host):
            yield Failure("HOST_CANNOT_ATTACH_NETWORK", host, network)
        yield from can_attach_network(state, network, host)
    if vif["trunks"]:
        yield from _carries_trunks(state, network)


def can_lock(state: State, _vif: Record, mode: str) -> Iterator[Failure]:
    """Why the VIF cannot have the locking mode."""
    if mode == "locked":
        from xe_py.xapi.vswitch import is_uncontrolled

        yield from is_uncontrolled(state)


def is_live(state: State, vif: Record) -> bool:
    """Whether traffic can go through the VIF now."""
    return bool(vif["currently-attached"]) and state.ref(vif, "vm-uuid")["power-state"] in LIVE


def locking_mode(state: State, vif: Record) -> str:
    """The locking mode in force: the VIF's own, or that of the network."""
    if vif["locking-mode"] != "network_default":
        return str(vif["locking-mode"])
    return str(state.ref(vif, "network-uuid")["default-locking-mode"])


def _has_no_function(state: State, vif: Record) -> Iterator[Failure]:
    network = state.ref(vif, "network-uuid")
    if any(not pif["physical"] for pif in pifs(state, network)):
        from xe_py.xapi.sriov import is_no_sriov

        yield from is_no_sriov(state, network)


def _vm_can_hotplug(state: State, vm: Record) -> Iterator[Failure]:
    if vm["power-state"] != "running":
        yield Failure("VM_BAD_POWER_STATE", vm, "running", vm["power-state"])
    elif state.value(vm, "hvm") and not state.value(vm, "PV-drivers-detected"):
        yield Failure("VM_MISSING_PV_DRIVERS", vm)


def _carries_trunks(state: State, network: Record) -> Iterator[Failure]:
    vlans = tuple(pif for pif in pifs(state, network) if pif["VLAN"] >= 0)
    if vlans:
        yield Failure("NETWORK_INCOMPATIBLE_WITH_TRUNKS", network, blockers=vlans)


# Rules


@rule("device")
def device_is_a_number(_state: State, vif: Record) -> Iterator[Failure]:
    """The device is a number of at most four digits."""
    device = vif["device"]
    if not (device.isascii() and device.isdecimal() and len(device) <= _DIGITS):
        yield Failure("INVALID_DEVICE", device)


@rule("device", "vm-uuid/vif.vm-uuid/device")
def device_is_used_once(state: State, vif: Record) -> Iterator[Failure]:
    """A VM has at most one VIF for each device; 01 and 1 are the same device."""
    device = vif["device"].lstrip("0")
    for other in state.having("vif", "vm-uuid", vif["vm-uuid"]):
        if other is not vif and other["device"].lstrip("0") == device:
            yield Failure("DEVICE_ALREADY_EXISTS", vif["device"], blockers=(other,))
            return


@rule("MAC")
def mac_is_well_formed(_state: State, vif: Record) -> Iterator[Failure]:
    """A MAC is six pairs of hexadecimal digits."""
    if not is_mac(vif["MAC"]):
        yield Failure("MAC_INVALID", vif["MAC"])


@rule("MAC", profile=STRICT)
def mac_is_unicast(_state: State, vif: Record) -> Iterator[Failure]:
    """A MAC is not a multicast address."""
    if is_mac(vif["MAC"]) and not is_unicast(vif["MAC"]):
        yield Failure("MAC_INVALID", vif["MAC"])


@rule("MAC", "vm-uuid", profile=STRICT)
def mac_is_used_once_in_a_vm(state: State, vif: Record) -> Iterator[Failure]:
    """No two VIFs of a VM have the same MAC."""
    mac = vif["MAC"].lower()
    for other in state.having("vif", "vm-uuid", vif["vm-uuid"]):
        if other is not vif and other["MAC"].lower() == mac:
            yield Failure("MAC_STILL_EXISTS", vif["MAC"], blockers=(other,))
            return


@rule("currently-attached", "vm-uuid/power-state")
def only_live_vms_have_attached_devices(state: State, vif: Record) -> Iterator[Failure]:
    """A VIF of a halted VM is not attached."""
    vm = state.ref(vif, "vm-uuid")
    if vif["currently-attached"] and vm["power-state"] == "halted":
        yield Failure("VM_BAD_POWER_STATE", vm, "running, paused, suspended", "halted")


@rule(
    "currently-attached",
    "vm-uuid/power-state",
    "vm-uuid/resident-on",
    "network-uuid/pif.network-uuid/host-uuid",
    "network-uuid/pif.network-uuid/bond-slave-of",
    "network-uuid/pif.joined-network-uuids/host-uuid",
    "network-uuid/pif.joined-network-uuids/bond-slave-of",
)
def attached_networks_reach_the_host(state: State, vif: Record) -> Iterator[Failure]:
    """The network of an attached VIF has a working PIF on the VM's host, or no PIF on any host."""
    vm, network = state.ref(vif, "vm-uuid"), state.ref(vif, "network-uuid")
    host = state.ref_or_none(vm, "resident-on")
    if is_live(state, vif) and host is not None:
        if not pifs_on(state, network, host) and pifs(state, network):
            yield Failure("VM_REQUIRES_NETWORK", vm, network, blockers=(vif,))
        yield from can_attach_network(state, network, host)


@rule("trunks", "network-uuid/pif.network-uuid/VLAN", "network-uuid/pif.joined-network-uuids/VLAN")
def trunks_are_possible(state: State, vif: Record) -> Iterator[Failure]:
    """Trunks are VLAN tags, and a VIF with trunks is not on a VLAN network."""
    for tag in vif["trunks"]:
        number = decimal_of(tag)
        if number is None or number > LARGEST_TAG:
            yield Failure("VLAN_TAG_INVALID", tag)
    if vif["trunks"]:
        yield from _carries_trunks(state, state.ref(vif, "network-uuid"))


@rule("ipv4-allowed", "ipv6-allowed")
def allowed_addresses_are_valid(_state: State, vif: Record) -> Iterator[Failure]:
    """The addresses that a locked VIF may use are valid addresses or blocks of addresses."""
    for version in (4, 6):
        for address in vif[f"ipv{version}-allowed"]:
            if not is_ip(address, version) and not is_cidr(address, version):
                yield Failure("INVALID_IP_ADDRESS_SPECIFIED", f"ipv{version}_allowed")


@rule(*(f"ipv{version}-{field}" for version in (4, 6) for field in ("configuration-mode", "addresses", "gateway")))
def ip_configuration_is_valid(_state: State, vif: Record) -> Iterator[Failure]:
    """A static configuration has valid addresses with prefix lengths; its gateway, if any, is valid."""
    for version in (4, 6):
        if vif[f"ipv{version}-configuration-mode"] == "Static":
            for address in vif[f"ipv{version}-addresses"] or [""]:
                if not is_cidr(address, version):
                    yield Failure("INVALID_CIDR_ADDRESS_SPECIFIED", "address")
            gateway = vif[f"ipv{version}-gateway"]
            if gateway and not is_ip(gateway, version):
                yield Failure("INVALID_IP_ADDRESS_SPECIFIED", "gateway")


VIF = XenClass(
    "vif",
    label="VIF",
    section=110,
    doc="A virtual network card: connects a VM to a network.",
    fields=(
        Ref("vm-uuid", "vm", required=True, on_delete=CASCADE, doc="The VM that sees the network card."),
        NameOf("vm-name-label", "vm-uuid", doc="The name of that VM."),
        *OPERATIONS,
        Text("device", doc="The position among the network cards of the VM, counted from 0."),
        Text("MAC", any_case=True, doc="The MAC address that the guest sees."),
        Bool("MAC-autogenerated", doc="Whether the MAC address was derived from the VM's mac_seed."),
        Int("MTU", default=1500, doc="The largest packet, in bytes."),
        Bool("currently-attached", doc="Whether the guest sees the network card now."),
        Text("qos_algorithm_type", mode=RW, doc="The quality-of-service algorithm."),
        Map("qos_algorithm_params", mode="MRW", doc="The parameters of that algorithm."),
        Set("qos_supported_algorithms", mode="SRO", doc="The algorithms that the device supports."),
        OTHER_CONFIG,
        Ref("network-uuid", "network", required=True, on_delete=CASCADE, doc="The network that the VIF is on."),
        NameOf("network-name-label", "network-uuid", doc="That network's name."),
        Fixed("io_read_kbs", "<unknown>", expensive=True, doc="KiB received per second; not simulated."),
        Fixed("io_write_kbs", "<unknown>", expensive=True, doc="KiB sent per second; not simulated."),
        Choice(
            "locking-mode",
            ("network_default", "locked", "unlocked", "disabled"),
            default="network_default",
            mode=RW,
            guard=can_lock,
            doc="Which traffic the guest may send.",
        ),
        Set("ipv4-allowed", mode="SRW", param_set=WHOLE, doc="The IPv4 addresses that a locked VIF may send from."),
        Set("ipv6-allowed", mode="SRW", param_set=WHOLE, doc="The IPv6 addresses that a locked VIF may send from."),
        Choice(
            "ipv4-configuration-mode",
            ("None", "Static", "DHCP"),
            default="None",
            doc="How the guest gets an IPv4 address.",
        ),
        Set("ipv4-addresses", doc="The IPv4 addresses set for the guest."),
        Text("ipv4-gateway", doc="The IPv4 gateway set for the guest."),
        Choice(
            "ipv6-configuration-mode",
            ("None", "Static", "Autoconf"),
            default="None",
            doc="How the guest gets an IPv6 address.",
        ),
        Set("ipv6-addresses", doc="The IPv6 addresses set for the guest."),
        Text("ipv6-gateway", doc="The IPv6 gateway set for the guest."),
        Numbers(
            "trunks",
            mode="SRW",
            param_set=WHOLE,
            doc="The VLAN tags that the guest itself may use.",
        ),
    ),
    rules=(
        device_is_a_number,
        device_is_used_once,
        mac_is_well_formed,
        mac_is_unicast,
        mac_is_used_once_in_a_vm,
        only_live_vms_have_attached_devices,
        attached_networks_reach_the_host,
        trunks_are_possible,
        allowed_addresses_are_valid,
        ip_configuration_is_valid,
    ),
    operations={"attach": can_start, "plug": can_plug, "unplug": can_unplug},
    list_fields=("uuid", "device", "vm-uuid", "network-uuid"),
)
