"""The addresses that a guest reports: one for each network card that it sees, always the same for a MAC."""

from __future__ import annotations

from zlib import crc32

from xe_py.xapi.addresses import is_ip, is_mac
from xe_py.xapi.guest import is_live, reported_as

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

RANGE = "range"
"""The key in a network's other-config with the block of addresses that guests on the network have."""

# The keys by which scripts give a guest its first address, with or without the prefix that XenStore wants.
_GIVEN = ("ip", "ipv4", "ipaddress", "ip-address")
_PREFIXES = ("vm-data/", "")
# The keys with the addresses of a host's internal network, which is a block too.
_INTERNAL = ("ip_begin", "netmask")
# In each block these are the network itself, its gateway, and the broadcast address; the first two come first.
_NOT_FOR_GUESTS, _FIRST = 3, 2


def networks(state: State, vm: Record) -> dict[str, str]:
    """What the guest reports of its network cards, by the keys of XAPI, as `0/ip`; the first IPv4 address is twice."""
    found: dict[str, str] = {}
    wanted = vm[reported_as("networks")]
    given = _given(vm)
    for vif in _seen(state, vm):
        device = vif["device"]
        address = wanted.get(f"{device}/ip", given or _address(state, vif))
        given = ""
        if address:
            found |= {f"{device}/ip": address, f"{device}/ipv4/0": address}
        if is_mac(vif["MAC"]):
            found[f"{device}/ipv6/0"] = _static(vif, "6") or _link_local(vif["MAC"])
    return found


def _seen(state: State, vm: Record) -> list[Record]:
    """The network cards that the guest sees, in order; those that it saw last if it does not run."""
    vifs = state.pointing_at(vm, "vif.vm-uuid")
    found = [vif for vif in vifs if vif["currently-attached"] or not is_live(vm)]
    return sorted(found, key=lambda vif: (len(vif["device"]), vif["device"]))


def _given(vm: Record) -> str:
    """The address that scripts have given the guest through XenStore or other-config; empty if there is none."""
    for settings in (vm["xenstore-data"], vm["other-config"]):
        for prefix in _PREFIXES:
            for name in _GIVEN:
                address: str = settings.get(prefix + name, "").partition("/")[0]
                if address and is_ip(address, 4):
                    return address
    return ""


def _static(vif: Record, version: str) -> str:
    """The first address that is set for the guest, without its prefix; empty if none is set."""
    if vif[f"ipv{version}-configuration-mode"] != "Static":
        return ""
    return next((str(cidr).partition("/")[0] for cidr in vif[f"ipv{version}-addresses"]), "")


def _address(state: State, vif: Record) -> str:
    """The address that is set for the guest, or else the one that it gets from its network."""
    if static := _static(vif, "4"):
        return static
    key = "guest addresses", vif["network-uuid"]
    number = state.once(key, lambda: _numbers(state, vif))[vif["uuid"]]
    return ".".join(str(number >> shift & 0xFF) for shift in (24, 16, 8, 0))


def _block(network: Record) -> tuple[int, int]:
    """The first address for guests as a number, and how many there are.

    The block is that of the network's other-config, if it is one, else one of the blocks 10.x.y.0/24.
    """
    settings = network["other-config"]
    block = settings.get(RANGE) or "/".join(settings[key] for key in _INTERNAL if key in settings)
    if block:
        from ipaddress import IPv4Network

        try:
            given = IPv4Network(block, strict=False)
        except ValueError:
            given = None
        if given is not None and given.num_addresses > _NOT_FOR_GUESTS:
            return int(given.network_address) + _FIRST, given.num_addresses - _NOT_FOR_GUESTS
    block_number = (10 << 16) + (crc32(network["uuid"].encode()) & 0xFFFF)
    return (block_number << 8) + _FIRST, 256 - _NOT_FOR_GUESTS


def _numbers(state: State, vif: Record) -> dict[str, int]:
    """The addresses of all VIFs on the VIF's network, as numbers: each follows from the MAC, and no older VIF has it.

    If the network has more VIFs than addresses, two guests may have the same.
    """
    first, count = _block(state.ref(vif, "network-uuid"))
    vifs = state.having("vif", "network-uuid", vif["network-uuid"])
    followers: dict[int, int] = {}
    found = {}
    for each in vifs:
        number = crc32(each["MAC"].lower().encode()) % count
        if len(vifs) <= count:
            number = _free(number, followers)
            followers[number] = (number + 1) % count
        found[each["uuid"]] = first + number
    return found


def _free(number: int, followers: dict[int, int]) -> int:
    """The first free number from this one on; each one that is taken leads to a later one, and on the way, further."""
    passed = []
    while number in followers:
        passed.append(number)
        number = followers[number]
    followers |= dict.fromkeys(passed, number)
    return number


def _link_local(mac: str) -> str:
    """The IPv6 address that a card gives itself."""
    octets = bytes.fromhex(mac.replace(":", ""))
    half = bytes((octets[0] ^ 2, *octets[1:3], 0xFF, 0xFE, *octets[3:]))
    return "fe80::" + ":".join(f"{half[at] << 8 | half[at + 1]:x}" for at in range(0, len(half), 2))
