"""The machine that this program runs on, as a model for a simulated host."""

from __future__ import annotations

import os
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NETWORK_CARDS = "/sys/class/net"
_CPUS = "/proc/cpuinfo"
_ETHERNET = "1"
_NO_ADDRESS = "00:00:00:00:00:00"
_CPU_INFO = {
    "vendor": "vendor_id",
    "modelname": "model name",
    "speed": "cpu MHz",
    "family": "cpu family",
    "model": "model",
    "stepping": "stepping",
    "flags": "flags",
}


def machine() -> dict[str, Any]:
    """The arguments with which `fresh_host` makes a host like this machine; what is unknown is left out."""
    pages = os.sysconf("SC_PHYS_PAGES")
    root = os.statvfs("/")
    found = {
        "name_label": os.uname().nodename,
        "cpus": os.cpu_count(),
        "memory": pages * os.sysconf("SC_PAGE_SIZE"),
        "disk": root.f_frsize * root.f_blocks,
        "nics": network_cards(_NETWORK_CARDS),
        "cpu_info": cpu_info(_read(_CPUS)),
    }
    return {name: value for name, value in found.items() if value}


def network_cards(folder: str) -> list[dict[str, Any]]:
    """The fields of a PIF for each network card: the hardware cards or, if there are none, any Ethernet interface.

    A host calls its network cards eth0, eth1, … whatever the machine calls them.
    """
    names = sorted(os.listdir(folder), key=_by_number) if os.path.isdir(folder) else []
    paths = [os.path.join(folder, name) for name in names]
    cards = [path for path in paths if _read(os.path.join(path, "type")) == _ETHERNET and _address(path)]
    hardware = [path for path in cards if os.path.exists(os.path.join(path, "device"))]
    return [_network_card(path) for path in hardware or cards]


def cpu_info(text: str) -> dict[str, str]:
    """The `cpu_info` of a host with the CPUs in the text, which has the form of /proc/cpuinfo."""
    pairs = [(key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in text.splitlines())]
    first = dict(reversed(pairs))
    info = {name: first[key] for name, key in _CPU_INFO.items() if first.get(key)}
    sockets = {value for key, value in pairs if key == "physical id"}
    return info | ({"socket_count": str(len(sockets))} if sockets else {})


def _network_card(path: str) -> dict[str, Any]:
    speed = _read(os.path.join(path, "speed"))
    duplex = _read(os.path.join(path, "duplex"))
    mtu = _read(os.path.join(path, "mtu"))
    return {
        "MAC": _address(path),
        "MTU": int(mtu) if mtu.isdecimal() else 1500,
        "carrier": _read(os.path.join(path, "carrier")) == "1",
        "speed": f"{speed if speed.isdecimal() else 0} Mbit/s",
        "duplex": duplex if duplex in {"full", "half"} else "unknown",
    }


def _address(path: str) -> str:
    address = _read(os.path.join(path, "address"))
    return "" if address == _NO_ADDRESS else address


def _by_number(name: str) -> tuple[str, int]:
    letters = name.rstrip("0123456789")
    return letters, int(name[len(letters) :] or -1)


def _read(path: str) -> str:
    """The content of the file; the empty text if it cannot be read, as the speed of an interface that is down."""
    with suppress(OSError, UnicodeDecodeError), open(path, encoding="utf-8") as file:
        return file.read().strip()
    return ""
