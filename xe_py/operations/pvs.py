"""Sites of provisioning services, their servers, and what hosts keep of what VMs read from there."""

from __future__ import annotations

from xe_py.classes import pvs as guards
from xe_py.errors import refuse
from xe_py.operations import vdi
from xe_py.schema.collections import Words
from xe_py.schema.command import HOST, ONE, command
from xe_py.schema.fields import Ref, Text
from xe_py.schema.values import BareInt, Size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from xe_py.state.record import Record
    from xe_py.state.state import State

_SITE = Ref("pvs-site-uuid", "pvs-site", doc="The site.")


@command(
    "pvs-site-introduce",
    required=(Text("name-label", doc="The name."),),
    optional=(
        Text("name-description", doc="The description."),
        Text("pvs-uuid", doc="The name of the site among the provisioning services."),
    ),
    doc="Make a site known.",
)
def site_introduce(state: State, name_label: str, name_description: str = "", pvs_uuid: str = "") -> Record:
    """Make a record of the site."""
    refuse(guards.can_be_used(state))
    names = {"name-label": name_label, "name-description": name_description}
    return state.add("pvs-site", {**names, "pvs-uuid": pvs_uuid})


@command(
    "pvs-site-forget", required=(Ref("uuid", "pvs-site", doc="The site."),), doc="Forget a site that has no servers."
)
def site_forget(state: State, pvs_site: Record) -> None:
    """Remove the record of the site, and what hosts keep of it."""
    refuse(guards.can_forget_site(state, pvs_site))
    for storage in state.pointing_at(pvs_site, "pvs-cache-storage.pvs-site-uuid"):
        cache_storage_destroy(state, storage)
    state.delete(pvs_site)


@command(
    "pvs-server-introduce",
    required=(
        Words("addresses", doc="The addresses of the server, separated by commas."),
        BareInt("first-port", doc="The first of its ports."),
        BareInt("last-port", doc="The last of its ports."),
        _SITE,
    ),
    doc="Make a server of a site known.",
)
def server_introduce(
    state: State, addresses: Sequence[str], first_port: int, last_port: int, pvs_site: Record
) -> Record:
    """Make a record of the server."""
    refuse(guards.can_be_used(state))
    refuse(guards.are_addresses(state, addresses))
    refuse(guards.are_ports(first_port, last_port))
    ports = {"first-port": first_port, "last-port": last_port}
    return state.add("pvs-server", {"addresses": list(addresses), **ports, "pvs-site-uuid": pvs_site["uuid"]})


@command("pvs-server-forget", required=(Ref("uuid", "pvs-server", doc="The server."),), doc="Forget a server.")
def server_forget(state: State, pvs_server: Record) -> None:
    """Remove the record of the server."""
    state.delete(pvs_server)


@command(
    "pvs-proxy-create",
    required=(_SITE, Ref("vif-uuid", "vif", doc="The first VIF of the VM.")),
    doc="Put a proxy between a VM and a site.",
)
def proxy_create(state: State, pvs_site: Record, vif: Record) -> Record:
    """Make the proxy; it does nothing, because no server of the site is simulated."""
    refuse(guards.can_be_used(state))
    refuse(guards.can_have_proxy(state, vif))
    return state.add("pvs-proxy", {"pvs-site-uuid": pvs_site["uuid"], "vif-uuid": vif["uuid"]})


@command("pvs-proxy-destroy", required=(Ref("uuid", "pvs-proxy", doc="The proxy."),), doc="Destroy a proxy.")
def proxy_destroy(state: State, pvs_proxy: Record) -> None:
    """Destroy the proxy."""
    state.delete(pvs_proxy)


@command(
    "pvs-cache-storage-create",
    required=(
        Ref("sr-uuid", "sr", doc="The SR for the data."),
        _SITE,
        Size("size", doc="How much room it has, in bytes or with a suffix such as GiB."),
    ),
    doc="Let a host keep what its VMs read from a site.",
    selector=HOST.taking(ONE),
)
def cache_storage_create(state: State, host: Record, sr: Record, pvs_site: Record, size: int) -> Record:
    """Make the storage with its VDI."""
    refuse(guards.can_keep(state, pvs_site, host))
    cache = vdi.create(state, sr, "PVS cache VDI", size)
    state.update(cache, {"type": "PVS cache"})
    where = {"host-uuid": host["uuid"], "sr-uuid": sr["uuid"], "pvs-site-uuid": pvs_site["uuid"]}
    return state.add("pvs-cache-storage", {**where, "size": size, "vdi-uuid": cache["uuid"]})


@command(
    "pvs-cache-storage-destroy",
    required=(Ref("uuid", "pvs-cache-storage", doc="The storage."),),
    doc="Let a host keep no longer what its VMs read from a site.",
)
def cache_storage_destroy(state: State, pvs_cache_storage: Record) -> None:
    """Destroy the storage with its VDI."""
    refuse(guards.can_destroy_storage(state, pvs_cache_storage))
    cache = state.ref_or_none(pvs_cache_storage, "vdi-uuid")
    if cache is not None:
        vdi.destroy(state, cache)
    state.delete(pvs_cache_storage)
