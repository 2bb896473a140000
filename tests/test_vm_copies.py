"""Copies of VMs: what a clone, a copy, a snapshot and a checkpoint have of the VM, and what is refused."""

from typing import TYPE_CHECKING, Any

import pytest
from conftest import run
from small_pool import GIB, Refusal
from vm_pool import VmPool

from xe_py.state.record import Record
from xe_py.state.tables import Tables
from xe_py.xapi.addresses import derived_mac

if TYPE_CHECKING:
    from conftest import Xe

SEED = "5a5a0000-0000-0000-0000-000000000063"
# A value for every stored field that a user, or a command, can have set.
SETTINGS: dict[str, Any] = {
    "name-description": "the shop",
    "user-version": 3,
    "affinity": "xen2",
    "suspend-SR-uuid": "share",
    "memory-static-max": 2 * GIB,
    "memory-dynamic-max": GIB,
    "VCPUs-max": 2,
    "VCPUs-params": {"weight": "512"},
    "platform": {"nx": "true"},
    "blocked-operations": {"destroy": "kept"},
    "HVM-boot-policy": "BIOS order",
    "HVM-boot-params": {"order": "cdn"},
    "HVM-shadow-multiplier": 1.25,
    "NVRAM": {"EFI": "x"},
    "PV-args": "quiet",
    "domain-type": "hvm",
    "other-config": {"mac_seed": SEED, "xensource_internal": "1", "a": "b", "default_template": "false"},
    "recommendations": "<restrictions/>",
    "xenstore-data": {"vm-data": "x"},
    "ha-restart-priority": "restart",
    "start-time": "20200101T00:00:00Z",
    "install-time": "20200102T00:00:00Z",
    "tags": ["web", "shop"],
    "start-delay": 1,
    "shutdown-delay": 2,
    "order": 3,
    "version": 4,
    "generation-id": "1:2",
    "hardware-platform-version": 0,
    "has-vendor-device": True,
    "reference-label": "debian-12",
    "bios-strings": {"bios-vendor": "Xen"},
}
BEGINS_ANEW = ("suspend-SR-uuid", "blocked-operations", "start-delay", "shutdown-delay", "order", "version")
COPIES = ("vm-clone", "vm-copy")
SNAPSHOTS = ("vm-snapshot", "vm-checkpoint")


@pytest.fixture
def pool() -> VmPool:
    """A halted VM `web` with a disk on each of two SRs, a disc, and a network card."""
    pool = VmPool()
    pool.vm("web")
    values = {
        name: pool.named[value]["uuid"] if value in ("xen2", "share") else value for name, value in SETTINGS.items()
    }
    pool.state.update(pool.named["web"], values)
    pool.disk("root", "web", bootable=True, other_config={"owner": "true"})
    pool.disk("data", "web", sr="local", userdevice="1", mode="RO", attached_as="xvdb", unpluggable=False)
    pool.add("isos", "sr", type="iso", content_type="iso")
    remote = {"device_config": {"location": "server:/isos"}, "currently_attached": True}
    pool.add("p-isos", "pbd", sr_uuid="isos", host_uuid="xen1", **remote)
    pool.add("disc", "vdi", sr_uuid="isos", location="a.iso", read_only=True)
    pool.add("cd", "vbd", vm_uuid="web", vdi_uuid="disc", userdevice="3", type="CD", mode="RO")
    pool.add("tray", "vbd", vm_uuid="web", userdevice="4", type="CD", mode="RO")
    pool.vif("card", "web", MTU=9000, locking_mode="locked", ipv4_allowed=["10.0.0.1"], other_config={"e": "f"})
    return pool


def devices(pool: VmPool, vm: Record, cls: str) -> list[Record]:
    return pool.state.pointing_at(vm, f"{cls}.vm-uuid")


def differing(pool: VmPool, one: Record, other: Record) -> dict[str, Any]:
    """The stored fields in which the second object has another value, uuids by name."""
    names = [name for name in one.cls.stored if one[name] != other[name]]
    return {name: other[name] if isinstance(other[name], dict) else pool._name(other[name]) for name in names}  # noqa: SLF001 - a helper of tests


# What a copy has


@pytest.mark.parametrize("command", COPIES)
def test_a_clone_keeps_all_but_what_makes_a_vm_itself(pool: VmPool, command: str) -> None:
    vm = pool.named["web"]
    before = dict(vm)
    copy = pool.do(command, "web", new_name_label="shop")
    assert dict(vm) == before, "the VM changed"
    found = differing(pool, vm, copy)
    seed = found["other-config"].pop("mac_seed")
    assert seed not in {"", SEED}
    assert found.pop("uuid") != vm["uuid"]
    assert found.pop("generation-id").replace(":", "").isdecimal()
    assert found == {
        "name-label": "shop",
        "other-config": {"a": "b"},
        **{name: copy.cls.stored[name].default for name in BEGINS_ANEW},
    }


@pytest.mark.parametrize("command", SNAPSHOTS[:1])
def test_a_snapshot_keeps_the_same_and_becomes_the_parent_of_the_vm(pool: VmPool, command: str) -> None:
    vm = pool.named["web"]
    first = pool.named["first"] = pool.do(command, "web", new_name_label="first", new_name_description="fine")
    found = differing(pool, vm, first)
    for name in ("uuid", "generation-id", "reverts-to", "snapshot-time"):
        found.pop(name)
    assert found == {
        "name-label": "first",
        "name-description": "fine",
        "is-a-template": True,
        "is-a-snapshot": True,
        "snapshot-of": "web",
        "snapshot-info": {"disk-snapshot-type": "crash_consistent", "power-state-at-snapshot": "Halted"},
        "parent": None,
        "other-config": {"mac_seed": SEED, "a": "b"},
        **{name: first.cls.stored[name].default for name in BEGINS_ANEW},
    }
    pool.named["second"] = pool.do(command, "web", new_name_label="second")
    assert pool.value("web", "parent") == "second"
    assert pool.value("second", "parent") == "first"
    assert pool.value("web", "snapshots") == ["first", "second"]
    assert pool.value("web", "generation-id") == "1:2"


@pytest.mark.parametrize(("command", "kind"), [("vm-clone", "clone"), ("vm-copy", "copy"), ("vm-snapshot", "snapshot")])
def test_a_copy_has_its_own_disks_and_the_same_discs(pool: VmPool, command: str, kind: str) -> None:
    copy = pool.do(command, "web", new_name_label="shop")
    vbds = devices(pool, copy, "vbd")
    assert [vbd["userdevice"] for vbd in vbds] == ["0", "1", "3", "4"]
    for vbd, name in zip(vbds, ("root", "data", "cd", "tray"), strict=True):
        found = differing(pool, pool.named[name], vbd)
        del found["uuid"], found["vm-uuid"]
        vdi = pool.state.ref_or_none(vbd, "vdi-uuid")
        if vbd["type"] == "CD":
            assert found == {}
            continue
        assert vdi is not None
        assert found.pop("vdi-uuid") == vdi["uuid"]
        assert found == ({} if name == "root" else {"other-config": {"owner": ""}})
        source = pool.named[f"v-{name}"]
        assert (vdi["sr-uuid"], vdi["name-label"]) == (source["sr-uuid"], source["name-label"])
        assert vdi["snapshot-of"] == (source["uuid"] if kind == "snapshot" else None)
        assert (vdi["snapshot-time"] is None) == (kind == "copy")


@pytest.mark.parametrize("command", COPIES)
@pytest.mark.parametrize("seed", [{}, {"other_config": {}}])
def test_a_clone_has_macs_of_its_own(pool: VmPool, command: str, seed: dict[str, Any]) -> None:
    pool.change("web", **seed)
    copy = pool.do(command, "web", new_name_label="shop")
    (card,) = devices(pool, copy, "vif")
    mac = derived_mac(copy["other-config"]["mac_seed"], "0")
    assert differing(pool, pool.named["card"], card) == {
        "uuid": card["uuid"], "vm-uuid": copy["uuid"], "MAC": mac, "MAC-autogenerated": True,
    }  # fmt: skip


def test_a_snapshot_has_the_same_macs(pool: VmPool) -> None:
    pool.change("card", MAC_autogenerated=True)
    taken = pool.do("vm-snapshot", "web", new_name_label="first")
    (card,) = devices(pool, taken, "vif")
    assert differing(pool, pool.named["card"], card) == {
        "uuid": card["uuid"], "vm-uuid": taken["uuid"], "MAC-autogenerated": False,
    }  # fmt: skip


@pytest.mark.parametrize("command", COPIES)
def test_a_clone_of_a_template_is_one_and_remembers_its_name(pool: VmPool, command: str) -> None:
    pool.change("web", is_a_template=True, is_default_template=True, other_config={"default_template": "true"})
    copy = pool.named["copy"] = pool.do(command, "web", new_name_label="mine")
    assert copy["is-a-template"]
    assert not copy["is-default-template"]
    assert set(copy["other-config"]) == {"mac_seed", "base_template_name"}
    assert copy["other-config"]["base_template_name"] == "web"
    again = pool.do(command, "copy", new_name_label="other")
    assert again["other-config"]["base_template_name"] == "web"


def test_a_vm_without_a_generation_id_has_copies_without_one(pool: VmPool) -> None:
    pool.change("web", generation_id="")
    assert pool.do("vm-clone", "web", new_name_label="shop")["generation-id"] == ""


def test_a_copy_goes_to_one_sr(pool: VmPool) -> None:
    copy = pool.do("vm-copy", "web", new_name_label="shop", sr=pool.named["local"], new_name_description="copied")
    disks = [pool.state.ref(vbd, "vdi-uuid") for vbd in devices(pool, copy, "vbd") if vbd["type"] == "Disk"]
    assert {vdi["sr-uuid"] for vdi in disks} == {pool.named["local"]["uuid"]}
    assert copy["name-description"] == "copied"
    assert pool.no("vm-copy", "web", new_name_label="shop", sr=pool.named["isos"]) == (
        "OPERATION_NOT_ALLOWED", "Cannot copy a VM's disks to an ISO SR",
    )  # fmt: skip


def test_a_snapshot_leaves_out_the_disks_that_it_is_told_to(pool: VmPool) -> None:
    disks = [pool.named["v-root"]["uuid"], pool.named["disc"]["uuid"]]
    taken = pool.do("vm-snapshot", "web", new_name_label="first", ignore_vdis=disks)
    assert [vbd["userdevice"] for vbd in devices(pool, taken, "vbd")] == ["1", "4"]
    assert pool.no("vm-snapshot", "web", new_name_label="first", ignore_vdis=["x"]) == ("UUID_INVALID", "VDI", "x")


# What VMs do meanwhile


def running(pool: VmPool) -> None:
    pool.change("web", platform={}, blocked_operations={})
    pool.do("vm-start", "web", on=pool.named["xen1"])


@pytest.mark.parametrize("state", ["running", "paused", "suspended"])
def test_a_snapshot_is_halted_whatever_the_vm_does(pool: VmPool, state: str) -> None:
    running(pool)
    if state != "running":
        pool.do("vm-pause" if state == "paused" else "vm-suspend", "web")
    taken = pool.do("vm-snapshot", "web", new_name_label="first")
    assert (taken["power-state"], taken["resident-on"], taken["suspend-VDI-uuid"]) == ("halted", None, None)
    assert taken["snapshot-info"]["power-state-at-snapshot"] == state.capitalize()
    assert not any(device["currently-attached"] for cls in ("vbd", "vif") for device in devices(pool, taken, cls))
    assert pool.value("web", "power-state") == state


def test_a_checkpoint_of_a_running_vm_holds_its_memory(pool: VmPool) -> None:
    running(pool)
    vdis = pool.state.count("vdi")
    taken = pool.do("vm-checkpoint", "web", new_name_label="first")
    image = pool.state.ref(taken, "suspend-VDI-uuid")
    assert (taken["power-state"], image["type"]) == ("suspended", "Suspend")
    assert pool.state.value(image, "physical-utilisation") == image["virtual-size"] > 0
    assert taken["snapshot-info"] == {
        "disk-snapshot-type": "crash_consistent", "power-state-at-snapshot": "Running",
    }  # fmt: skip
    assert pool.state.count("vdi") == vdis + 3, "two disks and the image"
    assert (pool.value("web", "power-state"), pool.value("web", "resident-on")) == ("running", "xen1")
    assert pool.value("web", "suspend-VDI-uuid") is None
    assert pool.value("web", "dom-id") > 0
    assert [vbd["currently-attached"] for vbd in devices(pool, taken, "vbd")] == [True] * 4


@pytest.mark.parametrize(("state", "kept"), [("paused", "halted"), ("suspended", "suspended")])
def test_a_checkpoint_of_another_vm_says_nothing_of_the_moment(pool: VmPool, state: str, kept: str) -> None:
    running(pool)
    pool.do("vm-pause" if state == "paused" else "vm-suspend", "web")
    taken = pool.do("vm-checkpoint", "web", new_name_label="first")
    assert (taken["power-state"], taken["snapshot-info"]) == (kept, {})
    assert (taken["suspend-VDI-uuid"] is None) == (kept == "halted")
    assert taken["suspend-VDI-uuid"] != pool.named["web"]["suspend-VDI-uuid"] or kept == "halted"
    assert pool.value("web", "power-state") == state


# Refusals


@pytest.mark.parametrize(
    ("command", "change", "refusal"),
    [
        ("vm-clone", {"blocked_operations": {"clone": "kept"}}, ("OPERATION_BLOCKED", "web", "kept")),
        ("vm-copy", {"blocked_operations": {"copy": "kept"}}, ("OPERATION_BLOCKED", "web", "kept")),
        ("vm-snapshot", {"blocked_operations": {"snapshot": "kept"}}, ("OPERATION_BLOCKED", "web", "kept")),
        ("vm-checkpoint", {}, ("VM_BAD_POWER_STATE", "web", "paused, suspended, running", "halted")),
        ("vm-snapshot-with-quiesce", {}, ("VM_BAD_POWER_STATE", "web", "running", "halted")),
        ("vm-snapshot", {"is_a_template": True}, ("VM_IS_TEMPLATE", "web", "snapshot")),
        ("vm-checkpoint", {"is_a_template": True},
         ("VM_BAD_POWER_STATE", "web", "paused, suspended, running", "halted")),
    ],
)  # fmt: skip
def test_what_a_vm_does_not_allow(pool: VmPool, command: str, change: dict[str, Any], refusal: Refusal) -> None:
    pool.change("web", **change)
    assert pool.no(command, "web", new_name_label="x") == refusal


@pytest.mark.parametrize("command", COPIES)
def test_a_vm_that_is_not_halted_has_no_clones(pool: VmPool, command: str) -> None:
    running(pool)
    assert pool.no(command, "web", new_name_label="x") == ("VM_BAD_POWER_STATE", "web", "halted", "running")


@pytest.mark.parametrize("command", COPIES)
def test_a_suspended_vm_has_clones_if_the_pool_allows_it(pool: VmPool, command: str) -> None:
    running(pool)
    pool.do("vm-suspend", "web")
    assert pool.no(command, "web", new_name_label="x") == ("VM_BAD_POWER_STATE", "web", "halted", "suspended")
    pool.change("pool", other_config={"allow_clone_suspended_vm": "true"})
    if command == "vm-copy":
        assert pool.no(command, "web", new_name_label="x") == ("VDI_IN_USE", "v-root", "copy")
        for vbd in ("root", "data"):
            pool.change(vbd, currently_attached=False)
    copy = pool.do(command, "web", new_name_label="x")
    assert copy["power-state"] == "suspended"
    assert pool.state.ref(copy, "suspend-VDI-uuid")["type"] == "Suspend"
    assert copy["suspend-VDI-uuid"] != pool.named["web"]["suspend-VDI-uuid"]


def test_no_guest_can_quiesce(pool: VmPool) -> None:
    running(pool)
    refusal = pool.no("vm-snapshot-with-quiesce", "web", new_name_label="x")
    assert refusal == ("VM_SNAPSHOT_WITH_QUIESCE_NOT_SUPPORTED", "web")


@pytest.mark.parametrize("command", ["vm-clone", "vm-snapshot"])
def test_a_copy_fails_as_a_whole_if_one_disk_cannot_be_copied(pool: VmPool, command: str) -> None:
    pool.change("local", type="iscsi")
    assert pool.no(command, "web", new_name_label="x") == ("SR_OPERATION_NOT_SUPPORTED", "local")


def test_a_checkpoint_names_the_vm_whose_disk_has_no_snapshots(pool: VmPool) -> None:
    running(pool)
    pool.change("local", type="iscsi")
    assert pool.no("vm-checkpoint", "web", new_name_label="x") == ("SR_OPERATION_NOT_SUPPORTED", "web")


def test_a_checkpoint_needs_an_sr_for_the_memory_and_a_host_that_answers(pool: VmPool) -> None:
    running(pool)
    pool.change("web", suspend_SR_uuid=None)
    pool.change("pool", suspend_image_SR=None)
    assert pool.no("vm-checkpoint", "web", new_name_label="x") == ("VM_NO_SUSPEND_SR", "web")
    pool.change("web", other_config={"guest-tools": "false"})
    assert pool.no("vm-checkpoint", "web", new_name_label="x") == ("VM_LACKS_FEATURE", "web")
    assert pool.do("vm-snapshot", "web", new_name_label="x")["is-a-snapshot"]


# What a copy costs


def test_copies_read_only_what_they_touch(xe: "Xe", monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the index no class is read as a whole, but for the messages, of which there are few."""
    sr = xe.do("sr-list content-type=user --minimal")
    vm = xe.do("vm-create name-label=web")
    for device in range(3):
        vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=d virtual-size=1GiB")
        xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={vdi} device={device}")
    snapshot = xe.do(f"vm-snapshot uuid={vm} new-name-label=kept")
    asked: list[str] = []
    monkeypatch.setattr(Tables, "all", lambda self, cls, whole=Tables.all: asked.append(cls) or whole(self, cls))
    assert run(["--state", str(xe.state), "vm-list", "params=all"]) == 0
    assert "vm" in asked, "whoever reads a class as a whole is seen"
    for line in (
        f"vm-clone uuid={vm} new-name-label=x",
        f"vm-copy uuid={vm} new-name-label=x",
        f"vm-snapshot uuid={vm} new-name-label=x",
        f"vdi-snapshot uuid={vdi}",
        f"vdi-clone uuid={vdi}",
        f"vdi-copy uuid={vdi} sr-uuid={sr}",
        f"snapshot-clone uuid={snapshot} new-name-label=x",
        f"snapshot-revert uuid={snapshot}",
        f"snapshot-destroy uuid={snapshot}",
    ):
        asked.clear()
        assert run(["--state", str(xe.state), *line.split()]) == 0
        assert set(asked) <= {"message"}, line
