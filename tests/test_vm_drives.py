"""Disks and CD drives of a VM, added and removed by device or by the name of a CD."""

from typing import TYPE_CHECKING

import pytest
from vm_pool import VmPool

from xe_py.operations import find
from xe_py.running import Call, run
from xe_py.state.record import Record

if TYPE_CHECKING:
    from conftest import Xe

    from xe_py.schema.listing import Listing

GIB = 1 << 30
NULL = ("HANDLE_INVALID", "VDI", "OpaqueRef:NULL")


@pytest.fixture
def pool() -> VmPool:
    """The VM `web`, and two CDs on an SR for CDs; a third VDI that is named as one of them is no CD."""
    pool = VmPool()
    pool.add("isos", "sr", type="ext", shared=True, content_type="iso")
    for host in ("xen1", "xen2"):
        pool.add(f"p-isos-{host}", "pbd", sr_uuid="isos", host_uuid=host, currently_attached=True)
    for name in ("debian", "tools"):
        pool.add(name, "vdi", sr_uuid="isos", read_only=True, location=name)
    pool.add("no-cd", "vdi", name_label="debian", sr_uuid="share", location="no-cd")
    pool.vm("web")
    return pool


def drives(pool: VmPool, vm: str = "web") -> list[Record]:
    return pool.state.pointing_at(pool.named[vm], "vbd.vm-uuid")


# Disks


def test_a_disk_is_made_on_the_default_sr_and_belongs_to_its_vm(pool: VmPool) -> None:
    pool.change("pool", default_SR="local")
    pool.do("vm-disk-add", "web", disk_size=GIB, device="autodetect")
    pool.do("vm-disk-add", "web", disk_size=GIB, device="3", sr=pool.named["share"])
    first, second = drives(pool)
    assert [(vbd["userdevice"], vbd["mode"], vbd["type"], vbd["bootable"]) for vbd in (first, second)] == [
        ("0", "RW", "Disk", False),
        ("3", "RW", "Disk", False),
    ]
    assert first["other-config"] == second["other-config"] == {"owner": ""}
    vdi = pool.state.ref(first, "vdi-uuid")
    assert (vdi["name-label"], vdi["name-description"], vdi["type"]) == ("Created by xe", "Created by xe", "User")
    assert (vdi["virtual-size"], vdi["sm-config"]) == (GIB, {"vmhint": pool.named["web"]["uuid"]})
    assert vdi["sr-uuid"] == pool.named["local"]["uuid"]
    assert pool.state.ref(second, "vdi-uuid")["sr-uuid"] == pool.named["share"]["uuid"]


def test_a_running_vm_gets_the_disk_at_once_and_a_disk_that_it_cannot_get_later(pool: VmPool) -> None:
    pool.vm("db", "running")
    pool.do("vm-disk-add", "db", disk_size=GIB, device="0", sr=pool.named["share"])
    pool.vm("old", "running", domain_type="hvm", other_config={"guest-tools": "false"})
    pool.do("vm-disk-add", "old", disk_size=GIB, device="0", sr=pool.named["share"])
    assert [vbd["currently-attached"] for vm in ("db", "old") for vbd in drives(pool, vm)] == [True, False]


def test_what_a_disk_needs(pool: VmPool) -> None:
    assert pool.no("vm-disk-add", "web", disk_size=GIB, device="0") == (
        "Error: The pool has no default SR. Give sr-uuid=.",
    )
    share = pool.named["share"]
    pool.do("vm-disk-add", "web", disk_size=GIB, device="0", sr=share)
    assert pool.no("vm-disk-add", "web", disk_size=GIB, device="xvda", sr=share) == ("DEVICE_ALREADY_EXISTS", "xvda")
    assert pool.no("vm-disk-add", "web", disk_size=1 << 50, device="1", sr=share)[0] == "SR_BACKEND_FAILURE_79"
    assert pool.state.count("vdi") == 4, "a refused disk leaves no VDI"


def test_a_disk_is_removed_with_its_vdi(pool: VmPool) -> None:
    pool.disk("root", "web")
    pool.disk("data", "web", userdevice="1")
    pool.do("vm-disk-remove", "web", device="0")
    assert pool.gone() == {"root", "v-root"}
    assert pool.no("vm-disk-remove", "web", device="0") == ("Error: The VM has no disk 0.",)
    assert pool.no("vm-disk-remove", "web", device="xvdb") == ("Error: The VM has no disk xvdb.",)


def test_a_disk_in_use_and_an_empty_drive_are_not_removed(pool: VmPool) -> None:
    pool.vm("db", "running")
    pool.disk("root", "db", currently_attached=True)
    uuids = pool.named["root"]["uuid"], pool.named["db"]["uuid"]
    still = "VBD '{}' still attached to '{}'".format(*uuids)
    assert pool.no("vm-disk-remove", "db", device="0") == ("OPERATION_NOT_ALLOWED", still)
    pool.add("drive", "vbd", vm_uuid="web", userdevice="3", type="CD", mode="RO")
    assert pool.no("vm-disk-remove", "web", device="3") == NULL


# CD drives


def test_a_drive_is_made_with_a_cd_in_it_and_removed_by_the_name_of_the_cd(pool: VmPool) -> None:
    pool.do("vm-cd-add", "web", cd_name="debian", device="3")
    (vbd,) = drives(pool)
    assert (vbd["type"], vbd["mode"], vbd["userdevice"]) == ("CD", "RO", "3")
    assert (vbd["vdi-uuid"], vbd["other-config"]) == (pool.named["debian"]["uuid"], {})
    for name in ("tools", "<EMPTY>"):
        words = f"Error: The VM has no drive with the CD {name}. xe vm-cd-list shows its drives."
        assert pool.no("vm-cd-remove", "web", cd_name=name) == (words,)
    pool.do("vm-cd-remove", "web", cd_name="debian")
    assert drives(pool) == []
    assert pool.gone() == set()


def test_an_empty_drive_has_a_name_too(pool: VmPool) -> None:
    pool.disk("root", "web")
    pool.change("v-root", name_label="tools")
    pool.add("drive", "vbd", vm_uuid="web", userdevice="3", type="CD", mode="RO")
    pool.do("vm-cd-remove", "web", cd_name="<EMPTY>")
    assert pool.gone() == {"drive"}
    assert pool.no("vm-cd-remove", "web", cd_name="tools")[0].startswith("Error: The VM has no drive")


def test_a_cd_changes_in_the_only_drive(pool: VmPool) -> None:
    assert pool.no("vm-cd-insert", "web", cd_name="debian") == ("VM_NO_EMPTY_CD_VBD", "web")
    assert pool.no("vm-cd-eject", "web") == ("Error: The VM has no CD drive.",)
    pool.add("drive", "vbd", vm_uuid="web", userdevice="3", type="CD", mode="RO")
    assert pool.no("vm-cd-eject", "web") == ("VBD_IS_EMPTY", "drive")
    pool.do("vm-cd-insert", "web", cd_name="debian")
    assert pool.value("drive", "vdi-uuid") == "debian"
    assert pool.no("vm-cd-insert", "web", cd_name="tools") == ("VM_NO_EMPTY_CD_VBD", "web")
    pool.do("vm-cd-eject", "web")
    assert pool.value("drive", "empty") is True
    pool.add("other", "vbd", vm_uuid="web", userdevice="4", type="CD", mode="RO")
    several = "Error: The VM has several {}CD drives. Use vbd-{} with the uuid of one of them."
    assert pool.no("vm-cd-eject", "web") == (several.format("", "eject"),)
    assert pool.no("vm-cd-insert", "web", cd_name="debian") == (several.format("empty ", "insert"),)


def test_a_cd_is_named_as_cd_list_shows_it(pool: VmPool) -> None:
    unknown = "Error: There is no CD {}. xe cd-list shows the CDs."
    for command in ("vm-cd-add", "vm-cd-insert"):
        device = {"device": "3"} if command == "vm-cd-add" else {}
        assert pool.no(command, "web", cd_name="fedora", **device) == (unknown.format("fedora"),)
    pool.add("again", "vdi", name_label="debian", sr_uuid="isos", read_only=True, location="again")
    several = "Error: 2 CDs have the name debian. Use vbd-insert with the uuid of one of them."
    assert pool.no("vm-cd-insert", "web", cd_name="debian") == (several,)
    pool.do("vm-cd-add", "web", cd_name="debian", device="3")
    assert pool.state.ref(drives(pool)[0], "vdi-uuid") is pool.named["debian"]


def test_the_cds_are_the_vdis_on_srs_for_cds(pool: VmPool) -> None:
    command = find("cd-list")
    assert command is not None
    listing: Listing = run(pool.state, Call(command))
    assert listing.records == [pool.named["debian"], pool.named["tools"]]


def test_a_script_prints_what_xe_prints(xe: "Xe") -> None:
    tools = xe.do("vdi-list name-label=guest-tools.iso --minimal")
    shown = xe.do("cd-list")
    assert shown.startswith(f"uuid ( RO)          : {tools}\n    name-label ( RW): ")
    assert xe.do("cd-list params=uuid --minimal") == tools
    xe.do("vm-create name-label=web")
    assert xe.do("vm-cd-add vm=web cd-name=guest-tools.iso device=3") == ""
    assert xe.do("vm-disk-add vm=web disk-size=1GiB device=0") == ""
    assert xe.do("vbd-list vm-name-label=web params=userdevice --minimal") == "3,0"
    assert xe.do("vm-disk-remove vm=web device=0") == ""
    assert xe.do("vbd-list vm-name-label=web params=userdevice --minimal") == "3"
