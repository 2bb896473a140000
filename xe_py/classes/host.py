"""Host: the physical machine on which Xen runs VMs."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.collections import OrderedMap, Words
from xe_py.schema.derived import Back, Computed
from xe_py.schema.fields import CLEAR, RW, WHOLE, Bool, Choice, Int, Map, Ref, Refs, Set, Text
from xe_py.schema.values import EPOCH, FirmBool, SecretMap, Size, Time
from xe_py.schema.xenclass import NAMES, OPERATIONS, STRICT, TAGS, XenClass, rule
from xe_py.xapi import blobs, memory
from xe_py.xapi import host_settings as settings
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
    """Why VMs cannot come to the host or leave it; the placement of a VM gives the reasons in full."""
    return iter(())


def can_go_down(_state: State, host: Record) -> Iterator[Failure]:
    """Why the host cannot be shut down, rebooted or updated."""
    if host["enabled"]:
        yield Failure("HOST_NOT_DISABLED", blockers=(host,))


def can_power_on(_state: State, host: Record) -> Iterator[Failure]:
    """Why the host cannot be switched on remotely."""
    if host["host-metrics-live"]:
        yield Failure("HOST_IS_LIVE", host)
    if not host["power-on-mode"]:
        yield Failure("HOST_POWER_ON_MODE_DISABLED", blockers=(host,))


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
    """The VMs on a host fit into its memory if each is at its minimum."""
    needed = memory.needed(state, host)
    available = memory.for_guests(host)
    if needed > available:
        yield Failure("HOST_NOT_ENOUGH_FREE_MEMORY", str(needed), str(max(0, available)))


@rule("host-metrics-live", "vm.resident-on/dom-id", profile=STRICT)
def a_live_host_has_a_control_domain(state: State, host: Record) -> Iterator[Failure]:
    """A running host has a running control domain."""
    if host["host-metrics-live"] and _control_domain(state, host) is None:
        yield Failure("STATE_HOST_INCOMPLETE", host, "control domain")


@rule(
    "host-metrics-live",
    "pif.host-uuid/management",
    "pif.host-uuid/currently-attached",
    profile=STRICT,
)
def a_live_host_has_a_management_interface(state: State, host: Record) -> Iterator[Failure]:
    """A running host has a management interface that is up."""
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
        Bool("enabled", default=True, doc="Whether VMs may start on the host."),
        Choice(
            "display",
            ("enabled", "disable_on_reboot", "disabled", "enable_on_reboot"),
            default="enabled",
            doc="Whether the host shows its console on a screen.",
        ),
        Int("API-version-major", default=2, doc="The first part of the API version."),
        Int("API-version-minor", default=23, doc="The second part of the API version."),
        Text("API-version-vendor", default="XenSource", doc="The vendor of the API."),
        Map("API-version-vendor-implementation", mode="MRO", doc="Details that the vendor gives about the API."),
        Map("logging", mode="MRW", doc="Where the host sends its logs."),
        Ref("suspend-image-sr-uuid", "sr", mode=RW, on_delete=CLEAR, doc="The SR for the memory of suspended VMs."),
        Ref("crash-dump-sr-uuid", "sr", mode=RW, on_delete=CLEAR, doc="The SR for the memory of crashed VMs."),
        OrderedMap("software-version", SOFTWARE, mode="MRO", doc="The versions of the installed software."),
        Set("capabilities", default=_CAPABILITIES, mode="SRO", doc="The kinds of domain that Xen can run on the host."),
        Map("other-config", mode="MRW", effect=settings.other_config_was_set, doc="Extra settings that clients keep."),
        OrderedMap("cpu_info", CPU_INFO, default=_CPU_INFO, mode="MRO", doc="Facts about the CPUs."),
        Map("chipset-info", default={"iommu": "false"}, mode="MRO", doc="Facts about the chipset."),
        Text("hostname", doc="The name of the host on the network."),
        Text("address", doc="The address at which the pool reaches the host."),
        FirmBool("https-only", mode=RW, doc="Whether the host refuses plain HTTP."),
        Set("supported-bootloaders", default=["pygrub", "eliloader"], mode="SRO", doc="The bootloaders for PV guests."),
        blobs.of("host"),
        Size("memory-overhead", doc="The memory that Xen itself uses, in bytes."),
        Size("memory-total", default=16 << 30, doc="The total memory, in bytes."),
        Computed("memory-free", Size, memory.unused, doc="The memory that no VM uses now, in bytes."),
        Computed(
            "memory-free-computed",
            Size,
            memory.free,
            expensive=True,
            doc="The memory that would be free if every VM shrank to its minimum, in bytes.",
        ),
        Bool("host-metrics-live", default=True, doc="Whether the host is running and answers."),
        Back("patches", "patch.hosts", mode="SRO", join=", ", deprecated=True, doc="The patches that the host has."),
        Back("updates", "update.hosts", mode="SRO", join=", ", doc="The updates that the host has."),
        Set("ha-statefiles", doc="The VDIs that high availability uses."),
        Set("ha-network-peers", doc="The other hosts that this host can reach, for high availability."),
        Text("external-auth-type", doc="The type of the external directory that checks logins."),
        Text("external-auth-service-name", doc="The name of that directory."),
        Map("external-auth-configuration", mode="MRO", doc="The settings of that directory."),
        Text("edition", default="free", doc="The edition of the software."),
        Map(
            "license-server",
            default={"address": "localhost", "port": "27000"},
            mode="MRO",
            doc="The licence server of the host.",
        ),
        Text("power-on-mode", doc="How the host can be switched on remotely."),
        SecretMap("power-on-config", mode="MRO", doc="The settings for switching the host on remotely."),
        Ref("local-cache-sr", "sr", on_delete=CLEAR, doc="The SR on which the host caches VDIs."),
        TAGS,
        Bool("ssl-legacy", mode=RW, guard=settings.ssl_legacy, doc="Whether the host accepts old ciphers."),
        Map("guest_VCPUs_params", mode="MRW", doc="Settings for the virtual CPUs of the guests."),
        Set(
            "virtual-hardware-platform-versions",
            default=["0", "1", "2"],
            mode="SRO",
            doc="The versions of virtual hardware that the host offers.",
        ),
        Computed("control-domain-uuid", Ref, _control_domain, to="vm", doc="The control domain: it manages the host."),
        Back("resident-vms", "vm.resident-on", mode="SRO", doc="The VMs that run on the host."),
        Refs("updates-requiring-reboot", "update", mode="SRO", doc="The updates that wait for a reboot."),
        Back("features", "feature.host-uuid", mode="SRO", doc="What the licence of the host lets people try out."),
        Text(
            "iscsi_iqn",
            mode=RW,
            guard=settings.iscsi_iqn,
            effect=settings.mirrored("iscsi_iqn"),
            doc="The name of the host as an iSCSI initiator.",
        ),
        Bool(
            "multipathing",
            mode=RW,
            effect=settings.mirrored("multipathing"),
            doc="Whether the host uses several paths to its storage.",
        ),
        Text("uefi-certificates", mode=RW, hidden=True, doc="The certificates for Secure Boot."),
        Choice(
            "numa-affinity-policy",
            ("any", "best_effort", "default_policy"),
            default="default_policy",
            mode=RW,
            doc="How the host places VMs on NUMA nodes.",
        ),
        Set("pending-guidances", doc="What updates still require, such as a reboot."),
        Bool("tls-verification-enabled", default=True, doc="Whether the host verifies TLS certificates."),
        Time("last-software-update", unknown=EPOCH, doc="When the host was last updated."),
        Choice(
            "latest-synced-updates-applied",
            ("yes", "no", "unknown"),
            default="unknown",
            doc="Whether the host has all updates that the pool has synced.",
        ),
        Set("pending-guidances-recommended", doc="What updates recommend to do."),
        Set("pending-guidances-full", doc="What must be done before updates take full effect."),
        Text("last-update-hash", doc="The checksum of the last update."),
        Bool("ssh-enabled", default=True, doc="Whether the host accepts SSH connections."),
        Int(
            "ssh-enabled-timeout",
            mode=RW,
            guard=settings.ssh_timeout,
            effect=settings.ssh_timeout_was_set,
            doc="After how many seconds SSH is switched off.",
        ),
        Time("ssh-expiry", unknown=EPOCH, doc="When SSH is switched off."),
        Int(
            "console-idle-timeout",
            mode=RW,
            guard=settings.console_timeout,
            doc="After how many idle seconds a console is closed.",
        ),
        Bool("ssh-auto-mode", mode=RW, doc="Whether SSH is switched on while the toolstack is down."),
        Text("max-cstate", mode=RW, doc="The deepest sleep state that idle CPUs may use."),
        Bool("secure-boot", doc="Whether the host booted with Secure Boot."),
        Choice(
            "ntp-mode",
            ("DHCP", "Custom", "Factory", "Disabled"),
            default="Factory",
            mode=RW,
            guard=settings.ntp_mode,
            doc="Where the host gets the time from.",
        ),
        Words(
            "ntp-custom-servers",
            mode="SRO",
            join=", ",
            param_set=WHOLE,
            guard=settings.ntp_custom_servers,
            doc="The time servers for ntp-mode=Custom.",
        ),
        Text("timezone", default="UTC", mode=RW, doc="The time zone of the host."),
        Bool("auto-enable", default=True, hidden=True, doc="Whether the host enables itself when it has booted."),
        Bool("disabled-until-reboot", hidden=True, doc="Whether only a boot of the host enables it again."),
        Map("nics", hidden=True, doc="The network cards of the simulated hardware: the MAC address of each device."),
    ),
    keys=("hostname",),
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
