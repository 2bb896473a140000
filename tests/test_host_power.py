"""Hosts go down, come up, are disabled and lost: what is refused, in order, and what becomes of what they had."""

from typing import TYPE_CHECKING

import pytest
from conftest import Xe
from vm_pool import VmPool

from xe_py.operations import find
from xe_py.running import Call, run
from xe_py.store import store_for

if TYPE_CHECKING:
    from small_pool import Refusal


@pytest.fixture(params=["strict", "xapi"])
def pool(request: pytest.FixtureRequest) -> VmPool:
    pool = VmPool(request.param)
    for host in ("xen1", "xen2"):
        pool.change(f"p-share-{host}", device_config={"server": "192.168.1.5", "serverpath": "/export"})
    return pool


def down(pool: VmPool, host: str = "xen2") -> None:
    pool.do("host-disable", host)
    pool.do("host-shutdown", host)


# Going down


@pytest.mark.parametrize("command", ["host-shutdown", "host-reboot"])
@pytest.mark.parametrize(
    ("fields", "vm", "attached", "refusal"),
    [
        ({}, None, False, ("HOST_NOT_DISABLED",)),
        ({"host_metrics_live": False}, None, False, ("HOST_NOT_DISABLED",)),
        ({"enabled": False, "host_metrics_live": False}, None, False, ("HOST_OFFLINE", "xen2")),
        ({"enabled": False}, "running", True, ("HOST_IN_USE", "xen2", "vm", "web")),
        ({"enabled": False}, "paused", False, ("HOST_IN_USE", "xen2", "vm", "web")),
        ({"enabled": False}, None, True, ("HOST_IN_USE", "xen2", "vbd", "d0")),
    ],
)
def test_a_host_that_cannot_go_down(
    pool: VmPool, command: str, fields: dict[str, object], vm: str | None, attached: bool, refusal: "Refusal"
) -> None:
    if vm:
        pool.vm("web", vm, "xen2")
    if attached:
        pool.disk("d0", "dom0-xen2", currently_attached=True)
    pool.change("xen2", **fields)
    assert pool.no(command, "xen2") == refusal


def test_a_host_that_goes_down_leaves_its_storage(pool: VmPool) -> None:
    pool.vm("web", "halted")
    pool.vm("asleep", "suspended")
    down(pool)
    assert pool.value("xen2", "host-metrics-live") is False
    assert pool.value("p-share-xen2", "currently-attached") is False
    assert pool.value("p-share-xen1", "currently-attached") is True
    assert pool.no("vm-start", "web", on="xen2") == ("HOST_NOT_LIVE",)
    assert pool.no("host-enable", "xen2") == ("HOST_OFFLINE", "xen2")
    assert pool.no("host-disable", "xen2") == ("HOST_OFFLINE", "xen2")


# Coming up


def test_a_host_that_reboots_takes_its_storage_and_is_enabled(pool: VmPool) -> None:
    pool.change("xen2", display="disable_on_reboot", other_config={"rack": "4"})
    pool.do("host-disable", "xen2")
    pool.change("p-share-xen2", currently_attached=False)
    pool.do("host-reboot", "xen2")
    assert pool.value("xen2", "host-metrics-live") is True
    assert pool.value("xen2", "enabled") is True
    assert pool.value("xen2", "display") == "disabled"
    assert pool.value("p-share-xen2", "currently-attached") is True
    texts = pool.value("xen2", "other-config")
    assert texts["rack"] == "4"
    assert texts["boot_time"] == texts["agent_start_time"]


@pytest.mark.parametrize(
    ("display", "after"),
    [
        ("enabled", "enabled"),
        ("disabled", "disabled"),
        ("disable_on_reboot", "disabled"),
        ("enable_on_reboot", "enabled"),
    ],
)
def test_the_display_after_a_boot(pool: VmPool, display: str, after: str) -> None:
    pool.change("xen2", display=display)
    pool.do("host-disable", "xen2")
    pool.do("host-reboot", "xen2")
    assert pool.value("xen2", "display") == after


def test_a_pbd_that_cannot_be_plugged_keeps_no_host_down(pool: VmPool) -> None:
    pool.add("odd", "sr", type="nfs", shared=True)
    pool.add("p-odd", "pbd", sr_uuid="odd", host_uuid="xen2")
    pool.do("host-disable", "xen2")
    pool.do("host-reboot", "xen2")
    assert pool.value("p-odd", "currently-attached") is False, "it names no server"
    assert pool.value("p-share-xen2", "currently-attached") is True


@pytest.mark.parametrize("auto_enable", [True, False])
def test_whether_a_host_enables_itself(pool: VmPool, auto_enable: bool) -> None:
    pool.do("host-disable", "xen2", auto_enable=auto_enable)
    pool.do("host-disable", "xen2", auto_enable=not auto_enable)
    pool.do("host-reboot", "xen2")
    assert pool.value("xen2", "enabled") is auto_enable, "the second host-disable found the host disabled"
    pool.do("host-enable", "xen2")
    pool.do("host-disable", "xen2")
    pool.do("host-reboot", "xen2")
    assert pool.value("xen2", "enabled") is True


def test_a_host_is_switched_on_by_its_power_on_mode(pool: VmPool) -> None:
    assert pool.no("host-power-on", "xen2") == ("HOST_IS_LIVE", "xen2")
    down(pool)
    assert pool.no("host-power-on", "xen2") == ("HOST_POWER_ON_MODE_DISABLED",)
    pool.do("host-set-power-on-mode", "xen2", power_on_mode="IPMI", power_on_config={"power_on_ip": "192.168.1.7"})
    assert "power_on" in pool.value("xen2", "allowed-operations")
    pool.do("host-power-on", "xen2")
    assert pool.value("xen2", "host-metrics-live") is True
    pool.do("host-set-power-on-mode", "xen2", power_on_mode="wake-on-lan")
    assert pool.value("xen2", "power-on-config") == {}


def test_the_settings_of_a_power_on_mode_are_given_key_by_key(xe: Xe) -> None:
    xe.do(
        "host-set-power-on-mode power-on-mode=IPMI power-on-config:power_on_ip=1.2.3.4 power-on-config-power_on_user=u"
    )
    host = xe.do("host-list --minimal")
    assert xe.do(f"host-param-get uuid={host} param-name=power-on-config") == "power_on_ip: 1.2.3.4; power_on_user: u"
    assert "power-on-config, " in xe.do("help host-set-power-on-mode")
    xe.do("host-set-power-on-mode power-on-mode=")
    assert xe.do(f"host-param-get uuid={host} param-name=power-on-mode") == ""


# Enabling


def test_only_a_boot_enables_a_host_that_was_prepared(pool: VmPool) -> None:
    pool.do("host-disable", "xen2")
    prepare(pool, "xen2")
    assert pool.value("p-share-xen2", "currently-attached") is False
    assert pool.no("host-enable", "xen2") == ("HOST_DISABLED_UNTIL_REBOOT", "xen2")
    pool.do("host-reboot", "xen2")
    assert pool.value("xen2", "enabled") is True


def prepare(pool: VmPool, host: str) -> None:
    command = find("host-prepare-for-poweroff")
    assert command is not None
    run(pool.state, Call(command, {"uuid": pool.named[host]}))


def test_a_host_that_is_prepared_is_named(xe: Xe) -> None:
    assert xe.code("host-prepare-for-poweroff") == "Error: Required parameter not found: uuid"


def test_a_host_in_use_is_not_prepared(pool: VmPool) -> None:
    pool.vm("web", "running", "xen2")
    with pool.refused() as refusal:
        prepare(pool, "xen2")
    assert refusal() == ("HOST_IN_USE", "xen2", "vm", "web")


def test_what_updates_require_comes_first(pool: VmPool) -> None:
    pool.change("xen1", pending_guidances=["reboot_host"], enabled=False)
    assert pool.no("host-enable", "xen1") == ("HOST_PENDING_MANDATORY_GUIDANCE_NOT_EMPTY", "xen1")
    pool.xe("host-emergency-clear-mandatory-guidance")
    pool.do("host-enable", "xen1")
    assert pool.value("xen1", "pending-guidances") == []


# Lost hosts


def test_a_dead_host_has_no_vms(pool: VmPool) -> None:
    pool.vm("web", "running", "xen2")
    pool.disk("d0", "web", currently_attached=True)
    assert pool.no("host-declare-dead", "xen2") == ("HOST_IS_LIVE", "xen2")
    pool.change("xen2", host_metrics_live=False)
    assert pool.no("host-forget", "xen2") == ("HOST_HAS_RESIDENT_VMS", "xen2")
    pool.do("host-declare-dead", "xen2")
    assert pool.value("web", "power-state") == "halted"
    assert pool.value("d0", "currently-attached") is False
    assert pool.value("xen2", "enabled") is False


def test_a_forgotten_host_takes_its_pifs_and_pbds_along(pool: VmPool) -> None:
    pool.add("own", "sr", type="ext", physical_size=1 << 30)
    pool.add("p-own", "pbd", sr_uuid="own", host_uuid="xen2", currently_attached=True)
    pool.add("disk", "vdi", sr_uuid="own", virtual_size=1 << 20, location="disk")
    pool.vm("web", affinity="xen2")
    down(pool)
    pool.do("host-forget", "xen2")
    assert pool.gone() >= {"xen2", "dom0-xen2", "p-own", "p-share-xen2", "eth0-xen2"}
    assert not pool.gone() & {"own", "disk", "share", "lan", "web"}
    assert pool.value("web", "affinity") is None


@pytest.mark.parametrize("command", ["host-forget", "host-declare-dead"])
def test_the_coordinator_is_never_lost(pool: VmPool, command: str) -> None:
    pool.change("xen1", host_metrics_live=False)
    assert pool.no(command, "xen1") == ("HOST_IS_LIVE", "xen1")


def test_under_high_availability_no_host_is_forgotten(pool: VmPool) -> None:
    down(pool)
    pool.vm("web", "running", "xen1")
    pool.change("pool", ha_enabled=True)
    assert pool.no("host-forget", "xen2") == ("HA_IS_ENABLED",)


@pytest.mark.parametrize(
    ("command", "said"), [("host-forget", "pool-eject"), ("host-declare-dead", "make sure that it is off")]
)
def test_xe_asks_before_a_host_is_lost(xe: Xe, command: str, said: str) -> None:
    host = xe.do("host-list --minimal")
    printed, result = xe.piped(f"{command} uuid={host}", b"no\n")
    assert said in printed.decode()
    assert printed.decode().endswith("Type 'yes' to continue\nAborted (you typed: 'no')\n")
    assert result.status == 0
    assert xe.code(f"{command} uuid={host} force=true") == "HOST_IS_LIVE"
    new = xe.do("host-add name-label=xen2")
    xe.do("host-disable host=xen2")
    xe.do("host-shutdown host=xen2")
    printed, result = xe.piped(f"{command} uuid={new}", b"yes\n")
    assert (printed.decode().endswith("Type 'yes' to continue\n"), result.status) == (True, 0)
    if command == "host-declare-dead":
        assert xe.do(f"host-forget uuid={new} force=true") == "", "xe warns only where it asks"


@pytest.mark.parametrize(
    ("fields", "line", "code", "hint"),
    [
        (
            {"pending-guidances": ["reboot_host"], "enabled": False},
            "host-enable uuid={host}",
            "HOST_PENDING_MANDATORY_GUIDANCE_NOT_EMPTY",
            "host-emergency-clear-mandatory-guidance",
        ),
        (
            {"host-metrics-live": False},
            "host-forget uuid={host} force=true",
            "HOST_HAS_RESIDENT_VMS",
            "host-declare-dead uuid={host} force=true",
        ),
    ],
)
def test_a_hint_leads_out_of_what_befell_a_host(
    xe: Xe, fields: dict[str, object], line: str, code: str, hint: str
) -> None:
    first, second = xe.do("host-list --minimal"), xe.do("host-add name-label=xen2")
    host = second if "host-metrics-live" in fields else first
    xe.do("vm-create name-label=web")
    xe.do("vm-start vm=web on=xen2")
    with store_for(str(xe.state), {}).write("test") as opened:
        opened.state.update(opened.state.need("host", host), fields)
        opened.commit()
    refused = xe(line.format(host=host))
    assert f"Code: {code}\n" in refused.err
    assert refused.err.endswith(f"Hint: xe --state {xe.state} {hint.format(host=host)}\n")
    xe.do(hint.format(host=host))
    xe.do(line.format(host=host))


# Names, CPUs, agents


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "hostname empty"),
        ("x" * 256, "hostname is too long"),
        ("a_b", "hostname contains invalid characters"),
        ("a b", "hostname contains invalid characters"),
        ("-a", "hostname contains invalid characters"),
        ("a-", "hostname contains invalid characters"),
        ("ä", "hostname contains invalid characters"),
        ("x" * 255, ""),
        ("a.b-c.1", ""),
    ],
)
def test_the_name_of_a_host(pool: VmPool, name: str, reason: str) -> None:
    command = find("host-set-hostname-live")
    assert command is not None
    call = Call(command, {"host": pool.named["xen2"], "host_name": name})
    if reason:
        with pool.refused() as refusal:
            run(pool.state, call)
        assert refusal() == ("HOST_NAME_INVALID", reason)
    else:
        run(pool.state, call)
        assert pool.value("xen2", "hostname") == name
        assert pool.value("dom0-xen2", "name-label") == f"Control domain on host: {name}"
        assert pool.value("xen2", "name-label") == "xen2"


def test_the_cpus_of_a_host_are_shown_in_the_order_of_xe(xe: Xe) -> None:
    host = xe.do("host-list --minimal")
    lines = [line.split(":")[0].strip() for line in xe.do("host-cpu-info").splitlines() if line]
    assert lines[:4] == ["cpu_count", "socket_count", "threads_per_core", "nr_nodes"]
    assert xe.do(f"host-cpu-info uuid={host}") == xe.do("host-cpu-info")
    features = [line.split(":")[0].strip() for line in xe.do("host-get-cpu-features").splitlines() if line]
    assert features == ["features_pv", "features_hvm", "features_pv_host", "features_hvm_host"]
    assert xe.code("host-cpu-info uuid=x") == "UUID_INVALID"


@pytest.mark.parametrize("line", ["host-sync-data host=xen2", "host-syslog-reconfigure host-uuid=xen2"])
def test_a_host_that_does_not_answer_does_nothing(pool: VmPool, line: str) -> None:
    before = pool.state.mark()
    pool.xe(line)
    assert pool.state.mark() == before, "the state is current already"
    pool.change("xen2", host_metrics_live=False)
    assert pool.refusal(line) == ("HOST_OFFLINE", "xen2")


def test_the_agent_of_a_host_that_is_down_cannot_stop(pool: VmPool) -> None:
    pool.xe("host-shutdown-agent")
    for host in ("xen1", "xen2"):
        pool.change(host, host_metrics_live=False)
    assert pool.refusal("host-shutdown-agent") == ("HOST_OFFLINE", "xen1")


# Emergencies


@pytest.mark.parametrize(
    ("dead", "shown"), [((), "false"), (("xen2",), "false"), (("xen1",), "true"), (("xen1", "xen2"), "false")]
)
def test_hosts_without_their_coordinator_are_in_emergency_mode(pool: VmPool, dead: tuple[str, ...], shown: str) -> None:
    for host in dead:
        pool.change(host, host_metrics_live=False)
    assert pool.xe("host-is-in-emergency-mode") == shown


def test_tls_verification_is_switched_on_the_host_that_answers(pool: VmPool) -> None:
    pool.change("xen1", host_metrics_live=False)
    pool.xe("host-emergency-disable-tls-verification")
    assert [pool.value(host, "tls-verification-enabled") for host in ("xen1", "xen2")] == [True, False]
    pool.xe("host-emergency-reenable-tls-verification")
    assert pool.value("xen2", "tls-verification-enabled") is True
    pool.change("pool", tls_verification_enabled=False)
    assert pool.refusal("host-emergency-reenable-tls-verification") == ("TLS_VERIFICATION_NOT_ENABLED_IN_POOL",)
