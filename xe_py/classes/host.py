"""Host: the physical machine on which Xen runs VMs."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.collections import OrderedMap, Words
from xe_py.schema.derived import Back, Computed
from xe_py.schema.fields import CLEAR, RW, WHOLE, Bool, Choice, Int, Map, Ref, Set, Text
from xe_py.schema.values import EPOCH, Absent, FirmBool, SecretMap, Size, Time
from xe_py.schema.xenclass import NAMES, OPERATIONS, STRICT, TAGS, XenClass, rule
from xe_py.xapi import host_settings as settings
from xe_py.xapi import memory
from xe_py.xapi.hosts import CPU_INFO, SOFTWARE, answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

_CAPABILITIES = ["xen-3.0-x86_64", "hvm-3.0-x86_32", "hvm-3.0-x86_32p", "hvm-3.0-x86_64"]

_CPU_INFO = {"cpu_count": "4", "socket_count": "1", "threads_per_core": "1", "vendor": "GenuineIntel"}


def _control_domain(state: State, host: Record) -> str | None:
    domains = state.find("vm", resident_on=host["uuid"], dom_id=0)
    return domains[0]["uuid"] if domains else None


# Guards


def can_take_part(_state: State, _host: Record) -> Iterator[Failure]:
    """Why VMs cannot come to the host or leave it; placing a VM says more of it."""
    return iter(())


def can_go_down(_state: State, host: Record) -> Iterator[Failure]:
    """Why the host cannot be shut down, rebooted or updated."""
    if host["enabled"]:
        yield Failure("HOST_NOT_DISABLED", blockers=(host,))


def can_power_on(_state: State, host: Record) -> Iterator[Failure]:
    """Why the host cannot be switched on from afar."""
    if host["host-metrics-live"]:
        yield Failure("HOST_IS_LIVE", host)
    if not host["power-on-mode"]:
        yield Failure("HOST_POWER_ON_MODE_DISABLED")


# Rules


@rule(
    "memory-total",
    "memory-overhead",
    "vm.resident-on/is-control-domain",
    "vm.resident-on/domain-type",
    "vm.resident-on/memory-dynamic-min",
    "vm.resident-on/memory-static-max",
    "vm.resident-on/VCPUs-max",
    "vm.resident-on/HVM-shadow-multiplier",
    profile=STRICT,
)
def resident_vms_fit(state: State, host: Record) -> Iterator[Failure]:
    """The least memory of the VMs that run on a host fits in the host's."""
    needed = memory.needed(state, host)
    available = memory.for_guests(host)
    if needed > available:
        yield Failure("HOST_NOT_ENOUGH_FREE_MEMORY", str(needed), str(max(0, available)))


@rule("host-metrics-live", "vm.resident-on/dom-id", profile=STRICT)
def a_live_host_has_a_control_domain(state: State, host: Record) -> Iterator[Failure]:
    """On a host that answers runs its control domain."""
    if host["host-metrics-live"] and _control_domain(state, host) is None:
        yield Failure("STATE_HOST_INCOMPLETE", host, "control domain")


@rule(
    "host-metrics-live",
    "pif.host-uuid/management",
    "pif.host-uuid/currently-attached",
    profile=STRICT,
)
def a_live_host_has_a_management_interface(state: State, host: Record) -> Iterator[Failure]:
    """A host that answers has a management interface that is up."""
    pifs = state.find("pif", host_uuid=host["uuid"], management=True)
    if host["host-metrics-live"] and not any(pif["currently-attached"] for pif in pifs):
        yield Failure("STATE_HOST_INCOMPLETE", host, "attached management interface", blockers=tuple(pifs))


HOST = XenClass(
    "host",
    label="host",
    section=20,
    doc="A physical machine on which VMs run.",
    fields=(
        *NAMES,
        *OPERATIONS,
        Bool("enabled", default=True, doc="Whether VMs may start on it."),
        Choice(
            "display",
            ("enabled", "disable_on_reboot", "disabled", "enable_on_reboot"),
            default="enabled",
            doc="Whether its console shows on a screen.",
        ),
        Int("API-version-major", default=2, doc="The version of the API."),
        Int("API-version-minor", default=23, doc="Its second part."),
        Text("API-version-vendor", default="XenSource", doc="Whose API it is."),
        Map("API-version-vendor-implementation", mode="MRO", doc="What the vendor says of it."),
        Map("logging", mode="MRW", doc="Where logs go."),
        Ref("suspend-image-sr-uuid", "sr", mode=RW, on_delete=CLEAR, doc="Where the memory of suspended VMs goes."),
        Ref("crash-dump-sr-uuid", "sr", mode=RW, on_delete=CLEAR, doc="Where the memory of crashed VMs would go."),
        OrderedMap("software-version", SOFTWARE, mode="MRO", doc="The versions of the software."),
        Set("capabilities", default=_CAPABILITIES, mode="SRO", doc="The kinds of domain that Xen runs here."),
        Map("other-config", mode="MRW", effect=settings.other_config_was_set, doc="Further settings of clients."),
        OrderedMap("cpu_info", CPU_INFO, default=_CPU_INFO, mode="MRO", doc="The physical CPUs."),
        Map("chipset-info", default={"iommu": "false"}, mode="MRO", doc="The chipset."),
        Text("hostname", doc="The name on the network."),
        Text("address", doc="The address by which the pool reaches it."),
        FirmBool("https-only", mode=RW, doc="Whether plain HTTP is refused."),
        Set("supported-bootloaders", default=["pygrub", "eliloader"], mode="SRO", doc="The bootloaders for PV guests."),
        Absent("blobs", "blob", default={}, doc="Binary data kept with the host; none is simulated."),
        Size("memory-overhead", doc="What Xen itself takes of the memory, in bytes."),
        Size("memory-total", default=16 << 30, doc="The memory, in bytes."),
        Computed("memory-free", Int, memory.unused, doc="What no VM has at the moment."),
        Computed(
            "memory-free-computed",
            Int,
            memory.free,
            expensive=True,
            doc="What is left when every VM shrinks to its least.",
        ),
        Bool("host-metrics-live", default=True, doc="Whether the host answers."),
        Absent("patches", "host_patch", default=[], mode="SRO", join=", ", deprecated=True, doc="Patches applied."),
        Absent("updates", "pool_update", default=[], mode="SRO", join=", ", doc="Updates applied; none is simulated."),
        Set("ha-statefiles", doc="The VDIs that high availability uses."),
        Set("ha-network-peers", doc="The hosts that it hears."),
        Text("external-auth-type", doc="The kind of directory for logins."),
        Text("external-auth-service-name", doc="Its name."),
        Map("external-auth-configuration", mode="MRO", doc="Its settings."),
        Text("edition", default="free", doc="The edition of the software."),
        Map(
            "license-server",
            default={"address": "localhost", "port": "27000"},
            mode="MRO",
            doc="Where its licence comes from.",
        ),
        Text("power-on-mode", doc="How it can be switched on from afar."),
        SecretMap("power-on-config", mode="MRO", doc="The settings of that."),
        Ref("local-cache-sr", "sr", on_delete=CLEAR, doc="The SR that caches VDIs."),
        TAGS,
        Bool("ssl-legacy", mode=RW, doc="Whether old ciphers are accepted."),
        Map("guest_VCPUs_params", mode="MRW", doc="Parameters of the virtual CPUs of its guests."),
        Set(
            "virtual-hardware-platform-versions",
            default=["0", "1", "2"],
            mode="SRO",
            doc="The virtual hardware it offers.",
        ),
        Computed("control-domain-uuid", Ref, _control_domain, to="vm", doc="The domain that manages it."),
        Back("resident-vms", "vm.resident-on", mode="SRO", doc="The VMs that run here."),
        Absent(
            "updates-requiring-reboot", "pool_update", default=[], mode="SRO", doc="Updates that wait for a reboot."
        ),
        Absent("features", "Feature", default=[], mode="SRO", doc="Features that the host has switched on."),
        Text(
            "iscsi_iqn",
            mode=RW,
            guard=settings.iscsi_iqn,
            effect=settings.mirrored("iscsi_iqn"),
            doc="Its name as an iSCSI initiator.",
        ),
        Bool(
            "multipathing",
            mode=RW,
            effect=settings.mirrored("multipathing"),
            doc="Whether it uses several paths to its storage.",
        ),
        Text("uefi-certificates", mode=RW, hidden=True, doc="The certificates for Secure Boot."),
        Choice(
            "numa-affinity-policy",
            ("any", "best_effort", "default_policy"),
            default="default_policy",
            mode=RW,
            doc="How VMs are laid on NUMA nodes.",
        ),
        Set("pending-guidances", doc="What updates demand to be done."),
        Bool("tls-verification-enabled", default=True, doc="Whether it verifies certificates."),
        Time("last-software-update", unknown=EPOCH, doc="When it was last updated."),
        Choice(
            "latest-synced-updates-applied",
            ("yes", "no", "unknown"),
            default="unknown",
            doc="Whether it is up to date.",
        ),
        Set("pending-guidances-recommended", doc="What updates recommend to be done."),
        Set("pending-guidances-full", doc="What makes updates fully effective."),
        Text("last-update-hash", doc="The checksum of the last update."),
        Bool("ssh-enabled", default=True, doc="Whether it answers SSH."),
        Int("ssh-enabled-timeout", mode=RW, doc="After how many seconds it stops."),
        Time("ssh-expiry", unknown=EPOCH, doc="When it stops."),
        Int("console-idle-timeout", mode=RW, doc="After how many idle seconds a console is closed."),
        Bool("ssh-auto-mode", mode=RW, doc="Whether SSH comes on when the toolstack is down."),
        Text("max-cstate", mode=RW, doc="How deeply idle CPUs may sleep."),
        Bool("secure-boot", doc="Whether it booted by Secure Boot."),
        Choice(
            "ntp-mode",
            ("DHCP", "Custom", "Factory", "Disabled"),
            default="Factory",
            mode=RW,
            guard=settings.ntp_mode,
            doc="Where it takes the time from.",
        ),
        Words(
            "ntp-custom-servers",
            mode="SRO",
            join=", ",
            param_set=WHOLE,
            guard=settings.ntp_custom_servers,
            doc="The user's own time servers.",
        ),
        Text("timezone", default="UTC", mode=RW, doc="Its time zone."),
        Map("nics", hidden=True, doc="The network cards of the simulated hardware: the MAC address by device."),
    ),
    rules=(resident_vms_fit, a_live_host_has_a_control_domain, a_live_host_has_a_management_interface),
    operations={
        "provision": can_take_part,
        "evacuate": can_take_part,
        "shutdown": can_go_down,
        "reboot": can_go_down,
        "power_on": can_power_on,
        "VM.start": can_take_part,
        "VM.resume": can_take_part,
        "VM.migrate": can_take_part,
        "apply_updates": can_go_down,
        "enable": answers,
    },
    list_fields=("uuid", "name-label", "name-description"),
)
