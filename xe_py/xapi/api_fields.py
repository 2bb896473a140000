"""What a field is in XenAPI: its class and name there, its type, and its qualifier.

Most of it follows from the declaration; the tables name the exceptions. Only a refusal, or an API, asks for it.
"""

from __future__ import annotations

from xe_py.schema.collections import Numbers
from xe_py.schema.derived import Fixed, NameOf
from xe_py.schema.fields import RW, Bool, Choice, Derived, Int, Map, Ref, Refs, Set, Text, kind_in
from xe_py.schema.values import Absent, Float, Time, Uuid
from xe_py.xapi.api_values import CRASH_ACTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import XenClass

RUNTIME, CONSTRUCTOR = "RO/runtime", "RO/constructor"
"""The qualifiers of fields without a setter. Operations set these fields; `create` takes those with CONSTRUCTOR."""

# Fields that XenAPI keeps in another class, by that class.
ELSEWHERE = {
    "pool": {
        "host": "https-only ssh-enabled ssh-enabled-timeout ssh-expiry console-idle-timeout ssh-auto-mode",
    },
    "host": {"host_metrics": "memory-total memory-free host-metrics-live"},
    "pif": {"PIF_metrics": "carrier vendor-id vendor-name device-id device-name speed duplex pci-bus-path"},
    "vm": {
        "VM_metrics": (
            "memory-actual hvm nomigrate nested-virt numa-optimised numa-nodes numa-node-memory current-domain-type "
            "start-time install-time VCPUs-number"
        ),
        "VM_guest_metrics": (
            "os-version netbios-name PV-drivers-version PV-drivers-up-to-date memory disks networks services "
            "PV-drivers-detected other live guest-metrics-last-updated can-use-hotplug-vbd can-use-hotplug-vif"
        ),
    },
    "pgpu": {"PCI": "pci-uuid vendor-name device-name pci-id dependencies"},
    "vgpu": {"PCI": "pci"},
    "hostdriver": {"Driver_variant": "variants variants-dev-status variants-uuid variants-hw-present"},
    "hostdriver-variant": {"Host_driver": "active selected driver-name host-uuid"},
}

# Fields of xe that XenAPI does not have as fields: they come from a call, or only xe_py has them.
NOWHERE = {
    "pool": "supported-sr-types license-state recorded redo-log-enabled redo-log-vdi crls",
    "host": "memory-free-computed auto-enable disabled-until-reboot nics",
    "network-sriov": "remaining-capacity",
    "pif": "io_read_kbs io_write_kbs joined-network-uuids network-uuids",
    "vm": (
        "memory-target allowed-VBD-devices allowed-VIF-devices possible-hosts VCPUs-utilisation cooperative reverts-to "
        "guest-os-version guest-netbios-name guest-PV-drivers-version guest-networks guest-services guest-other "
        "guest-boot-time guest-halts-after guest-reboots-after console-other-config"
    ),
    "vbd": "attachable attached-as io_read_kbs io_write_kbs",
    "vdi": "content",
    "vif": "io_read_kbs io_write_kbs",
    "update": "vdi",
    "certificate": "pem",
    "pci": "is-hidden will-be-hidden",
    "vgpu-type": "max-resolution-x max-resolution-y",
    "hostdriver": "active selected",
    "vtpm": "contents",
}

NAMES = {
    "host.host-metrics-live": "live",
    "host.resident-vms": "resident_VMs",
    "message.class": "cls",
    "message.obj-uuid": "obj_uuid",
    "pif.IP-configuration-mode": "ip_configuration_mode",
    "pif.IPv6-configuration-mode": "ipv6_configuration_mode",
    "pif.IPv6-gateway": "ipv6_gateway",
    "pif.vlan-master-of": "VLAN_master_of",
    "pif.vlan-slave-of": "VLAN_slave_of",
    "sr.host": "PBDs",
    "vdi.crashdump-uuids": "crash_dumps",
    "vm.dom-id": "domid",
    "vm.guest-metrics-last-updated": "last_updated",
    "vm.last-boot-record": "last_booted_record",
    "vm.vtpms": "VTPMs",
    "patch.hosts": "host_patches",
    "patch.update": "pool_update",
    "vgpu-type.max-resolution": "max_resolution_x",
    "pgpu.pci-uuid": "uuid",
    "vgpu.type-model-name": "type",
    "vgpu.pci": "pci_id",
    "pvs-site.pvs-uuid": "PVS_uuid",
    "pvs-site.pvs-cache-storage-uuids": "cache_storage",
    "pvs-site.pvs-server-uuids": "servers",
    "pvs-site.pvs-proxy-uuids": "proxies",
    "pvs-server.pvs-site-uuid": "site",
    "pvs-proxy.pvs-site-uuid": "site",
    "pvs-cache-storage.pvs-site-uuid": "site",
    "hostdriver.variants": "name",
    "hostdriver.variants-dev-status": "name",
    "hostdriver.variants-uuid": "name",
    "hostdriver.variants-hw-present": "name",
    "hostdriver-variant.active": "active_variant",
    "hostdriver-variant.selected": "selected_variant",
    "hostdriver-variant.driver-name": "name",
    "hostdriver-variant.hw-present": "hardware_present",
    "vtpm.secret": "contents",
    "host-cpu.utilisation": "host",
    "role.name": "name_label",
    "role.description": "name_description",
}

# The groups of fields in XAPI's database, where a column is `group__field`, and the classes without groups.
_GROUPS = ("API_version", "HVM", "PV", "VCPUs", "actions", "io", "memory", "name", "qos")
_UNGROUPED = frozenset(("pool", "VM_guest_metrics"))

# Types by a field's name, in all classes or in one; mostly texts here that are references or numbers there.
# `{}` is the enumeration of the operations of the class.
TYPES = {
    "allowed-operations": "set(enum {})",
    "blobs": "map(string,ref blob)",
    "current-operations": "map(string,enum {})",
    "host.virtual-hardware-platform-versions": "set(int)",
    "network.purpose": "set(enum network_purpose)",
    "pending-guidances": "set(enum update_guidances)",
    "pending-guidances-full": "set(enum update_guidances)",
    "pending-guidances-recommended": "set(enum update_guidances)",
    "pif.duplex": "bool",
    "pif.speed": "int",
    "sm.features": "map(string,int)",
    "sm.supported-image-formats": "set(enum image_format_type)",
    "sr.host": "set(ref PBD)",
    "task.allowed_operations": "set(enum {})",
    "task.current_operations": "map(string,enum {})",
    "vm.blocked-operations": "map(enum vm_operations,string)",
    "vm.can-use-hotplug-vbd": "enum tristate_type",
    "vm.can-use-hotplug-vif": "enum tristate_type",
    "vm.numa-node-memory": "map(int,int)",
    "host.patches": "set(ref host_patch)",
    "subject.roles": "set(ref role)",
    "certificate.purpose": "set(enum certificate_purpose)",
    "patch.hosts": "set(ref host_patch)",
    "patch.after-apply-guidance": "set(enum after_apply_guidance)",
    "update.after-apply-guidance": "set(enum update_after_apply_guidance)",
    "pci.dependencies": "set(ref PCI)",
    "vgpu-type.max-resolution": "int",
    "pgpu.pci-uuid": "string",
    "pgpu.dependencies": "set(ref PCI)",
    "vgpu.type-model-name": "ref VGPU_type",
    "hostdriver.active-variant": "ref Driver_variant",
    "hostdriver.selected-variant": "ref Driver_variant",
    "hostdriver.variants": "string",
    "hostdriver.variants-dev-status": "string",
    "hostdriver.variants-uuid": "string",
    "hostdriver.variants-hw-present": "string",
    "hostdriver-variant.active": "ref Driver_variant",
    "hostdriver-variant.selected": "ref Driver_variant",
    "vtpm.secret": "ref secret",
    "host-cpu.utilisation": "ref host",
}

# Enumerations whose names do not consist of class and field.
ENUMS = {
    "host.latest-synced-updates-applied": "latest_synced_updates_applied_state",
    "host.operations": "host_allowed_operations",
    "message.class": "cls",
    "network-sriov.configuration-mode": "sriov_configuration_mode",
    "pif.IP-configuration-mode": "ip_configuration_mode",
    "pif.IPv6-configuration-mode": "ipv6_configuration_mode",
    "pif.igmp-snooping-status": "pif_igmp_status",
    "pif.primary-address-type": "primary_address_type",
    "pool.operations": "pool_allowed_operations",
    "pool.telemetry-frequency": "telemetry_frequency",
    "pool.update-sync-frequency": "update_sync_frequency",
    "sr.operations": "storage_operations",
    "vdi.on-boot": "on_boot",
    "task.operations": "task_allowed_operations",
    "task.status": "task_status_type",
    "appliance.operations": "vm_appliance_operation",
    "vm-group.placement": "placement_policy",
    "vm.actions-after-crash": CRASH_ACTIONS,
    "vm.actions-after-reboot": "on_normal_exit",
    "vm.actions-after-shutdown": "on_normal_exit",
    "vm.actions-after-softreboot": "on_softreboot_behavior",
    "vm.current-domain-type": "domain_type",
    "vm.domain-type": "domain_type",
    "repository.origin": "origin",
    "gpu-group.allocation-algorithm": "allocation_algorithm",
    "pgpu.dom0-access": "pci_dom0_access",
    "cluster.operations": "cluster_operation",
    "cluster-host.operations": "cluster_host_operation",
}

QUALIFIERS = {
    "pool": {
        RUNTIME: (
            "master igmp-snooping-enabled guest-agent-config "
            "ext-auth-cache-enabled ext-auth-cache-size ext-auth-cache-expiry"
        ),
        CONSTRUCTOR: "uefi-certificates custom-uefi-certificates",
    },
    "host": {
        RW: "display other-config hostname address license-server",
        CONSTRUCTOR: (
            "software-version capabilities local-cache-sr ssl-legacy iscsi_iqn multipathing uefi-certificates"
        ),
        RUNTIME: "https-only numa-affinity-policy ssh-auto-mode max-cstate timezone",
    },
    "network": {CONSTRUCTOR: "bridge managed"},
    "pif": {CONSTRUCTOR: "device MAC managed MTU VLAN"},
    "vlan": {RUNTIME: "untagged-PIF", CONSTRUCTOR: "tag"},
    "tunnel": {RW: "status protocol"},
    "sdn-controller": {CONSTRUCTOR: "protocol address port"},
    "sr": {CONSTRUCTOR: "name-label name-description physical-size type content-type", RW: "sm-config"},
    "pbd": {CONSTRUCTOR: "host device-config"},
    "vdi": {
        CONSTRUCTOR: "name-label name-description virtual-size type sharable read-only",
        RW: "xenstore-data sm-config",
    },
    "task": {RUNTIME: "other-config"},
    "vm-group": {CONSTRUCTOR: "placement"},
    "vmss": {CONSTRUCTOR: "retained-snapshots schedule"},
    "vm": {
        RW: "is-a-template recommendations hardware-platform-version",
        CONSTRUCTOR: (
            "power-state memory-static-max memory-dynamic-max memory-dynamic-min memory-static-min suspend-VDI-uuid "
            "VCPUs-max VCPUs-at-startup actions-after-crash platform numa-optimised numa-nodes blocked-operations "
            "domain-type HVM-boot-policy HVM-shadow-multiplier NVRAM last-boot-CPU-flags last-boot-record other-config "
            "ha-always-run ha-restart-priority appliance snapshot-schedule is-vmss-snapshot start-delay shutdown-delay "
            "order version generation-id has-vendor-device reference-label"
        ),
    },
    "vbd": {CONSTRUCTOR: "vdi-uuid empty device mode currently-attached"},
    "vif": {CONSTRUCTOR: "device MAC MTU currently-attached locking-mode ipv4-allowed ipv6-allowed trunks"},
    "secret": {RW: "other-config"},
    "subject": {CONSTRUCTOR: "subject-identifier other-config"},
    "caller": {CONSTRUCTOR: "user-agent client-ip"},
    "rate-limit": {CONSTRUCTOR: "burst-size fill-rate"},
    "certificate": {CONSTRUCTOR: "host not-before not-after fingerprint fingerprint_sha256 fingerprint_sha1 purpose"},
    "patch": {CONSTRUCTOR: "name-label name-description update"},
    "update": {
        CONSTRUCTOR: ("name-label name-description version installation-size after-apply-guidance enforce-homogeneity")
    },
    "repository": {CONSTRUCTOR: "binary-url source-url update gpgkey-path origin certificate"},
    "pci": {CONSTRUCTOR: "vendor-name device-name driver-name host-uuid pci-id"},
    "vgpu-type": {
        CONSTRUCTOR: (
            "vendor-name model-name framebuffer-size max-heads max-resolution experimental size implementation"
        ),
    },
    "pgpu": {
        CONSTRUCTOR: "vendor-name device-name gpu-group-uuid pci-id size",
    },
    "vgpu": {RUNTIME: "vm-uuid", CONSTRUCTOR: "pci"},
    "pusb": {
        CONSTRUCTOR: (
            "usb-group-uuid host-uuid path vendor-id vendor-desc product-id product-desc serial version "
            "description speed"
        ),
    },
    "vusb": {RUNTIME: "vm-uuid usb-group-uuid"},
    "pvs-site": {CONSTRUCTOR: "pvs-uuid"},
    "pvs-server": {CONSTRUCTOR: "addresses first-port last-port pvs-site-uuid"},
    "pvs-proxy": {CONSTRUCTOR: "pvs-site-uuid vif-uuid"},
    "pvs-cache-storage": {CONSTRUCTOR: "host-uuid sr-uuid pvs-site-uuid size"},
    "cluster": {
        CONSTRUCTOR: (
            "cluster-token cluster-stack cluster-stack-version token-timeout token-timeout-coefficient "
            "pool-auto-join cluster-config"
        )
    },
    "cluster-host": {CONSTRUCTOR: "PIF other-config"},
    "hostdriver": {CONSTRUCTOR: "host-uuid"},
    "hostdriver-variant": {RUNTIME: "driver-uuid", CONSTRUCTOR: "host-uuid"},
    "feature": {CONSTRUCTOR: "name-label name-description experimental version", RUNTIME: "host-uuid"},
    "vtpm": {CONSTRUCTOR: "is_unique"},
    "observer": {CONSTRUCTOR: "host-uuids attributes endpoints components enabled", RW: "name-label name-description"},
    "console": {RUNTIME: "vm-uuid", RW: "other-config"},
    "host-cpu": {RUNTIME: "host-uuid"},
    "role": {CONSTRUCTOR: "name description"},
}

# Types by kind of field, the more special ones first.
_KINDS = (
    (Numbers, "set(int)"),
    (Set, "set(string)"),
    (Map, "map(string,string)"),
    (Bool, "bool"),
    (Int, "int"),
    (Float, "float"),
    (Time, "datetime"),
    (Text, "string"),
    (Uuid, "string"),
)


class ApiField:
    """A field of XenAPI: `VBD.userdevice`, its type as `ref VM` or `set(string)`, and its qualifier."""

    __slots__ = ("cls", "name", "qualifier", "type")

    def __init__(self, cls: str, name: str, type: str, qualifier: str) -> None:
        self.cls = cls
        self.name = name
        self.type = type
        self.qualifier = qualifier

    @property
    def enum(self) -> str | None:
        """The enumeration that its words are of, if they are."""
        words = self.type.replace("(", " ").replace(")", " ").replace(",", " ").split()
        return words[words.index("enum") + 1] if "enum" in words else None


def api_field(cls: XenClass, field: Field, class_of: Callable[[str], XenClass]) -> ApiField | None:
    """What the field of the class is in XenAPI; None if XenAPI has no such field.

    The name of another object belongs to the field that refers to the object.
    """
    if isinstance(field, NameOf):
        field = cls.by_name[field.reference]
    if field.name in NOWHERE.get(cls.name, "").split():
        return None
    place = _listed(ELSEWHERE, cls, field) or cls.label
    return ApiField(place, _name(cls, field, class_of), _type(cls, field, class_of), _qualifier(cls, field))


def column(field: Field) -> str:
    """The name of a map in XAPI's database, which refusals use."""
    return in_database("", field.name.replace("-", "_"))


def in_database(cls: str, name: str) -> str:
    """The column that XAPI's database has for a field of the class in XenAPI."""
    group = next((group for group in _GROUPS if name.startswith(f"{group}_")), None)
    return name if group is None or cls in _UNGROUPED else f"{group}__{name.removeprefix(group)[1:]}"


def _name(cls: XenClass, field: Field, class_of: Callable[[str], XenClass]) -> str:
    """The name with `_` for `-`, and a reference without `-uuid`; if only its class is left, as XenAPI spells that."""
    exception = NAMES.get(f"{cls.name}.{field.name}")
    if exception is not None:
        return exception
    stem, dash, ending = field.name.rpartition("-")
    if not dash or ending not in {"uuid", "uuids"}:
        return field.name.replace("-", "_")
    if stem.lower() == _to(field):
        stem = class_of(stem.lower()).label
    return stem.replace("-", "_") + ending.removeprefix("uuid")


def _type(cls: XenClass, field: Field, class_of: Callable[[str], XenClass]) -> str:
    exception = TYPES.get(f"{cls.name}.{field.name}") or TYPES.get(field.name)
    if exception is not None:
        return exception.format(_enum(cls, "operations"))
    kind = kind_in(field)
    if issubclass(kind, Choice):
        return f"enum {_enum(cls, field.name)}"
    if issubclass(kind, (Absent, Ref, Refs)):
        one = f"ref {_label(field, class_of)}"
        return f"set({one})" if issubclass(kind, Refs) or field.default == [] else one
    return next(type for of, type in _KINDS if issubclass(kind, of))


def _label(field: Field, class_of: Callable[[str], XenClass]) -> str:
    """XenAPI's name for the class that the field refers to."""
    if isinstance(field, Absent):
        return field.label
    to = _to(field)
    return to if isinstance(field, Fixed) else class_of(to).label


def _to(field: Field) -> str:
    return field.to if isinstance(field, (Derived, Ref, Refs)) else ""


def _enum(cls: XenClass, name: str) -> str:
    return ENUMS.get(f"{cls.name}.{name}") or f"{cls.label.lower()}_{name.replace('-', '_')}"


def _qualifier(cls: XenClass, field: Field) -> str:
    """The qualifier: a setter that checks or changes more is a message of its own in XenAPI, not part of the field."""
    plain = (field.has_setter or field.has_adder) and not field.guard and not field.effect
    return _listed(QUALIFIERS, cls, field) or (RW if plain else CONSTRUCTOR if field.required else RUNTIME)


def _listed(table: Mapping[str, Mapping[str, str]], cls: XenClass, field: Field) -> str | None:
    """The key under which the table lists the field."""
    return next((under for under, names in table.get(cls.name, {}).items() if field.name in names.split()), None)
