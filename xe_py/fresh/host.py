"""The new host: the pool of a new XenServer before anyone has worked on it."""

from __future__ import annotations

import os

from xe_py.errors import Misuse
from xe_py.fresh.presets import CPUS, DISK, GIB, HOSTS, MEMORY, NAME, NICS
from xe_py.fresh.storage import add_storage
from xe_py.schema.xenclass import RULES, STRICT
from xe_py.state.state import FORMAT, State, new_uuid
from xe_py.state.templates import replace
from xe_py.xapi.addresses import lease, random_mac
from xe_py.xapi.default_templates import DEFAULT_SET
from xe_py.xapi.hosts import CONTROL_DOMAIN, CPU_INFO, MOST_CPUS, SOFTWARE
from xe_py.xapi.hosts import cpus as cpus_of
from xe_py.xapi.networks import INTERNAL_MANAGEMENT
from xe_py.xapi.pif_nic import NIC, bridge_of, network_name
from xe_py.xapi.vm_settings import now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from xe_py.state.record import Record

    NetworkCards = Sequence[Mapping[str, Any]]

MIB = 1 << 20
_LEAST_MEMORY = 256 * MIB
_MOST_HOSTS, _MOST_NICS, _MOST_DOMAIN_0_CPUS = 64, 64, 16
_FLAGS = (
    "fpu de tsc msr pae mce cx8 apic sep mca cmov pat clflush acpi mmx fxsr sse sse2 ss ht syscall nx rdtscp lm "
    "constant_tsc rep_good nopl cpuid pni pclmulqdq monitor est ssse3 fma cx16 sse4_1 sse4_2 movbe popcnt aes xsave "
    "avx f16c rdrand hypervisor lahf_lm abm bmi1 avx2 bmi2 erms rdseed adx clflushopt xsaveopt xsavec xgetbv1"
)
_FEATURES = {
    "pv": "1fc9cbf5-f6b82203-2991cbf5-00000003-0000000f-209c0329-00000000-00000000-00001000-8c000000",
    "hvm": "1fcbfbff-f7ba2223-2d93fbff-00000403-0000000f-219c07ab-0000000c-00000000-00001000-9c000000",
}
_CPU_INFO = {
    "socket_count": "1",
    "threads_per_core": "1",
    "nr_nodes": "1",
    "vendor": "GenuineIntel",
    "speed": "2400.000",
    "modelname": "Intel(R) Xeon(R) CPU E5-2620 v4 @ 2.40GHz",
    "family": "6",
    "model": "79",
    "stepping": "1",
    "flags": _FLAGS,
    "features_pv": _FEATURES["pv"],
    "features_hvm": _FEATURES["hvm"],
    "features_hvm_host": _FEATURES["hvm"],
    "features_pv_host": _FEATURES["pv"],
}
_API_VERSION = "2.23"
_SOFTWARE = {
    "product_version": "8.4.0",
    "product_version_text": "8",
    "product_version_text_short": "8",
    "platform_name": "XCP",
    "platform_version": "3.4.0",
    "product_brand": "XenServer",
    "xapi": "26.1",
    "build_number": "265387",
    "date": "2026-08-21",
    "dbv": "2026.0821",
    "xapi_build": "26.1.0",
    "xen": "4.17.5",
    "linux": "4.19.0+1",
    "xencenter_min": _API_VERSION,
    "xencenter_max": _API_VERSION,
    "network_backend": "openvswitch",
    "db_schema": "5.909",
}
_INTERNAL = {
    "is_guest_installer_network": "true",
    INTERNAL_MANAGEMENT: "true",
    "ip_begin": "169.254.0.1",
    "ip_end": "169.254.255.254",
    "netmask": "255.255.0.0",
}


def fresh_host(
    *,
    name_label: str = NAME,
    hosts: int = HOSTS,
    nics: int | NetworkCards = NICS,
    cpus: int = CPUS,
    memory: int = MEMORY,
    disk: int = DISK,
    rules: str = STRICT,
    templates: str = DEFAULT_SET,
    cpu_info: Mapping[str, str] | None = None,
    furnish: Callable[[State], None] | None = None,
) -> State:
    """A pool of new hosts; `nics` is the number of network cards of each host, or the fields of their PIFs.

    `furnish` adds what else the pool is to have.
    """
    check("hosts", hosts, 1, _MOST_HOSTS)
    many = nics if isinstance(nics, int) else len(nics)
    _refuse(wrong_hardware(nics=many, cpus=cpus, memory=memory, disk=disk))
    cards: NetworkCards = [{} for _ in range(nics)] if isinstance(nics, int) else nics
    state = _empty(rules, templates)
    hardware = hardware_of(memory, {**_CPU_INFO, **(cpu_info or {}), "cpu_count": str(cpus)})
    for number in range(1, hosts + 1):
        name = name_label if number == 1 else f"{name_label}-{number}"
        add_host(state, name, cards, {**hardware, "software-version": _SOFTWARE})
        cards = [{field: value for field, value in card.items() if field != "MAC"} for card in cards]
    _add_pool(state)
    add_storage(state, disk)
    if furnish is not None:
        furnish(state)
    state.settle()
    return state


def as_new(host: Record, cards: NetworkCards, disk: int, *, rules: str, templates: str) -> State:
    """The state of a host that was installed anew: it keeps its uuid, its hardware and its software."""
    state = _empty(rules, templates)
    kept = ("memory-total", "memory-overhead", "cpu_info", "software-version")
    add_host(state, host["hostname"] or host.name, cards, {field: host[field] for field in kept}, host["uuid"])
    _add_pool(state)
    add_storage(state, disk)
    state.settle()
    return state


def _empty(rules: str, templates: str) -> State:
    """A state without hosts."""
    state = State({"format": FORMAT, "lineage": new_uuid(), "serial": 0, RULES: rules})
    replace(state, templates)
    return state


def wrong_hardware(*, nics: int = NICS, cpus: int = CPUS, memory: int = MEMORY, disk: int = DISK) -> str:
    """What is wrong with a host that cannot be; nothing if it can."""
    return (
        _out_of_range("nics", nics, 1, _MOST_NICS)
        or _out_of_range("cpus", cpus, 1, MOST_CPUS)
        or _out_of_range("memory", memory, _LEAST_MEMORY)
        or _out_of_range("disk", disk, 0)
    )


def hardware_of(memory: int, cpu_info: Mapping[str, str]) -> dict[str, object]:
    """The fields of a host with this memory and these CPUs."""
    return {"memory-total": memory, "memory-overhead": memory // 64, "cpu_info": _in_order(CPU_INFO, cpu_info)}


def add_host(
    state: State, name: str, cards: NetworkCards, fields: Mapping[str, Any], uuid: str | None = None
) -> Record:
    """A new host with a control domain and a PIF for each network card, but without storage.

    `fields` are those of the host that say what it is made of, and which software it has.
    """
    host = _add_record(state, name, fields, uuid)
    _add_control_domain(state, host)
    _add_networking(state, host, [{"MAC": random_mac(), **card} for card in cards])
    return host


def _in_order(keys: Sequence[str], texts: Mapping[str, str]) -> dict[str, str]:
    """The keys that have a text, in their order."""
    return {key: texts[key] for key in keys if texts.get(key)}


def check(name: str, value: int, least: int, most: int) -> None:
    """Refuse a number that is too small or too large."""
    _refuse(_out_of_range(name, value, least, most))


def _refuse(wrong: str) -> None:
    if wrong:
        raise Misuse(f"Error: {wrong}")


def _out_of_range(name: str, value: int, least: int, most: int | None = None) -> str:
    if value < least:
        return f"Parameter {name} must be at least {least}"
    return f"Parameter {name} must be at most {most}" if most is not None and value > most else ""


def _add_pool(state: State) -> None:
    """The pool, with the network that each of its hosts has inside."""
    state.add(
        "pool",
        {
            "master": state.all("host")[0]["uuid"],
            "other-config": {"memory-ratio-hvm": "0.25", "memory-ratio-pv": "0.25"},
        },
    )
    state.add("network", _internal_network())


def _add_record(state: State, name: str, fields: Mapping[str, Any], uuid: str | None) -> Record:
    from time import time

    now = f"{time():.0f}."
    return state.add(
        "host",
        {
            "name-label": name,
            "name-description": "Default install",
            "hostname": name,
            "other-config": {"agent_start_time": now, "boot_time": now},
            "iscsi_iqn": f"iqn.2026-01.com.example:{os.urandom(4).hex()}",
            **fields,
            "software-version": _in_order(SOFTWARE, {**fields["software-version"], "hostname": name}),
        },
        uuid,
    )


def _add_control_domain(state: State, host: Record) -> None:
    memory = host["memory-total"]
    own = min(GIB + memory // 20, memory // 2) // MIB * MIB
    limits = ("memory-static-max", "memory-dynamic-max", "memory-dynamic-min", "memory-static-min")
    vcpus = min(cpus_of(host), _MOST_DOMAIN_0_CPUS)
    state.add(
        "vm",
        {
            "name-label": f"{CONTROL_DOMAIN}{host['name-label']}",
            "name-description": "The domain that manages the host and its devices",
            "is-control-domain": True,
            "power-state": "running",
            "resident-on": host["uuid"],
            "affinity": host["uuid"],
            "dom-id": 0,
            "domain-type": "pv",
            "VCPUs-max": vcpus,
            "VCPUs-at-startup": vcpus,
            "VCPUs-number": vcpus,
            "actions-after-crash": "Restart",
            "other-config": {"is_system_domain": "true"},
            "start-time": now(),
            **dict.fromkeys(limits, own),
        },
    )


def _add_networking(state: State, host: Record, cards: NetworkCards) -> None:
    """A PIF for each network card; PIFs of the same device share a network. The first PIF manages the host."""
    state.update(host, {"nics": {f"eth{number}": card["MAC"] for number, card in enumerate(cards)}})
    for number, card in enumerate(cards):
        device = f"eth{number}"
        network = _network_of(state, device, card.get("MTU", 1500))
        management: dict[str, object] = {}
        if number == 0:
            management = {"management": True, "IP-configuration-mode": "DHCP", **lease(state)}
            state.update(host, {"address": management.get("IP", "")})
        state.add(
            "pif",
            {
                "device": device,
                "host-uuid": host["uuid"],
                "network-uuid": network["uuid"],
                "currently-attached": True,
                "igmp-snooping-status": "disabled",
                "pci-bus-path": f"0000:{number + 1:02x}:00.0",
                **NIC,
                **card,
                "MTU": network["MTU"],
                **management,
            },
        )


def _network_of(state: State, device: str, mtu: int) -> Record:
    bridge = bridge_of(device)
    for network in state.having("network", "bridge", bridge):
        return network
    return state.add("network", {"name-label": network_name(device), "bridge": bridge, "MTU": mtu})


def _internal_network() -> dict[str, object]:
    return {
        "name-label": "Host internal management network",
        "name-description": "Gives guests a link-local address from which they reach the host",
        "bridge": "xenapi",
        "other-config": _INTERNAL,
    }
