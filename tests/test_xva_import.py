"""What becomes of the objects of an archive: what is found, what is made, and what is refused, as in XAPI."""

import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from test_xva import SAMPLES, exported, sr, vm

from xe_py import classes
from xe_py.xva import ova, records, tape
from xe_py.xva.snapshot_metadata import column

if TYPE_CHECKING:
    from conftest import Xe

__all__ = ["sr", "vm"]  # fixtures

Change = Callable[[ova.Entry], None]
NOTHING = ova.NULL


def entries(path: Path) -> list[ova.Entry]:
    """The objects of an archive."""
    with tarfile.open(path) as archive:
        return ova.read(archive.extractfile("ova.xml").read())


def changed(path: Path, change: Change) -> Path:
    """An archive whose objects are changed; the data of its disks stays."""
    with tarfile.open(path) as old:
        members = [(each.name, old.extractfile(each).read()) for each in old]
    objects = ova.read(members[0][1])
    for entry in objects:
        change(entry)
    members[0] = ("ova.xml", ova.write(objects, {}, "20260101T00:00:00Z"))
    new = path.with_name("changed.xva")
    new.write_bytes(b"".join(tape.member(*member) for member in members) + tape.END)
    return new


def having(cls: str, **fields: Any) -> Change:
    """A change: objects of the class have these fields, and lack those that are None."""

    def change(entry: ova.Entry) -> None:
        if entry.cls == cls:
            entry.snapshot = {k: v for k, v in (entry.snapshot | fields).items() if v is not None}

    return change


def also(cls: str, field: str, **keys: str) -> Change:
    """A change: a map of objects of the class has these keys too."""

    def change(entry: ova.Entry) -> None:
        if entry.cls == cls:
            entry.snapshot[field] = {**entry.snapshot[field], **keys}

    return change


def get(xe: "Xe", vm: str, field: str) -> str:
    return xe.do(f"vm-param-get uuid={vm} param-name={field}")


# Hosts


@pytest.mark.parametrize(("uuid", "comes_back"), [(None, True), ("11111111-2222-4333-8444-555555555555", False)])
def test_affinity_comes_back_where_the_host_is(
    xe: "Xe", vm: str, tmp_path: Path, uuid: str | None, comes_back: bool
) -> None:
    host = xe.do("host-list --minimal")
    xe.do(f"vm-param-set uuid={vm} affinity={host}")
    path = exported(xe, f"vm-export uuid={vm}", tmp_path)
    hosts = [entry for entry in entries(path) if entry.cls == "host"]
    assert [entry.snapshot["uuid"] for entry in hosts] == [host]
    assert (hosts[0].snapshot["other_config"], hosts[0].snapshot["software_version"]) == ({}, {})
    new = xe.do(f"vm-import filename={changed(path, having('host', **({'uuid': uuid} if uuid else {})))}")
    assert get(xe, new, "affinity") == (host if comes_back else "<not in database>")


# What the guest reports


def test_a_guest_reports_what_it_reported(xe: "Xe", vm: str, tmp_path: Path) -> None:
    xe.do(f"vm-start uuid={vm}")
    xe.do(f"vm-guest-set uuid={vm} os-version:name=Plan9 os-version:uname= networks:0/ip=10.9.8.7 other:x=y")
    said = {name: get(xe, vm, name) for name in ("os-version", "PV-drivers-version", "other")}
    xe.do(f"vm-shutdown uuid={vm} force=true")
    path = exported(xe, f"vm-export uuid={vm}", tmp_path)
    metrics = next(entry.snapshot for entry in entries(path) if entry.cls == "VM_guest_metrics")
    assert (metrics["os_version"]["name"], metrics["networks"]["0/ip"]) == ("Plan9", "10.9.8.7")
    new = xe.do(f"vm-import filename={path}")
    assert {name: get(xe, new, name) for name in said} == said
    assert "10.9.8.7" not in get(xe, new, "networks"), "its MAC is another one"
    xe.do(f"vm-uninstall uuid={vm} --force")
    restored = xe.do(f"vm-import filename={path} preserve=true")
    assert "0/ip: 10.9.8.7" in get(xe, restored, "networks")
    hidden = xe.state.read_text().partition(f"[vm.{restored}]")[2].partition("\n[")[0]
    assert "guest-netbios-name" not in hidden, "only what differs is kept"


def test_a_guest_that_never_reported_has_no_metrics(xe: "Xe", vm: str, tmp_path: Path) -> None:
    path = exported(xe, f"vm-export uuid={vm}", tmp_path)
    web = next(entry for entry in entries(path) if entry.cls == "VM")
    assert web.snapshot["guest_metrics"] == NOTHING
    assert get(xe, xe.do(f"vm-import filename={path}"), "os-version") == "<not in database>"


# Old archives


@pytest.mark.parametrize(("policy", "type"), [("BIOS order", "hvm"), ("", "pv")])
@pytest.mark.parametrize("said", ["unspecified", None])
def test_the_domain_type_follows_from_the_boot_policy(
    xe: "Xe", vm: str, tmp_path: Path, policy: str, type: str, said: str | None
) -> None:
    path = exported(xe, f"vm-export uuid={vm}", tmp_path)
    old = changed(path, having("VM", domain_type=said, HVM_boot_policy=policy))
    assert get(xe, xe.do(f"vm-import filename={old}"), "domain-type") == type


def test_a_vm_from_before_ballooning_gets_safe_limits(xe: "Xe", vm: str, tmp_path: Path) -> None:
    path = exported(xe, f"vm-export uuid={vm}", tmp_path)
    old = changed(path, having("VM", parent=None, memory_static_min=2 << 30, memory_dynamic_min=0))
    new = xe.do(f"vm-import filename={old}")
    limits = [get(xe, new, f"memory-{name}") for name in ("static-min", "dynamic-min", "dynamic-max", "static-max")]
    assert limits == [str(1 << 30)] * 4


def test_old_priorities_become_an_order(xe: "Xe", vm: str, tmp_path: Path) -> None:
    path = exported(xe, f"vm-export uuid={vm}", tmp_path)
    new = xe.do(f"vm-import filename={changed(path, having('VM', ha_restart_priority='2'))}")
    assert (get(xe, new, "ha-restart-priority"), get(xe, new, "order")) == ("restart", "2")


# LUNs


@pytest.fixture
def lun(xe: "Xe", vm: str, tmp_path: Path) -> tuple[Path, str]:
    """An archive without data whose first disk is a LUN, and a VDI that is the same LUN, elsewhere."""
    path = exported(xe, f"vm-export uuid={vm} metadata=true", tmp_path)
    sr = xe.do("sr-list type=ext --minimal")
    other = xe.do(f"vdi-create sr-uuid={sr} name-label=lun virtual-size=1MiB sm-config:SCSIid=3600a")

    def change(entry: ova.Entry) -> None:
        if entry.cls == "VDI" and entry.snapshot["name_label"] == "disk0":
            entry.snapshot["sm_config"] = {"SCSIid": "3600a"}
            entry.snapshot["other_config"] = {"config-drive": "true", "x": "y"}

    return changed(path, change), other


def disk(xe: "Xe", vm: str) -> str:
    return xe.do(f"vbd-list vm-uuid={vm} userdevice=0 params=vdi-uuid --minimal")


def test_a_lun_is_the_same_disk_wherever_it_is(xe: "Xe", vm: str, lun: tuple[Path, str]) -> None:
    path, other = lun
    xe.do(f"vdi-param-set uuid={other} other-config:config-drive=old other-config:kept=1")
    xe.do(f"vm-destroy uuid={vm}")
    assert disk(xe, xe.do(f"vm-import filename={path} metadata=true")) == other
    assert xe.do(f"vdi-param-get uuid={other} param-name=other-config") == "config-drive: true; kept: 1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("vdi:3600a={disk0}", "{disk0}"),
        ("vdi:{disk0}=3600a", "{other}"),
        ("vdi:{disk0}={disk1} vdi:{disk1}={disk0}", "{disk1}"),
        ("vdi:3600a=3600b", "UUID_INVALID"),
    ],
)
def test_disks_are_named_by_uuid_or_lun(xe: "Xe", vm: str, lun: tuple[Path, str], words: str, said: str) -> None:
    path, other = lun
    names = {name: xe.do(f"vdi-list name-label={name} --minimal") for name in ("disk0", "disk1")} | {"other": other}
    xe.do(f"vm-destroy uuid={vm}")
    line = f"vm-import filename={path} metadata=true {words.format(**names)}"
    if said.startswith("{"):
        assert disk(xe, xe.do(line)) == said.format(**names)
    else:
        assert xe.code(line) == said


# What is refused, in the order in which XAPI makes the objects

REFUSED: dict[str, tuple[Change, str, str]] = {
    "a disk whose SR is missing": (having("VDI", SR="Ref:99"), "", "IMPORT_ERROR_FAILED_TO_FIND_OBJECT"),
    "a network card whose VM is missing": (having("VIF", VM="Ref:99"), "", "IMPORT_ERROR_FAILED_TO_FIND_OBJECT"),
    "a disk whose VM is a network": (having("VBD", VM="Ref:2"), "", "IMPORT_ERROR_FAILED_TO_FIND_OBJECT"),
    "a suspended VM without memory": (having("VM", power_state="Suspended"), "", "IMPORT_ERROR_FAILED_TO_FIND_OBJECT"),
    "a snapshot of nothing": (having("VM", is_a_snapshot=True, snapshot_of="Ref:99"), "", "IMPORT_ERROR_FAILED_TO_FIND_OBJECT"),
    "a disk that was attached and is missing": (
        having("VBD", currently_attached=True, type="CD", VDI=NOTHING, mode="RO"), "metadata=true", "IMPORT_ERROR_ATTACHED_DISKS_NOT_FOUND",
    ),
    "a device that is used twice": (having("VBD", userdevice="0"), "", "DEVICE_ALREADY_EXISTS"),
    "a MAC that is none": (having("VIF", MAC="02:00"), "preserve=true force=true", "MAC_INVALID"),
    "what a guest cannot report": (having("VM_guest_metrics", os_version="Plan9"), "", "IMPORT_ERROR"),
    "a wrong kind of seed": (having("VM", other_config="mac_seed"), "preserve=true force=true", "IMPORT_ERROR"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_refused_before_any_data_is_read(xe: "Xe", vm: str, tmp_path: Path, name: str) -> None:
    change, words, code = REFUSED[name]
    xe.do(f"vm-start uuid={vm}")
    xe.do(f"vm-shutdown uuid={vm} force=true")
    xe.do(f"vm-param-set uuid={vm} domain-type=pv")
    path = changed(exported(xe, f"vm-export uuid={vm}", tmp_path), change)
    with path.open("r+b") as file:
        size = int(path.read_bytes()[124:135], 8)
        file.truncate(512 + size + -size % 512)  # There is no data behind the objects.
    assert xe.code(f"vm-import filename={path} {words}") == code


def test_force_gives_up_what_is_missing(xe: "Xe", vm: str, tmp_path: Path) -> None:
    path = exported(xe, f"vm-export uuid={vm} metadata=true", tmp_path)
    suspended = changed(path, having("VM", power_state="Suspended"))
    xe.do(f"vm-destroy uuid={vm}")
    new = xe.do(f"vm-import filename={suspended} metadata=true force=true vdi:none=none")
    assert get(xe, new, "power-state") == "halted"


# What is here already


def test_a_vm_that_runs_is_left_as_it_is(xe: "Xe", vm: str, tmp_path: Path) -> None:
    path = exported(xe, f"vm-export uuid={vm} metadata=true", tmp_path)
    xe.do(f"vm-start uuid={vm}")
    before = xe.do(f"vm-param-list uuid={vm}")
    assert xe.code(f"vm-import filename={path} metadata=true preserve=true") == "VM_BAD_POWER_STATE"
    assert xe.do(f"vm-import filename={path} metadata=true preserve=true force=true") == ""
    assert xe.do(f"vm-param-list uuid={vm}") == before


def test_a_vm_that_must_not_be_destroyed_is_not_replaced(xe: "Xe", vm: str, tmp_path: Path) -> None:
    path = exported(xe, f"vm-export uuid={vm}", tmp_path)
    xe.do(f"vm-param-set uuid={vm} blocked-operations:destroy=mine")
    assert xe.code(f"vm-import filename={path} preserve=true force=true") == "OPERATION_BLOCKED"


def test_devices_of_others_are_left_to_them(xe: "Xe", vm: str, tmp_path: Path) -> None:
    """A VM of another uuid whose devices have the uuids of devices that are here."""
    path = exported(xe, f"vm-export uuid={vm}", tmp_path)
    other = changed(path, having("VM", uuid="11111111-2222-4333-8444-555555555555", other_config={}))
    new = xe.do(f"vm-import filename={other} preserve=true")
    assert xe.do(f"vbd-list vm-uuid={new} --minimal") == xe.do(f"vif-list vm-uuid={new} --minimal") == ""
    assert len(xe.do(f"vbd-list vm-uuid={vm} --minimal").split(",")) == 3


@pytest.mark.parametrize("force", [False, True])
def test_only_force_keeps_the_mark_of_a_default_template(xe: "Xe", vm: str, tmp_path: Path, force: bool) -> None:
    path = changed(
        exported(xe, f"vm-export uuid={vm}", tmp_path),
        lambda entry: (
            having("VM", is_a_template=True)(entry),
            also("VM", "other_config", default_template="true")(entry),
        ),
    )
    new = xe.do(f"vm-import filename={path} force={str(force).lower()}")
    assert ("default_template: true" in xe.do(f"template-param-get uuid={new} param-name=other-config")) == force


def test_relatives_may_have_the_same_mac_seed(xe: "Xe", vm: str, tmp_path: Path) -> None:
    snapshot = xe.do(f"vm-snapshot uuid={vm} new-name-label=before")
    path = exported(xe, f"vm-export uuid={vm} metadata=true include-snapshots=true", tmp_path)
    xe.do(f"vm-destroy uuid={vm}")
    assert xe.do(f"vm-import filename={path} metadata=true preserve=true force=true") == vm, "its snapshot is here"
    assert xe.do(f"snapshot-list snapshot-of={vm} --minimal") == snapshot
    xe.do(f"snapshot-destroy uuid={snapshot}")
    assert xe.do(f"vm-import filename={path} metadata=true preserve=true force=true") == vm, "it is the same VM"
    xe.do(f"vm-destroy uuid={vm}")
    stranger = xe.do("vm-create name-label=stranger")
    seed = xe.do(f"snapshot-param-get uuid={snapshot} param-name=other-config param-key=mac_seed")
    xe.do(f"vm-param-set uuid={stranger} other-config:mac_seed={seed}")
    assert xe.code(f"vm-import filename={path} metadata=true preserve=true force=true") == "DUPLICATE_MAC_SEED"


def test_a_mac_that_the_archive_lacks_is_made(xe: "Xe", vm: str, tmp_path: Path) -> None:
    path = changed(exported(xe, f"vm-export uuid={vm}", tmp_path), having("VIF", MAC=""))
    xe.do(f"vm-uninstall uuid={vm} --force")
    xe.do(f"vm-import filename={path} preserve=true")
    assert xe.do(f"vif-list vm-uuid={vm} params=MAC-autogenerated --minimal") == "true"
    xe.do(f"vm-uninstall uuid={vm} --force")
    xe.do(f"vm-import filename={changed(path, having('VM', other_config={}))} preserve=true")
    assert xe.do(f"vif-list vm-uuid={vm} params=MAC-autogenerated --minimal") == "true"


# Tasks


def test_a_task_gets_the_result(xe: "Xe", sr: str) -> None:
    task = "33333333-4444-4555-8666-777777777777"
    xe.state.write_text(f"{xe.state.read_text()}\n[task.{task}]\nname-label = 'mine'\n")
    new = xe.do(f"vm-import filename={SAMPLES / 'tiny-sha1.xva.gz'} sr-uuid={sr} task-uuid={task}")
    shown = [xe.do(f"task-param-get uuid={task} param-name={name}") for name in ("status", "progress", "result")]
    assert shown == ["success", "1.000", f"<value><array><data><value>OpaqueRef:{new}</value></data></array></value>"]
    assert f"import_task: OpaqueRef:{task}" in get(xe, new, "other-config")


# Snapshots


def test_a_snapshot_that_comes_back_can_be_reverted_to(xe: "Xe", vm: str, tmp_path: Path) -> None:
    xe.do(f"vm-param-set uuid={vm} other-config:quote={{quote}} HVM-shadow-multiplier=2", quote="a'b\\\\c(d)")
    snapshot = xe.do(f"vm-snapshot uuid={vm} new-name-label=before")
    before = xe.do(f"snapshot-param-list uuid={snapshot}")
    was = {name: get(xe, vm, name) for name in ("name-label", "name-description", "other-config", "platform", "order")}
    hidden = xe.state.read_text().partition(f"[vm.{snapshot}.reverts-to]")[2].partition("\n[")[0]
    path = exported(xe, f"vm-export uuid={vm} metadata=true include-snapshots=true", tmp_path)
    xe.do(f"snapshot-destroy uuid={snapshot}")
    xe.do(f"vm-param-set uuid={vm} name-label=later platform:nx=false order=9")
    xe.do(f"vm-destroy uuid={vm}")
    xe.do(f"vm-import filename={path} metadata=true preserve=true")
    assert xe.do(f"snapshot-param-list uuid={snapshot}").splitlines()[:5] == before.splitlines()[:5]
    assert xe.state.read_text().partition(f"[vm.{snapshot}.reverts-to]")[2].partition("\n[")[0] == hidden
    xe.do(f"vm-param-set uuid={vm} name-label=later platform:nx=false order=9")
    xe.do(f"snapshot-revert uuid={snapshot}")
    assert {name: get(xe, vm, name) for name in was} == was


HERE = "5a5a0000-0000-0000-0000-000000000001"
ROW = (
    r"(('uuid' '5a5a0000-0000-0000-0000-000000000001') ('name__label' 'it\\'s') ('is_a_template' 'false') "
    r"('memory__static_max' '1073741824') ('HVM__shadow_multiplier' '1.') ('power_state' 'Running') "
    r"('platform' '((\\'nx\\' \\'true\\'))') ('tags' '(\\'a\\' \\'b\\')') ('unknown' '()'))"
)


def test_the_row_of_xapi_is_understood() -> None:
    cls = classes.get("vm")
    found = records.of_row(cls, ROW.replace("\\\\", "\\"))
    assert {
        name: found[name] for name in ("uuid", "name-label", "memory-static-max", "platform", "tags", "power-state")
    } == {
        "uuid": "5a5a0000-0000-0000-0000-000000000001",
        "name-label": "it's",
        "memory-static-max": 1 << 30,
        "platform": {"nx": "true"},
        "tags": ["a", "b"],
        "power-state": "running",
    }
    again = records.of_row(cls, records.row(cls, found["uuid"], found))
    assert again == found


@pytest.mark.slow
@pytest.mark.parametrize(
    "row",
    [
        "x",
        "(",
        "()",
        "(('a'))",
        "((('a')))",
        "(('uuid' 'x'))",
        "(('uuid' 'a) ('b' 'c'))",
        "('uuid' 'x')",
        f"(('uuid' '{HERE}') ('platform' '(x)'))",
        f"(('uuid' '{HERE}') ('platform' '(\\'x\\')'))",
        "(" * 999,
    ],
)
def test_a_row_that_is_none_is_refused(xe: "Xe", vm: str, tmp_path: Path, row: str) -> None:
    xe.do(f"vm-snapshot uuid={vm} new-name-label=before")
    path = exported(xe, f"vm-export uuid={vm} metadata=true include-snapshots=true", tmp_path)
    bad = changed(path, having("VM", snapshot_metadata=row))
    assert xe.code(f"vm-import filename={bad} metadata=true preserve=true force=true") == "IMPORT_ERROR"


@pytest.mark.parametrize(
    "path",
    [
        *("name/label", "name/description", "memory/static_max", "VCPUs/params", "VCPUs/at_startup"),
        *("actions/after_softreboot", "PV/bootloader_args", "HVM/boot_policy", "HVM/shadow_multiplier"),
        *("uuid", "power_state", "is_a_template", "NVRAM", "platform", "user_version", "last_boot_CPU_flags"),
    ],
)
def test_columns_are_those_of_xapi(path: str) -> None:
    """The path of a field in XAPI's data model, joined by two underscores."""
    assert column(path.replace("/", "_")) == path.replace("/", "__")
