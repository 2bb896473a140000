"""Appliances: VMs that start and stop together, in their order."""

from typing import TYPE_CHECKING, Any

import pytest
from vm_pool import VmPool

from xe_py.errors import Failure
from xe_py.operations import find
from xe_py.running import Call, run

if TYPE_CHECKING:
    from small_pool import Refusal

NAMES = ("cache", "db", "web")


def shop(*power_states: str) -> VmPool:
    """The appliance `shop` with three VMs: `db` starts first, `web` last; `other` belongs to none."""
    pool = VmPool()
    pool.add("shop", "appliance")
    for name, order, power_state in zip(NAMES, (1, 0, 2), power_states or ("halted",) * 3, strict=True):
        pool.vm(name, power_state, order=order, appliance="shop")
    pool.vm("other")
    return pool


@pytest.fixture
def pool() -> VmPool:
    return shop()


def told(pool: VmPool, what: str) -> list[str]:
    """The VMs of the messages of this name, in order."""
    names = {obj["uuid"]: name for name, obj in pool.named.items()}
    return [names[message["obj-uuid"]] for message in pool.state.all("message") if message["name"] == what]


def states(pool: VmPool) -> list[str]:
    return [pool.value(name, "power-state") for name in (*NAMES, "other")]


def test_vms_start_in_their_order_and_stop_in_the_other(pool: VmPool) -> None:
    pool.do("vm-start", "cache")
    pool.do("appliance-start", "shop")
    assert states(pool) == ["running", "running", "running", "halted"]
    assert told(pool, "VM_STARTED") == ["cache", "db", "web"]
    pool.do("vm-shutdown", "db")
    pool.do("appliance-shutdown", "shop")
    assert states(pool) == ["halted"] * 4
    assert told(pool, "VM_SHUTDOWN") == ["db", "web", "cache"]


def test_paused_and_by_force(pool: VmPool) -> None:
    pool.do("appliance-start", "shop", paused=True)
    assert states(pool) == ["paused", "paused", "paused", "halted"]
    pool.do("appliance-shutdown", "shop", force=True)
    assert states(pool) == ["halted"] * 4


REFUSALS = [
    (("running", "running", "running"), "appliance-start", {}, "No VM of the appliance is halted"),
    (("paused", "halted", "suspended"), "appliance-shutdown", {}, "No VM of the appliance runs"),
    (("halted", "halted", "halted"), "appliance-shutdown", {"force": True}, "All VMs of the appliance are halted"),
]


@pytest.mark.parametrize(("power_states", "command", "arguments", "reason"), REFUSALS)
def test_at_least_one_vm_must_be_able_to(
    power_states: tuple[str, ...], command: str, arguments: dict[str, Any], reason: str
) -> None:
    pool = shop(*power_states)
    assert pool.no(command, "shop", **arguments) == ("OPERATION_NOT_ALLOWED", reason)
    for name in NAMES:
        pool.change(name, appliance=None)
    assert pool.no(command, "shop", **arguments) == ("OPERATION_NOT_ALLOWED", "The appliance has no VMs")
    assert pool.value("shop", "allowed-operations") == []


@pytest.mark.parametrize(
    ("power_states", "allowed"),
    [
        (("running", "halted", "halted"), ["start", "clean_shutdown", "hard_shutdown", "shutdown"]),
        (("suspended", "paused", "paused"), ["hard_shutdown", "shutdown"]),
        (("halted", "halted", "halted"), ["start"]),
    ],
)
def test_allowed_operations(power_states: tuple[str, ...], allowed: list[str]) -> None:
    assert shop(*power_states).value("shop", "allowed-operations") == allowed


def test_if_one_vm_refuses_nothing_is_changed_and_all_that_refuse_are_named(pool: VmPool) -> None:
    pool.change("db", blocked_operations={"start": "maintenance"})
    pool.change("web", VCPUs_max=9)
    assert pool.no("appliance-start", "shop") == ("OPERATION_PARTIALLY_FAILED", "VM_appliance.start", "db", "web")
    command = find("appliance-start")
    assert command is not None
    with pytest.raises(Failure) as caught:
        run(pool.state, Call(command, {"appliance": pool.named["shop"]}))
    assert [(vm.name, why.code) for vm, why in caught.value.reasons] == [
        ("db", "OPERATION_BLOCKED"), ("web", "NO_HOSTS_AVAILABLE"),
    ]  # fmt: skip
    pool = shop("paused", "running", "running")
    assert pool.no("appliance-shutdown", "shop") == (
        "OPERATION_PARTIALLY_FAILED", "VM_appliance.clean_shutdown", "cache",
    )  # fmt: skip
    pool.change("web", blocked_operations={"hard_shutdown": "maintenance"})
    assert pool.no("appliance-shutdown", "shop", force=True) == (
        "OPERATION_PARTIALLY_FAILED", "VM_appliance.hard_shutdown", "web",
    )  # fmt: skip


def test_members(pool: VmPool) -> None:
    assert pool.value("shop", "VMs") == list(NAMES)
    pool.write("web", {"appliance": ""})
    pool.write("other", {"appliance": pool.named["shop"]["uuid"]})
    assert pool.value("shop", "VMs") == ["cache", "db", "other"]
    assert pool.not_written("web", appliance="nobody") == ("UUID_INVALID", "VM_appliance", "nobody")
    pool.state.delete(pool.named["shop"])
    assert pool.value("db", "appliance") is None


NO_GUESTS: list[tuple[dict[str, object], str]] = [
    ({"is_a_template": True}, "template"),
    ({"is_a_template": True, "is_a_snapshot": True}, "snapshot"),
    ({"is_control_domain": True}, "control domain"),
]


@pytest.mark.parametrize(("fields", "kind"), NO_GUESTS)
def test_only_guests_are_in_appliances_and_groups(pool: VmPool, fields: dict[str, object], kind: str) -> None:
    del kind
    pool.add("pair", "vm-group")
    pool.change("other", **fields)
    refusals: list[tuple[dict[str, str], Refusal]] = [
        (
            {"appliance": pool.named["shop"]["uuid"]},
            ("OPERATION_NOT_ALLOWED", "Control domains, templates and snapshots cannot be in an appliance"),
        ),
        (
            {"groups": pool.named["pair"]["uuid"]},
            ("OPERATION_NOT_ALLOWED", "Control domains, templates and snapshots cannot be in a group"),
        ),
    ]
    for words, refusal in refusals:
        assert pool.not_written("other", **words) == refusal


def test_a_member_does_not_become_a_template_and_a_copy_is_no_member(pool: VmPool) -> None:
    assert pool.not_written("web", is_a_template="true") == ("VM_IS_PART_OF_AN_APPLIANCE", "web", "shop")
    clone = pool.do("vm-clone", "web", new_name_label="copy")
    assert clone["appliance"] is None
    snapshot = pool.do("vm-snapshot", "web", new_name_label="before")
    pool.write("web", {"appliance": ""})
    pool.named["before"] = snapshot
    command = find("snapshot-revert")
    assert command is not None
    run(pool.state, Call(command, {"uuid": snapshot}))
    assert pool.value("web", "appliance") == "shop"
    pool.do("appliance-destroy", "shop")
    run(pool.state, Call(command, {"uuid": snapshot}))
    assert pool.value("web", "appliance") is None
    pool.write("web", {"is-a-template": "true"})


@pytest.mark.parametrize("command", ["appliance-assert-can-be-recovered", "appliance-recover"])
def test_no_disk_here_has_the_database_of_another_pool(command: str) -> None:
    pool = VmPool()
    uuid = "11111111-2222-4333-8444-555555555555"
    for kind, code in (("User", "VDI_INCOMPATIBLE_TYPE"), ("Metadata", "COULD_NOT_IMPORT_DATABASE")):
        pool.add(kind, "vdi", sr_uuid="share", virtual_size=1, location=kind, type=kind)
        database = {"vdi-uuid": pool.named[kind]["uuid"]}
        found = find(command)
        assert found is not None
        with pool.refused() as refusal:
            run(pool.state, Call(found, {"uuid": uuid, "database": database}))
        assert refusal()[0] == code
        with pool.refused() as refusal:
            run(pool.state, Call(found, {"uuid": uuid}))
        assert refusal()[0].startswith("Error: Give the VDI with the database")
