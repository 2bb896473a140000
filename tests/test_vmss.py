"""Schedules for snapshots: what they accept, what they take, and how many snapshots they keep."""

from typing import Any

import pytest
from small_pool import Refusal
from vm_pool import VmPool

from xe_py.operations import find
from xe_py.running import Call, run
from xe_py.state.record import Record


@pytest.fixture
def pool() -> VmPool:
    """The schedule `nightly` of the VMs `web`, which runs, and `db`, which is halted; both have a disk."""
    pool = VmPool()
    pool.named["nightly"] = pool.xe("vmss-create name-label=nightly type=snapshot frequency=daily schedule:hour=3")
    for name, power_state in (("web", "running"), ("db", "halted")):
        pool.vm(name, power_state)
        pool.disk(f"{name}-root", name, currently_attached=power_state == "running", other_config={"owner": ""})
        pool.write(name, {"snapshot-schedule": pool.named["nightly"]["uuid"]})
    return pool


def snapshots(pool: VmPool, vm: str) -> list[Record]:
    return pool.state.pointing_at(pool.named[vm], "vm.snapshot-of")


def told(pool: VmPool) -> list[tuple[str, int]]:
    messages = pool.state.find("message", obj_uuid=pool.named["nightly"]["uuid"])
    return [(message["name"], message["priority"]) for message in messages]


# What a schedule accepts


def test_a_schedule_has_the_keys_of_its_frequency() -> None:
    pool = VmPool()
    for frequency, keys in (
        ("hourly", {"min": "0"}),
        ("daily", {"hour": "0", "min": "0"}),
        ("weekly", {"hour": "0", "min": "0", "days": "Monday"}),
    ):
        made = pool.xe(f"vmss-create name-label=x type=checkpoint frequency={frequency}")
        assert made["schedule"] == keys
        assert [made[field] for field in ("enabled", "retained-snapshots", "last-run-time")] == [True, 7, None]
    made = pool.xe(
        "vmss-create name-label=x name-description=d type=Snapshot frequency=Weekly enabled=false retained-snapshots=10 "
        "schedule:days=friday,Monday schedule:min=45"
    )
    assert made["schedule"] == {"hour": "0", "min": "45", "days": "Friday,Monday"}
    assert [made[field] for field in ("name-description", "enabled", "retained-snapshots")] == ["d", False, 10]


WRONG = [
    ("frequency=hourly schedule:min=20", ("INVALID_VALUE", "schedule:min", "20")),
    ("frequency=hourly schedule:hour=2", ("INVALID_VALUE", "schedule:hour", "2")),
    ("frequency=daily schedule:hour=24", ("INVALID_VALUE", "schedule:hour", "24")),
    ("frequency=daily schedule:days=Monday", ("INVALID_VALUE", "schedule:days", "Monday")),
    ("frequency=weekly schedule:days=Someday", ("INVALID_VALUE", "schedule:days", "Someday")),
    ("frequency=weekly schedule:days=Monday,monday", ("INVALID_VALUE", "schedule:days", "Monday,monday")),
    ("frequency=daily retained-snapshots=0", ("INVALID_VALUE", "retained_snapshots", "0")),
    ("frequency=daily retained-snapshots=11", ("INVALID_VALUE", "retained_snapshots", "11")),
    ("frequency=yearly", ("Error: Expected one of 'hourly', 'daily', 'weekly', got yearly",)),
]


@pytest.mark.parametrize(("words", "refusal"), WRONG)
def test_what_a_new_schedule_does_not_accept(words: str, refusal: Refusal) -> None:
    assert VmPool().refusal(f"vmss-create name-label=x type=snapshot {words}") == refusal


def test_another_frequency_keeps_what_it_can(pool: VmPool) -> None:
    pool.write("nightly", {"schedule:min": "30"})
    pool.write("nightly", {"schedule:days": "sunday"})  # Of a frequency that may come.
    assert pool.value("nightly", "schedule") == {"days": "Sunday", "min": "30", "hour": "3"}
    pool.write("nightly", {"frequency": "weekly"})
    assert pool.value("nightly", "schedule") == {"hour": "3", "min": "30", "days": "Sunday"}
    pool.write("nightly", {"frequency": "hourly"})
    assert pool.value("nightly", "schedule") == {"min": "30"}
    assert pool.not_written("nightly", **{"schedule:hour": "-1"}) == ("INVALID_VALUE", "schedule:hour", "-1")
    assert pool.not_written("nightly", **{"schedule:week": "1"}) == ("INVALID_VALUE", "schedule:week", "1")
    assert pool.not_written("nightly", retained_snapshots="11") == ("INVALID_VALUE", "retained_snapshots", "11")


def test_no_guest_pauses_its_writes(pool: VmPool) -> None:
    refusal = ("VM_SNAPSHOT_WITH_QUIESCE_NOT_SUPPORTED", "web")
    assert pool.not_written("nightly", type="snapshot_with_quiesce") == refusal
    for name in ("web", "db"):
        pool.write(name, {"snapshot-schedule": ""})
    pool.write("nightly", {"type": "snapshot_with_quiesce"})
    assert pool.not_written("web", snapshot_schedule=pool.named["nightly"]["uuid"]) == refusal


def test_not_everything_has_a_schedule(pool: VmPool) -> None:
    nightly = pool.named["nightly"]["uuid"]
    assert pool.not_written("dom0", snapshot_schedule=nightly) == ("INVALID_VALUE", "nightly")
    pool.vm("template", is_a_template=True)
    assert pool.not_written("template", snapshot_schedule=nightly) == ("VM_IS_TEMPLATE", "template")
    assert pool.not_written("db", is_a_template="true") == ("VM_ASSIGNED_TO_SNAPSHOT_SCHEDULE", "db", "nightly")
    assert pool.not_written("web", snapshot_schedule="none") == ("UUID_INVALID", "VMSS", "none")
    assert pool.do("vm-clone", "db", new_name_label="copy")["snapshot-schedule"] is None


def test_a_schedule_with_vms_stays(pool: VmPool) -> None:
    assert pool.value("nightly", "VMs") == ["web", "db"]
    assert pool.no("vmss-destroy", "nightly") == ("VMSS_HAS_VM",)
    pool.do("vmss-snapshot-now", "nightly")
    for name in ("web", "db"):
        pool.write(name, {"snapshot-schedule": ""})
    assert told(pool)
    pool.do("vmss-destroy", "nightly")
    assert not told(pool)
    assert len(snapshots(pool, "web")) == 1


# What it takes


def test_a_snapshot_of_each_vm(pool: VmPool) -> None:
    made = pool.do("vmss-snapshot-now", "nightly")
    assert made == snapshots(pool, "web") + snapshots(pool, "db")
    assert all(snapshot["is-vmss-snapshot"] for snapshot in made)
    assert [snapshot["power-state"] for snapshot in made] == ["halted", "halted"]
    assert made[0].name.startswith("web-nightly-2")
    assert pool.value("nightly", "last-run-time") is not None
    assert told(pool) == [("VMSS_SNAPSHOT_SUCCEEDED", 5)] * 2


def test_a_checkpoint_of_what_runs(pool: VmPool) -> None:
    pool.write("nightly", {"type": "checkpoint"})
    pool.do("vmss-snapshot-now", "nightly")
    assert [snapshots(pool, name)[0]["power-state"] for name in ("web", "db")] == ["suspended", "halted"]
    assert pool.value("web", "power-state") == "running"


def test_the_oldest_snapshots_of_the_schedule_go_with_their_disks(pool: VmPool) -> None:
    own = pool.do("vm-snapshot", "web", new_name_label="my own")
    pool.write("nightly", {"retained-snapshots": "2"})
    made = [pool.do("vmss-snapshot-now", "nightly")[0] for _ in range(3)]
    assert snapshots(pool, "web") == [own, *made[1:]]
    assert len(pool.state.pointing_at(pool.named["v-web-root"], "vdi.snapshot-of")) == 3


def test_a_vm_that_refuses_is_told_and_the_others_go_on(pool: VmPool) -> None:
    pool.change("web", blocked_operations={"snapshot": "maintenance"})
    made = pool.do("vmss-snapshot-now", "nightly")
    assert made == snapshots(pool, "db")
    assert snapshots(pool, "web") == []
    assert told(pool) == [("VMSS_SNAPSHOT_FAILED", 3), ("VMSS_SNAPSHOT_SUCCEEDED", 5)]
    pool = VmPool("xapi")
    pool.add("nightly", "vmss", type="snapshot_with_quiesce", frequency="daily")
    pool.vm("web", "running", snapshot_schedule="nightly")
    command: Any = find("vmss-snapshot-now")
    assert run(pool.state, Call(command, {"vmss": pool.named["nightly"]})) == []
    assert told(pool) == [("VMSS_SNAPSHOT_FAILED", 3)]
