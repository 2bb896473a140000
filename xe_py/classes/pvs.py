"""Provisioning services: sites with their servers, and what hosts keep of what VMs read from there."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.derived import Back
from xe_py.schema.fields import CASCADE, CLEAR, RW, SRO, Bool, Choice, Int, Ref, Set, Text
from xe_py.schema.xenclass import NAMES, XenClass
from xe_py.xapi.addresses import is_ip
from xe_py.xapi.licence import allows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xe_py.state.record import Record
    from xe_py.state.state import State

_GIB = 1 << 30
_LAST_PORT = 65535


# Guards, in the order in which XAPI asks them


def can_be_used(state: State) -> Iterator[Failure]:
    """Why the pool cannot use provisioning services."""
    yield from allows(state, "PVS_proxy", "pvs_proxy")
    coordinator = state.ref(state.all("pool")[0], "master")
    if coordinator["software-version"].get("network_backend", "openvswitch") != "openvswitch":
        yield Failure("OPENVSWITCH_NOT_ACTIVE")


def can_forget_site(state: State, site: Record) -> Iterator[Failure]:
    """Why the site cannot be forgotten."""
    yield from _runs_no_proxies(state, site)
    servers = state.pointing_at(site, "pvs-server.pvs-site-uuid")
    if servers:
        yield Failure("PVS_SITE_CONTAINS_SERVERS", *servers)


def _runs_no_proxies(state: State, site: Record, _value: object = None) -> Iterator[Failure]:
    running = _running_proxies(state, site)
    if running:
        yield Failure("PVS_SITE_CONTAINS_RUNNING_PROXIES", *running)


def _running_proxies(state: State, site: Record) -> list[Record]:
    return [proxy for proxy in state.pointing_at(site, "pvs-proxy.pvs-site-uuid") if proxy["currently-attached"]]


def are_addresses(state: State, addresses: Sequence[str]) -> Iterator[Failure]:
    """Why no server can have the addresses."""
    for address in addresses:
        if not is_ip(address, 4) and not is_ip(address, 6):
            yield Failure("INVALID_IP_ADDRESS_SPECIFIED", "addresses")
    servers = {each: server for server in state.all("pvs-server") for each in server["addresses"]}
    taken = [address for address in addresses if address in servers]
    if taken:
        yield Failure("PVS_SERVER_ADDRESS_IN_USE", *taken, blockers=(servers[taken[0]],))


def are_ports(first: int, last: int) -> Iterator[Failure]:
    """Why no server can have the ports."""
    for name, port in (("first_port", first), ("last_port", last)):
        if not 0 < port <= _LAST_PORT:
            yield Failure("VALUE_NOT_SUPPORTED", name, str(port), f"a port is a number from 1 to {_LAST_PORT}")
    if last < first:
        yield Failure("VALUE_NOT_SUPPORTED", "last_port", str(last), "it is smaller than first_port")


def can_have_proxy(state: State, vif: Record) -> Iterator[Failure]:
    """Why there cannot be a proxy for the VIF."""
    proxies = state.pointing_at(vif, "pvs-proxy.vif-uuid")
    if proxies:
        yield Failure("PVS_PROXY_ALREADY_PRESENT", *proxies)
    for other in state.having("vif", "vm-uuid", vif["vm-uuid"]):
        if int(other["device"]) < int(vif["device"]):
            yield Failure("PVS_VIF_MUST_BE_FIRST_DEVICE", blockers=(other,))


def can_keep(state: State, site: Record, host: Record) -> Iterator[Failure]:
    """Why the host cannot have a storage for the site."""
    for storage in state.pointing_at(site, "pvs-cache-storage.pvs-site-uuid"):
        if storage["host-uuid"] == host["uuid"]:
            yield Failure("PVS_CACHE_STORAGE_ALREADY_PRESENT", site, host, blockers=(storage,))


def can_destroy_storage(state: State, cache: Record) -> Iterator[Failure]:
    """Why the storage cannot be destroyed: a proxy on its host works."""
    for proxy in _running_proxies(state, state.ref(cache, "pvs-site-uuid")):
        vm = state.ref(state.ref(proxy, "vif-uuid"), "vm-uuid")
        if vm["resident-on"] is not None and vm["resident-on"] == cache["host-uuid"]:
            yield Failure("PVS_CACHE_STORAGE_IS_IN_USE", cache, blockers=(proxy,))


PVS_SITE = XenClass(
    "pvs-site",
    label="PVS_site",
    section=440,
    doc="A site of provisioning services: the servers that VMs get their disks from.",
    fields=(
        *NAMES,
        Text(
            "pvs-uuid",
            mode=RW,
            guard=_runs_no_proxies,
            doc="The name of the site among the provisioning services.",
        ),
        Back("pvs-cache-storage-uuids", "pvs-cache-storage.pvs-site-uuid", mode=SRO, doc="Where hosts keep its data."),
        Back("pvs-server-uuids", "pvs-server.pvs-site-uuid", mode=SRO, doc="Its servers."),
        Back("pvs-proxy-uuids", "pvs-proxy.pvs-site-uuid", mode=SRO, doc="The proxies of VMs that read from it."),
    ),
    list_fields=("uuid", "name-label", "name-description", "pvs-uuid", "pvs-server-uuids"),
)

PVS_SERVER = XenClass(
    "pvs-server",
    label="PVS_server",
    section=445,
    doc="A server of a site.",
    fields=(
        Set("addresses", mode=SRO, doc="Its addresses."),
        Int("first-port", doc="The first of its ports."),
        Int("last-port", doc="The last of its ports."),
        Ref("pvs-site-uuid", "pvs-site", on_delete=CASCADE, doc="The site."),
    ),
    list_fields=("uuid", "addresses", "pvs-site-uuid"),
)

PVS_PROXY = XenClass(
    "pvs-proxy",
    label="PVS_proxy",
    section=450,
    doc="A proxy between a VM and a site, which keeps what the VM reads.",
    fields=(
        Ref("pvs-site-uuid", "pvs-site", on_delete=CASCADE, doc="The site."),
        Ref("vif-uuid", "vif", on_delete=CASCADE, doc="The VIF of the VM."),
        Bool("currently-attached", doc="Whether the proxy works."),
        Choice(
            "status",
            ("stopped", "initialised", "caching", "incompatible-write-cache-mode", "incompatible-protocol-version"),
            default="stopped",
            doc="What the proxy does.",
        ),
    ),
    list_fields=("uuid", "pvs-site-uuid", "vif-uuid", "currently-attached"),
)

PVS_CACHE_STORAGE = XenClass(
    "pvs-cache-storage",
    label="PVS_cache_storage",
    section=455,
    doc="Where a host keeps what its VMs read from a site.",
    fields=(
        Ref("host-uuid", "host", on_delete=CASCADE, doc="The host."),
        Ref("sr-uuid", "sr", on_delete=CASCADE, doc="The SR that the data is on."),
        Ref("pvs-site-uuid", "pvs-site", on_delete=CASCADE, doc="The site."),
        Int("size", default=20 * _GIB, doc="How much room it has, in bytes."),
        Ref("vdi-uuid", "vdi", on_delete=CLEAR, doc="The VDI that the data is on."),
    ),
    list_fields=("uuid", "host-uuid", "sr-uuid", "pvs-site-uuid", "size"),
)
