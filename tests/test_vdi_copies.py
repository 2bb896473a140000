"""Copies of VDIs: what the new VDI has of the old one, and what is refused."""

from typing import Any

import pytest
from small_pool import GIB, Refusal
from vm_pool import VmPool

from xe_py.schema.values import EPOCH
from xe_py.state.record import Record

SETTINGS: dict[str, Any] = {
    "name-label": "root",
    "name-description": "the system",
    "type": "System",
    "other-config": {"a": "b"},
    "xenstore-data": {"c": "d"},
    "sm-config": {"vhd-parent": "base", "key_hash": "k", "host_x": "RW"},
    "tags": ["one", "two"],
    "allow-caching": True,
    "cbt-enabled": True,
    "read-only": True,
}


@pytest.fixture
def pool() -> VmPool:
    """A halted VM `web` with the disk `v-root` on `share`, and SRs of other types."""
    pool = VmPool()
    pool.vm("web")
    pool.disk("root", "web")
    pool.add("volumes", "sr", type="lvm", physical_size=40 * GIB)
    pool.add("p-volumes", "pbd", sr_uuid="volumes", host_uuid="xen1", currently_attached=True)
    pool.add("isos", "sr", type="iso", content_type="iso")
    pool.add("p-isos", "pbd", sr_uuid="isos", host_uuid="xen1", currently_attached=True)
    pool.add("luns", "sr", type="iscsi", physical_size=40 * GIB)
    pool.add("p-luns", "pbd", sr_uuid="luns", host_uuid="xen1", currently_attached=True)
    return pool


def shown(pool: VmPool, vdi: Record, *names: str) -> tuple[Any, ...]:
    return tuple(pool.state.value(vdi, name) for name in names)


@pytest.mark.parametrize(
    ("command", "arguments", "differs"),
    [
        (
            "vdi-snapshot",
            {},
            {
                "is-a-snapshot": True,
                "snapshot-of": "v-root",
                "read-only": False,
                "sm-config": {"key_hash": "k"},
                "snapshot-time": "now",
            },
        ),
        (
            "vdi-clone",
            {"driver_params": {"epoch_hint": "x"}},
            {"read-only": False, "sm-config": {"key_hash": "k"}, "cbt-enabled": False, "snapshot-time": "now"},
        ),
        (
            "vdi-clone",
            {"new_name_label": "twin", "new_name_description": ""},
            {
                "name-label": "twin",
                "name-description": "",
                "read-only": False,
                "sm-config": {"key_hash": "k"},
                "cbt-enabled": False,
                "snapshot-time": "now",
            },
        ),
        (
            "vdi-copy",
            {"sr": "volumes"},
            {"read-only": False, "sm-config": {}, "cbt-enabled": False, "sr-uuid": "volumes"},
        ),
    ],
)
def test_a_copy_keeps_what_its_kind_keeps(
    pool: VmPool, command: str, arguments: dict[str, Any], differs: dict[str, Any]
) -> None:
    pool.state.update(pool.named["v-root"], SETTINGS)
    pool.change("root", mode="RO")
    source = dict(pool.named["v-root"])
    arguments = {name: pool.named.get(str(value), value) for name, value in arguments.items()}
    copy = pool.do(command, "v-root", **arguments)
    assert dict(pool.named["v-root"]) == source, "the source changed"
    assert copy["uuid"] == copy["location"] != source["uuid"]
    assert (copy["snapshot-time"] is None) == ("snapshot-time" not in differs)
    expected = {name: pool.named["v-root"][name] for name in copy.cls.stored} | {"snapshot-of": None}
    expected |= {name: pool.named[value]["uuid"] if value in pool.named else value for name, value in differs.items()
                 if isinstance(value, str)} | {name: value for name, value in differs.items()
                 if not isinstance(value, str)}  # fmt: skip
    own = {"uuid", "location", "snapshot-time"}
    assert {name: copy[name] for name in copy.cls.stored if name not in own} == {
        name: value for name, value in expected.items() if name not in own
    }


def test_a_copy_is_made_while_a_vm_runs_if_nothing_can_change_the_disk_meanwhile(pool: VmPool) -> None:
    pool.vm("busy", "running")
    pool.disk("used", "busy", currently_attached=True)
    assert pool.do("vdi-snapshot", "v-used")["is-a-snapshot"]
    assert not pool.do("vdi-clone", "v-used")["is-a-snapshot"]
    assert pool.no("vdi-copy", "v-used", sr=pool.named["local"]) == ("VDI_IN_USE", "v-used", "copy")
    assert pool.no("vdi-copy", "v-root", into_vdi=pool.named["v-used"]) == ("VDI_IN_USE", "v-used", "copy")


def test_in_the_lvm_family_a_copy_within_a_chain_is_a_vhd(pool: VmPool) -> None:
    pool.add("v", "vdi", sr_uuid="volumes", virtual_size=GIB, location="v")
    assert pool.do("vdi-snapshot", "v")["sm-config"] == {"vdi_type": "vhd"}
    assert pool.do("vdi-clone", "v")["sm-config"] == {"vdi_type": "vhd"}
    assert pool.do("vdi-copy", "v", sr=pool.named["volumes"])["sm-config"] == {}


def test_a_raw_vdi_has_no_snapshots_and_its_clone_is_a_copy(pool: VmPool) -> None:
    raw = {"sm_config": {"type": "raw"}, "tags": ["one"], "read_only": True, "allow_caching": True}
    pool.add("v", "vdi", sr_uuid="volumes", virtual_size=GIB, location="v", **raw)
    assert pool.no("vdi-snapshot", "v") == ("UNIMPLEMENTED_IN_SM_BACKEND", "volumes")
    clone = pool.do("vdi-clone", "v")
    assert shown(pool, clone, "name-label", "tags", "sm-config", "read-only", "allow-caching", "snapshot-time") == (
        "v", [], {}, True, False, None,
    )  # fmt: skip


def test_a_copy_gets_a_size_that_its_driver_can_make(pool: VmPool) -> None:
    pool.add("odd", "vdi", sr_uuid="luns", virtual_size=GIB + 1, location="odd")
    assert pool.do("vdi-copy", "odd", sr=pool.named["share"])["virtual-size"] == GIB + 2 * (1 << 20)
    assert pool.do("vdi-copy", "odd", sr=pool.named["luns"])["virtual-size"] == GIB + 1


def test_data_is_copied_into_a_vdi_that_is_there(pool: VmPool) -> None:
    pool.add("target", "vdi", sr_uuid="local", virtual_size=GIB, location="target", name_description="kept")
    pool.add("small", "vdi", sr_uuid="local", virtual_size=GIB - 1, location="small")
    pool.add("fixed", "vdi", sr_uuid="local", virtual_size=GIB, location="fixed", read_only=True)
    before = dict(pool.named["target"])
    base = pool.named["fixed"]
    assert pool.do("vdi-copy", "v-root", into_vdi=pool.named["target"], base_vdi=base) is pool.named["target"]
    assert dict(pool.named["target"]) == before
    assert pool.no("vdi-copy", "v-root", into_vdi=pool.named["small"]) == ("VDI_TOO_SMALL", "small", str(GIB))
    assert pool.no("vdi-copy", "v-root", into_vdi=pool.named["fixed"]) == ("VDI_READONLY", "fixed")


@pytest.mark.parametrize("arguments", [{}, {"sr": "share", "into_vdi": "v-root"}])
def test_a_copy_has_one_target(pool: VmPool, arguments: dict[str, str]) -> None:
    (said,) = pool.no("vdi-copy", "v-root", **{name: pool.named[word] for name, word in arguments.items()})
    assert said.startswith("Error: Please specify one but not both of: ")


@pytest.mark.parametrize(
    ("command", "change", "refusal"),
    [
        ("vdi-snapshot", {"type": "CBT metadata"}, ("VDI_INCOMPATIBLE_TYPE", "v-root", "CBT metadata")),
        ("vdi-clone", {"type": "CBT metadata"}, ("VDI_INCOMPATIBLE_TYPE", "v-root", "CBT metadata")),
        ("vdi-copy", {"type": "CBT metadata"}, ("VDI_INCOMPATIBLE_TYPE", "v-root", "CBT metadata")),
        ("vdi-snapshot", {"sharable": True}, ("VDI_IS_SHARABLE", "v-root")),
        ("vdi-snapshot", {"on-boot": "reset"}, ("VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION",)),
        ("vdi-copy", {"on-boot": "reset"}, ("VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION",)),
        ("vdi-snapshot", {"managed": False}, ("VDI_NOT_MANAGED", "v-root")),
        ("vdi-clone", {"managed": False}, ("VDI_NOT_MANAGED", "v-root")),
        ("vdi-copy", {"managed": False}, ("VDI_NOT_MANAGED", "v-root")),
        ("vdi-snapshot", {"sr-uuid": "luns"}, ("SR_OPERATION_NOT_SUPPORTED", "luns")),
        ("vdi-clone", {"sr-uuid": "luns"}, ("SR_OPERATION_NOT_SUPPORTED", "luns")),
        ("vdi-pool-migrate", {"type": "CBT metadata"}, ("VDI_INCOMPATIBLE_TYPE", "v-root", "CBT metadata")),
        ("vdi-pool-migrate", {"cbt-enabled": True}, ("VDI_CBT_ENABLED", "v-root")),
        ("vdi-pool-migrate", {"sr-uuid": "luns"},
         ("SR_DOES_NOT_SUPPORT_MIGRATION", "luns", "VDI_SNAPSHOT;VDI_MIRROR")),
    ],
)  # fmt: skip
def test_what_a_vdi_does_not_allow(pool: VmPool, command: str, change: dict[str, Any], refusal: Refusal) -> None:
    values = {name: pool.named[value]["uuid"] if value == "luns" else value for name, value in change.items()}
    pool.state.update(pool.named["v-root"], values)
    target = {"sr": pool.named["local"]} if command in {"vdi-copy", "vdi-pool-migrate"} else {}
    assert pool.no(command, "v-root", **target) == refusal


@pytest.mark.parametrize("rules", ["strict", "xapi"])
@pytest.mark.parametrize("command", ["vdi-snapshot", "vdi-clone", "vdi-copy"])
def test_the_sr_must_be_plugged_and_have_space_but_for_a_snapshot(rules: str, command: str) -> None:
    pool = VmPool(rules)
    target = {"sr": pool.named["local"]} if command == "vdi-copy" else {}
    pool.add("v", "vdi", sr_uuid="local", virtual_size=30 * GIB, location="v")
    if command == "vdi-snapshot":
        taken = pool.named["taken"] = pool.do(command, "v")
        assert shown(pool, taken, "virtual-size", "physical-utilisation") == (30 * GIB, 0)
        assert pool.value("local", "physical-utilisation") == 30 * GIB
        assert pool.value("local", "virtual-allocation") == 60 * GIB
        assert pool.no("vdi-clone", "taken")[0] == "SR_BACKEND_FAILURE_44"
    else:
        assert pool.no(command, "v", **target)[0] == "SR_BACKEND_FAILURE_44"
    pool.change("p-local", currently_attached=False)
    assert pool.no(command, "v", **target) == ("SR_HAS_NO_PBDS", "local")


def test_no_copy_on_an_sr_that_cannot_make_vdis(pool: VmPool) -> None:
    assert pool.no("vdi-copy", "v-root", sr=pool.named["isos"]) == ("SR_OPERATION_NOT_SUPPORTED", "isos")


# Moving


def test_a_vdi_moves_with_its_snapshots(pool: VmPool) -> None:
    pool.named["taken"] = pool.do("vdi-snapshot", "v-root")
    pool.state.update(pool.named["taken"], {"snapshot-time": "20200101T00:00:00Z"})
    pool.state.update(pool.named["v-root"], {"other-config": {"config-drive": "true", "a": "b"}, "tags": ["one"]})
    moved = pool.named["moved"] = pool.do("vdi-pool-migrate", "v-root", sr=pool.named["local"])
    assert pool.gone() == {"v-root", "taken"}
    assert pool.value("root", "vdi-uuid") == "moved"
    assert shown(pool, moved, "name-label", "virtual-size", "other-config", "tags", "snapshot-of") == (
        "v-root", GIB, {"config-drive": "true"}, [], None,
    )  # fmt: skip
    (snapshot,) = pool.state.pointing_at(moved, "vdi.snapshot-of")
    assert snapshot["sr-uuid"] == moved["sr-uuid"] == pool.named["local"]["uuid"]
    assert shown(pool, snapshot, "is-a-snapshot", "snapshot-time") == (True, "20200101T00:00:00Z")
    assert pool.do("vdi-pool-migrate", "moved", sr=pool.named["local"]) is moved


def test_a_vdi_of_a_running_vm_moves_to_an_sr_of_its_host(pool: VmPool) -> None:
    pool.vm("busy", "running", host="xen2")
    pool.disk("used", "busy", currently_attached=True)
    assert pool.no("vdi-pool-migrate", "v-used", sr=pool.named["local"]) == ("VM_REQUIRES_SR", "busy", "local")
    pool.add("other", "sr", type="nfs", shared=True, physical_size=40 * GIB)
    pool.add("p-other", "pbd", sr_uuid="other", host_uuid="xen2", currently_attached=True)
    pool.named["moved"] = pool.do("vdi-pool-migrate", "v-used", sr=pool.named["other"])
    assert (pool.value("used", "vdi-uuid"), pool.value("used", "currently-attached")) == ("moved", True)


def test_what_does_not_move(pool: VmPool) -> None:
    pool.add("free", "vdi", sr_uuid="share", virtual_size=GIB, location="free")
    assert pool.no("vdi-pool-migrate", "free", sr=pool.named["local"]) == ("VDI_NEEDS_VM_FOR_MIGRATE", "free")
    assert pool.no("vdi-pool-migrate", "v-root", sr=pool.named["isos"]) == (
        "SR_DOES_NOT_SUPPORT_MIGRATION", "isos", "VDI_SNAPSHOT;VDI_MIRROR",
    )  # fmt: skip
    pool.change("xen1", enabled=False)
    assert pool.no("vdi-pool-migrate", "v-root", sr=pool.named["local"]) == ("NO_HOSTS_AVAILABLE",)
    pool.change("xen1", enabled=True)
    pool.change("p-local", currently_attached=False)
    assert pool.no("vdi-pool-migrate", "v-root", sr=pool.named["local"]) == ("NO_HOSTS_AVAILABLE",)
    pool.change("web", blocked_operations={"migrate_send": "kept"})
    assert pool.no("vdi-pool-migrate", "v-root", sr=pool.named["local"]) == ("OPERATION_BLOCKED", "web", "kept")


def test_the_time_of_a_full_copy_is_the_epoch(pool: VmPool) -> None:
    copy = pool.do("vdi-copy", "v-root", sr=pool.named["share"])
    assert copy.cls.by_name["snapshot-time"].show(copy["snapshot-time"]) == EPOCH
