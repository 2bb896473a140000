"""What commands on SRs, PBDs and VDIs bring about, and what the derived fields say afterwards."""

import pytest
from small_pool import GIB, SmallPool

from xe_py import operations
from xe_py.running import Call, run

SR_UUID = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def pool() -> SmallPool:
    return SmallPool()


@pytest.fixture
def local(pool: SmallPool) -> SmallPool:
    """With an SR of 10 GiB on the first host."""
    line = "sr-create name-label=disk type=ext host-uuid=xen1 device-config:device=/dev/sda physical-size=10GiB"
    pool.named["local"] = pool.xe(line)
    return pool


def test_an_sr_is_made_on_one_host_and_plugged(local: SmallPool) -> None:
    (pbd,) = local.state.pointing_at(local.named["local"], "pbd.sr-uuid")
    assert (pbd["host-uuid"], pbd["currently-attached"]) == (local.named["xen1"]["uuid"], True)
    assert pbd["device-config"] == {"device": "/dev/sda"}
    shown = {
        field: local.value("local", field) for field in ("host", "type", "content-type", "shared", "physical-size")
    }
    assert shown == {"host": "xen1", "type": "ext", "content-type": "", "shared": False, "physical-size": 10 * GIB}


def test_a_shared_sr_gets_a_pbd_on_every_host_and_the_coordinator_is_first(pool: SmallPool) -> None:
    pool.change("pool", master="xen2")
    pool.change("xen1", host_metrics_live=False)
    share = pool.xe("sr-create name-label=s type=smb shared=true device-config:server=nas")
    pbds = pool.state.pointing_at(share, "pbd.sr-uuid")
    assert [(pool.state.name_of(pbd, "host-uuid"), pbd["currently-attached"]) for pbd in pbds] == [
        ("xen2", True),
        ("xen1", False),
    ]
    assert share["physical-size"] == 1 << 40
    assert pool.state.value(share, "host") == "<shared>"


def test_a_pool_of_one_host_needs_no_host_uuid(pool: SmallPool) -> None:
    pool.state.delete(pool.named["dom0-xen2"])
    pool.state.delete(pool.named["xen2"])
    sr = pool.xe("sr-create name-label=s type=dummy content-type=odd sm-config:a=b name-description=d")
    assert (sr["content-type"], sr["sm-config"], sr["name-description"]) == ("odd", {"a": "b"}, "d")


def test_existing_storage_is_attached_step_by_step(pool: SmallPool) -> None:
    sr = pool.named["old"] = pool.xe(f"sr-introduce name-label=o type=LVM uuid={SR_UUID} name-description=d")
    assert (sr["uuid"], sr["type"], sr["physical-size"]) == (SR_UUID, "lvm", -1)
    assert pool.value("old", "host") is None
    pool.named["p"] = pool.xe("pbd-create sr-uuid=old host-uuid=xen1 device-config:device=/dev/sdb")
    assert pool.value("p", "currently-attached") is False
    pool.xe("pbd-plug uuid=p")
    assert (pool.value("p", "currently-attached"), sr["physical-size"]) == (True, 1 << 40)
    assert pool.value("p", "host") == pool.value("p", "host-uuid") == pool.value("p", "host-name-label") == "xen1"
    assert (pool.value("old", "PBDs"), pool.value("old", "host")) == (["p"], "xen1")
    pool.xe("pbd-unplug uuid=p")
    pool.xe("pbd-destroy uuid=p")
    assert pool.gone() == {"p"}


def test_an_sr_introduced_without_a_uuid_gets_one(pool: SmallPool) -> None:
    assert len(pool.xe("sr-introduce name-label=o type=ext uuid= shared=true content-type=user")["uuid"]) == 36


def test_space_is_counted(local: SmallPool) -> None:
    for size in ("6GiB", "4GiB"):
        local.xe(f"vdi-create sr-uuid=local name-label=d virtual-size={size}")
    assert local.value("local", "virtual-allocation") == local.value("local", "physical-utilisation") == 10 * GIB
    assert local.refusal("vdi-create sr-uuid=local name-label=d virtual-size=1")[0] == "SR_BACKEND_FAILURE_44"


def test_an_sr_of_unknown_size_takes_anything(local: SmallPool) -> None:
    for size in (-1, 0):
        local.change("local", physical_size=size)
        local.xe("vdi-create sr-uuid=local name-label=d virtual-size=1TiB")


@pytest.mark.parametrize("command", ["sr-scan", "sr-update"])
def test_an_sr_whose_size_nobody_knows_is_measured(local: SmallPool, command: str) -> None:
    local.change("local", physical_size=-1)
    local.xe(f"{command} uuid=local")
    assert local.value("local", "physical-size") == 1 << 40


def test_a_vdi_is_made_as_asked(local: SmallPool) -> None:
    line = "vdi-create sr-uuid=local name-label=d virtual-size=3000000 sharable=true type=system tags:a= tags:b= sm-config:x=y"
    vdi = local.named["vdi"] = local.xe(line)
    assert vdi["location"] == vdi["uuid"]
    assert {field: local.value("vdi", field) for field in ("virtual-size", "physical-utilisation", "type", "tags")} == {
        "virtual-size": 4 << 20,
        "physical-utilisation": 4 << 20,
        "type": "System",
        "tags": ["a", "b"],
    }
    assert (vdi["sharable"], vdi["managed"], vdi["sm-config"]) == (True, True, {"x": "y"})
    assert local.value("vdi", "sr-name-label") == "disk"
    assert local.value("local", "VDIs") == ["vdi"]


def test_a_vdi_of_no_declared_type_is_a_users(local: SmallPool) -> None:
    assert local.xe("vdi-create sr-uuid=local name-label=d virtual-size=1")["type"] == "User"


MIB = 1 << 20
VHD_DRIVERS = [
    "cephfs",
    "ext",
    "file",
    "glusterfs",
    "lvm",
    "lvmofcoe",
    "lvmohba",
    "lvmoiscsi",
    "moosefs",
    "nfs",
    "smb",
    "xfs",
    "zfs",
]
SIZES = [
    *((type, "", size, size_in) for type in VHD_DRIVERS for size, size_in in (("0", 2 * MIB), ("3GiB", 3 * GIB))),
    ("ext", "", "1", 2 * MIB),
    ("ext", "", "1000000", 2 * MIB),
    ("ext", "", str(2 * MIB), 2 * MIB),
    ("ext", "", str(2 * MIB + 1), 4 * MIB),
    ("nfs", "", "2040GiB", 2040 * GIB),
    ("lvm", "", str(2040 * GIB - 1), 2040 * GIB),
    ("lvm", "sm-config:type=raw", "1", 4 * MIB),
    ("lvmoiscsi", "sm-config:type=raw", "3TiB", 3 << 40),
    ("ext", "sm-config:type=raw", "1", 1),
    ("largeblock", "", "3TiB", 3 << 40),
    ("dummy", "", "1", 1),
    ("iscsi", "", "3TiB", 3 << 40),
    ("linstor", "", "1000", 1000),
]
NO_SIZES = [(type, str(2040 * GIB + 1)) for type in VHD_DRIVERS] + [("smb", "3TiB")]


def with_sr(pool: SmallPool, type: str) -> SmallPool:
    """With a plugged SR of the type, whose size nobody knows."""
    pool.add("sr", "sr", type=type)
    pool.add("plugged", "pbd", sr_uuid="sr", host_uuid="xen1", currently_attached=True)
    return pool


@pytest.mark.parametrize(("type", "config", "asked", "size"), SIZES)
def test_a_vdi_is_as_large_as_its_driver_makes_one(
    pool: SmallPool, type: str, config: str, asked: str, size: int
) -> None:
    vdi = with_sr(pool, type).xe(f"vdi-create sr-uuid=sr name-label=d virtual-size={asked} {config}")
    assert vdi["virtual-size"] == size


@pytest.mark.parametrize(("type", "asked"), NO_SIZES)
def test_a_vhd_has_a_largest_size(pool: SmallPool, type: str, asked: str) -> None:
    code, status, said, error = with_sr(pool, type).refusal(f"vdi-create sr-uuid=sr name-label=d virtual-size={asked}")
    assert (code, status, error) == ("SR_BACKEND_FAILURE_79", "", "")
    assert said.startswith("The VDI cannot have this size [opterr=")
    if "8388608" not in asked:
        assert "is more than a VHD can hold (2190433320960)]" in said
        pool.named["d"] = pool.xe("vdi-create sr-uuid=sr name-label=d virtual-size=1GiB")
        assert pool.refusal(f"vdi-resize uuid=d disk-size={asked}") == (code, status, said, error)


def test_a_vdi_grows_by_whole_steps(local: SmallPool) -> None:
    vdi = local.named["vdi"] = local.xe("vdi-create sr-uuid=local name-label=d virtual-size=1GiB")
    local.xe(f"vdi-resize uuid=vdi disk-size={GIB + 1}")
    assert vdi["virtual-size"] == GIB + 2 * MIB
    local.xe(f"vdi-resize uuid=vdi disk-size={GIB + 2 * MIB}")
    assert vdi["virtual-size"] == GIB + 2 * MIB
    said = f"The VDI cannot have this size [opterr={GIB + 1} bytes is less than it has now]"
    assert local.refusal(f"vdi-resize uuid=vdi disk-size={GIB + 1}") == ("SR_BACKEND_FAILURE_79", "", said, "")
    local.xe("vdi-update uuid=vdi")


def test_a_vdi_of_an_odd_size_keeps_it_until_it_grows(local: SmallPool) -> None:
    local.add("vdi", "vdi", sr_uuid="local", virtual_size=1000)
    local.xe("vdi-resize uuid=vdi disk-size=1000")
    assert local.value("vdi", "virtual-size") == 1000
    local.xe("vdi-resize uuid=vdi disk-size=1001")
    assert local.value("vdi", "virtual-size") == 2 * MIB


def test_the_disk_for_the_metadata_of_the_pool_has_a_uuid_that_follows_from_its_sr(pool: SmallPool) -> None:
    pool.named["sr"] = pool.state.add("sr", {"type": "ext"}, "5a5a0000-0000-0000-0000-000000000016")
    pool.add("plugged", "pbd", sr_uuid="sr", host_uuid="xen1", currently_attached=True)
    create = operations.find("vdi-create")
    assert create is not None

    def made(name: str, type: str = "user") -> str:
        words = {"sr": pool.named["sr"], "name_label": name, "virtual_size": GIB, "type": type}
        return str(run(pool.state, Call(create, words))["uuid"])

    uuid = "7f36ced8-ea5e-5915-a837-f5915e595fab"
    assert made("Pool Metadata Backup", "system") != uuid != made("pool metadata backup")
    assert made("Pool Metadata Backup") == uuid
    for _ in range(2):
        with pool.refused() as refusal:
            made("Pool Metadata Backup")
        said = f"The SR already has this VDI [opterr={uuid}]"
        assert refusal() == ("SR_BACKEND_FAILURE_43", "", said, "")
        vdi = pool.state.get("vdi", uuid)
        if vdi is not None:
            pool.named["backup"] = vdi
            pool.xe("vdi-forget uuid=backup")
    pool.xe("sr-scan uuid=sr")
    assert pool.state.need("vdi", uuid)["virtual-size"] == GIB


def with_a_drive_and_a_disk(pool: SmallPool) -> None:
    """A VDI that is in a drive of one VM and a disk of another, and a snapshot of it."""
    pool.add("vm1", "vm")
    pool.add("vm2", "vm")
    pool.add("vdi", "vdi", sr_uuid="local", sharable=True)
    pool.add("snapshot", "vdi", sr_uuid="local", snapshot_of="vdi", is_a_snapshot=True)
    pool.add("drive", "vbd", vm_uuid="vm1", vdi_uuid="vdi", type="CD", mode="RO", userdevice="0")
    pool.add("disk", "vbd", vm_uuid="vm2", vdi_uuid="vdi", userdevice="0")
    pool.assert_sound()
    assert pool.value("vdi", "vbd-uuids") == ["drive", "disk"]
    assert pool.value("vdi", "snapshots") == ["snapshot"]


def test_a_vdi_is_destroyed_with_every_vbd(local: SmallPool) -> None:
    with_a_drive_and_a_disk(local)
    local.xe("vdi-destroy uuid=vdi")
    assert local.gone() == {"vdi", "drive", "disk"}
    assert local.value("snapshot", "snapshot-of") is None


def test_a_vdi_that_is_forgotten_leaves_empty_drives(local: SmallPool) -> None:
    with_a_drive_and_a_disk(local)
    local.xe("vdi-forget uuid=vdi")
    assert local.gone() == {"vdi", "disk"}
    assert local.value("drive", "empty") is True


def test_an_sr_that_is_forgotten_takes_its_pbds_and_vdis_along(local: SmallPool) -> None:
    with_a_drive_and_a_disk(local)
    local.change("pool", default_SR="local")
    (pbd,) = local.state.pointing_at(local.named["local"], "pbd.sr-uuid")
    local.named["pbd"] = pbd
    local.xe("pbd-unplug uuid=pbd")
    local.xe("sr-forget uuid=local")
    assert local.gone() == {"local", "pbd", "vdi", "snapshot", "disk"}
    assert (local.value("drive", "empty"), local.value("pool", "default-SR")) == (True, None)


def test_an_sr_is_destroyed_with_what_only_its_driver_uses(local: SmallPool) -> None:
    (local.named["pbd"],) = local.state.pointing_at(local.named["local"], "pbd.sr-uuid")
    local.add("stats", "vdi", sr_uuid="local", type="rrd")
    local.xe("pbd-unplug uuid=pbd")
    local.xe("sr-destroy uuid=local")
    assert local.gone() == {"local", "pbd", "stats"}


# What is allowed now

VHD_WORDS = (
    "scan plug unplug VDI.create VDI.destroy VDI.resize VDI.clone VDI.snapshot VDI.mirror VDI.enable_cbt "
    "VDI.disable_cbt VDI.data_destroy VDI.list_changed_blocks VDI.set_on_boot update "
    "PBD.create PBD.destroy"
)
SR_WORDS = [
    ("ext", True, VHD_WORDS),
    ("iso", True, "scan plug unplug PBD.create PBD.destroy"),
    ("udev", True, "scan plug unplug VDI.introduce update PBD.create PBD.destroy"),
    ("tape", True, "scan plug unplug PBD.create PBD.destroy"),
    ("ext", False, "destroy forget plug unplug PBD.create PBD.destroy"),
]


@pytest.mark.parametrize(("type", "plugged", "words"), SR_WORDS)
def test_what_can_be_done_to_an_sr(pool: SmallPool, type: str, plugged: bool, words: str) -> None:
    pool.add("sr", "sr", type=type)
    pool.add("pbd", "pbd", sr_uuid="sr", host_uuid="xen1", currently_attached=plugged)
    assert pool.value("sr", "allowed-operations") == words.split()


VDI_WORDS = [
    ({}, "clone copy resize snapshot destroy forget update generate_config"),
    ({"sharable": True}, "clone copy resize destroy forget update generate_config"),
    ({"on_boot": "reset"}, "clone resize destroy forget update generate_config"),
    ({"managed": False}, "copy forget update"),
    ({"type": "rrd"}, "clone copy resize snapshot update generate_config"),
    ({"type": "CBT metadata"}, "destroy forget update generate_config"),
]


@pytest.mark.parametrize(("fields", "words"), VDI_WORDS)
def test_what_can_be_done_to_a_vdi(local: SmallPool, fields: dict[str, object], words: str) -> None:
    local.add("vdi", "vdi", sr_uuid="local", **fields)
    assert local.value("vdi", "allowed-operations") == words.split()


@pytest.mark.parametrize(("mode", "words"), [("RW", "clone snapshot"), ("RO", "clone copy snapshot")])
def test_what_can_be_done_to_a_vdi_that_is_attached(local: SmallPool, mode: str, words: str) -> None:
    local.add("vm", "vm", power_state="running", resident_on="xen1", dom_id=3)
    local.add("vdi", "vdi", sr_uuid="local")
    local.add("vbd", "vbd", vm_uuid="vm", vdi_uuid="vdi", mode=mode, userdevice="0", currently_attached=True)
    local.assert_sound()
    assert local.value("vdi", "allowed-operations") == words.split()


# Fields that a user sets are guarded


def test_an_sr_with_two_pbds_stays_shared(local: SmallPool) -> None:
    local.change("local", shared=True)
    local.add("second", "pbd", sr_uuid="local", host_uuid="xen2")
    (first, _) = local.state.pointing_at(local.named["local"], "pbd.sr-uuid")
    local.named["first"] = first
    with local.refused() as refusal:
        local.param_set("local", shared=False)
    assert refusal() == ("SR_HAS_MULTIPLE_PBDS", "first", "second")
    local.state.delete(local.named["second"])
    local.param_set("local", shared=False)


ON_BOOT = [
    ({}, {"power_state": "suspended"}, ("VM_BAD_POWER_STATE", "vm", "halted", "suspended")),
    ({"cbt_enabled": True}, {}, ("VDI_CBT_ENABLED", "vdi")),
    ({"type": "CBT metadata"}, {}, ("VDI_INCOMPATIBLE_TYPE", "vdi", "CBT metadata")),
    ({"sr_uuid": "files"}, {}, ("SR_OPERATION_NOT_SUPPORTED", "files")),
]


@pytest.mark.parametrize(("vdi", "vm", "expected"), ON_BOOT)
def test_what_a_vdi_does_on_boot_is_not_always_for_the_user_to_set(
    local: SmallPool, vdi: dict[str, object], vm: dict[str, object], expected: tuple[str, ...]
) -> None:
    local.add("files", "sr", type="file")
    local.add("vm", "vm", **vm)
    local.add("vdi", "vdi", **({"sr_uuid": "local"} | vdi))
    local.add("vbd", "vbd", vm_uuid="vm", vdi_uuid="vdi", userdevice="0")
    with local.refused() as refusal:
        local.param_set("vdi", on_boot="reset")
    assert refusal() == expected


def test_caching_is_set_while_no_vm_runs(local: SmallPool) -> None:
    local.add("vm", "vm", power_state="suspended")
    local.add("vdi", "vdi", sr_uuid="local")
    local.param_set("vdi", allow_caching=True)
    local.add("vbd", "vbd", vm_uuid="vm", vdi_uuid="vdi", userdevice="0")
    with local.refused() as refusal:
        local.param_set("vdi", allow_caching=False)
    assert refusal() == ("VM_BAD_POWER_STATE", "vm", "halted", "suspended")
