"""Editions, and what the licence of a pool allows."""

from __future__ import annotations

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xe_py.state.state import State

FREE = ("free", "xcp-ng")
"""The editions that need no licence server."""

EDITIONS = (
    *FREE,
    "trial",
    "standard-per-socket",
    "premium-per-socket",
    "enterprise-per-socket",
    "desktop",
    "desktop-plus",
    "desktop-cloud",
)
"""The names of all editions."""

FEATURES = {
    "VLAN": ("restrict_vlan", "VLAN"),
    "QoS": ("restrict_qos", "QoS"),
    "Shared_storage": ("restrict_pool_attached_storage", "SStorage"),
    "Netapp": ("restrict_netapp", "NTAP"),
    "Equalogic": ("restrict_equalogic", "EQL"),
    "Pooling": ("restrict_pooling", "Pool"),
    "HA": ("enable_xha", "XHA"),
    "Marathon": ("restrict_marathon", "MTC"),
    "Email": ("restrict_email_alerting", "email"),
    "Performance": ("restrict_historical_performance", "perf"),
    "WLB": ("restrict_wlb", "WLB"),
    "RBAC": ("restrict_rbac", "RBAC"),
    "DMC": ("restrict_dmc", "DMC"),
    "Checkpoint": ("restrict_checkpoint", "chpt"),
    "CPU_masking": ("restrict_cpu_masking", "Mask"),
    "Connection": ("restrict_connection", "Cnx"),
    "No_platform_filter": ("platform_filter", "Plat"),
    "No_nag_dialog": ("regular_nag_dialog", "nonag"),
    "VMPR": ("restrict_vmpr", "VMPR"),
    "VMSS": ("restrict_vmss", "VMSS"),
    "IntelliCache": ("restrict_intellicache", "IntelliCache"),
    "GPU": ("restrict_gpu", "GPU"),
    "DR": ("restrict_dr", "DR"),
    "VIF_locking": ("restrict_vif_locking", "VIFLock"),
    "Storage_motion": ("restrict_storage_xen_motion", "SXM"),
    "VGPU": ("restrict_vgpu", "vGPU"),
    "Integrated_GPU": ("restrict_integrated_gpu_passthrough", "iGPU"),
    "VSS": ("restrict_vss", "VSS"),
    "Guest_agent_auto_update": ("restrict_guest_agent_auto_update", "GAAU"),
    "PCI_device_for_auto_update": ("restrict_pci_device_for_auto_update", "PciAU"),
    "Xen_motion": ("restrict_xen_motion", "Live_migration"),
    "Guest_ip_setting": ("restrict_guest_ip_setting", "GuestIP"),
    "AD": ("restrict_ad", "AD"),
    "Nested_virt": ("restrict_nested_virt", "Nested_virt"),
    "Live_patching": ("restrict_live_patching", "Live_patching"),
    "Live_set_vcpus": ("restrict_set_vcpus_number_live", "Live_set_vcpus"),
    "PVS_proxy": ("restrict_pvs_proxy", "PVS_proxy"),
    "IGMP_snooping": ("restrict_igmp_snooping", "IGMP_snooping"),
    "RPU": ("restrict_rpu", "RPU"),
    "Pool_size": ("restrict_pool_size", "Pool_size"),
    "CBT": ("restrict_cbt", "CBT"),
    "USB_passthrough": ("restrict_usb_passthrough", "USB_passthrough"),
    "Network_sriov": ("restrict_network_sriov", "Network_sriov"),
    "Corosync": ("restrict_corosync", "Corosync"),
    "Cluster_address": ("restrict_cluster_address", "Cluster_address"),
    "Zstd_export": ("restrict_zstd_export", "Zstd_export"),
    "Pool_secret_rotation": ("restrict_pool_secret_rotation", "Pool_secret_rotation"),
    "Certificate_verification": ("restrict_certificate_verification", "Certificate_verification"),
    "Updates": ("restrict_updates", "Upd"),
    "Internal_repo_access": ("restrict_internal_repo_access", "Internal_repo_access"),
    "VTPM": ("restrict_vtpm", "VTPM"),
    "VM_groups": ("restrict_vm_groups", "VM_groups"),
    "VM_start": ("restrict_vm_start", "Start"),
    "VM_appliance_start": ("restrict_vm_appliance_start", "Start"),
}
"""XAPI's features in order: the key in a pool's restrictions, and the name in a table of licences."""

_POSITIVE = "enable_"


def restrictions(state: State) -> dict[str, str]:
    """What the licence says of each feature, in order. A feature of which the pool says nothing is there."""
    said: Mapping[str, str] = state.all("pool")[0]["restrictions"]
    return {key: said.get(key, _text(allowed=True, key=key)) for key, _ in FEATURES.values()}


def allows(state: State, feature: str) -> bool:
    """Whether the licence allows the feature."""
    key, _ = FEATURES[feature]
    return restrictions(state)[key] != _text(allowed=False, key=key)


def allowed(state: State) -> str:
    """The names of all features that the licence allows, in columns."""
    return " ".join(name if allows(state, feature) else " " * len(name) for feature, (_, name) in FEATURES.items())


def is_licensed(state: State, feature: str) -> Iterator[Failure]:
    """Why the feature cannot be used: the licence does not allow it."""
    if not allows(state, feature):
        yield Failure("LICENCE_RESTRICTION", feature)


def can_be_applied(edition: str, server: Mapping[str, str]) -> Iterator[Failure]:
    """Why a host cannot have the edition, with its licence from this server."""
    if edition not in EDITIONS:
        failure = Failure("INVALID_EDITION", edition)
        failure.notes = (f"the editions are: {', '.join(EDITIONS)}",)
        yield failure
    elif edition not in FREE and not server.get("address"):
        yield Failure("MISSING_CONNECTION_DETAILS")


def lowest(editions: list[str]) -> str:
    """The edition that counts for a pool whose hosts have these."""
    return min(editions, key=lambda edition: EDITIONS.index(edition) if edition in EDITIONS else -1, default="")


def _text(*, allowed: bool, key: str) -> str:
    return str(allowed == key.startswith(_POSITIVE)).lower()
