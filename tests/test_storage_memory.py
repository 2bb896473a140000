"""What lies on a storage outlives its records: disks and SRs that are forgotten are found again."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from small_pool import GIB, SmallPool

from xe_py import classes, operations

if TYPE_CHECKING:
    from conftest import Xe

CONFIGS = {
    "ext": "device-config:device=/dev/sdb",
    "lvm": "device-config:device=/dev/sdb",
    "nfs": "device-config:server=nas device-config:serverpath=/export",
    "smb": "device-config:server=//nas/share",
    "file": "device-config:location=/srv",
    "lvmohba": "device-config:SCSIid=360a",
    "lvmoiscsi": "device-config:target=san device-config:targetIQN=iqn.x device-config:SCSIid=360a",
    "iscsi": "device-config:target=san device-config:targetIQN=iqn.x",
    "zfs": "device-config:location=/zfs",
}
ON_LVM = {"lvm", "lvmohba", "lvmoiscsi"}
TOLD = ("virtual-size", "location", "managed", "read-only", "cbt-enabled")


class Storage(SmallPool):
    """A pool with an SR of the type, and commands that forget it and bring it back."""

    def __init__(self, type: str = "ext") -> None:
        super().__init__()
        self.type = type
        line = f"sr-create name-label=s type={type} host-uuid=xen1 physical-size=10GiB {CONFIGS[type]}"
        self.named["sr"] = self.xe(line)
        self.sr = self.named["sr"]["uuid"]
        (self.named["pbd"],) = self.state.pointing_at(self.named["sr"], "pbd.sr-uuid")

    def disk(self, name: str, **fields: object) -> dict[str, Any]:
        """A VDI of 3 GiB with these fields; the fields that a scan can bring back."""
        vdi = self.xe(f"vdi-create sr-uuid=sr name-label={name} virtual-size=3GiB type=system")
        self.named[name] = vdi
        self.change(name, name_description="d", tags=["t"], on_boot="reset", other_config={"a": "b"}, **fields)
        return {field: vdi[field] for field in TOLD}

    def forget_sr(self) -> None:
        self.xe("pbd-unplug uuid=pbd")
        self.xe("sr-forget uuid=sr")

    def introduce_sr(self, type: str = "", config: str = "", plug: bool = True) -> None:
        self.named["sr"] = self.xe(f"sr-introduce name-label=s type={type or self.type} uuid={self.sr}")
        self.named["pbd"] = self.xe(f"pbd-create sr-uuid=sr host-uuid=xen1 {config or CONFIGS[self.type]}")
        if plug:
            self.xe("pbd-plug uuid=pbd")

    def found(self, uuid: str) -> dict[str, Any] | None:
        """What a VDI shows of what the driver told, and whether it lives on the SR."""
        vdi = self.state.get("vdi", uuid)
        assert vdi is None or vdi["sr-uuid"] == self.sr
        return None if vdi is None else {field: vdi[field] for field in TOLD}

    def remembered(self) -> int:
        return self.state.count("volume") + self.state.count("storage")


@pytest.fixture
def storage() -> Storage:
    return Storage()


# One disk


@pytest.mark.parametrize("type", CONFIGS)
def test_a_forgotten_disk_comes_back_with_the_scan(type: str) -> None:
    storage = Storage(type)
    parents = {"vhd-parent": "p", "other": "x"}
    told = storage.disk("d", sharable=True, cbt_enabled=True, sm_config=parents)
    uuid = storage.named["d"]["uuid"]
    storage.xe("vdi-forget uuid=d")
    assert storage.found(uuid) is None
    assert storage.value("sr", "VDIs") == []
    storage.xe("sr-scan uuid=sr")
    assert storage.found(uuid) == told
    vdi = storage.named["d"] = storage.state.need("vdi", uuid)
    names = ("d", "d", "System") if type in ON_LVM else ("", "", "User")
    assert (vdi["name-label"], vdi["name-description"], vdi["type"]) == names
    assert vdi["sm-config"] == {"vhd-parent": "p"}
    forgotten = ("tags", "other-config", "xenstore-data", "on-boot", "allow-caching", "sharable")
    assert [vdi[field] for field in forgotten] == [[], {}, {}, "persist", False, False]
    assert storage.remembered() == 0


@pytest.mark.parametrize("line", ["sr-scan uuid=sr", "sr-update uuid=sr", "pbd-unplug uuid=pbd; pbd-plug uuid=pbd"])
def test_whatever_looks_at_the_storage_finds_the_disk(storage: Storage, line: str) -> None:
    told = storage.disk("d")
    storage.xe("vdi-forget uuid=d")
    for each in line.split("; "):
        storage.xe(each)
    assert storage.found(storage.named["d"]["uuid"]) == told


def test_a_forgotten_disk_takes_its_room_and_is_not_allocated(storage: Storage) -> None:
    storage.disk("d")
    storage.xe("vdi-forget uuid=d")
    shown = [storage.value("sr", field) for field in ("virtual-allocation", "physical-utilisation")]
    assert shown == [0, 3 * GIB]
    assert storage.refusal("vdi-create sr-uuid=sr name-label=x virtual-size=8GiB")[0] == "SR_BACKEND_FAILURE_44"
    storage.xe("vdi-create sr-uuid=sr name-label=x virtual-size=7GiB")


@pytest.mark.parametrize("type", ["ext", "lvm"])
@pytest.mark.parametrize("first", ["disk", "snapshot"])
def test_a_snapshot_comes_back_as_one_where_the_driver_stores_that(type: str, first: str) -> None:
    """A disk may be younger than its snapshots: it is a clone of one of them after a revert."""
    storage = Storage(type)
    storage.disk(first)
    storage.disk("disk" if first == "snapshot" else "snapshot")
    moment = "20200101T00:00:00Z"
    storage.change("snapshot", is_a_snapshot=True, snapshot_of="disk", snapshot_time=moment)
    uuids = [storage.named[name]["uuid"] for name in ("snapshot", "disk")]
    taken = storage.value("sr", "physical-utilisation")
    storage.forget_sr()
    storage.introduce_sr()
    snapshot, disk = (storage.state.need("vdi", uuid) for uuid in uuids)
    told = (snapshot["is-a-snapshot"], snapshot["snapshot-of"], snapshot["snapshot-time"])
    assert told == ((True, disk["uuid"], moment) if type == "lvm" else (False, None, None))
    assert storage.value("sr", "physical-utilisation") == (taken if type == "lvm" else 2 * taken)
    storage.named |= {"snapshot": snapshot, "disk": disk}
    storage.xe("vdi-forget uuid=snapshot")
    assert storage.value("sr", "physical-utilisation") == (taken if type == "lvm" else 2 * taken)
    storage.xe("vdi-forget uuid=disk")
    storage.xe("sr-scan uuid=sr")
    assert storage.state.need("vdi", uuids[0])["snapshot-of"] == (uuids[1] if type == "lvm" else None)


def test_its_vbds_do_not_come_back(storage: Storage) -> None:
    storage.disk("d")
    storage.add("vm", "vm")
    storage.named["vbd"] = storage.xe("vbd-create vm-uuid=vm vdi-uuid=d device=0")
    storage.xe("vdi-forget uuid=d")
    storage.xe("sr-scan uuid=sr")
    assert storage.state.all("vbd") == []


def test_a_destroyed_disk_is_gone_for_good(storage: Storage) -> None:
    storage.disk("d")
    storage.xe("vdi-destroy uuid=d")
    storage.xe("sr-scan uuid=sr")
    assert storage.state.all("vdi") == []
    assert storage.remembered() == 0


def test_a_scan_takes_the_mark_away_that_asks_for_it(storage: Storage) -> None:
    storage.change("sr", other_config={"a": "b", "dirty": ""})
    storage.xe("sr-scan uuid=sr")
    assert storage.value("sr", "other-config") == {"a": "b"}


@pytest.mark.parametrize("uuid", ["", "44444444-2222-4333-8444-555555555555"])
def test_a_lun_that_is_forgotten_is_introduced_with_its_size(uuid: str) -> None:
    storage = Storage("iscsi")
    storage.disk("d")
    old = storage.named["d"]["uuid"]
    storage.xe("vdi-forget uuid=d")
    uuid = uuid or old
    rest = "read-only=true other-config:a=b name-label=n sm-config:c=d"
    storage.named["again"] = storage.xe(f"vdi-introduce uuid={uuid} sr-uuid=sr type=system location={old} {rest}")
    fields = ("virtual-size", "type", "read-only", "other-config", "name-label", "sm-config", "managed")
    assert [storage.value("again", field) for field in fields] == [
        3 * GIB,
        "System",
        True,
        {"a": "b"},
        "n",
        {"c": "d"},
        True,
    ]
    assert storage.named["again"]["uuid"] == uuid
    storage.xe("sr-scan uuid=sr")
    assert [vdi["uuid"] for vdi in storage.state.all("vdi")] == [uuid]
    assert storage.remembered() == 0


def test_what_has_a_record_already_is_remembered_no_more(storage: Storage) -> None:
    storage.disk("d")
    uuid = storage.named["d"]["uuid"]
    storage.xe("vdi-forget uuid=d")
    storage.add("hand", "vdi", sr_uuid="sr", location=uuid)
    storage.xe("sr-scan uuid=sr")
    assert storage.value("sr", "VDIs") == ["hand"]
    assert storage.remembered() == 0


def test_what_has_the_uuid_of_another_object_waits(storage: Storage) -> None:
    storage.disk("d")
    uuid = storage.named["d"]["uuid"]
    storage.xe("vdi-forget uuid=d")
    storage.named["vm"] = storage.state.add("vm", {}, uuid)
    storage.xe("sr-scan uuid=sr")
    assert storage.value("sr", "VDIs") == []
    storage.state.delete(storage.named["vm"])
    storage.xe("sr-scan uuid=sr")
    assert storage.found(uuid) is not None


# A whole SR


@pytest.mark.parametrize("type", CONFIGS)
def test_a_forgotten_sr_comes_back_with_its_disks_and_its_size(type: str) -> None:
    storage = Storage(type)
    told = {storage.named[name]["uuid"]: fields for name in ("d", "e") if (fields := storage.disk(name))}
    storage.xe("vdi-forget uuid=d")
    storage.forget_sr()
    assert storage.state.all("vdi") == []
    storage.introduce_sr(plug=False)
    assert (storage.value("sr", "physical-size"), storage.state.all("vdi")) == (-1, [])
    storage.xe("pbd-plug uuid=pbd")
    storage.xe("sr-scan uuid=sr")
    assert {uuid: storage.found(uuid) for uuid in told} == told
    assert (storage.value("sr", "physical-size"), storage.remembered()) == (10 * GIB, 0)


def test_an_sr_that_is_forgotten_unplugged_again_and_again_keeps_what_it_has(storage: Storage) -> None:
    told = storage.disk("d")
    uuid = storage.named["d"]["uuid"]
    for _ in range(3):
        storage.xe("pbd-unplug uuid=pbd")
        storage.xe("pbd-destroy uuid=pbd")
        storage.xe("sr-forget uuid=sr")
        storage.introduce_sr(plug=False)
    storage.xe("pbd-plug uuid=pbd")
    assert storage.found(uuid) == told


def test_another_sr_finds_nothing(storage: Storage) -> None:
    storage.disk("d")
    storage.forget_sr()
    storage.sr = "55555555-2222-4333-8444-555555555555"
    storage.introduce_sr(config="device-config:device=/dev/sdc")
    assert storage.state.all("vdi") == []


def test_an_sr_is_read_by_a_driver_of_the_same_family_only(storage: Storage) -> None:
    storage.disk("d")
    storage.forget_sr()
    storage.introduce_sr("lvm", plug=False)
    refused = ("SR_BACKEND_FAILURE_47", "", "The storage does not hold this SR [opterr=the ext driver wrote it]", "")
    assert storage.refusal("pbd-plug uuid=pbd") == refused
    storage.xe("sr-forget uuid=sr")
    storage.introduce_sr()
    assert storage.found(storage.named["d"]["uuid"]) is not None


def test_a_lun_is_read_over_another_way() -> None:
    storage = Storage("lvmoiscsi")
    storage.disk("d")
    storage.forget_sr()
    storage.introduce_sr("lvmohba", CONFIGS["lvmohba"])
    assert storage.found(storage.named["d"]["uuid"]) is not None


@pytest.mark.parametrize(
    ("type", "line", "kept"),
    [
        ("ext", "type=ext host-uuid=xen1 device-config:device=/dev/sdb", False),
        ("lvm", "type=ext host-uuid=xen1 device-config:device=/dev/sda,/dev/sdb", False),
        ("ext", "type=ext host-uuid=xen1 device-config:device=/dev/sdc", True),
        ("ext", "type=ext host-uuid=xen2 device-config:device=/dev/sdb", True),
        ("lvmohba", f"type=lvmoiscsi host-uuid=xen2 {CONFIGS['lvmoiscsi']}", False),
        ("lvmohba", "type=lvmohba host-uuid=xen1 device-config:SCSIid=360b", True),
        ("nfs", f"type=nfs host-uuid=xen1 {CONFIGS['nfs']}", True),
    ],
)
def test_a_new_sr_takes_its_devices_with_all_that_was_on_them(type: str, line: str, kept: bool) -> None:
    storage = Storage(type)
    storage.disk("d")
    storage.forget_sr()
    storage.xe(f"sr-create name-label=new {line}")
    assert bool(storage.remembered()) is kept


# The end of a storage


@pytest.mark.parametrize("whole", [False, True])
def test_an_sr_with_a_forgotten_disk_is_not_destroyed(storage: Storage, whole: bool) -> None:
    storage.disk("d")
    storage.xe("vdi-forget uuid=d")
    if whole:
        storage.forget_sr()
        storage.introduce_sr(plug=False)
    else:
        storage.xe("pbd-unplug uuid=pbd")
    assert "destroy" not in storage.value("sr", "allowed-operations")
    assert storage.refusal("sr-destroy uuid=sr") == ("SR_NOT_EMPTY",)
    storage.xe("pbd-plug uuid=pbd")
    storage.named["d"] = storage.state.need("vdi", storage.named["d"]["uuid"])
    storage.xe("vdi-destroy uuid=d")
    storage.xe("pbd-unplug uuid=pbd")
    storage.xe("sr-destroy uuid=sr")
    assert storage.remembered() == 0


def test_what_only_the_driver_uses_goes_with_the_sr(storage: Storage) -> None:
    storage.disk("base", managed=False)
    storage.xe("vdi-forget uuid=base")
    storage.forget_sr()
    storage.introduce_sr(plug=False)
    storage.xe("sr-destroy uuid=sr")
    assert (storage.state.all("vdi"), storage.remembered()) == ([], 0)
    storage.introduce_sr()
    assert (storage.state.all("vdi"), storage.value("sr", "physical-size")) == ([], 1 << 40)


# What is remembered is judged, and shown by no command

BROKEN = [
    ("v", {"vdi": "x"}, ("volume", "FIELD_TYPE_ERROR", "vdi")),
    ("v", {"vdi": None}, ("volume", "FIELD_TYPE_ERROR", "vdi")),
    ("v", {"virtual_size": -1}, ("volume", "SR_BACKEND_FAILURE_79", "", "The VDI cannot have this size [opterr=-1 bytes is not a valid size]", "")),
    ("v", {"type": "user"}, ("volume", "FIELD_TYPE_ERROR", "type")),
    ("v", {"sr_uuid": None}, ("volume", "INVALID_VALUE", "sr-uuid", "")),
    ("v", {"storage_uuid": "s"}, ("volume", "INVALID_VALUE", "sr-uuid", "sr")),
    ("v", {"sr_uuid": "xen1"}, ("volume", "HANDLE_INVALID", "SR", "xen1")),
    ("v", {"virtual_size": 11 * GIB}, ("sr", "SR_BACKEND_FAILURE_44", "", f"The SR is full [opterr={11 * GIB} bytes are needed, the SR has {10 * GIB}]", "")),
    ("s", {"sr": "x"}, ("storage", "FIELD_TYPE_ERROR", "sr")),
    ("s", {"devices": ["a", "a"]}, ("storage", "FIELD_TYPE_ERROR", "devices")),
    ("s", {"host_uuid": "sr"}, ("storage", "HANDLE_INVALID", "host", "sr")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "fields", "found"), BROKEN, ids=str)
def test_a_hand_that_breaks_what_is_remembered_is_found_out(
    storage: Storage, name: str, fields: dict[str, object], found: tuple[str, ...]
) -> None:
    uuid = "66666666-2222-4333-8444-555555555555"
    storage.named["v"] = storage.state.add("volume", {"vdi": uuid, "sr-uuid": storage.sr, "virtual-size": GIB})
    storage.named["s"] = storage.state.add("storage", {"sr": uuid})
    storage.assert_sound()
    storage.change(name, **fields)
    assert storage.unsound() == {found}


def test_of_one_sr_there_is_one_storage(storage: Storage) -> None:
    for name in ("s", "t"):
        storage.named[name] = storage.state.add("storage", {"sr": storage.sr})
    refused = ("storage", "DB_UNIQUENESS_CONSTRAINT_VIOLATION", "storage", "sr", "sr")
    assert storage.unsound() == {refused}


def test_no_command_shows_what_is_remembered() -> None:
    assert not classes.HIDDEN & set(classes.names())
    assert set(classes.order()) > classes.HIDDEN
    for name in classes.HIDDEN:
        commands = [command for command in operations.names() if command.startswith(f"{name}-")]
        assert commands == (["blob-create", "blob-get", "blob-put"] if name == "blob" else [])
        assert operations.find(f"{name}-list") is None


def test_a_disk_that_is_forgotten_and_found_in_one_commit_stands_where_it_stood(xe: "Xe", tmp_path: Path) -> None:
    sr = xe.do("sr-list type=ext --minimal")
    disks = [xe.do(f"vdi-create sr-uuid={sr} name-label=d virtual-size=1GiB") for _ in range(3)]
    script = tmp_path / "script.sh"
    script.write_text(f"xe vdi-forget uuid={disks[0]}\nxe sr-scan uuid={sr}\n")
    xe.do(f"batch {script}")
    assert xe.do(f"vdi-list sr-uuid={sr} --minimal").split(",") == disks
    xe.state.write_bytes(xe.state.read_bytes() + b"\n")
    assert xe.do(f"vdi-list sr-uuid={sr} --minimal").split(",") == disks
