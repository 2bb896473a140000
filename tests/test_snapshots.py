"""Snapshots of VMs: what is made of them, what a VM gets back from them, and how they go."""

from typing import TYPE_CHECKING, Any

import pytest
from small_pool import GIB
from test_vm_copies import devices, differing
from vm_pool import VmPool

from xe_py.errors import Failure
from xe_py.operations import snapshot as snapshots
from xe_py.state.record import Record

if TYPE_CHECKING:
    from conftest import Xe


@pytest.fixture
def pool() -> VmPool:
    """A halted VM `web` with the disks `root` and `data` and a network card, and its snapshot `first`."""
    pool = VmPool()
    pool.vm("web", order=1, blocked_operations={"destroy": "kept"}, other_config={"mac_seed": "s", "password": "p"})
    pool.change("web", suspend_SR_uuid="share", HVM_shadow_multiplier=1.2345, generation_id="1:2", ha_always_run=False)
    pool.disk("root", "web", bootable=True)
    pool.disk("data", "web", userdevice="1")
    pool.add("tray", "vbd", vm_uuid="web", userdevice="3", type="CD", mode="RO")
    pool.vif("card", "web")
    pool.named["first"] = pool.do("vm-snapshot", "web", new_name_label="first")
    return pool


def act(pool: VmPool, command: str, name: str, **arguments: Any) -> Any:
    """Run a command on a snapshot, which is named by a parameter of its own."""
    from xe_py.operations import find
    from xe_py.running import Call, run

    found = find(command)
    assert found is not None, command
    result = run(pool.state, Call(found, {"uuid": pool.named[name], **arguments}))
    pool.assert_sound()
    return result


def refused(pool: VmPool, command: str, name: str, **arguments: Any) -> tuple[str, ...]:
    mark = pool.state.mark()
    with pool.refused() as refusal:
        act(pool, command, name, **arguments)
    assert pool.state.mark() == mark, "a refusal changed the state"
    return refusal()


def disks(pool: VmPool, vm: Record) -> list[Record]:
    vbds = [vbd for vbd in devices(pool, vm, "vbd") if vbd["type"] == "Disk"]
    return [pool.state.ref(vbd, "vdi-uuid") for vbd in vbds]


# What is made of a snapshot


@pytest.mark.parametrize("command", ["snapshot-clone", "snapshot-copy"])
def test_a_clone_of_a_snapshot_is_a_template(pool: VmPool, command: str) -> None:
    made = act(pool, command, "first", new_name_label="mine", new_name_description="from it")
    assert (made["name-label"], made["name-description"]) == ("mine", "from it")
    assert made["is-a-template"]
    assert not made["is-a-snapshot"]
    assert (made["snapshot-of"], made["parent"], made["snapshot-info"], made["reverts-to"]) == (None, None, {}, {})
    assert made["other-config"]["base_template_name"] == "first"
    assert [vdi["is-a-snapshot"] for vdi in disks(pool, made)] == [False, False]
    assert pool.value("web", "parent") == "first"


def test_a_copy_of_a_snapshot_goes_to_an_sr(pool: VmPool) -> None:
    made = act(pool, "snapshot-copy", "first", new_name_label="mine", sr=pool.named["local"])
    assert {vdi["sr-uuid"] for vdi in disks(pool, made)} == {pool.named["local"]["uuid"]}


def test_a_clone_of_a_checkpoint_is_halted_and_has_no_memory(pool: VmPool) -> None:
    pool.do("vm-start", "web")
    pool.named["second"] = pool.do("vm-checkpoint", "web", new_name_label="second")
    made = act(pool, "snapshot-clone", "second", new_name_label="mine")
    assert (made["power-state"], made["suspend-VDI-uuid"]) == ("halted", None)
    assert not any(vbd["currently-attached"] for vbd in devices(pool, made, "vbd"))
    pool.named["kept"] = disks(pool, pool.named["second"])[0]
    assert refused(pool, "snapshot-copy", "second", new_name_label="x") == ("VDI_IN_USE", "kept", "copy")


# Reverting


def test_a_vm_gets_back_what_it_was(pool: VmPool) -> None:
    web = pool.named["web"]
    before, tags = dict(web), ["later"]
    pool.change("web", name_label="www", order=7, start_delay=9, blocked_operations={}, platform={"nx": "true"},
                other_config={"x": "y"}, HVM_shadow_multiplier=2.0, tags=tags, affinity="xen2",
                memory_static_max=GIB, suspend_SR_uuid=None)  # fmt: skip
    pool.state.update(pool.named["first"], {"other-config": {"backup": "done"}, "order": 5})
    act(pool, "snapshot-revert", "first")
    assert pool.state.need("vm", web["uuid"]) is web
    assert web["generation-id"] != before["generation-id"]
    kept = {"tags": tags, "affinity": pool.named["xen2"]["uuid"], "parent": pool.named["first"]["uuid"]}
    assert {**web, "generation-id": "1:2"} == before | kept


def test_a_vm_gets_back_its_disks_as_clones(pool: VmPool) -> None:
    pool.named["second"] = pool.do("vm-snapshot", "web", new_name_label="second")
    pool.disk("later", "web", userdevice="2")
    old = {name: pool.named[name]["uuid"] for name in ("v-root", "v-data")}
    taken = disks(pool, pool.named["first"])
    act(pool, "snapshot-revert", "first")
    assert pool.gone() == {"v-root", "v-data", "root", "data", "tray", "later", "card"}
    now = disks(pool, pool.named["web"])
    assert not {vdi["uuid"] for vdi in now} & set(old.values())
    assert [(vdi["name-label"], vdi["is-a-snapshot"]) for vdi in now] == [("v-root", False), ("v-data", False)]
    for snapshot in ("first", "second"):
        assert [vdi["snapshot-of"] for vdi in disks(pool, pool.named[snapshot])] == [vdi["uuid"] for vdi in now]
    assert disks(pool, pool.named["first"]) == taken
    assert pool.value("v-later", "vbd-uuids") == []
    assert pool.value("web", "parent") == "first"


def test_a_vm_gets_back_its_devices(pool: VmPool) -> None:
    before = {cls: devices(pool, pool.named["web"], cls) for cls in ("vbd", "vif")}
    act(pool, "snapshot-revert", "first")
    for cls, was in before.items():
        for old, new in zip(was, devices(pool, pool.named["web"], cls), strict=True):
            found = differing(pool, old, new)
            for name in ("uuid", "vdi-uuid"):
                found.pop(name, None)
            assert found == ({"other-config": {"owner": ""}} if cls == "vbd" and old["type"] == "Disk" else {})


@pytest.mark.parametrize("state", ["running", "paused", "suspended"])
def test_a_vm_that_is_not_halted_is_shut_down_first(pool: VmPool, state: str) -> None:
    pool.do("vm-start", "web")
    if state != "running":
        pool.do("vm-pause" if state == "paused" else "vm-suspend", "web")
    act(pool, "snapshot-revert", "first")
    assert (pool.value("web", "power-state"), pool.value("web", "suspend-VDI-uuid")) == ("halted", None)
    assert not pool.state.find("vdi", type="Suspend")


def test_a_vm_is_suspended_after_it_is_reverted_to_a_checkpoint(pool: VmPool) -> None:
    pool.do("vm-start", "web")
    pool.named["second"] = pool.do("vm-checkpoint", "web", new_name_label="second")
    act(pool, "snapshot-revert", "second")
    assert pool.value("web", "power-state") == "suspended"
    assert pool.named["web"]["suspend-VDI-uuid"] != pool.named["second"]["suspend-VDI-uuid"]
    assert all(vbd["currently-attached"] for vbd in devices(pool, pool.named["web"], "vbd") if vbd["vdi-uuid"])
    pool.do("vm-resume", "web")
    assert pool.value("web", "power-state") == "running"
    act(pool, "snapshot-revert", "second")
    assert pool.value("web", "power-state") == "suspended"


def test_a_checkpoint_is_not_lost_with_the_host_of_its_memory(pool: VmPool) -> None:
    pool.do("vm-start", "web", on=pool.named["xen1"])
    pool.change("web", suspend_SR_uuid="local")
    pool.named["second"] = pool.do("vm-checkpoint", "web", new_name_label="second")
    pool.do("vm-shutdown", "web", force=True)
    pool.change("p-local", currently_attached=False)
    assert refused(pool, "snapshot-revert", "second") == ("SR_HAS_NO_PBDS", "local")
    pool.change("p-local", currently_attached=True)
    pool.change("xen1", host_metrics_live=False)
    assert refused(pool, "snapshot-revert", "second") == ("HOST_NOT_LIVE", "xen1")


@pytest.mark.parametrize("rules", ["strict", "xapi"])
def test_a_snapshot_that_does_not_say_what_the_vm_was_gives_back_what_it_has(rules: str) -> None:
    """As of a VM that an old XenServer, or a hand, has written."""
    pool = VmPool(rules)
    pool.vm("web", order=2, is_a_template=False)
    pool.disk("root", "web")
    pool.vm("old", is_a_snapshot=True, is_a_template=True, snapshot_of="web", order=5, snapshot_info={"a": "b"})
    pool.disk("kept", "old", sr="local")
    act(pool, "snapshot-revert", "old")
    found = {
        name: pool.value("web", name) for name in ("name-label", "order", "is-a-template", "snapshot-of", "parent")
    }
    assert found == {"name-label": "web", "order": 5, "is-a-template": False, "snapshot-of": None, "parent": "old"}
    (disk,) = disks(pool, pool.named["web"])
    assert (disk["name-label"], pool.state.ref(disk, "sr-uuid")["name-label"]) == ("v-kept", "local")
    assert pool.value("v-kept", "snapshot-of") is None


def test_an_sr_that_is_gone_is_not_brought_back(pool: VmPool) -> None:
    pool.add("old", "sr", type="nfs")
    pool.change("web", suspend_SR_uuid="old")
    pool.named["second"] = pool.do("vm-snapshot", "web", new_name_label="second")
    pool.state.delete(pool.named["old"])
    act(pool, "snapshot-revert", "second")
    assert pool.value("web", "suspend-SR-uuid") is None


def test_a_vm_that_is_gone_is_made_again(pool: VmPool) -> None:
    pool.named["second"] = pool.do("vm-snapshot", "web", new_name_label="second")
    web = dict(pool.named["web"])
    pool.change("web", blocked_operations={})
    pool.do("vm-destroy", "web")
    assert pool.value("first", "snapshot-of") is None
    act(pool, "snapshot-revert", "first")
    pool.named["web"] = pool.state.need("vm", web["uuid"])
    assert {name: pool.named["web"][name] for name in ("name-label", "is-a-template", "order", "blocked-operations")} == {
        "name-label": "web", "is-a-template": False, "order": 1, "blocked-operations": {"destroy": "kept"},
    }  # fmt: skip
    assert pool.value("web", "snapshots") == ["first", "second"]
    assert [vdi["name-label"] for vdi in disks(pool, pool.named["web"])] == ["v-root", "v-data"]


def test_a_vm_that_nothing_tells_of_cannot_be_made_again(pool: VmPool) -> None:
    pool.change("web", blocked_operations={})
    pool.do("vm-destroy", "web")
    pool.change("first", reverts_to={})
    assert refused(pool, "snapshot-revert", "first") == ("VM_REVERT_FAILED", "first", "<not in database>")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"blocked_operations": {"reverting": "kept"}}, ("OPERATION_BLOCKED", "web", "kept")),
        ({"is_a_template": True}, ("VM_IS_TEMPLATE", "web", "reverting")),
    ],
)
def test_a_vm_may_refuse_to_be_reverted(pool: VmPool, change: dict[str, Any], refusal: tuple[str, ...]) -> None:
    pool.change("web", **change)
    assert refused(pool, "snapshot-revert", "first") == refusal


def test_a_revert_that_fails_midway_loses_nothing(pool: VmPool) -> None:
    """The real XAPI has destroyed the disks by then."""
    pool.state.update(disks(pool, pool.named["first"])[1], {"managed": False})
    assert refused(pool, "snapshot-revert", "first") == ("VM_REVERT_FAILED", "first", "web")
    pool.state.update(disks(pool, pool.named["first"])[1], {"managed": True, "type": "CBT metadata"})
    assert refused(pool, "snapshot-revert", "first")[0] == "VDI_INCOMPATIBLE_TYPE"
    assert pool.gone() == set()


# Words


def test_a_snapshot_is_named_by_either_uuid(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    taken = xe.do("vm-snapshot vm=web new-name-label=first")
    other = xe.do("vm-snapshot vm=web new-name-label=other")
    made = xe.do("snapshot-clone snapshot-uuid={taken} uuid={vm} new-name-label=a", taken=taken, vm=other)
    assert xe.do(f"vm-param-get uuid={made} param-name=other-config param-key=base_template_name") == "first"
    assert set(xe.do("snapshot-list --minimal").split(",")) == {taken, other}
    for line in ("snapshot-clone new-name-label=x", "snapshot-revert", "snapshot-destroy", "snapshot-disk-list"):
        assert xe(line).err.splitlines()[0] == "Error: Required parameter not found: uuid"
        assert "is not a snapshot" in xe(f"{line} uuid={vm}").err
        assert xe.code(f"{line} uuid=x") == "UUID_INVALID"
    assert "--force" in xe(f"snapshot-reset-powerstate uuid={taken}").err
    assert xe.code(f"snapshot-reset-powerstate uuid={taken} --force") == "VM_IS_SNAPSHOT"
    assert "is not a snapshot" in xe(f"snapshot-reset-powerstate uuid={vm} force=true").err


def test_a_snapshot_goes_and_its_disks_stay(xe: "Xe") -> None:
    sr = xe.do("sr-list content-type=user --minimal")
    vm = xe.do("vm-create name-label=web")
    disk = xe.do(f"vdi-create sr-uuid={sr} name-label=root virtual-size=1GiB")
    xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={disk} device=0")
    xe.do("vm-start vm=web")
    first = xe.do("vm-snapshot vm=web new-name-label=first")
    second = xe.do("vm-checkpoint vm=web new-name-label=second")
    copy = xe.do(f"vdi-list snapshot-of={disk} --minimal").split(",")
    listed = xe.do(f"snapshot-disk-list snapshot-uuid={second} vdi-params=name-label,snapshot-of vbd-params=uuid")
    assert listed.startswith("Disk 0 VBD:\nuuid ( RO)    : ")
    assert f"snapshot-of ( RO): {disk}" in listed
    xe.do(f"snapshot-destroy uuid={second}")
    assert xe.do("snapshot-list --minimal") == first
    assert xe.do(f"vm-param-get uuid={vm} param-name=parent") == first
    assert xe.do("vdi-list type=Suspend --minimal") == ""
    assert xe.do(f"vdi-list snapshot-of={disk} --minimal").split(",") == copy
    xe.do(f"snapshot-destroy snapshot-uuid={first}")
    assert xe.do("snapshot-list --minimal") == ""


@pytest.mark.parametrize("rules", ["xe", "xapi"])
def test_a_snapshot_that_is_no_template_is_named_as_a_vm(rules: str, request: pytest.FixtureRequest) -> None:
    """Many backup scripts take a snapshot so, copy or export it as a VM, and uninstall it as one."""
    xe: Xe = request.getfixturevalue(rules)
    xe.do("vm-install new-name-label=web template={template}", template="Debian Bookworm 12")
    kept = xe.do("vdi-list type=System --minimal")
    taken = xe.do("vm-snapshot vm=web new-name-label=backup")
    assert xe.code("vm-uninstall vm=backup force=true") == "Error: No matching VMs found"
    xe.do(f"template-param-set is-a-template=false ha-always-run=false uuid={taken}")
    assert xe.do("template-list name-label=backup --minimal") == ""
    assert {xe.do(f"{kind}-list name-label=backup --minimal") for kind in ("vm", "snapshot")} == {taken}
    copy = xe.do("vm-copy vm=backup new-name-label=copy")
    assert xe.do(f"vm-list uuid={copy} is-a-snapshot=false params=power-state --minimal") == "halted"
    for vm in (copy, taken):
        xe.do(f"vm-uninstall uuid={vm} force=true")
    assert xe.do("snapshot-list --minimal") == ""
    assert xe.do("vdi-list type=System --minimal") == kept


def test_words_that_a_clone_does_not_read_are_no_filters(xe: "Xe") -> None:
    xe.do("vm-create name-label=web")
    xe.do("vm-create name-label=db")
    for command in ("vm-clone", "vm-snapshot"):
        xe.do(f"{command} vm=web new-name-label=x ignore-vdi-uuids=")
    made = xe.do("vm-clone name-label=web new-name-label=x new-name-description=d ignore-vdi-uuids=x")
    assert xe.do(f"vm-param-get uuid={made} param-name=name-description") == "d"
    made = xe.do("vm-snapshot power-state=halted is-a-snapshot=false --multiple new-name-label=s")
    assert len(made.split("\n")) == len(set(made.split("\n"))) == 4


def test_a_secret_in_other_config_is_hidden_in_what_a_snapshot_says_too(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    xe.do(f"vm-param-set uuid={vm} other-config:password=hunter2 other-config:plain=seen")
    before = xe.do("vm-snapshot vm=web new-name-label=first --dry-run")
    assert "hunter2" not in before
    assert "seen" in before
    xe.do("vm-snapshot vm=web new-name-label=first")
    assert "hunter2" not in xe.do("state-diff")


def test_whoever_calls_the_function_without_a_snapshot_gets_a_code() -> None:
    with pytest.raises(Failure, match="UUID_INVALID: VM"):
        snapshots.revert(VmPool().state)
