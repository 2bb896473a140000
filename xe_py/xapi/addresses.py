"""The forms of MAC and IP addresses, and where new ones come from."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.state import State

_OCTETS_OF_A_MAC = 6
_SUBNET = "192.168.1"
LEASE = {"netmask": "255.255.255.0", "gateway": f"{_SUBNET}.1", "DNS": f"{_SUBNET}.1"}


def is_mac(text: str) -> bool:
    """Whether the text is six pairs of hexadecimal digits with colons between them."""
    try:
        octets = bytes.fromhex(text.replace(":", ""))
    except ValueError:
        return False
    return len(octets) == _OCTETS_OF_A_MAC and octets.hex(":") == text.lower()


def is_unicast(mac: str) -> bool:
    """Whether the MAC, which is well formed, is a single card's address: no multicast address and not all zeros."""
    return not int(mac[:2], 16) & 1 and bool(mac.strip("0:"))


def random_mac() -> str:
    """A new random MAC, marked as locally administered."""
    return _local_mac(os.urandom(_OCTETS_OF_A_MAC))


def derived_mac(seed: str, device: str) -> str:
    """The MAC that follows from the VM's `mac_seed` and the device of the VIF: always the same one."""
    from hashlib import md5

    def digest(data: bytes) -> bytes:
        return md5(data, usedforsecurity=False).digest()

    first = seed.encode()
    for _ in range(2 * int(device) + 1):
        first = digest(first)
    return _local_mac(first[:4] + digest(first)[1:3])


def _local_mac(octets: bytes) -> str:
    return bytes([(octets[0] | 0b10) & ~0b1, *octets[1:]]).hex(":")


def is_ip(text: str, version: int) -> bool:
    """Whether the text is an IP address of the version, 4 or 6."""
    return _longest_prefix(text, version) is not None


def is_cidr(text: str, version: int) -> bool:
    """Whether the text is an IP address of the version, a slash, and the length of a prefix."""
    address, _, length = text.partition("/")
    longest = _longest_prefix(address, version)
    return longest is not None and length in map(str, range(longest + 1))


def _longest_prefix(text: str, version: int) -> int | None:
    """The greatest prefix length for the address; None if the text is no address of the version."""
    from ipaddress import ip_address

    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.max_prefixlen if address.version == version else None


def lease(state: State) -> dict[str, str]:
    """The fields of a PIF with a DHCP address: the first free address of the simulated network."""
    for number in range(10, 255):
        address = f"{_SUBNET}.{number}"
        if not state.having("pif", "IP", address):
            return {"IP": address, **LEASE}
    return {}
