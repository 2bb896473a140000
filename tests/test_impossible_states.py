"""States that cannot be: which hand edits are unsound under which rules, and by which commands none comes about."""

import re

import pytest
from conftest import Xe
from vm_pool import VmPool

from xe_py.errors import Failure
from xe_py.state.core import verify
from xe_py.state.state import State

# What no database of a real pool can hold is unsound under both sets, the rest under the strict one only.
BOTH, STRICT = ("strict", "xapi"), ("strict",)


@pytest.fixture(params=["strict", "xapi"])
def pool(request: pytest.FixtureRequest) -> VmPool:
    pool = VmPool(request.param)
    pool.vm("web")
    pool.vm("other")
    pool.vm("busy", "running")
    pool.vm("asleep", "suspended")
    pool.vm("kept", is_a_snapshot=True, is_a_template=True, snapshot_of="web")
    pool.disk("root", "web")
    pool.disk("data", "other")
    pool.vif("nic", "web")
    pool.vif("second", "web", device="1", MAC="00:16:3e:11:11:12")
    pool.assert_sound()
    return pool


@pytest.mark.parametrize(
    ("name", "fields", "rules", "refusal"),
    [
        ("v-root", {"parent": "v-root"}, STRICT, ("vdi", "INVALID_VALUE", "parent", "v-root")),
        ("v-root", {"snapshot_of": "v-root"}, STRICT, ("vdi", "INVALID_VALUE", "snapshot-of", "v-root")),
        ("v-root", {"snapshot_of": "v-data"}, STRICT, ("vdi", "INVALID_VALUE", "is-a-snapshot", "false")),
        ("v-root", {"snapshot_of": "v-data", "is_a_snapshot": True}, (), None),
        ("v-root", {"is_a_snapshot": True}, (), None),
        ("v-root", {"parent": "v-data"}, (), None),
        ("web", {"parent": "web"}, STRICT, ("vm", "INVALID_VALUE", "parent", "web")),
        ("web", {"snapshot_of": "other"}, STRICT, ("vm", "INVALID_VALUE", "is-a-snapshot", "false")),
        ("web", {"snapshot_of": "kept", "is_a_snapshot": True}, STRICT, ("vm", "INVALID_VALUE", "snapshot-of", "kept")),
        ("kept", {"snapshot_of": None}, (), None),
        ("web", {"power_state": "suspended"}, STRICT, ("vm", "VM_HAS_NO_SUSPEND_VDI", "VM", "web")),
        ("asleep", {"suspend_VDI_uuid": None}, STRICT, ("vm", "VM_HAS_NO_SUSPEND_VDI", "VM", "asleep")),
        ("web", {"suspend_VDI_uuid": "v-data"}, STRICT, ("vm", "VM_BAD_POWER_STATE", "web", "suspended", "halted")),
        ("busy", {"VCPUs_number": 99}, STRICT, ("vm", "INVALID_VALUE", "VCPU values must satisfy: 0 < VCPUs ≤ VCPUs_max", "99")),
        ("busy", {"VCPUs_number": 0}, STRICT, ("vm", "INVALID_VALUE", "VCPU values must satisfy: 0 < VCPUs ≤ VCPUs_max", "0")),
        ("web", {"VCPUs_at_startup": 3}, STRICT, ("vm", "INVALID_VALUE", "VCPU values must satisfy: 0 < VCPUs_at_startup ≤ VCPUs_max", "3")),
        ("web", {"memory_dynamic_max": 1}, STRICT, ("vm", "MEMORY_CONSTRAINT_VIOLATION_ORDER")),
        ("xen1", {"memory_total": 1}, STRICT, ("host", "HOST_NOT_ENOUGH_FREE_MEMORY")),
        ("dom0", {"dom_id": 77}, STRICT, ("host", "STATE_HOST_INCOMPLETE", "xen1", "control domain")),
        ("dom0", {"dom_id": 77}, STRICT, ("vm", "INVALID_VALUE", "dom-id", "77")),
        ("dom0", {"dom_id": -1, "power_state": "halted", "resident_on": None}, STRICT, ("host", "STATE_HOST_INCOMPLETE", "xen1", "control domain")),
        ("other", {"is_control_domain": True}, (), None),
        ("busy", {"is_control_domain": True}, STRICT, ("vm", "INVALID_VALUE", "dom-id")),
        ("eth0-xen1", {"management": False}, STRICT, ("host", "STATE_HOST_INCOMPLETE", "xen1", "attached management interface")),
        ("eth0-xen1", {"currently_attached": False}, STRICT, ("host", "STATE_HOST_INCOMPLETE", "xen1", "attached management interface")),
        ("lan", {"MTU": -1}, STRICT, ("network", "INVALID_VALUE", "MTU", "-1")),
        ("lan", {"MTU": 67}, STRICT, ("network", "INVALID_VALUE", "MTU", "67")),
        ("lan", {"MTU": 65536}, STRICT, ("network", "INVALID_VALUE", "MTU", "65536")),
        ("lan", {"MTU": 68}, (), None),
        ("nic", {"MAC": "01:00:5e:00:00:01"}, STRICT, ("vif", "MAC_INVALID", "01:00:5e:00:00:01")),
        ("nic", {"MAC": "00:00:00:00:00:00"}, STRICT, ("vif", "MAC_INVALID", "00:00:00:00:00:00")),
        ("nic", {"MAC": "00:16:3E:11:11:12"}, STRICT, ("vif", "MAC_STILL_EXISTS", "00:16:3E:11:11:12")),
        ("nic", {"MAC": "0:16:3e:11:11:12"}, BOTH, ("vif", "MAC_INVALID", "0:16:3e:11:11:12")),
        ("eth0-xen1", {"MAC": "03:16:3e:00:00:00"}, STRICT, ("pif", "MAC_INVALID", "03:16:3e:00:00:00")),
        ("web", {"dom_id": 4}, BOTH, ("vm", "INVALID_VALUE", "dom-id", "4")),
    ],
)  # fmt: skip
def test_an_edit_is_unsound_under_these_rules(
    pool: VmPool, name: str, fields: dict[str, object], rules: tuple[str, ...], refusal: tuple[str, ...] | None
) -> None:
    mark = pool.state.mark()
    pool.change(name, **fields)
    found = pool.unsound()
    if pool.state.rules in rules:
        assert refusal is not None
        assert refusal in {each[: len(refusal)] for each in found}
        with pytest.raises(Failure):
            verify(pool.state, pool.state.changes(mark))
    else:
        assert not found
        verify(pool.state, pool.state.changes(mark))


def test_loops_of_any_length_are_found_once_for_each_member(pool: VmPool) -> None:
    for name in "abc":
        pool.add(name, "vdi", sr_uuid="share", virtual_size=1, location=name)
    pool.change("a", parent="b")
    pool.change("b", parent="c")
    pool.change("v-root", parent="a")
    assert not pool.unsound()
    pool.change("c", parent="a")
    loop = {("vdi", "INVALID_VALUE", "parent", name) for name in "abc"}
    assert pool.unsound() == (loop if pool.state.rules == "strict" else set())


def test_two_vms_do_not_have_one_image(pool: VmPool) -> None:
    pool.vm("twin", "suspended")
    pool.change("twin", suspend_VDI_uuid=pool.named["asleep"]["suspend-VDI-uuid"])
    codes = {(cls, code) for cls, code, *_ in pool.unsound()}
    assert codes == ({("vm", "VDI_IN_USE")} if pool.state.rules == "strict" else set())


def test_a_host_that_does_not_answer_needs_neither_control_domain_nor_management(pool: VmPool) -> None:
    pool.change("xen2", host_metrics_live=False)
    pool.state.delete(pool.named["dom0-xen2"])
    pool.change("eth0-xen2", management=False)
    pool.assert_sound()


def test_there_is_exactly_one_pool(pool: VmPool) -> None:
    mark = pool.state.mark()
    second = pool.add("second", "pool", master="xen2")
    assert pool.unsound() == {("pool", "DB_UNIQUENESS_CONSTRAINT_VIOLATION", "pool", "uuid", "second")}
    with pytest.raises(Failure, match="DB_UNIQUENESS"):
        verify(pool.state, pool.state.changes(mark))
    pool.state.delete(pool.named["pool"])
    pool.assert_sound()
    pool.state.delete(second)
    assert pool.unsound() == {("pool", "STATE_OBJECT_MISSING", "pool")}
    with pytest.raises(Failure, match="STATE_OBJECT_MISSING"):
        verify(pool.state, pool.state.changes(mark))


def test_a_file_without_any_object_is_unsound(xe: Xe) -> None:
    head = re.search(r"\[state\]\n(?:.+\n)+", xe.state.read_text())
    assert head
    xe.state.write_text(head[0])
    result = xe.run(["state-check"], partial=True)
    assert result.status == 3
    assert result.out == (
        f"{xe.state}: pool: The state must have one object of this class, but it has none. class: pool "
        "[STATE_OBJECT_MISSING]\n"
    )
    assert xe("vm-list").status == 0
    assert xe("vm-create name-label=web").status == 3


def test_a_uuid_may_have_capitals(xe: Xe) -> None:
    vm = "00000000-0000-4000-8000-00000000ABCD"
    xe.state.write_text(f'{xe.state.read_text()}\n[vm.{vm}]\nname-label = "web"\n')
    xe.do(f"vm-param-set uuid={vm} name-description=x")
    assert "sound" in xe.do("state-check")
    assert xe.do("vm-list name-label=web --minimal") == vm


def test_uuids_that_differ_in_case_only_are_the_same(xe: Xe) -> None:
    xe.do("vm-create name-label=web")
    vm = xe.do("vm-list name-label=web --minimal")
    text = xe.state.read_text()
    xe.state.write_text(f'{text}\n[vm.{vm.upper()}]\nname-label = "twin"\n')
    result = xe.run(["state-check"], partial=True)
    assert result.status == 3
    assert "STATE_DUPLICATE_UUID" in result.out
    state = State({"rules": "xapi"})
    state.add("network", {}, vm.upper())
    with pytest.raises(Failure, match="DB_UNIQUENESS"):
        state.add("network", {}, vm)


# Commands


def test_the_image_of_a_suspended_vm_stays(pool: VmPool) -> None:
    pool.named["image"] = pool.state.need("vdi", pool.named["asleep"]["suspend-VDI-uuid"])
    if pool.state.rules == "strict":
        assert pool.no("vdi-destroy", "image") == ("VM_HAS_NO_SUSPEND_VDI", "VM", "asleep")
    data = {"suspend-VDI-uuid": pool.named["v-data"]["uuid"]}
    assert pool.not_written("web", **data) == ("VM_BAD_POWER_STATE", "web", "suspended", "halted")
    code, old, new = pool.not_written("asleep", **data)
    assert code == "SUSPEND_VDI_REPLACEMENT_IS_NOT_IDENTICAL"
    assert old.startswith(f"{pool.named['image']['uuid']} : ")
    assert new.startswith(f"{pool.named['v-data']['uuid']} : ")
    pool.write("asleep", {"suspend-VDI-uuid": pool.named["image"]["uuid"]})
    pool.do("vm-resume", "asleep")
    assert pool.gone() == {"image"}


def test_without_its_image_a_suspended_vm_does_not_resume() -> None:
    pool = VmPool("xapi")
    pool.vm("asleep", "suspended")
    pool.named["image"] = pool.state.need("vdi", pool.named["asleep"]["suspend-VDI-uuid"])
    pool.do("vdi-destroy", "image")
    assert pool.no("vm-resume", "asleep") == ("VM_HAS_NO_SUSPEND_VDI", "VM", "asleep")
    pool.do("vm-shutdown", "asleep", force=True)
    assert pool.value("asleep", "power-state") == "halted"


@pytest.mark.parametrize(
    ("fields", "force", "refusal"),
    [
        ({"VCPUs_max": 0, "VCPUs_at_startup": 0}, True, ("INVALID_VALUE", "VCPUs-max", "0")),
        ({"VCPUs_at_startup": 0}, True, ("INVALID_VALUE", "VCPUs-at-startup", "0")),
        ({"VCPUs_at_startup": 3}, True, ("VALUE_NOT_SUPPORTED", "VCPUs-at-startup", "3", "value greater than VCPUs-max")),
        ({"memory_dynamic_max": 1}, False, ("MEMORY_CONSTRAINT_VIOLATION",)),
        ({"memory_dynamic_max": 1}, True, None),
    ],
)  # fmt: skip
def test_what_came_from_elsewhere_is_judged_at_the_start(
    fields: dict[str, object], force: bool, refusal: tuple[str, ...] | None
) -> None:
    pool = VmPool("xapi")
    pool.vm("web", **fields)
    if refusal is None:
        pool.do("vm-start", "web", force=force)
    else:
        assert pool.no("vm-start", "web", force=force) == refusal


def test_networks_have_a_possible_mtu(xe: Xe, xapi: Xe) -> None:
    for run in (xapi, xe):
        for words, mtu in (("MTU=-5", "1500"), ("MTU=0", "1500"), ("MTU=9000", "9000")):
            network = run.do(f"network-create name-label=n {words}")
            assert run.do(f"network-param-get uuid={network} param-name=MTU") == mtu
        if run is xe:
            assert run.code(f"network-param-set uuid={network} MTU=12") == "INVALID_VALUE"
        else:
            run.do(f"network-param-set uuid={network} MTU=12")
