"""High availability: switching it on, for how many failures there is a plan, and what would break the plan."""

from typing import TYPE_CHECKING, Any

import pytest
from small_pool import GIB, Refusal
from test_evacuation import Evacuation
from vm_pool import MIB

from xe_py.operations import find
from xe_py.running import Call, run
from xe_py.xapi import failover

if TYPE_CHECKING:
    from conftest import Xe

LIMITS = ("memory_static_min", "memory_dynamic_min", "memory_dynamic_max", "memory_static_max")
BREAKS = ("HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN",)


class Protected(Evacuation):
    """Hosts of 16, 8 and 4 GiB; `web` runs on xen1 and is protected, and only xen2 has room for it too."""

    def __init__(self, rules: str = "strict") -> None:
        super().__init__(rules)
        self.guest("web", 5000)
        self.write("web", {"ha-restart-priority": "restart"})

    def call(self, name: str, **arguments: Any) -> Any:
        """Run a command that is about no object."""
        command = find(name)
        assert command is not None
        made = run(self.state, Call(command, arguments))
        self.assert_sound()
        return made

    def refused_call(self, name: str, **arguments: Any) -> Refusal:
        with self.refused() as refusal:
            self.call(name, **arguments)
        return refusal()

    def most(self) -> int:
        return int(self.call("pool-ha-compute-max-host-failures-to-tolerate"))

    def told(self) -> list[tuple[str, str]]:
        """The messages about the pool: name and body."""
        messages = self.state.find("message", **{"class": "Pool"})
        return [(message["name"], message["body"]) for message in messages]


@pytest.fixture
def pool() -> Protected:
    return Protected()


@pytest.fixture
def on() -> Protected:
    """High availability is on, for one failure."""
    pool = Protected()
    pool.write("pool", {"ha-host-failures-to-tolerate": "1"})
    pool.call("pool-ha-enable")
    return pool


def change(name: str, **fields: object) -> Any:
    return lambda pool: pool.change(name, **fields)


# On and off


def test_on_and_off(pool: Protected) -> None:
    pool.write("pool", {"ha-host-failures-to-tolerate": "1"})
    pool.call("pool-ha-enable", ha_config={"timeout": "90"})
    statefile, metadata = (pool.state.find("vdi", type=kind)[0] for kind in ("HA statefile", "Redo log"))
    assert (statefile["name-label"], statefile["sharable"], statefile["virtual-size"]) == (
        "Statefile for HA", True, 266240,
    )  # fmt: skip
    assert (metadata["name-label"], metadata["sharable"], metadata["virtual-size"]) == (
        "Metadata for HA", True, 3988783104,
    )  # fmt: skip
    assert statefile["sr-uuid"] == metadata["sr-uuid"] == pool.named["share"]["uuid"]
    fields = ("ha-enabled", "ha-configuration", "ha-statefiles", "ha-cluster-stack", "ha-plan-exists-for")
    assert [pool.value("pool", field) for field in fields] == [
        True, {"timeout": "90"}, [statefile["uuid"]], "xhad", 1,
    ]  # fmt: skip
    for host in ("xen1", "xen2", "xen3"):
        assert pool.value(host, "ha-statefiles") == [statefile["uuid"]]
        assert pool.value(host, "ha-network-peers") == ["xen1", "xen2", "xen3"]
    assert "ha_disable" in pool.value("pool", "allowed-operations")
    assert "ha_enable" not in pool.value("pool", "allowed-operations")
    assert pool.refused_call("pool-ha-enable") == ("HA_IS_ENABLED",)
    pool.call("pool-ha-disable")
    assert [pool.value("pool", field) for field in ("ha-enabled", "ha-plan-exists-for")] == [False, 0]
    assert pool.value("xen3", "ha-statefiles") == pool.value("xen3", "ha-network-peers") == []
    assert "ha_disable" not in pool.value("pool", "allowed-operations")
    assert pool.refused_call("pool-ha-disable") == ("HA_NOT_ENABLED",)
    pool.call("pool-ha-enable", heartbeat_srs=[pool.named["share"]])
    assert pool.state.find("vdi", type="HA statefile") == [statefile]
    assert pool.state.find("vdi", type="Redo log") == [metadata]
    assert pool.told() == []


def without_room(pool: Protected) -> None:
    pool.change("share", physical_size=3 * GIB)


SRS = [
    (lambda _pool: None, "local", ("SR_HAS_NO_PBDS", "local")),
    (change("p-share-xen2", currently_attached=False), "share", ("SR_HAS_NO_PBDS", "share")),
    (change("share", type="iscsi"), "share", ("SR_OPERATION_NOT_SUPPORTED", "share")),
    (without_room, "share", ("SR_SOURCE_SPACE_INSUFFICIENT", "share")),
]


@pytest.mark.parametrize(("prepare", "sr", "refusal"), SRS)
def test_the_hosts_cannot_watch_every_sr(pool: Protected, prepare: Any, sr: str, refusal: Refusal) -> None:
    prepare(pool)
    assert pool.refused_call("pool-ha-enable", heartbeat_srs=[pool.named[sr]]) == refusal
    if sr == "share":
        assert pool.refused_call("pool-ha-enable") == ("CANNOT_CREATE_STATE_FILE",)


def test_the_network_and_the_hosts_come_first(pool: Protected) -> None:
    without_room(pool)
    pool.change("xen3", host_metrics_live=False)
    assert pool.refused_call("pool-ha-enable") == ("HOST_OFFLINE", "xen3")
    pool.add("spare", "network", bridge="xenbr9")
    pool.add_bare(
        "eth5", "pif", host_uuid="xen2", network_uuid="spare", device="eth5", physical=True, MAC="00:16:3e:00:05:00",
        disallow_unplug=True,
    )  # fmt: skip
    assert pool.refused_call("pool-ha-enable") == ("REQUIRED_PIF_IS_UNPLUGGED", "eth5")


def test_pifs_for_storage_should_not_be_unplugged(pool: Protected) -> None:
    pool.add("storage", "network", bridge="xenbr9")
    pool.add_bare(
        "eth5", "pif", host_uuid="xen2", network_uuid="storage", device="eth5", physical=True, MAC="00:16:3e:00:05:00",
        currently_attached=True, IP_configuration_mode="DHCP", IP="10.0.0.5",
    )  # fmt: skip
    pool.call("pool-ha-enable")
    [(name, body)] = pool.told()
    assert name == "IP_CONFIGURED_PIF_CAN_UNPLUG"
    assert body.splitlines()[1:] == [f"xen2: eth5 (uuid: {pool.named['eth5']['uuid']})"]


# The number of failures


def test_for_how_many_failures_there_is_a_plan(pool: Protected) -> None:
    assert pool.most() == 1  # If xen1 and xen2 fail, xen3 has no room.
    pool.change("xen3", memory_total=8 * GIB)
    assert pool.most() == 2
    pool.change("xen3", enabled=False)
    assert pool.most() == 1
    pool.change("xen2", host_metrics_live=False)
    assert pool.most() == 0
    pool.write("web", {"ha-restart-priority": "best-effort"})
    assert pool.most() == 1  # Only xen1 is left, and nothing is protected.
    for host in ("xen2", "xen3"):
        pool.change(host, enabled=True, host_metrics_live=True)
    assert pool.most() == 3
    assert pool.value("pool", "ha-plan-exists-for") == 0  # Nothing is noted while high availability is off.


def test_a_vm_counts_with_all_memory_that_it_can_ever_have(pool: Protected) -> None:
    pool.vm("wide", "running", "xen2", memory_static_max=7 * GIB)
    assert pool.most() == 0


def test_a_vm_that_could_not_run_on_every_host_has_no_plan(pool: Protected) -> None:
    pool.guest("db", 100, ha_restart_priority="restart", ha_always_run=True)
    assert pool.most() == 1
    pool.disk("root", "db", "local")
    assert pool.most() == 0


def test_a_protected_vm_that_waits_for_its_start_needs_a_host_first() -> None:
    pool = Protected("xapi")
    size = 9000 * MIB
    limits = {f"memory_{limit}": size for limit in ("static_min", "dynamic_min", "dynamic_max", "static_max")}
    pool.vm("waiting", ha_restart_priority="restart", ha_always_run=True, **limits)
    assert pool.most() == 0  # It goes to xen1, and has no other host then.
    vms = failover.protected(pool.state)
    assert failover.plan_exists(pool.state, 0, vms)
    pool.guest("full", 3000)
    assert not failover.plan_exists(pool.state, 0, vms)


def test_what_the_pool_wants_is_noted_and_too_little_is_told(on: Protected) -> None:
    assert on.value("pool", "ha-plan-exists-for") == 1
    assert on.value("pool", "ha-overcommitted") is False
    on.change("xen2", memory_total=GIB)
    assert on.most() == 0
    assert on.value("pool", "ha-plan-exists-for") == 0
    assert on.value("pool", "ha-overcommitted") is True
    assert on.told() == [("HA_POOL_DROP_IN_PLAN_EXISTS_FOR", "0")]
    on.change("xen2", memory_total=8 * GIB)
    assert on.most() == 1
    assert on.value("pool", "ha-overcommitted") is False
    assert on.value("pool", "ha-plan-exists-for") == 1
    assert len(on.told()) == 1


def test_a_pool_may_want_more_than_there_is_a_plan_for(pool: Protected) -> None:
    pool.write("pool", {"ha-host-failures-to-tolerate": "3"})
    pool.call("pool-ha-enable")
    assert pool.value("pool", "ha-plan-exists-for") == 1
    assert pool.value("pool", "ha-overcommitted") is True
    assert [name for name, _ in pool.told()] == ["HA_POOL_OVERCOMMITTED"]
    pool.write("pool", {"ha-host-failures-to-tolerate": "1"})
    assert pool.value("pool", "ha-overcommitted") is False
    assert pool.not_written("pool", ha_host_failures_to_tolerate="-1") == (
        "INVALID_VALUE", "ha_host_failures_to_tolerate", "-1",
    )  # fmt: skip


def test_a_new_priority_is_planned_for(on: Protected) -> None:
    on.change("pool", ha_allow_overcommit=True)
    on.guest("db", 5000)
    on.write("db", {"ha-restart-priority": "restart"})
    assert on.value("pool", "ha-plan-exists-for") == 0
    on.write("db", {"ha-always-run": "false"})
    assert on.value("pool", "ha-plan-exists-for") == 1


def test_hypothetical_priorities(pool: Protected) -> None:
    pool.guest("db", 5000)

    def most(**priorities: str) -> str:
        vms = [pool.named[vm] for vm in priorities]
        name = "pool-ha-compute-hypothetical-max-host-failures-to-tolerate"
        return str(pool.call(name, vm_uuid=vms, restart_priority=",".join(priorities.values()) if vms else None))

    assert most(web="restart", db="restart") == "0"
    assert most(web="restart", db="best-effort") == "1"
    assert most(web="restart", db="") == "1"
    assert most() == "3"
    with pool.refused() as refusal:
        most(web="always")
    assert refusal() == ("INVALID_VALUE", "ha_restart_priority", "always")
    with pool.refused() as refusal:
        most(web="restart,restart")
    assert refusal() == ("Error: Give as many vm-uuid as restart-priority; there are 1 and 2.",)


def test_where_vms_would_start_if_hosts_failed(pool: Protected) -> None:
    pool.guest("db", 3000)
    pool.guest("pinned", 8200)
    pool.disk("root", "pinned", "local")
    rows = pool.call("pool-ha-compute-vm-failover-plan", hosts=[pool.named["xen1"]]).records[0]
    assert [(vm.split(" (")[-1], host.split(" (")[-1]) for vm, host in rows] == [
        ("VM", "Destination Host or Error"),
        ("pinned)", "HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED"),
        ("web)", "xen2)"),
        ("db)", "xen3)"),
    ]
    pool.change("xen2", host_metrics_live=False)
    rows = pool.call("pool-ha-compute-vm-failover-plan", hosts=[pool.named["xen1"]]).records[0]
    assert rows[1][1] == "HOST_NOT_ENOUGH_FREE_MEMORY"


# What would break the plan


def big(pool: Protected, power_state: str = "halted", host: str = "xen1", **fields: object) -> None:
    """A VM that leaves no room for `web` where it runs on xen2."""
    size = 6000 * MIB
    limits = {f"memory_{limit}": size for limit in ("static_min", "dynamic_min", "dynamic_max", "static_max")}
    pool.vm("big", power_state, host, **limits, **fields)


OPERATIONS: list[Any] = [
    ((), "vm-start", "big", {"on": "xen2"}),
    (("suspended",), "vm-resume", "big", {"on": "xen2"}),
    (("running",), "vm-migrate", "big", {"host": "xen2"}),
    ((), "host-disable", "xen2", {"auto_enable": True}),
    ((), "host-evacuate", "xen2", {}),
]


@pytest.mark.parametrize(("power_state", "command", "name", "arguments"), OPERATIONS)
def test_an_operation_that_would_break_the_plan(
    on: Protected, power_state: tuple[str, ...], command: str, name: str, arguments: dict[str, Any]
) -> None:
    big(on, *power_state)
    assert on.no(command, name, **arguments) == BREAKS
    for allowing in ({"ha_allow_overcommit": True}, {"ha_enabled": False}):
        mark = on.state.mark()
        on.change("pool", **allowing)
        on.do(command, name, **arguments)
        on.state.rollback(mark)
    on.change("pool", ha_plan_exists_for=3)  # Where there is no plan, nothing breaks it.
    on.do(command, name, **arguments)


def test_an_operation_that_keeps_the_plan(on: Protected) -> None:
    big(on)
    on.do("vm-start", "big")
    assert on.value("big", "resident-on") == "xen1"
    on.do("host-disable", "xen3")
    on.do("host-enable", "xen3")
    on.do("host-evacuate", "xen3")


def test_one_more_protected_vm_needs_a_plan(on: Protected) -> None:
    on.guest("db", 5000)
    assert on.not_written("db", ha_restart_priority="restart") == BREAKS
    assert on.not_written("db", ha_always_run="true") == BREAKS
    on.write("db", {"ha-restart-priority": "best-effort"})
    on.do("vm-shutdown", "db")
    on.write("db", {"ha-restart-priority": "restart"})
    assert on.value("pool", "ha-plan-exists-for") == 1  # A halted VM is protected from its next start on.
    assert on.no("vm-start", "db", on="xen1") == BREAKS
    on.change("xen2", memory_total=20 * GIB)
    on.do("vm-start", "db", on="xen1")
    assert on.value("db", "ha-always-run") is True


def test_more_failures_need_a_plan(on: Protected) -> None:
    assert on.not_written("pool", ha_host_failures_to_tolerate="2") == BREAKS
    on.write("pool", {"ha-host-failures-to-tolerate": "0"})
    on.write("pool", {"ha-host-failures-to-tolerate": "2"})  # Without any plan, nothing breaks it.
    assert on.value("pool", "ha-overcommitted") is True


def test_a_protected_vm_leaves_its_host_with_the_others_staying(on: Protected) -> None:
    on.change("xen2", memory_total=20 * GIB)
    on.change("xen3", memory_total=20 * GIB)
    on.guest("db", 500)
    assert on.no("host-evacuate", "xen1") == ("HOST_EVACUATE_VM_NOT_HA_PROTECTED", "db")
    on.do("vm-shutdown", "db")
    on.do("host-evacuate", "xen1")
    assert on.where("web") == ["xen2"]


def test_a_vm_that_is_about_to_start_again_does_not_become_a_template() -> None:
    pool = Protected("xapi")
    pool.vm("waiting", ha_restart_priority="restart", ha_always_run=True)
    pool.change("pool", ha_enabled=True)
    assert pool.not_written("waiting", is_a_template="true") == ("VM_IS_PROTECTED", "waiting")
    pool.change("pool", ha_enabled=False)
    pool.write("waiting", {"is-a-template": "true"})
    assert pool.value("waiting", "ha-always-run") is False


# What it needs


def test_what_the_hosts_watch_stays(on: Protected) -> None:
    for name, kind in (("statefile", "HA statefile"), ("redo", "Redo log")):
        on.named[name] = on.state.find("vdi", type=kind)[0]
        assert on.no("vdi-destroy", name) == ("HA_IS_ENABLED",)
    assert on.no("vdi-forget", "statefile") == ("HA_IS_ENABLED",)
    on.do("vdi-forget", "redo")
    assert on.no("pbd-unplug", "p-share-xen3") == ("HA_IS_ENABLED",)
    on.call("pool-ha-disable")
    on.do("vdi-destroy", "statefile")
    on.do("pbd-unplug", "p-share-xen3")


def test_a_halted_vm_moves_its_disks_only_through_a_host_that_keeps_the_plan(on: Protected) -> None:
    remote = {"remote_master": "xen1", "remote_username": "root", "remote_password": "any", "host": on.named["xen1"]}
    on.change("eth0-xen1", IP="192.168.1.1")
    on.vm("db", affinity="xen2", **dict.fromkeys(LIMITS, 4000 * MIB))
    assert on.no("vm-migrate", "db", **remote) == BREAKS
    on.change("db", affinity="xen1")
    on.do("vm-migrate", "db", **remote)


def test_a_protected_vm_gets_no_disk_that_some_host_lacks(on: Protected) -> None:
    on.add("v", "vdi", sr_uuid="local", virtual_size=GIB, location="v")
    on.add("iso", "vdi", sr_uuid="local", virtual_size=GIB, location="iso", read_only=True)
    on.add_bare("drive", "vbd", vm_uuid="web", userdevice="3", type="CD", mode="RO")
    refusal = ("HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED", "local")
    create = "vbd-create vm-uuid=web vdi-uuid=v device={}"
    assert on.refusal(create.format(1)) == refusal
    assert on.refusal(create.format(3)) == ("DEVICE_ALREADY_EXISTS", "3")
    assert on.refusal("vbd-insert uuid=drive vdi-uuid=iso") == refusal
    on.change("pool", ha_allow_overcommit=True)
    on.xe(create.format(1))
    on.xe("vbd-insert uuid=drive vdi-uuid=iso")


def test_an_sr_of_a_protected_vm_stays_plugged_on_enabled_hosts(on: Protected) -> None:
    on.add("other", "sr", type="nfs", shared=True, physical_size=40 * GIB)
    for host in ("xen1", "xen2", "xen3"):
        on.add(f"p-other-{host}", "pbd", sr_uuid="other", host_uuid=host, currently_attached=True)
    on.disk("data", "web", "other", userdevice="1")
    assert on.no("pbd-unplug", "p-other-xen3") == ("HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED", "other")
    on.change("web", ha_restart_priority="best-effort")
    mark = on.state.mark()
    on.do("pbd-unplug", "p-other-xen3")
    on.state.rollback(mark)
    on.change("web", ha_restart_priority="restart")
    on.do("host-disable", "xen3")
    on.do("pbd-unplug", "p-other-xen3")


# One host


def test_an_emergency(on: Protected) -> None:
    unforced = on.refused_call("host-emergency-ha-disable", soft=True)
    assert unforced[0].startswith("Error: This operation is dangerous")
    on.call("host-emergency-ha-disable", force=True)
    assert on.value("xen1", "ha-statefiles") == on.value("xen1", "ha-network-peers") == []
    assert on.value("xen2", "ha-statefiles") != []
    assert on.value("pool", "ha-enabled") is True
    on.call("pool-ha-disable")
    on.call("host-emergency-ha-disable", force=True, soft=True)
    assert on.refused_call("host-emergency-ha-disable", force=True) == ("HA_NOT_ENABLED",)


def test_what_only_answers(on: Protected) -> None:
    assert on.call("host-ha-xapi-healthcheck") == "xapi is healthy."
    mark = on.state.mark()
    assert on.call("pool-ha-prevent-restarts-for", seconds=60) is None
    assert on.state.mark() == mark


# What a person reads


def hint(xe: "Xe", line: str) -> str:
    [found] = [text for text in xe(line).err.splitlines() if text.startswith("Hint: ")]
    return found.partition(f"{xe.state} ")[2]


def test_the_ways_out_work(xe: "Xe") -> None:
    xe.do("state-init name-label=xen hosts=2 --force")
    pool, first = xe.do("pool-list --minimal"), xe.do("host-list --minimal").split(",")[0]
    assert xe.code("pool-ha-enable") == "CANNOT_CREATE_STATE_FILE"
    sr = xe.do("sr-create name-label=nfs type=nfs shared=true device-config:server=a device-config:serverpath=/b")
    web = xe.do("vm-create name-label=web")
    xe.do(f"vm-start uuid={web}")
    xe.do(f"vm-param-set uuid={web} ha-restart-priority=restart")
    xe.do(f"pool-ha-enable heartbeat-sr-uuids={sr}")
    xe.do(f"pool-param-set uuid={pool} ha-host-failures-to-tolerate=1")
    assert xe.do("pool-ha-compute-max-host-failures-to-tolerate") == "1"
    line = f"host-disable uuid={first}"
    assert xe.code(line) == "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN"
    assert hint(xe, line) == f"pool-param-set uuid={pool} ha-host-failures-to-tolerate=0"
    xe.do(hint(xe, line))
    xe.do(line)
    xe.do("pool-ha-disable")
    twice = f"pool-ha-compute-hypothetical-max-host-failures-to-tolerate vm-uuid={web} restart-priority=restart"
    db = xe.do("vm-create name-label=db")
    assert xe.do(f"{twice} vm-uuid={db} restart-priority=") == "0"
    xe.do(f"host-enable uuid={first}")
    assert xe.do(f"{twice} vm-uuid={db} restart-priority=") == "1"
    assert xe(f"{twice} vm-uuid={db}").err.startswith("Error: Give as many vm-uuid as restart-priority")
