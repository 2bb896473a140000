"""What commands on VBDs bring about, and what the derived fields say afterwards."""

import pytest
from small_pool import SmallPool


@pytest.fixture
def pool() -> SmallPool:
    pool = SmallPool()
    pool.add("local", "sr", type="ext")
    pool.add("pbd", "pbd", sr_uuid="local", host_uuid="xen1", currently_attached=True)
    pool.add("disk", "vdi", sr_uuid="local")
    pool.add("disc", "vdi", sr_uuid="local", read_only=True)
    pool.add("vm", "vm", power_state="running", resident_on="xen1", dom_id=1)
    pool.add("hvm", "vm", domain_type="hvm")
    return pool


def test_a_vbd_is_made_as_asked(pool: SmallPool) -> None:
    line = "vbd-create vm-uuid=vm vdi-uuid=disk device=1 bootable=true unpluggable=false"
    pool.named["vbd"] = pool.xe(line)
    fields = ("vm-name-label", "vdi-name-label", "device", "empty", "mode", "type", "bootable", "unpluggable")
    assert {field: pool.value("vbd", field) for field in fields} == {
        "vm-name-label": "vm",
        "vdi-name-label": "disk",
        "device": "",
        "empty": False,
        "mode": "RW",
        "type": "Disk",
        "bootable": True,
        "unpluggable": False,
    }
    assert pool.value("vbd", "currently-attached") is False
    assert pool.value("disk", "vbd-uuids") == ["vbd"]


def test_a_disk_is_plugged_unplugged_and_destroyed(pool: SmallPool) -> None:
    pool.named["vbd"] = pool.xe("vbd-create vm-uuid=vm vdi-uuid=disk device=0")
    assert pool.value("vbd", "allowed-operations") == ["attach", "plug", "pause", "unpause"]
    pool.xe("vbd-plug uuid=vbd")
    assert pool.value("vbd", "allowed-operations") == ["attach", "unplug", "unplug_force", "pause", "unpause"]
    pool.xe("vbd-unplug uuid=vbd timeout=10")
    pool.xe("vbd-destroy uuid=vbd")
    assert pool.gone() == {"vbd"}


def test_a_medium_is_changed_under_a_running_vm(pool: SmallPool) -> None:
    pool.named["cd"] = pool.xe("vbd-create vm-uuid=vm device=3 type=CD mode=RO")
    assert (pool.value("cd", "empty"), pool.value("cd", "vdi-name-label")) == (True, "<EMPTY>")
    pool.xe("vbd-plug uuid=cd")
    pool.xe("vbd-insert uuid=cd vdi-uuid=disc")
    assert (pool.value("cd", "empty"), pool.value("cd", "vdi-uuid")) == (False, "disc")
    pool.xe("vbd-eject uuid=cd")
    assert pool.value("cd", "empty") is True


@pytest.mark.parametrize(
    ("device", "shown"), [("0", "xvda"), ("25", "xvdz"), ("26", "xvdaa"), ("hdc", "xvdc"), ("sdab", "xvdab")]
)
def test_the_guest_sees_the_device_by_one_name_from_the_first_attach_on(
    pool: SmallPool, device: str, shown: str
) -> None:
    pool.named["vbd"] = pool.xe(f"vbd-create vm-uuid=vm vdi-uuid=disk device={device}")
    assert (pool.value("vbd", "userdevice"), pool.value("vbd", "device")) == (device, "")
    pool.xe("vbd-plug uuid=vbd")
    assert (pool.value("vbd", "userdevice"), pool.value("vbd", "device")) == (device, shown)


def test_the_name_is_kept_until_the_disk_is_attached_anew(pool: SmallPool) -> None:
    pool.named["vbd"] = pool.xe("vbd-create vm-uuid=hvm vdi-uuid=disk device=0")
    pool.named["cd"] = pool.xe("vbd-create vm-uuid=hvm device=3 type=CD mode=RO")
    assert [pool.value(name, "device") for name in ("vbd", "cd")] == ["", ""]
    pool.xe("vm-start vm=hvm")
    assert [pool.value(name, "device") for name in ("vbd", "cd")] == ["xvda", "xvdd"]
    pool.xe("vm-shutdown vm=hvm force=true")
    pool.param_set("vbd", userdevice="2")
    assert pool.value("vbd", "device") == "xvda"
    pool.xe("vm-start vm=hvm")
    assert pool.value("vbd", "device") == "xvdc"


def test_a_disk_that_was_attached_before_names_were_noted_has_one(pool: SmallPool) -> None:
    pool.add("vbd", "vbd", vm_uuid="vm", vdi_uuid="disk", userdevice="1", currently_attached=True)
    assert pool.value("vbd", "device") == "xvdb"


@pytest.mark.parametrize("name", ["0", "xvd", "eth0", "XVDA", "xvda1"])
def test_a_name_that_no_guest_gives_is_found_out(pool: SmallPool, name: str) -> None:
    pool.add("vbd", "vbd", vm_uuid="vm", vdi_uuid="disk", userdevice="1", attached_as=name)
    assert pool.unsound() == {("vbd", "INVALID_DEVICE", name)}


def test_the_first_free_device_is_found(pool: SmallPool) -> None:
    pool.xe("vbd-create vm-uuid=vm vdi-uuid=disc device=xvda mode=RO")
    pool.xe("vbd-create vm-uuid=vm vdi-uuid=disc device=2 mode=RO")
    devices = [pool.xe("vbd-create vm-uuid=vm vdi-uuid=disc device=autodetect mode=RO") for _ in range(2)]
    assert [vbd["userdevice"] for vbd in devices] == ["1", "3"]


def test_there_are_two_floppies_and_255_disks(pool: SmallPool) -> None:
    floppy = "vbd-create vm-uuid=hvm vdi-uuid=disc device=autodetect type=Floppy mode=RO"
    assert [pool.xe(floppy)["userdevice"] for _ in range(2)] == ["fda", "fdb"]
    assert pool.refusal(floppy) == ("INVALID_DEVICE", "autodetect")
    for number in range(255):
        pool.add(f"cd{number}", "vbd", vm_uuid="vm", type="CD", mode="RO", userdevice=str(number))
    assert pool.refusal("vbd-create vm-uuid=vm device=autodetect type=CD mode=RO") == ("INVALID_DEVICE", "autodetect")


def test_vbds_go_with_their_vm_and_leave_the_vdi(pool: SmallPool) -> None:
    pool.named["vbd"] = pool.xe("vbd-create vm-uuid=hvm vdi-uuid=disk device=0")
    pool.state.delete(pool.named["hvm"])
    pool.assert_sound()
    assert pool.gone() == {"hvm", "vbd"}


def test_what_a_control_domain_attaches_does_not_count_as_a_second_vbd(pool: SmallPool) -> None:
    pool.named["of-vm"] = pool.xe("vbd-create vm-uuid=hvm vdi-uuid=disk device=0")
    for name in ("of-dom0", "again"):
        pool.named[name] = pool.xe("vbd-create vm-uuid=dom0 vdi-uuid=disk device=autodetect")
    pool.xe("vbd-plug uuid=of-dom0")
    pool.xe("vbd-unplug uuid=of-dom0")
    pool.xe("vbd-destroy uuid=again")
    pool.xe("vm-start vm=hvm")
    assert pool.refusal("vbd-create vm-uuid=vm vdi-uuid=disk device=5") == ("VDI_IN_USE", "disk", "attach")
    pool.change("dom0", is_control_domain=False)
    assert ("vbd", "VDI_IN_USE", "disk", "attach") in pool.unsound()
