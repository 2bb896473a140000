"""The tables of XAPI's codes: what each says to the user of xe, and the names of its parameters.

Codes and parameter names are XAPI's own, the sentences are ours. The codes that begin with STATE_ are ours too, for
what only a file can have wrong.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.errors import Failure

CODES: dict[str, tuple[str, tuple[str, ...]]] = {
    "ADDRESS_VIOLATES_LOCKING_CONSTRAINT": (
        "The VIF is locked, and the address is not among its allowed ones.",
        ("address",),
    ),
    "BRIDGE_NAME_EXISTS": ("Another network has a bridge of this name.", ("bridge",)),
    "CANNOT_ADD_VLAN_TO_BOND_SLAVE": ("A PIF in a bond takes no VLANs; put them on the bond.", ("PIF",)),
    "CANNOT_CHANGE_PIF_PROPERTIES": ("This PIF is not physical and has no properties to change.", ("PIF",)),
    "CANNOT_DESTROY_SYSTEM_NETWORK": ("The host needs this network for itself.", ("network",)),
    "CANNOT_PLUG_BOND_SLAVE": ("A PIF in a bond is plugged together with the bond.", ("PIF",)),
    "COULD_NOT_FIND_NETWORK_INTERFACE_WITH_SPECIFIED_DEVICE_NAME_AND_MAC_ADDRESS": (
        "The host has no network interface of this name and MAC address.",
        ("device", "mac"),
    ),
    "DB_UNIQUENESS_CONSTRAINT_VIOLATION": ("Another object has this value already.", ("table", "field", "value")),
    "DEVICE_ALREADY_ATTACHED": ("The device is attached already.", ("device",)),
    # Scripts match this sentence, so it is the one that has no period.
    "DEVICE_ALREADY_DETACHED": ("The device is not currently attached", ("device",)),
    "DEVICE_ALREADY_EXISTS": ("The VM has this device already.", ("device",)),
    "DISK_VBD_MUST_BE_READWRITE_FOR_HVM": ("An HVM guest takes no read-only disks.", ("vbd",)),
    "DOMAIN_EXISTS": ("The VM's domain is still there.", ("vm", "domid")),
    "DUPLICATE_PIF_DEVICE_NAME": ("The host has a PIF for this device already.", ("device",)),
    "FIELD_TYPE_ERROR": ("The value is not of the kind that this field takes.", ("field",)),
    "HANDLE_INVALID": ("A reference leads to an object that does not exist.", ("class", "handle")),
    "HOST_CANNOT_ATTACH_NETWORK": ("The host cannot reach this network.", ("host", "network")),
    "HOST_DISABLED": ("The host is disabled and takes no VMs.", ("host",)),
    "HOST_IS_LIVE": ("The host is up, or leads the pool.", ("host",)),
    "HOST_NOT_DISABLED": ("The host must be disabled first.", ()),
    "HOST_NOT_ENOUGH_FREE_MEMORY": ("The host has not enough free memory.", ("needed", "available")),
    "HOST_NOT_ENOUGH_PCPUS": ("The VM has more VCPUs than the host has CPUs.", ("vcpus", "pcpus")),
    "HOST_NOT_LIVE": ("The host is not up.", ()),
    "HOST_OFFLINE": ("The host is not up, so this cannot be done on it.", ("host",)),
    "HOST_POWER_ON_MODE_DISABLED": ("The host has no means by which it could be powered on.", ()),
    "INCOMPATIBLE_PIF_PROPERTIES": ("The PIFs have different properties and cannot be bonded.", ()),
    "INTERNAL_ERROR": ("The command failed in a way that it never should.", ("message",)),
    "INVALID_CIDR_ADDRESS_SPECIFIED": ("This parameter is not a valid address with a prefix length.", ("parameter",)),
    "INVALID_DEVICE": ("The VM cannot have this device, or has no free one.", ("device",)),
    "INVALID_IP_ADDRESS_SPECIFIED": ("This parameter is not a valid address.", ("parameter",)),
    "INVALID_NTP_CONFIG": ("The host cannot take its time like this.", ("reason",)),
    "INVALID_VALUE": ("The field does not take this value.", ("field", "value")),
    "LOCATION_NOT_UNIQUE": ("Another VDI of the SR is at this location.", ("SR", "location")),
    "MAC_INVALID": (
        "A MAC address is six pairs of hexadecimal digits with colons between them, and not that of a group.",
        ("MAC",),
    ),
    "MAC_STILL_EXISTS": ("Another network card has this MAC address.", ("MAC",)),
    "MAP_DUPLICATE_KEY": ("The map has this key already.", ("type", "param_name", "uuid", "key")),
    "MEMORY_CONSTRAINT_VIOLATION": ("The memory limits of the VM are not in order.", ("constraint",)),
    "MEMORY_CONSTRAINT_VIOLATION_MAXPIN": (
        "This VM's memory cannot vary: both dynamic limits must equal the static maximum.",
        ("reason",),
    ),
    "MEMORY_CONSTRAINT_VIOLATION_ORDER": (
        "The memory limits must satisfy: static-min <= dynamic-min <= dynamic-max <= static-max.",
        (),
    ),
    "NETWORK_ALREADY_CONNECTED": ("The network has a PIF on this host already.", ("network", "connected PIF")),
    "NETWORK_CONTAINS_PIF": ("There are PIFs on the network.", ("pifs",)),
    "NETWORK_CONTAINS_VIF": ("There are attached VIFs on the network.", ("vifs",)),
    "NETWORK_INCOMPATIBLE_PURPOSES": (
        "Another network has a purpose that does not go with this one.",
        ("new_purpose", "conflicting_purpose"),
    ),
    "NETWORK_INCOMPATIBLE_WITH_TRUNKS": ("A VIF with trunks cannot be on a network that is a VLAN.", ("network",)),
    "NETWORK_UNMANAGED": ("The network is not managed by the host.", ("network",)),
    "NOT_IMPLEMENTED": ("This is not implemented.", ("function",)),
    "NO_HOSTS_AVAILABLE": ("No host can run this VM now.", ()),
    "OPERATION_BLOCKED": ("The VM's blocked-operations forbid this.", ("ref", "code")),
    "OPERATION_NOT_ALLOWED": ("The operation is not allowed.", ("reason",)),
    "PBD_EXISTS": ("The SR has a PBD already.", ("sr", "host", "pbd")),
    "PIF_ALREADY_BONDED": ("The PIF belongs to a bond.", ("PIF",)),
    "PIF_BOND_MORE_THAN_ONE_IP": ("Only one of the PIFs of a bond may have an IP configuration.", ()),
    "PIF_BOND_NEEDS_MORE_MEMBERS": ("A bond needs PIFs.", ()),
    "PIF_CANNOT_BOND_CROSS_HOST": ("The PIFs of a bond must be on one host.", ()),
    "PIF_CONFIGURATION_ERROR": ("The PIF contradicts the objects that it belongs to.", ("PIF", "msg")),
    "PIF_DOES_NOT_ALLOW_UNPLUG": ("The PIF's disallow-unplug is set.", ("PIF",)),
    "PIF_HAS_NO_NETWORK_CONFIGURATION": ("The PIF has no IP configuration.", ("PIF",)),
    "PIF_HAS_NO_V6_NETWORK_CONFIGURATION": ("The PIF has no IPv6 configuration.", ("PIF",)),
    "PIF_INCOMPATIBLE_PRIMARY_ADDRESS_TYPE": ("The PIF's primary address is of another type.", ("PIF",)),
    "PIF_IS_MANAGEMENT_INTERFACE": ("The host is managed through this PIF.", ("PIF",)),
    "PIF_IS_PHYSICAL": ("The PIF is a physical one.", ("PIF",)),
    "PIF_IS_VLAN": ("The PIF is a VLAN itself.", ("PIF",)),
    "PIF_NOT_PRESENT": ("The host has no PIF on this network.", ("host", "network")),
    "PIF_UNMANAGED": ("The PIF is not managed by the host.", ("PIF",)),
    "PIF_VLAN_EXISTS": ("The PIF has this VLAN already, or is one.", ("PIF",)),
    "PIF_VLAN_STILL_EXISTS": ("The PIF is a VLAN or has VLANs on it.", ("PIF",)),
    "PROVISION_ONLY_ALLOWED_ON_TEMPLATE": ("Only a template can be provisioned.", ()),
    "SR_DEVICE_IN_USE": ("The device is in use by another SR.", ()),
    "SR_HAS_MULTIPLE_PBDS": ("An SR that is not shared has one PBD only.", ("PBD",)),
    "SR_HAS_NO_PBDS": ("The SR has no plugged PBD.", ("sr",)),
    "SR_HAS_PBD": ("The SR still has a plugged PBD.", ("sr",)),
    "SR_INDESTRUCTIBLE": ("The SR is marked as indestructible.", ("sr",)),
    "SR_IS_CACHE_SR": ("The host keeps its cache on this SR.", ("host",)),
    "SR_NOT_EMPTY": ("There are VDIs on the SR.", ()),
    "SR_NOT_SHARABLE": ("The SR is not shared, and its PBD on another host is plugged.", ("sr", "host")),
    "SR_OPERATION_NOT_SUPPORTED": ("An SR of this type cannot do this.", ("sr",)),
    "SR_SUSPEND_SPACE_INSUFFICIENT": ("The SR has not enough space to keep the VM's memory.", ("sr",)),
    "SR_UNKNOWN_DRIVER": ("The host knows no SRs of this type.", ("driver",)),
    "SR_UUID_EXISTS": ("There is an SR of this uuid already.", ("uuid",)),
    "STATE_DUPLICATE_UUID": ("Two objects in the file have this uuid, in whatever case.", ("uuid",)),
    "STATE_HOST_INCOMPLETE": ("A host that answers cannot be without this.", ("host", "missing")),
    "STATE_OBJECT_MALFORMED": ("An object is one table.", ("uuid",)),
    "STATE_OBJECT_MISSING": ("Every state has one object of this class; this one has none.", ("class",)),
    "STATE_UNKNOWN_CLASS": ("There is no such class of object.", ("class",)),
    "STATE_UNKNOWN_FIELD": ("Objects of this class store no such field.", ("field",)),
    "STATE_UUID_MALFORMED": (
        "A uuid is 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12 with hyphens between them.",
        ("uuid",),
    ),
    "UUID_INVALID": ("There is no object of this class with this uuid.", ("type", "uuid")),
    "VALUE_NOT_SUPPORTED": ("This value is not supported.", ("field", "value", "reason")),
    "VBD_CDS_MUST_BE_READONLY": ("A CD drive is read-only; give mode=RO.", ()),
    "VBD_IS_EMPTY": ("There is no disc in the drive.", ("vbd",)),
    "VBD_NOT_EMPTY": ("There is a disc in the drive already.", ("vbd",)),
    "VBD_NOT_REMOVABLE_MEDIA": ("Only a CD drive can be without a disc, or change it.", ("vbd",)),
    "VBD_NOT_UNPLUGGABLE": ("The VBD is marked as not unpluggable.", ("vbd",)),
    "VDI_CBT_ENABLED": ("Changed block tracking is enabled for the VDI.", ("vdi",)),
    "VDI_HAS_RRDS": ("The VDI holds the host's statistics.", ("vdi",)),
    "VDI_INCOMPATIBLE_TYPE": ("This cannot be done with a VDI of this type.", ("vdi", "type")),
    "VDI_IN_USE": ("The VDI is in use.", ("vdi", "operation")),
    "VDI_MISSING": ("The data of the VDI is gone from the SR.", ("sr", "vdi")),
    "VDI_NOT_MANAGED": ("The VDI is not managed by the host.", ("vdi",)),
    "VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION": ("This cannot be done with a VDI that is reset on boot.", ()),
    "VDI_READONLY": ("The VDI is read-only.", ("vdi",)),
    "VIF_IN_USE": ("A VM still uses the network through this VIF.", ("network", "VIF")),
    "VLAN_TAG_INVALID": ("A VLAN tag is a number from 0 to 4094.", ("VLAN",)),
    "VM_BAD_POWER_STATE": ("This cannot be done in the VM's power state.", ("vm", "expected", "actual")),
    "VM_BIOS_STRINGS_ALREADY_SET": ("The VM has BIOS strings already, which cannot be changed.", ()),
    "VM_CANNOT_DELETE_DEFAULT_TEMPLATE": ("A default template cannot be destroyed.", ("vm",)),
    "VM_HAS_NO_SUSPEND_VDI": ("The memory of the suspended VM is lost: its image is not there.", ("vm",)),
    "VM_HOST_INCOMPATIBLE_VIRTUAL_HARDWARE_PLATFORM_VERSION": (
        "The host does not offer the virtual hardware that the VM was made for.",
        ("host", "host_versions", "vm", "vm_version"),
    ),
    "VM_HVM_REQUIRED": ("The host's CPUs cannot run an HVM guest.", ("vm",)),
    "VM_IS_IMMOBILE": ("The VM is set up such that it cannot be moved or suspended.", ("VM",)),
    "VM_IS_TEMPLATE": ("This cannot be done with a template.", ("vm",)),
    "VM_IS_USING_NESTED_VIRT": ("This cannot be done with a VM that runs VMs itself.", ("VM",)),
    "VM_LACKS_FEATURE": ("The guest cannot do this: it has no guest tools.", ("vm",)),
    "VM_MISSING_PV_DRIVERS": ("The guest cannot do this: it has no PV drivers.", ("vm",)),
    "VM_NO_SUSPEND_SR": ("There is no SR on which the VM's memory could be kept.", ("vm",)),
    "VM_REQUIRES_NETWORK": ("The host cannot reach a network that the VM needs.", ("vm", "network")),
    "VM_REQUIRES_SR": ("An SR that the VM needs has no plugged PBD on the host.", ("vm", "sr")),
    "VM_SNAPSHOT_WITH_QUIESCE_NOT_SUPPORTED": ("The guest cannot prepare for a snapshot.", ("vm", "error")),
}

_BACKEND = ("status", "stdout", "stderr")

# The codes that XAPI raises and xe has no sentence for: it prints them as they are, and what they mean is told below.
UNLISTED: dict[str, tuple[str, tuple[str, ...]]] = {
    "REVERT_ONLY_ALLOWED_ON_SNAPSHOT": ("Only a snapshot can be reverted to.", ()),
    "SR_BACKEND_FAILURE_1": ("The device-config has a value that the driver does not take.", _BACKEND),
    "SR_BACKEND_FAILURE_101": ("The device-config lacks the path on the server.", _BACKEND),
    "SR_BACKEND_FAILURE_102": ("The device-config lacks the server.", _BACKEND),
    "SR_BACKEND_FAILURE_107": ("The device-config lacks the SCSIid.", _BACKEND),
    "SR_BACKEND_FAILURE_142": ("The port in the device-config is none.", _BACKEND),
    "SR_BACKEND_FAILURE_222": ("The folder of the ISO files cannot be used.", _BACKEND),
    "SR_BACKEND_FAILURE_226": ("The location in the device-config is no folder.", _BACKEND),
    "SR_BACKEND_FAILURE_43": ("The VDI is there already.", _BACKEND),
    "SR_BACKEND_FAILURE_44": ("There is not enough space on the SR.", _BACKEND),
    "SR_BACKEND_FAILURE_46": ("The VDI is not there.", _BACKEND),
    "SR_BACKEND_FAILURE_47": ("The SR is not there.", _BACKEND),
    "SR_BACKEND_FAILURE_5004": ("The device-config lacks the name of the group.", _BACKEND),
    "SR_BACKEND_FAILURE_5005": ("The device-config lacks the redundancy.", _BACKEND),
    "SR_BACKEND_FAILURE_79": ("The VDI cannot have this size.", _BACKEND),
    "SR_BACKEND_FAILURE_90": ("The device-config lacks the device.", _BACKEND),
    "SR_BACKEND_FAILURE_91": ("The device in the device-config is no valid path.", _BACKEND),
    "SR_BACKEND_FAILURE_94": ("The device-config lacks the location.", _BACKEND),
    "SR_BACKEND_FAILURE_95": ("The device-config lacks the target.", _BACKEND),
    "SR_BACKEND_FAILURE_96": ("The device-config lacks the target's IQN.", _BACKEND),
    "SUSPEND_VDI_REPLACEMENT_IS_NOT_IDENTICAL": (
        "Another VDI does not hold the memory of the suspended VM.",
        ("image", "replacement"),
    ),
    "VDI_IS_SHARABLE": ("This cannot be done with a sharable VDI.", ("vdi",)),
    "VM_IS_SNAPSHOT": ("This cannot be done with a snapshot.", ("vm", "operation")),
}


def describe(failure: Failure) -> tuple[str, list[tuple[str, object]]]:
    """The sentence of a refusal and its values, each with its label.

    XAPI does not always raise what a code declares: a missing value shows as `<unknown>`, one too many as `<extra>`.
    """
    sentence, labels = CODES.get(failure.code) or UNLISTED[failure.code]
    values = failure.values
    labelled: list[tuple[str, object]] = list(zip(labels, values, strict=False))
    labelled += [(label, "<unknown>") for label in labels[len(values) :]]
    labelled += [("<extra>", value) for value in values[len(labels) :]]
    return sentence, labelled
