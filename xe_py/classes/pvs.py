"""Provisioning services: sites with their servers, and what hosts keep of what VMs read from there."""

from __future__ import annotations

from xe_py.schema.derived import Back
from xe_py.schema.fields import CASCADE, CLEAR, RW, SRO, Bool, Choice, Int, Ref, Set, Text
from xe_py.schema.xenclass import NAMES, XenClass

_GIB = 1 << 30

PVS_SITE = XenClass(
    "pvs-site",
    label="PVS_site",
    section=440,
    doc="A site of provisioning services: the servers that VMs get their disks from.",
    fields=(
        *NAMES,
        Text("pvs-uuid", mode=RW, doc="The name of the site among the provisioning services."),
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
