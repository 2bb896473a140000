"""What a PIF is when a host finds a network card, and which network the PIF gets."""

from __future__ import annotations

NIC = {
    "physical": True,
    "properties": {"gro": "on"},
    "carrier": True,
    "speed": "1000 Mbit/s",
    "duplex": "full",
}


def bridge_of(device: str) -> str:
    """The bridge of the network that PIFs of this device share: xenbr0 for eth0, brfoo for foo."""
    number = device.removeprefix("eth")
    return f"xenbr{number}" if number != device and number.isdecimal() else f"br{device}"


def network_name(device: str) -> str:
    """The name of that network."""
    return f"Pool-wide network associated with {device}"
