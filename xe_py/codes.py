"""The error codes: the sentence that xe prints for each, and the names of its parameters.

The codes and the names of their parameters come from XAPI, the sentences from xe_py. Codes that begin with STATE_ exist
only in xe_py: they name what can be wrong with a state file.
"""

from __future__ import annotations

from xe_py.errors import named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.errors import Failure

_GIB = 1 << 30

CODES: dict[str, tuple[str, tuple[str, ...]]] = {
    "ADDRESS_VIOLATES_LOCKING_CONSTRAINT": (
        "The VIF is locked and does not allow this address.",
        ("address",),
    ),
    "AUTH_ALREADY_ENABLED": (
        "An external directory checks the logins of this host already.",
        ("current auth_type", "current service_name"),
    ),
    "AUTH_ENABLE_FAILED": ("The external directory cannot be used.", ("message",)),
    "AUTH_IS_DISABLED": ("The host has no directory that checks logins.", ()),
    "AUTH_SET_LDAPS_FAILED": ("It cannot be chosen how the host talks to its directory.", ("host", "message")),
    "AUTH_UNKNOWN_TYPE": ("There is no external directory of this type: give AD or PAM.", ("type",)),
    "BRIDGE_NAME_EXISTS": ("Another network already has a bridge with this name.", ("bridge",)),
    "BUNDLE_REPOSITORY_ALREADY_EXISTS": ("The pool has a repository for bundle files already.", ("ref",)),
    "CANNOT_ADD_TUNNEL_TO_BOND_SLAVE": (
        "A PIF in a bond cannot carry tunnels. Put the tunnel on the PIF of the bond.",
        ("PIF",),
    ),
    "CANNOT_ADD_TUNNEL_TO_SRIOV_LOGICAL": ("The logical PIF of an SR-IOV network cannot carry tunnels.", ("PIF",)),
    "CANNOT_ADD_TUNNEL_TO_VLAN_ON_SRIOV_LOGICAL": (
        "The PIF of a VLAN on an SR-IOV network cannot carry tunnels.",
        ("PIF",),
    ),
    "CANNOT_ADD_VLAN_TO_BOND_SLAVE": (
        "A PIF in a bond cannot carry VLANs. Put the VLAN on the PIF of the bond.",
        ("PIF",),
    ),
    "CANNOT_CHANGE_PIF_PROPERTIES": (
        "Only a network card that is in no bond, and the PIF of a bond, have properties that can be changed.",
        ("PIF",),
    ),
    "CANNOT_CONTACT_HOST": ("The host does not answer.", ("host",)),
    "CANNOT_CREATE_STATE_FILE": (
        "No SR is plugged on all hosts, of a suitable type, and with nearly 4 GB of free space.",
        (),
    ),
    "CANNOT_DESTROY_SYSTEM_NETWORK": ("The hosts themselves need this network, so it must stay.", ("network",)),
    "CANNOT_ENABLE_REDO_LOG": ("The redo log cannot be switched on.", ("reason",)),
    "CANNOT_FORGET_SRIOV_LOGICAL": (
        "The logical PIF of an SR-IOV network cannot be forgotten. Destroy the SR-IOV network.",
        ("PIF",),
    ),
    "CANNOT_PLUG_BOND_SLAVE": ("A PIF in a bond cannot be plugged by itself. Plug the PIF of the bond.", ("PIF",)),
    "CLUSTERING_DISABLED": ("The host does not take part in its cluster.", ("cluster_host",)),
    "CLUSTERING_ENABLED": ("The host takes part in a cluster through this interface.", ("cluster_host",)),
    "CLUSTER_ALREADY_EXISTS": ("The pool has a cluster already.", ()),
    "CLUSTER_DOES_NOT_HAVE_ONE_NODE": ("The cluster has more than one host.", ("number_of_nodes",)),
    "CLUSTER_HOST_IS_LAST": ("This is the last host in the cluster.", ("cluster_host",)),
    "COULD_NOT_FIND_NETWORK_INTERFACE_WITH_SPECIFIED_DEVICE_NAME_AND_MAC_ADDRESS": (
        "The host has no network interface with this name and MAC address.",
        ("device", "mac"),
    ),
    "COULD_NOT_IMPORT_DATABASE": ("The VDI does not hold the database of a pool.", ("reason",)),
    "DB_UNIQUENESS_CONSTRAINT_VIOLATION": ("Another object already has this value.", ("table", "field", "value")),
    "DEVICE_ALREADY_ATTACHED": ("The device is already attached.", ("device",)),
    "DEVICE_ALREADY_DETACHED": ("The device is not currently attached", ("device",)),
    "DEVICE_ALREADY_EXISTS": ("The VM already has this device.", ("device",)),
    "DISABLE_SSH_PARTIALLY_FAILED": (
        "SSH cannot be switched off on these hosts, so it stays as it is on all hosts.",
        ("hosts",),
    ),
    "DISK_VBD_MUST_BE_READWRITE_FOR_HVM": (
        "An HVM guest cannot use a read-only disk. Set the mode of the VBD to RW.",
        ("vbd",),
    ),
    "DOMAIN_EXISTS": ("The VM still has a domain.", ("vm", "domid")),
    "DUPLICATE_MAC_SEED": ("Another VM already has this mac_seed, from which MACs follow.", ("seed",)),
    "DUPLICATE_PIF_DEVICE_NAME": ("The host already has a PIF for this device.", ("device",)),
    "ENABLE_SSH_PARTIALLY_FAILED": (
        "SSH cannot be switched on on these hosts, so it stays as it is on all hosts.",
        ("hosts",),
    ),
    "FEATURE_REQUIRES_HVM": ("The guest is not of a kind that can have this.", ("details",)),
    "FEATURE_RESTRICTED": ("The licence does not allow this.", ()),
    "FIELD_TYPE_ERROR": ("The field cannot hold this kind of value.", ("field",)),
    "GPU_GROUP_CONTAINS_PGPU": ("The group has GPUs in it.", ("pgpus",)),
    "GPU_GROUP_CONTAINS_VGPU": ("Running VMs have virtual GPUs of the group.", ("vgpus",)),
    "HANDLE_INVALID": ("A reference points to an object that does not exist.", ("class", "handle")),
    "HA_CANNOT_CHANGE_BOND_STATUS_OF_MGMT_IFACE": (
        "The bond has the management interface, which high availability relies on. Disable high availability first.",
        (),
    ),
    "HA_CONSTRAINT_VIOLATION_NETWORK_NOT_SHARED": (
        "Not every host has a PIF on this network.",
        ("network",),
    ),
    "HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED": ("The SR is not shared, or it is not plugged on every host.", ("SR",)),
    "HA_IS_ENABLED": ("This is impossible while high availability is on.", ()),
    "HA_NOT_ENABLED": ("High availability is off in this pool.", ()),
    "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN": (
        "High availability could no longer start all protected VMs again after the failures that it plans for.",
        (),
    ),
    "HOSTS_NOT_COMPATIBLE": ("The host and the pool have software that does not work together.", ()),
    "HOSTS_NOT_HOMOGENEOUS": ("The host and the pool differ. To join all the same, add --force.", ("reason",)),
    "HOST_CANNOT_ATTACH_NETWORK": ("The host cannot reach this network.", ("host", "network")),
    "HOST_DISABLED": ("The host is disabled, so no VM can start on it.", ("host",)),
    "HOST_DISABLED_UNTIL_REBOOT": ("The host can be enabled only after it has booted.", ("host",)),
    "HOST_DRIVER_NO_HARDWARE": ("The host has no hardware for this variant.", ("driver variant",)),
    "HOST_EVACUATE_VM_NOT_HA_PROTECTED": (
        "High availability does not protect the VM, so the VM would not run after an evacuation.",
        ("vm",),
    ),
    "HOST_HAS_NO_MANAGEMENT_IP": ("The host has no management interface.", ()),
    "HOST_HAS_RESIDENT_VMS": ("VMs ran on the host when it was lost. Declare it dead first.", ("host",)),
    "HOST_IN_USE": ("The host cannot do this while something on it runs or is attached.", ("host", "type", "ref")),
    "HOST_IS_LIVE": ("The host is running, or it is the coordinator of the pool.", ("host",)),
    "HOST_IS_SLAVE": ("The host is not the coordinator of the pool.", ("Master IP address",)),
    "HOST_NAME_INVALID": ("A host cannot have this name.", ("reason",)),
    "HOST_NOT_DISABLED": ("The host must be disabled first.", ()),
    "HOST_NOT_ENOUGH_FREE_MEMORY": ("The host does not have enough free memory.", ("needed", "available")),
    "HOST_NOT_ENOUGH_PCPUS": ("The VM has more VCPUs than the host has CPUs.", ("vcpus", "pcpus")),
    "HOST_NOT_LIVE": ("The host is not running.", ()),
    "HOST_OFFLINE": ("The host is not running, so it cannot do this.", ("host",)),
    "HOST_PENDING_MANDATORY_GUIDANCE_NOT_EMPTY": (
        "An update requires something of the host before it can be used.",
        ("host",),
    ),
    "HOST_POWER_ON_MODE_DISABLED": ("The host has no power-on mode, so it cannot be switched on remotely.", ()),
    "HOST_STILL_BOOTING": ("The host has no management interface yet.", ()),
    "IMPORT_ERROR": ("The VM cannot be imported.", ("msg",)),
    "IMPORT_ERROR_ATTACHED_DISKS_NOT_FOUND": (
        "The VM ran when it was exported, and a disk that it had then is not here.",
        (),
    ),
    "IMPORT_ERROR_FAILED_TO_FIND_OBJECT": ("The archive lacks an object that it refers to.", ("id",)),
    "IMPORT_ERROR_PREMATURE_EOF": ("The file is no archive of a VM, or its end is missing.", ()),
    "IMPORT_ERROR_UNEXPECTED_FILE": (
        "The file is no archive of a VM: it has another file where this one must be.",
        ("filename_expected", "filename_found"),
    ),
    "IMPORT_INCOMPATIBLE_VERSION": ("A newer version of XenServer has exported the VM.", ()),
    "INCOMPATIBLE_PIF_PROPERTIES": ("The PIFs have different properties and cannot be bonded.", ()),
    "INTERFACE_HAS_NO_IP": ("The PIF has no IP address.", ("interface",)),
    "INTERNAL_ERROR": ("The command failed with an internal error.", ("message",)),
    "INVALID_BASE_URL": ("This is not the address of a repository.", ("url",)),
    "INVALID_CIDR_ADDRESS_SPECIFIED": ("This parameter is not a valid address with a prefix length.", ("parameter",)),
    "INVALID_CLUSTER_STACK": ("There is no such cluster stack.", ("cluster_stack",)),
    "INVALID_DEVICE": ("The VM cannot have this device, or all its devices are taken.", ("device",)),
    "INVALID_EDITION": ("There is no edition of this name.", ("edition",)),
    "INVALID_GPGKEY_PATH": ("This is not the name of a file with a key.", ("gpgkey_path",)),
    "INVALID_IP_ADDRESS_SPECIFIED": ("This parameter is not a valid address.", ("parameter",)),
    "INVALID_NTP_CONFIG": ("The host cannot use these NTP settings.", ("reason",)),
    "INVALID_REPOSITORY_PROXY_CREDENTIAL": ("A user of the proxy needs a name and a password.", ()),
    "INVALID_REPOSITORY_PROXY_URL": ("The address of the proxy must begin with http:// or https://.", ("url",)),
    "INVALID_VALUE": ("The field does not accept this value.", ("field", "value")),
    "IS_TUNNEL_ACCESS_PIF": ("The PIF is the access PIF of a tunnel.", ("PIF",)),
    "JOINING_HOST_CANNOT_BE_MASTER_OF_OTHER_HOSTS": ("A host with members of its own cannot join a pool.", ()),
    "JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS": ("A host with shared SRs cannot join a pool.", ()),
    "JOINING_HOST_CANNOT_HAVE_RUNNING_VMS": ("A host with running VMs cannot join a pool.", ()),
    "JOINING_HOST_CANNOT_HAVE_VMS_WITH_CURRENT_OPERATIONS": (
        "A host cannot join a pool while something is done to its VMs.",
        (),
    ),
    "JOINING_HOST_SERVICE_FAILED": ("The pool does not answer.", ()),
    "LICENCE_RESTRICTION": ("The licence of the pool does not include this feature.", ("feature",)),
    "LICENSE_HOST_POOL_MISMATCH": ("The host and the pool have different editions.", ()),
    "LOCATION_NOT_UNIQUE": ("Another VDI on the SR already has this location.", ("SR", "location")),
    "MAC_INVALID": (
        "A MAC address must be six pairs of hexadecimal digits with colons between them, and no multicast address.",
        ("MAC",),
    ),
    "MAC_STILL_EXISTS": ("Another network card already has this MAC address.", ("MAC",)),
    "MAP_DUPLICATE_KEY": ("The map already has this key.", ("type", "param_name", "uuid", "key")),
    "MEMORY_CONSTRAINT_VIOLATION": ("The memory limits of the VM are not in order.", ("constraint",)),
    "MEMORY_CONSTRAINT_VIOLATION_MAXPIN": (
        "The memory of this VM must not vary: dynamic-min and dynamic-max must equal static-max.",
        ("reason",),
    ),
    "MEMORY_CONSTRAINT_VIOLATION_ORDER": (
        "The memory limits must satisfy: static-min <= dynamic-min <= dynamic-max <= static-max.",
        (),
    ),
    "MESSAGE_DEPRECATED": ("XAPI no longer has this operation.", ()),
    "MISSING_CONNECTION_DETAILS": ("This edition needs the address of a licence server.", ()),
    "NETWORK_ALREADY_CONNECTED": ("The network already has a PIF on this host.", ("network", "connected PIF")),
    "NETWORK_CONTAINS_PIF": ("The network still has PIFs.", ("pifs",)),
    "NETWORK_CONTAINS_VIF": ("The network still has attached VIFs.", ("vifs",)),
    "NETWORK_HAS_INCOMPATIBLE_SRIOV_PIFS": (
        "The network has SR-IOV PIFs on network cards of another model.",
        ("PIF", "network"),
    ),
    "NETWORK_HAS_INCOMPATIBLE_VLAN_ON_SRIOV_PIFS": (
        "The network has VLANs on SR-IOV PIFs of network cards of another model.",
        ("PIF", "network"),
    ),
    "NETWORK_INCOMPATIBLE_PURPOSES": (
        "Another network has a purpose that conflicts with this one.",
        ("new_purpose", "conflicting_purpose"),
    ),
    "NETWORK_INCOMPATIBLE_WITH_BOND": ("The network has SR-IOV PIFs, so it cannot have a bond.", ("network",)),
    "NETWORK_INCOMPATIBLE_WITH_SRIOV": ("The network has PIFs that are not SR-IOV PIFs.", ("network",)),
    "NETWORK_INCOMPATIBLE_WITH_TRUNKS": ("A VIF with trunks cannot be on a VLAN network.", ("network",)),
    "NETWORK_INCOMPATIBLE_WITH_TUNNEL": ("The network has SR-IOV PIFs, so it cannot have a tunnel.", ("network",)),
    "NETWORK_INCOMPATIBLE_WITH_VLAN_ON_BRIDGE": (
        "The network has SR-IOV PIFs, so its VLANs must be on SR-IOV PIFs too.",
        ("network",),
    ),
    "NETWORK_INCOMPATIBLE_WITH_VLAN_ON_SRIOV": (
        "The network has PIFs that are not VLANs on SR-IOV PIFs.",
        ("network",),
    ),
    "NETWORK_SRIOV_ALREADY_ENABLED": ("The PIF already has an SR-IOV network.", ("PIF",)),
    "NETWORK_SRIOV_INSUFFICIENT_CAPACITY": (
        "The network card has too few free virtual functions for the VM.",
        ("network",),
    ),
    "NETWORK_UNMANAGED": ("The host does not manage this network.", ("network",)),
    "NOT_IMPLEMENTED": ("This is not implemented.", ("function",)),
    "NOT_IN_EMERGENCY_MODE": ("The host is not in emergency mode.", ()),
    "NOT_SUPPORTED_DURING_UPGRADE": ("This must wait until updates are applied.", ()),
    "NO_HOSTS_AVAILABLE": ("No host can run this VM now.", ()),
    "NO_MORE_REDO_LOGS_ALLOWED": ("The database of the pool is already written to as many disks as XAPI can.", ()),
    "NO_REPOSITORIES_CONFIGURED": ("The pool has no repository.", ()),
    "OPENVSWITCH_NOT_ACTIVE": ("The network of the host does not run on Open vSwitch.", ()),
    "OPERATION_BLOCKED": ("The VM blocks this operation: see its field blocked-operations.", ("ref", "code")),
    "OPERATION_NOT_ALLOWED": ("The operation is not allowed.", ("reason",)),
    "OPERATION_PARTIALLY_FAILED": (
        "Not all VMs could do this, so nothing was changed.",
        ("operation",),
    ),
    "PATCH_ALREADY_APPLIED": ("The host has the patch already.", ("patch",)),
    "PATCH_IS_APPLIED": ("Hosts have the patch.", ()),
    "PBD_EXISTS": ("The SR already has a PBD on this host.", ("sr", "host", "pbd")),
    "PERMISSION_DENIED": ("This is not allowed.", ("message",)),
    "PGPU_IN_USE_BY_VM": ("A VM runs on the GPU.", ("VMs",)),
    "PGPU_NOT_COMPATIBLE_WITH_GPU_GROUP": (
        "The GPU is not of the kind of those in the group.",
        ("type", "group_types"),
    ),
    "PIF_ALLOWS_UNPLUG": ("The PIF may be unplugged, so hosts cannot rely on it.", ("PIF",)),
    "PIF_ALREADY_BONDED": ("The PIF already belongs to a bond.", ("PIF",)),
    "PIF_BOND_MORE_THAN_ONE_IP": ("Only one PIF of a bond may have an IP configuration.", ()),
    "PIF_BOND_NEEDS_MORE_MEMBERS": ("A bond needs at least one PIF.", ()),
    "PIF_CANNOT_BOND_CROSS_HOST": ("All PIFs of a bond must be on the same host.", ()),
    "PIF_CONFIGURATION_ERROR": ("The PIF does not fit the VLAN or bond that it belongs to.", ("PIF", "msg")),
    "PIF_DOES_NOT_ALLOW_UNPLUG": ("The PIF must stay plugged: its field disallow-unplug is true.", ("PIF",)),
    "PIF_HAS_NO_NETWORK_CONFIGURATION": ("The PIF has no IP configuration.", ("PIF",)),
    "PIF_HAS_NO_V6_NETWORK_CONFIGURATION": ("The PIF has no IPv6 configuration.", ("PIF",)),
    "PIF_INCOMPATIBLE_PRIMARY_ADDRESS_TYPE": (
        "The PIF's primary-address-type does not match that of the other PIF.",
        ("PIF",),
    ),
    "PIF_IS_MANAGEMENT_INTERFACE": ("The host uses this PIF as its management interface.", ("PIF",)),
    "PIF_IS_NOT_PHYSICAL": ("The PIF is not a network card.", ("PIF",)),
    "PIF_IS_NOT_SRIOV_CAPABLE": (
        "The network card has no virtual functions: sriov is not among the capabilities of the PIF.",
        ("PIF",),
    ),
    "PIF_IS_PHYSICAL": ("The PIF is physical.", ("PIF",)),
    "PIF_IS_SRIOV_LOGICAL": ("The PIF is the logical PIF of an SR-IOV network.", ("PIF",)),
    "PIF_IS_VLAN": ("The PIF is a VLAN.", ("PIF",)),
    "PIF_NOT_ATTACHED_TO_HOST": ("The PIF belongs to another host.", ("pif", "host")),
    "PIF_NOT_PRESENT": ("The host has no PIF on this network.", ("host", "network")),
    "PIF_SRIOV_STILL_EXISTS": ("The PIF still has an SR-IOV network.", ("PIF",)),
    "PIF_TUNNEL_STILL_EXISTS": ("The PIF belongs to a tunnel, or it still has tunnels.", ("PIF",)),
    "PIF_UNMANAGED": ("The host does not manage this PIF.", ("PIF",)),
    "PIF_VLAN_EXISTS": ("The PIF already has a VLAN with this tag, or it is a VLAN itself.", ("PIF",)),
    "PIF_VLAN_STILL_EXISTS": ("The PIF is a VLAN, or it still has VLANs.", ("PIF",)),
    "POOL_AUTH_ALREADY_ENABLED": ("An external directory checks the logins of this host already.", ("host",)),
    "POOL_AUTH_DISABLE_FAILED": ("A host cannot be taken out of the external directory.", ("host", "message")),
    "POOL_AUTH_ENABLE_FAILED": ("A host cannot use the external directory.", ("host", "message")),
    "POOL_AUTH_ENABLE_FAILED_DUPLICATE_HOSTNAME": (
        "The external directory needs a different hostname for each host.",
        ("host", "message"),
    ),
    "POOL_JOINING_EXTERNAL_AUTH_MISMATCH": ("Different directories check the logins of the host and of the pool.", ()),
    "POOL_JOINING_HOST_CA_CERTIFICATES_CONFLICT": (
        "The host and the pool trust different certificates of the same name.",
        (),
    ),
    "POOL_JOINING_HOST_HAS_BONDS": ("A host with bonds cannot join a pool.", ()),
    "POOL_JOINING_HOST_HAS_NETWORK_SRIOVS": ("A host with SR-IOV networks cannot join a pool.", ()),
    "POOL_JOINING_HOST_HAS_NON_MANAGEMENT_VLANS": ("A host with VLANs cannot join a pool, unless they manage it.", ()),
    "POOL_JOINING_HOST_HAS_TUNNELS": ("A host with tunnels cannot join a pool.", ()),
    "POOL_JOINING_HOST_MANAGEMENT_VLAN_DOES_NOT_MATCH": (
        "The host and the pool are managed through different VLANs.",
        ("local", "remote"),
    ),
    "POOL_JOINING_HOST_MUST_HAVE_ONLY_ONE_IP_ON_CLUSTERING_NETWORK": (
        "The host must have exactly one address on the network of the pool's cluster.",
        (),
    ),
    "POOL_JOINING_HOST_MUST_HAVE_SAME_API_VERSION": (
        "The host and the pool have different versions of the API.",
        ("host_api_version", "master_api_version"),
    ),
    "POOL_JOINING_HOST_MUST_HAVE_SAME_DB_SCHEMA": (
        "The host and the pool have databases of different schemas.",
        ("host_db_schema", "master_db_schema"),
    ),
    "POOL_JOINING_HOST_TLS_VERIFICATION_MISMATCH": ("Only one of the host and the pool verifies certificates.", ()),
    "POOL_JOINING_HOST_TRUSTED_CERTIFICATES_CONFLICT": (
        "The host and the pool trust the same certificate for different connections.",
        ("ref_in_pool", "ref_on_host"),
    ),
    "POOL_JOINING_POOL_CANNOT_ENABLE_CLUSTERING_ON_VLAN_NETWORK": (
        "The cluster of the pool is on a VLAN that does not manage its hosts, so no host can join.",
        ("vlan",),
    ),
    "PROVISION_ONLY_ALLOWED_ON_TEMPLATE": ("Only a template can be provisioned.", ()),
    "PUSB_VDI_CONFLICT": ("A VM has the USB device as a disk.", ("PUSB", "VDI")),
    "PVS_CACHE_STORAGE_ALREADY_PRESENT": ("The host has a storage for the site already.", ("site", "host")),
    "PVS_CACHE_STORAGE_IS_IN_USE": ("A proxy on the host uses the storage.", ("PVS_cache_storage",)),
    "PVS_PROXY_ALREADY_PRESENT": ("The VIF has a proxy already.", ("proxies",)),
    "PVS_PROXY_PRESENT_ON_HIGHER_VIF_DEVICE": (
        "The first VIF of the VM has a PVS proxy, so a new VIF must have a higher device.",
        ("device",),
    ),
    "PVS_SERVER_ADDRESS_IN_USE": ("Another server has the address.", ("address",)),
    "PVS_SITE_CONTAINS_RUNNING_PROXIES": ("Proxies of the site work.", ("proxies",)),
    "PVS_SITE_CONTAINS_SERVERS": ("The site has servers.", ("servers",)),
    "PVS_VIF_MUST_BE_FIRST_DEVICE": ("Only the first VIF of a VM can have a proxy.", ()),
    "REDO_LOG_IS_ENABLED": ("The redo log relies on the interface. Disable the redo log first.", ()),
    "REPOSITORY_ALREADY_EXISTS": ("The pool has a repository of this name or address already.", ("ref",)),
    "REPOSITORY_IS_IN_USE": ("The repository is switched on.", ()),
    "REPO_SHOULD_BE_SINGLE_ONE_ENABLED": (
        "A repository for bundle files, or of another pool, is switched on alone.",
        (),
    ),
    "REQUIRED_PIF_IS_UNPLUGGED": ("The PIF is unplugged.", ("PIF",)),
    "RESTORE_INCOMPATIBLE_VERSION": ("The dump is of another version of the database.", ()),
    "RESTORE_SCRIPT_FAILED": ("The host cannot be restored.", ("log",)),
    "RESTORE_TARGET_MGMT_IF_NOT_IN_BACKUP": ("The dump does not have the management interface of this host.", ()),
    "RESTORE_TARGET_MISSING_DEVICE": ("This host does not have a network card that the dump has.", ("device",)),
    "ROLE_ALREADY_EXISTS": ("The subject has this role already.", ()),
    "ROLE_NOT_FOUND": ("There is no such role, or the subject does not have it.", ()),
    "SET_CONSOLE_TIMEOUT_PARTIALLY_FAILED": ("The timeout of consoles cannot be set on every host.", ("hosts",)),
    "SET_SSH_AUTO_MODE_PARTIALLY_FAILED": ("The automatic mode of SSH cannot be set on every host.", ("hosts",)),
    "SET_SSH_TIMEOUT_PARTIALLY_FAILED": ("The timeout of SSH cannot be set on every host.", ("hosts",)),
    "SLAVE_REQUIRES_MANAGEMENT_INTERFACE": ("A member of a pool must have a management interface.", ()),
    "SR_BACKEND_FAILURE": ("The driver of the SR failed.", ("status", "stdout", "stderr")),
    "SR_DEVICE_IN_USE": ("Another SR uses this device.", ()),
    "SR_DOES_NOT_SUPPORT_MIGRATION": ("Disks cannot move to or from an SR of this type.", ("sr", "capabilities")),
    "SR_HAS_MULTIPLE_PBDS": ("An SR that is not shared can have only one PBD.", ("PBD",)),
    "SR_HAS_NO_PBDS": ("The SR has no plugged PBD.", ("sr",)),
    "SR_HAS_PBD": ("The SR still has a plugged PBD.", ("sr",)),
    "SR_INDESTRUCTIBLE": ("The SR is marked as indestructible.", ("sr",)),
    "SR_IS_CACHE_SR": ("The host uses this SR as its cache.", ("host",)),
    "SR_NOT_EMPTY": ("The SR still has VDIs.", ()),
    "SR_NOT_SHARABLE": ("The SR is not shared, and it is plugged on another host.", ("sr", "host")),
    "SR_OPERATION_NOT_SUPPORTED": ("An SR of this type does not support this operation.", ("sr",)),
    "SR_SOURCE_SPACE_INSUFFICIENT": ("The SR has too little free space for this.", ("sr",)),
    "SR_SUSPEND_SPACE_INSUFFICIENT": ("The SR does not have enough space for the VM's memory.", ("sr",)),
    "SR_UNKNOWN_DRIVER": ("No storage driver has this name.", ("driver",)),
    "SR_UUID_EXISTS": ("Another SR already has this uuid.", ("uuid",)),
    "STATE_DUPLICATE_UUID": (
        "Two objects in the file have this uuid; upper and lower case count as the same.",
        ("uuid",),
    ),
    "STATE_HOST_INCOMPLETE": ("A running host must have this.", ("host", "missing")),
    "STATE_OBJECT_MALFORMED": ("An object must be one table.", ("uuid",)),
    "STATE_OBJECT_MISSING": ("The state must have one object of this class, but it has none.", ("class",)),
    "STATE_UNKNOWN_CLASS": ("There is no class with this name.", ("class",)),
    "STATE_UNKNOWN_FIELD": ("Objects of this class have no stored field with this name.", ("field",)),
    "STATE_UUID_MALFORMED": (
        "A uuid must be 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12, with hyphens between them.",
        ("uuid",),
    ),
    "SUBJECT_ALREADY_EXISTS": ("This user or group may log in already.", ()),
    "SYSPREP": ("The VM cannot be prepared for copies by sysprep.", ("vm", "message")),
    "TLS_VERIFICATION_NOT_ENABLED_IN_POOL": ("The pool does not verify TLS certificates.", ()),
    "TOO_MANY_GROUPS": ("A VM can be in one group only.", ()),
    "TOO_MANY_VUSBS": ("The VM has as many USB devices as it can have.", ("number",)),
    "TRANSPORT_PIF_NOT_CONFIGURED": (
        "The tunnel needs an IPv4 address on this PIF, which has no IP configuration.",
        ("PIF",),
    ),
    "UNIMPLEMENTED_IN_SM_BACKEND": ("The storage driver cannot do this with this VDI.", ("message",)),
    "UPDATE_ALREADY_APPLIED": ("The host has the update already.", ("update",)),
    "UPDATE_ALREADY_APPLIED_IN_POOL": ("All hosts have the update already.", ("update",)),
    "UPDATE_IS_APPLIED": ("Hosts have the update.", ()),
    "USB_ALREADY_ATTACHED": ("A running VM has the USB device.", ("PUSB", "VM")),
    "USB_GROUP_CONFLICT": ("A VM has the device of this group already.", ("USB_group",)),
    "UUID_INVALID": ("No object of this class has this uuid.", ("type", "uuid")),
    "VALUE_NOT_SUPPORTED": ("This value is not supported.", ("field", "value", "reason")),
    "VBD_CDS_MUST_BE_READONLY": ("A CD drive must be read-only. Give mode=RO.", ()),
    "VBD_IS_EMPTY": ("There is no disc in the drive.", ("vbd",)),
    "VBD_NOT_EMPTY": ("There is already a disc in the drive.", ("vbd",)),
    "VBD_NOT_REMOVABLE_MEDIA": ("Only a CD drive can be empty or change its disc.", ("vbd",)),
    "VBD_NOT_UNPLUGGABLE": ("The VBD cannot be unplugged: its field unpluggable is false.", ("vbd",)),
    "VDI_CBT_ENABLED": ("Changed block tracking is enabled for the VDI.", ("vdi",)),
    "VDI_HAS_RRDS": ("The VDI holds the host's statistics.", ("vdi",)),
    "VDI_INCOMPATIBLE_TYPE": ("A VDI of this type does not allow this operation.", ("vdi", "type")),
    "VDI_IN_USE": ("The VDI is in use.", ("vdi", "operation")),
    "VDI_LOCATION_MISSING": ("The SR has no VDI at this location.", ("sr", "location")),
    "VDI_MISSING": ("The SR no longer has the data of the VDI.", ("sr", "vdi")),
    "VDI_NEEDS_VM_FOR_MIGRATE": ("Only a VDI that a VM has can be migrated. Use vdi-copy.", ("vdi",)),
    "VDI_NOT_IN_MAP": ("No SR is given for this VDI, and there is none that it could go to.", ("vdi",)),
    "VDI_NOT_MANAGED": ("The host does not manage this VDI.", ("vdi",)),
    "VDI_NO_CBT_METADATA": ("The changed blocks of the VDI are not tracked.", ("vdi",)),
    "VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION": ("A VDI whose on-boot is reset does not allow this operation.", ()),
    "VDI_READONLY": ("The VDI is read-only.", ("vdi",)),
    "VDI_TOO_LARGE": ("The VDI is too large for this format.", ("vdi", "maximum size")),
    "VDI_TOO_SMALL": ("The VDI is too small to be copied into.", ("vdi", "minimum size")),
    "VGPU_TYPE_NOT_COMPATIBLE": (
        "The VM cannot have a virtual GPU of this type besides the one that it has.",
        ("type",),
    ),
    "VGPU_TYPE_NOT_SUPPORTED": ("The GPU cannot be of this type.", ("type", "supported_types")),
    "VIF_IN_USE": ("A VM still uses the network through this VIF.", ("network", "VIF")),
    "VLAN_TAG_INVALID": ("A VLAN tag must be a number from 0 to 4094.", ("VLAN",)),
    "VMSS_HAS_VM": ("The schedule still has VMs.", ()),
    "VM_ASSIGNED_TO_SNAPSHOT_SCHEDULE": ("The VM has a schedule for its snapshots.", ("vm", "vmss")),
    "VM_BAD_POWER_STATE": ("The VM is in the wrong power state for this operation.", ("vm", "expected", "actual")),
    "VM_BIOS_STRINGS_ALREADY_SET": ("The VM already has BIOS strings, and they cannot be changed.", ()),
    "VM_CANNOT_DELETE_DEFAULT_TEMPLATE": ("A default template cannot be destroyed.", ("vm",)),
    "VM_HAS_NO_SUSPEND_VDI": ("The memory of the suspended VM is lost: the VM has no suspend VDI.", ("vm",)),
    "VM_HAS_PCI_ATTACHED": ("The VM has a PCI device of its host, which does not allow this.", ("vm",)),
    "VM_HAS_SRIOV_VIF": ("The VM has a VIF on an SR-IOV network, so it depends on a host.", ("vm",)),
    "VM_HAS_VGPU": ("The VM has a virtual GPU, which does not allow this.", ("vm",)),
    "VM_HAS_VUSBS": ("The VM has a USB device, which does not allow this.", ("VM",)),
    "VM_HOST_INCOMPATIBLE_VERSION_MIGRATE": (
        "The host has older software than the host on which the VM runs.",
        ("host", "vm"),
    ),
    "VM_HOST_INCOMPATIBLE_VIRTUAL_HARDWARE_PLATFORM_VERSION": (
        "The host does not offer the version of virtual hardware that the VM needs.",
        ("host", "host_versions", "vm", "vm_version"),
    ),
    "VM_HVM_REQUIRED": ("The host's CPUs cannot run an HVM guest.", ("vm",)),
    "VM_IS_IMMOBILE": ("The settings of the VM do not allow it to be moved or suspended.", ("VM",)),
    "VM_IS_PART_OF_AN_APPLIANCE": ("The VM is part of an appliance.", ("vm", "appliance")),
    "VM_IS_PROTECTED": ("High availability protects the VM, and is about to start it again.", ("vm",)),
    "VM_IS_TEMPLATE": ("A template does not allow this operation.", ("vm",)),
    "VM_IS_USING_NESTED_VIRT": ("A VM with nested virtualisation does not allow this operation.", ("VM",)),
    "VM_LACKS_FEATURE": ("The guest cannot do this: it has no guest tools.", ("vm",)),
    "VM_MISSING_PV_DRIVERS": ("The guest cannot do this: it has no PV drivers.", ("vm",)),
    "VM_NO_EMPTY_CD_VBD": ("The VM has no empty CD drive.", ("vm",)),
    "VM_NO_SUSPEND_SR": ("There is no SR that can hold the VM's memory.", ("vm",)),
    "VM_PCI_BUS_FULL": ("The VM has no room for another device.", ("VM",)),
    "VM_REQUIRES_GPU": ("The VM needs a free GPU of the group, and the host has none.", ("vm", "GPU_group")),
    "VM_REQUIRES_IOMMU": ("The VM needs a PCI device, and the host has no IOMMU.", ("host",)),
    "VM_REQUIRES_NETWORK": ("The VM needs a network that the host cannot reach.", ("vm", "network")),
    "VM_REQUIRES_SR": ("The VM needs an SR that has no plugged PBD on the host.", ("vm", "sr")),
    "VM_REQUIRES_VGPU": (
        "The VM needs a virtual GPU of the type, and no GPU of the group on the host has room for one.",
        ("vm", "GPU_group", "vGPU_type"),
    ),
    "VM_REVERT_FAILED": ("The VM could not be reverted to the snapshot. Nothing was changed.", ("vm", "snapshot")),
    "VM_SNAPSHOT_WITH_QUIESCE_NOT_SUPPORTED": ("The guest cannot prepare for a snapshot.", ("vm", "error")),
    "VM_TO_IMPORT_IS_NOT_NEWER_VERSION": (
        "The VM is already here, and the version in the file is not newer. To replace the VM, give force=true.",
        ("vm", "existing_version", "version_to_import"),
    ),
    "VTPM_MAX_AMOUNT_REACHED": ("The VM has a TPM already.", ("amount",)),
    "WLB_NOT_INITIALIZED": ("The pool has no workload balancing server.", ()),
    "XENAPI_MISSING_PLUGIN": ("There is no such plugin.", ("name",)),
    "XENAPI_PLUGIN_FAILURE": ("The plugin failed.", ("status", "stdout", "stderr")),
}

_BACKEND = ("status", "stdout", "stderr")

# Codes that XAPI raises but xe has no sentence for. xe prints the bare code; the sentence here goes into a note below.
UNLISTED: dict[str, tuple[str, tuple[str, ...]]] = {
    "HOSTS_FAILED_TO_DISABLE_CACHING": ("Some hosts cannot stop caching disks.", ("host",)),
    "HOSTS_FAILED_TO_ENABLE_CACHING": ("Some hosts cannot cache disks.", ("host",)),
    "HOST_CANNOT_SEE_SR": ("The SR belongs to another host.", ("host", "sr")),
    "NO_LOCAL_STORAGE": ("The host has no SR of its own that can hold a cache.", ()),
    "REVERT_ONLY_ALLOWED_ON_SNAPSHOT": ("A VM can be reverted only to a snapshot.", ()),
    "SR_BACKEND_FAILURE_1": ("The driver does not accept a value in the device-config.", _BACKEND),
    "SR_BACKEND_FAILURE_101": ("The device-config lacks the path on the server.", _BACKEND),
    "SR_BACKEND_FAILURE_102": ("The device-config lacks the server.", _BACKEND),
    "SR_BACKEND_FAILURE_107": ("The device-config lacks the SCSIid.", _BACKEND),
    "SR_BACKEND_FAILURE_142": ("The port in the device-config is not valid.", _BACKEND),
    "SR_BACKEND_FAILURE_222": ("The driver cannot use the folder with the ISO files.", _BACKEND),
    "SR_BACKEND_FAILURE_226": ("The location in the device-config is not a folder.", _BACKEND),
    "SR_BACKEND_FAILURE_227": ("The driver does not know the version of SMB in the device-config.", _BACKEND),
    "SR_BACKEND_FAILURE_228": ("The options in the device-config do not begin with -o.", _BACKEND),
    "SR_BACKEND_FAILURE_43": ("The SR already has this VDI.", _BACKEND),
    "SR_BACKEND_FAILURE_44": ("The SR does not have enough space.", _BACKEND),
    "SR_BACKEND_FAILURE_46": ("The SR does not have this VDI.", _BACKEND),
    "SR_BACKEND_FAILURE_460": ("The driver cannot tell which blocks changed.", _BACKEND),
    "SR_BACKEND_FAILURE_47": ("The storage does not hold this SR.", _BACKEND),
    "SR_BACKEND_FAILURE_5004": ("The device-config lacks the name of the group.", _BACKEND),
    "SR_BACKEND_FAILURE_5005": ("The device-config lacks the redundancy.", _BACKEND),
    "SR_BACKEND_FAILURE_66": ("The VDI has the wrong type.", _BACKEND),
    "SR_BACKEND_FAILURE_79": ("The VDI cannot have this size.", _BACKEND),
    "SR_BACKEND_FAILURE_90": ("The device-config lacks the device.", _BACKEND),
    "SR_BACKEND_FAILURE_91": ("The device in the device-config is not a valid path.", _BACKEND),
    "SR_BACKEND_FAILURE_94": ("The device-config lacks the location.", _BACKEND),
    "SR_BACKEND_FAILURE_95": ("The device-config lacks the target.", _BACKEND),
    "SR_BACKEND_FAILURE_96": ("The device-config lacks the target's IQN.", _BACKEND),
    "SUSPEND_VDI_REPLACEMENT_IS_NOT_IDENTICAL": (
        "The replacement VDI does not hold the memory of the suspended VM.",
        ("image", "replacement"),
    ),
    "VDI_CONTENT_ID_MISSING": ("No VDI here has the content of a disk of the VM.", ()),
    "VDI_IS_SHARABLE": ("A sharable VDI does not allow this operation.", ("vdi",)),
    "VM_IS_SNAPSHOT": ("A snapshot does not allow this operation.", ("vm", "operation")),
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


def in_words(reason: Failure) -> str:
    """Why an object was left out, in a few words."""
    values = reason.values
    if reason.code == "HOST_NOT_ENOUGH_FREE_MEMORY" and len(values) > 1:
        needed, available = (f"{int(value) / _GIB:.1f} GiB" for value in values)
        return f"needs {needed}, {available} free"
    if reason.code == "HOST_NOT_ENOUGH_PCPUS":
        return "needs {} CPUs, has {}".format(*values)
    if reason.code == "VM_REQUIRES_SR":
        way = f": xe pbd-plug uuid={reason.blockers[0]['uuid']}" if reason.blockers else ""
        return f"SR '{values[1].name}' is not connected to it{way}"
    if reason.code == "VM_REQUIRES_NETWORK":
        return f"no PIF connects it to network '{values[1].name}'"
    sentence, labelled = describe(reason)
    details = [f"{name} {named(value)}" for name, value in labelled if not hasattr(value, "cls")]
    return ", ".join([sentence.rstrip("."), *details])
