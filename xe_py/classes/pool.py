"""Pool: the hosts that are managed together, and the settings they share."""

from __future__ import annotations

from xe_py.classes.host import HOST
from xe_py.errors import Failure
from xe_py.schema.derived import Computed
from xe_py.schema.fields import CLEAR, RW, WHOLE, Bool, Choice, Derived, Int, Map, Ref, Refs, Set, Text
from xe_py.schema.numbers import decimal_of
from xe_py.schema.values import EPOCH, BareInt, FirmBool, Time
from xe_py.schema.xenclass import NAMES, OPERATIONS, OTHER_CONFIG, TAGS, XenClass
from xe_py.xapi import blobs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xe_py.schema.fields import Field
    from xe_py.state.record import Record
    from xe_py.state.state import State


def _license_state(state: State, _pool: Record) -> dict[str, str]:
    """The lowest edition of all hosts; no licence here expires."""
    from xe_py.xapi.licensing import lowest

    return {"edition": lowest([host["edition"] for host in state.all("host")]), "expiry": "never"}


_FEATURE_LETTERS = frozenset("0123456789abcdefABCDEF-")


def _free_for_all(_state: State, _pool: Record) -> Iterator[Failure]:
    """No reason: these operations on the whole pool are not simulated, so nothing forbids them."""
    return iter(())


def _can_enable(state: State, pool: Record, uuids: list[str]) -> Iterator[Failure]:
    from xe_py.xapi.repositories import can_enable

    return can_enable(state, pool, uuids)


class _OfAllHosts(Derived):
    """A setting of all hosts: shown if they agree, and set on each of them.

    With a `refusal`, it is refused with this code if a host refuses it, or does not answer.
    """

    __slots__ = ("kind", "refusal", "setting")

    def __init__(self, setting: Field, doc: str, mode: str = RW, *, refusal: str = "") -> None:
        self.setting = setting
        self.kind = type(setting)
        self.refusal = refusal
        super().__init__(setting.name, guard=self._refused, effect=self._set, mode=mode, doc=doc)

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

    def _refused(self, state: State, _pool: Record, value: Any) -> Iterator[Failure]:
        hosts = state.all("host") if self.refusal else []
        if failed := [host for host in hosts if self._refuses(state, host, value)]:
            yield Failure(self.refusal, *reversed(failed))

    def _refuses(self, state: State, host: Record, value: Any) -> bool:
        guard = self.setting.guard
        return not host["host-metrics-live"] or (guard is not None and any(True for _ in guard(state, host, value)))

    def _set(self, state: State, _pool: Record, value: Any) -> None:
        for host in state.all("host"):
            state.update(host, {self.name: value})
            if self.setting.effect is not None:
                self.setting.effect(state, host, value)


class _AddressIfSet(Text):
    """An address; xe says if it is not set."""

    __slots__ = ()

    def show(self, value: Any) -> str:
        return value or "<not set>"


# High availability


def can_enable_ha(_state: State, pool: Record) -> Iterator[Failure]:
    """Why high availability cannot be switched on."""
    if pool["ha-enabled"]:
        yield Failure("HA_IS_ENABLED", blockers=(pool,))


def can_disable_ha(_state: State, pool: Record) -> Iterator[Failure]:
    """Why high availability cannot be switched off."""
    if not pool["ha-enabled"]:
        yield Failure("HA_NOT_ENABLED")


def _failures_to_tolerate(state: State, pool: Record, value: int) -> Iterator[Failure]:
    if value < 0:
        yield Failure("INVALID_VALUE", "ha_host_failures_to_tolerate", str(value))
    if pool["ha-plan-exists-for"] > 0:
        from xe_py.xapi.failover import keeps_plan

        yield from keeps_plan(state, failures=value)


def _failures_were_set(state: State, _pool: Record, _value: int) -> None:
    from xe_py.xapi.failover import note_plan

    note_plan(state)


def _sr_types(_state: State, _pool: Record) -> list[str]:
    from xe_py.xapi.drivers import DRIVERS

    return sorted(DRIVERS)


def _cpu_info(state: State, pool: Record) -> dict[str, str]:
    """The CPU features that all hosts share, the number of all CPUs, and the vendor of the coordinator's CPUs."""
    infos = [host["cpu_info"] for host in state.all("host")]

    def total(key: str) -> str:
        return str(sum(decimal_of(info.get(key, "")) or 0 for info in infos))

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
    """The features that all hosts share; each host gives hexadecimal words with hyphens between them."""
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
    doc="A pool: the hosts that are managed together, and the settings they share.",
    fields=(
        *NAMES,
        Ref("master", "host", required=True, doc="The host that coordinates the pool."),
        Ref("default-SR", "sr", mode=RW, on_delete=CLEAR, doc="The SR for new VDIs when no SR is given."),
        Ref("crash-dump-SR", "sr", mode=RW, on_delete=CLEAR, doc="The SR for the memory of crashed VMs."),
        Ref("suspend-image-SR", "sr", mode=RW, on_delete=CLEAR, doc="The SR for the memory of suspended VMs."),
        Computed("supported-sr-types", Set, _sr_types, expensive=True, doc="The types that an SR can have."),
        OTHER_CONFIG,
        *OPERATIONS,
        Bool("ha-enabled", doc="Whether high availability is on."),
        Map("ha-configuration", doc="The settings of high availability."),
        Set("ha-statefiles", doc="The VDIs that high availability uses."),
        BareInt(
            "ha-host-failures-to-tolerate",
            mode=RW,
            guard=_failures_to_tolerate,
            effect=_failures_were_set,
            doc="How many hosts may fail before high availability cannot protect all VMs.",
        ),
        Int("ha-plan-exists-for", doc="For how many host failures there is a plan."),
        FirmBool("ha-allow-overcommit", mode=RW, doc="Whether the pool may run more VMs than the plan can restart."),
        Bool("ha-overcommitted", doc="Whether the pool runs more VMs than the plan can restart."),
        FirmBool(
            "ha-reboot-vm-on-internal-shutdown",
            default=True,
            mode=RW,
            doc="Whether a protected VM starts again after its guest shuts down.",
        ),
        blobs.of("pool"),
        Text("wlb-url", doc="The address of the workload balancing server."),
        Text("wlb-username", doc="The user name on that server."),
        FirmBool("wlb-enabled", mode=RW, doc="Whether the pool uses workload balancing."),
        FirmBool("wlb-verify-cert", mode=RW, doc="Whether the pool verifies the certificate of that server."),
        FirmBool("igmp-snooping-enabled", mode=RW, doc="Whether the bridges use IGMP snooping."),
        Map("gui-config", mode="MRW", doc="Settings of graphical clients."),
        Map("health-check-config", mode="MRW", doc="Settings of the health check."),
        _AddressIfSet(
            "vswitch-controller",
            hidden=True,
            doc="The address of the SDN controller, if pool-set-vswitch-controller set it.",
        ),
        Map("restrictions", doc="What the licence forbids."),
        TAGS,
        Computed(
            "license-state", Map, _license_state, mode="RO", doc="The edition of the licence and when it expires."
        ),
        Text("ha-cluster-stack", doc="The cluster stack in use."),
        Map("guest-agent-config", mode="MRW", doc="Settings of the guest agents."),
        Computed("cpu_info", Map, _cpu_info, mode="MRO", doc="Facts about the CPUs of all hosts."),
        Bool("policy-no-vendor-device", mode=RW, doc="Whether new VMs are made without the vendor device."),
        Bool("live-patching-disabled", mode=RW, doc="Whether live patching is switched off."),
        Text("uefi-certificates", mode=RW, hidden=True, doc="The certificates for Secure Boot."),
        Text("custom-uefi-certificates", mode=RW, hidden=True, doc="The user's own certificates for Secure Boot."),
        Bool("tls-verification-enabled", default=True, doc="Whether hosts verify each other's certificates."),
        Bool("client-certificate-auth-enabled", doc="Whether clients may log in by certificate."),
        Text("client-certificate-auth-name", doc="The name that such a certificate must have."),
        Refs(
            "repositories",
            "repository",
            mode="SRW",
            param_set=WHOLE,
            guard=_can_enable,
            doc="Where updates come from.",
        ),
        Text("repository-proxy-url", doc="The proxy between the pool and its repositories."),
        Text("repository-proxy-username", doc="The user name on that proxy."),
        _OfAllHosts(HOST.by_name["https-only"], "Whether the hosts refuse plain HTTP."),
        FirmBool("migration-compression", mode=RW, doc="Whether migrations are compressed by default."),
        FirmBool(
            "coordinator-bias",
            default=True,
            mode=RW,
            doc="Whether VMs start on the coordinator only as a last choice.",
        ),
        Choice(
            "telemetry-frequency",
            ("daily", "weekly", "monthly"),
            default="weekly",
            doc="How often telemetry is collected.",
        ),
        Time("telemetry-next-collection", unknown=EPOCH, doc="When telemetry is collected next."),
        Time("last-update-sync", unknown=EPOCH, doc="When the pool last synced updates."),
        Choice("update-sync-frequency", ("daily", "weekly"), default="weekly", doc="How often the pool syncs updates."),
        Int("update-sync-day", doc="The day of the week on which the pool syncs updates."),
        Bool("update-sync-enabled", doc="Whether the pool syncs updates regularly."),
        FirmBool(
            "auto-update-vm-secureboot-certificates",
            mode=RW,
            doc="Whether VMs get new Secure Boot certificates automatically.",
        ),
        Map("recommendations", mode="MRO", doc="Recommendations for clients."),
        FirmBool(
            "ext-auth-cache-enabled",
            default=True,
            mode=RW,
            doc="Whether the pool caches external logins.",
        ),
        BareInt("ext-auth-cache-size", default=50, mode=RW, doc="How many logins the cache holds."),
        BareInt("ext-auth-cache-expiry", default=300, mode=RW, doc="For how many seconds the cache holds a login."),
        Map("license-server", mode="MRW", doc="The licence server of the pool."),
        _OfAllHosts(HOST.by_name["ssh-enabled"], "Whether the hosts accept SSH connections.", "RO"),
        _OfAllHosts(
            HOST.by_name["ssh-enabled-timeout"],
            "After how many seconds SSH is switched off.",
            refusal="SET_SSH_TIMEOUT_PARTIALLY_FAILED",
        ),
        _OfAllHosts(HOST.by_name["ssh-expiry"], "When SSH is switched off.", "RO"),
        _OfAllHosts(
            HOST.by_name["console-idle-timeout"],
            "After how many idle seconds a console is closed.",
            refusal="SET_CONSOLE_TIMEOUT_PARTIALLY_FAILED",
        ),
        _OfAllHosts(
            HOST.by_name["ssh-auto-mode"],
            "Whether SSH is switched on while the toolstack is down.",
            refusal="SET_SSH_AUTO_MODE_PARTIALLY_FAILED",
        ),
        Bool("limit-console-sessions", mode=RW, doc="Whether a console accepts only one client at a time."),
        Bool("redo-log-enabled", hidden=True, doc="Whether the changes of the database are kept on an SR too."),
        Ref("redo-log-vdi", "vdi", on_delete=CLEAR, hidden=True, doc="The VDI with these changes."),
        Set("crls", hidden=True, doc="The names of the lists of revoked certificates that the hosts have."),
        Int("vm-console-idle-timeout", mode=RW, doc="After how many idle seconds a VM's console is closed."),
        Map("recorded", hidden=True, mode="MRO", doc="The last call of each command that is only recorded."),
    ),
    single=True,
    operations={**dict.fromkeys(_OPERATIONS, _free_for_all), "ha_enable": can_enable_ha, "ha_disable": can_disable_ha},
    list_fields=("uuid", "name-label", "name-description", "master", "default-SR"),
)
