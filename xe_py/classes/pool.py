"""Pool: the hosts that are managed together, and the settings they share."""

from __future__ import annotations

from xe_py.classes.host import HOST
from xe_py.schema.derived import Computed, Fixed
from xe_py.schema.fields import CLEAR, RW, WHOLE, Bool, Choice, Derived, Int, Map, Ref, Set, Text
from xe_py.schema.values import EPOCH, Absent, BareInt, FirmBool, Time
from xe_py.schema.xenclass import NAMES, OPERATIONS, OTHER_CONFIG, TAGS, XenClass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xe_py.errors import Failure
    from xe_py.schema.fields import Field
    from xe_py.state.record import Record
    from xe_py.state.state import State


_FEATURE_LETTERS = frozenset("0123456789abcdefABCDEF-")


def _free_for_all(_state: State, _pool: Record) -> Iterator[Failure]:
    """Nothing here forbids an operation on the whole pool: none of them is simulated."""
    return iter(())


class _OfAllHosts(Derived):
    """A setting that every host has: shown where they agree, and set on each of them."""

    __slots__ = ("kind", "setting")

    def __init__(self, setting: Field, doc: str, mode: str = RW) -> None:
        self.setting = setting
        self.kind = type(setting)
        super().__init__(setting.name, effect=self._set, mode=mode, doc=doc)

    def compute(self, state: State, obj: Record) -> Any:
        del obj
        values = [host[self.name] for host in state.all("host")]
        if not all(value == values[0] for value in values):
            return "<inconsistent>"
        return values[0] if values and values[0] is not None else self.setting.unknown

    def accepts(self, value: Any) -> bool:
        return self.setting.accepts(value)

    def parse_field(self, text: str) -> Any:
        return self.setting.parse_field(text)

    def _set(self, state: State, _pool: Record, value: Any) -> None:
        for host in state.all("host"):
            state.update(host, {self.name: value})


def _sr_types(_state: State, _pool: Record) -> list[str]:
    from xe_py.xapi.drivers import DRIVERS

    return sorted(DRIVERS)


def _cpu_info(state: State, pool: Record) -> dict[str, str]:
    """What all hosts' CPUs can do, how many they are together, and the vendor of the coordinator's."""
    infos = [host["cpu_info"] for host in state.all("host")]

    def total(key: str) -> str:
        counts = [info.get(key, "") for info in infos]
        return str(sum(int(count) for count in counts if count.isdecimal()))

    vendor = state.ref(pool, "master")["cpu_info"].get("vendor", "")
    hvm = _features([info.get("features_hvm_host", "") for info in infos])
    others = {
        "features_pv_host": _features([info.get("features_pv_host", "") for info in infos]),
        "socket_count": total("socket_count"),
        "cpu_count": total("cpu_count"),
        "vendor": vendor,
    }
    return {"features_hvm_host": hvm, **others} if hvm else {**others, "features_hvm_host": ""}


def _features(of_hosts: list[str]) -> str:
    """The features that all hosts have, each host's given as hexadecimal words with hyphens between them."""
    if not of_hosts or not all(of_hosts) or not set("".join(of_hosts)) <= _FEATURE_LETTERS:
        return ""
    words = [-1] * min(features.count("-") + 1 for features in of_hosts)
    for features in of_hosts:
        words = [known & int(word or "0", 16) for known, word in zip(words, features.split("-"), strict=False)]
    return "-".join(f"{word:08x}" for word in words)


_OPERATIONS = (
    "ha_enable",
    "ha_disable",
    "cluster_create",
    "designate_new_master",
    "configure_repositories",
    "sync_updates",
    "sync_bundle",
    "get_updates",
    "apply_updates",
    "tls_verification_enable",
    "cert_refresh",
    "exchange_certificates_on_join",
    "exchange_ca_certificates_on_join",
    "exchange_crls_on_join",
    "copy_primary_host_certs",
    "eject",
)

POOL = XenClass(
    "pool",
    label="pool",
    section=10,
    doc="The hosts that are managed together.",
    fields=(
        *NAMES,
        Ref("master", "host", required=True, doc="The coordinator."),
        Ref("default-SR", "sr", mode=RW, on_delete=CLEAR, doc="Where new VDIs go unasked."),
        Ref("crash-dump-SR", "sr", mode=RW, on_delete=CLEAR, doc="Where the memory of crashed VMs would go."),
        Ref("suspend-image-SR", "sr", mode=RW, on_delete=CLEAR, doc="Where the memory of suspended VMs goes."),
        Computed("supported-sr-types", Set, _sr_types, expensive=True, doc="The types an SR may have."),
        OTHER_CONFIG,
        *OPERATIONS,
        Bool("ha-enabled", doc="Whether high availability is on; it is not simulated."),
        Map("ha-configuration", doc="The settings of high availability."),
        Set("ha-statefiles", doc="The VDIs that high availability uses."),
        BareInt("ha-host-failures-to-tolerate", mode=RW, doc="How many hosts may fail."),
        Int("ha-plan-exists-for", doc="For how many failures there is a plan."),
        FirmBool("ha-allow-overcommit", mode=RW, doc="Whether more may run than the plan can restart."),
        Bool("ha-overcommitted", doc="Whether more runs than the plan can restart."),
        FirmBool(
            "ha-reboot-vm-on-internal-shutdown",
            default=True,
            mode=RW,
            doc="Whether a protected guest that halts comes up again.",
        ),
        Absent("blobs", "blob", default={}, doc="Binary data kept with the pool; none is simulated."),
        Text("wlb-url", doc="The address of workload balancing."),
        Text("wlb-username", doc="Its user."),
        FirmBool("wlb-enabled", mode=RW, doc="Whether workload balancing is asked."),
        FirmBool("wlb-verify-cert", mode=RW, doc="Whether its certificate is verified."),
        FirmBool("igmp-snooping-enabled", mode=RW, doc="Whether the bridges snoop IGMP."),
        Map("gui-config", mode="MRW", doc="Settings of graphical clients."),
        Map("health-check-config", mode="MRW", doc="Settings of the health check."),
        Fixed("vswitch-controller", "<not set>", hidden=True, doc="The address of the vSwitch controller."),
        Map("restrictions", doc="What the licence forbids."),
        TAGS,
        Fixed("license-state", {"edition": "free", "expiry": "never"}, doc="The edition, and until when."),
        Text("ha-cluster-stack", doc="The cluster stack in use."),
        Map("guest-agent-config", mode="MRW", doc="Settings of the guests' agents."),
        Computed("cpu_info", Map, _cpu_info, mode="MRO", doc="The CPUs of all hosts."),
        Bool("policy-no-vendor-device", mode=RW, doc="Whether new VMs go without the vendor device."),
        Bool("live-patching-disabled", mode=RW, doc="Whether live patches are left out."),
        Text("uefi-certificates", mode=RW, hidden=True, doc="The certificates for Secure Boot."),
        Text("custom-uefi-certificates", mode=RW, hidden=True, doc="The user's own certificates for Secure Boot."),
        Bool("tls-verification-enabled", default=True, doc="Whether hosts verify each other's certificates."),
        Bool("client-certificate-auth-enabled", doc="Whether clients may log in by certificate."),
        Text("client-certificate-auth-name", doc="The name such a certificate has to bear."),
        Absent("repositories", "Repository", default=[], mode="SRW", param_set=WHOLE, doc="Where updates come from."),
        Text("repository-proxy-url", doc="The proxy on the way there."),
        Text("repository-proxy-username", doc="Its user."),
        _OfAllHosts(HOST.by_name["https-only"], "Whether plain HTTP is refused."),
        FirmBool("migration-compression", mode=RW, doc="Whether migrations are compressed unasked."),
        FirmBool(
            "coordinator-bias",
            default=True,
            mode=RW,
            doc="Whether the coordinator is the last to get VMs.",
        ),
        Choice(
            "telemetry-frequency",
            ("daily", "weekly", "monthly"),
            default="weekly",
            doc="How often telemetry is collected.",
        ),
        Time("telemetry-next-collection", unknown=EPOCH, doc="When it is next."),
        Time("last-update-sync", unknown=EPOCH, doc="When updates were last looked for."),
        Choice("update-sync-frequency", ("daily", "weekly"), default="weekly", doc="How often they are."),
        Int("update-sync-day", doc="On which day of the week."),
        Bool("update-sync-enabled", doc="Whether they are looked for at all."),
        FirmBool("auto-update-vm-secureboot-certificates", mode=RW, doc="Whether new VMs get new certificates."),
        Map("recommendations", mode="MRO", doc="Properties that clients should respect."),
        FirmBool(
            "ext-auth-cache-enabled",
            default=True,
            mode=RW,
            doc="Whether logins by directory are remembered.",
        ),
        BareInt("ext-auth-cache-size", default=50, mode=RW, doc="How many."),
        BareInt("ext-auth-cache-expiry", default=300, mode=RW, doc="For how many seconds."),
        Map("license-server", mode="MRW", doc="Where licences come from."),
        _OfAllHosts(HOST.by_name["ssh-enabled"], "Whether the hosts answer SSH.", "RO"),
        _OfAllHosts(HOST.by_name["ssh-enabled-timeout"], "After how many seconds they stop."),
        _OfAllHosts(HOST.by_name["ssh-expiry"], "When they stop.", "RO"),
        _OfAllHosts(HOST.by_name["console-idle-timeout"], "After how many idle seconds a console is closed."),
        _OfAllHosts(HOST.by_name["ssh-auto-mode"], "Whether SSH comes on when the toolstack is down."),
        Bool("limit-console-sessions", mode=RW, doc="Whether a console takes one client only."),
        Int("vm-console-idle-timeout", mode=RW, doc="After how many idle seconds a VM's console is closed."),
    ),
    single=True,
    operations=dict.fromkeys(_OPERATIONS, _free_for_all),
    list_fields=("uuid", "name-label", "name-description", "master", "default-SR"),
)
