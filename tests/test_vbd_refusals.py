"""What is refused of VBDs, and with which values: XAPI's tables, row by row, and the rules that hold for all."""

import pytest
from small_pool import GIB, SmallPool

NOBODY = "00000000-0000-4000-8000-000000000000"


def machines(rules: str) -> SmallPool:
    """VMs in every power state with disks and drives, on storage that the first host sees."""
    pool = SmallPool(rules)
    pool.add("local", "sr", type="ext")
    pool.add("p-local", "pbd", sr_uuid="local", host_uuid="xen1", currently_attached=True)
    for name in ("disk", "rest", "far-disk"):
        pool.add(name, "vdi", sr_uuid="local", virtual_size=GIB)
    pool.add("disc", "vdi", sr_uuid="local", read_only=True)
    pool.add("base", "vdi", sr_uuid="local", managed=False)
    pool.add("bitmap", "vdi", sr_uuid="local", type="CBT metadata")
    on_xen1 = {"resident_on": "xen1", "power_state": "running"}
    pool.add("running", "vm", dom_id=1, **on_xen1)
    pool.add("hvm", "vm", dom_id=2, domain_type="hvm", **on_xen1)
    pool.add("plain", "vm", dom_id=3, domain_type="hvm", other_config={"guest-tools": "false"}, **on_xen1)
    pool.add("paused", "vm", dom_id=4, resident_on="xen1", power_state="paused")
    pool.add("suspended", "vm", power_state="suspended")
    pool.add("halted", "vm")
    pool.add("hvm-halted", "vm", domain_type="hvm")
    pool.add("root", "vbd", vm_uuid="running", vdi_uuid="disk", userdevice="0", currently_attached=True)
    pool.add("fixed", "vbd", vm_uuid="running", vdi_uuid="rest", userdevice="1", unpluggable=False)
    for vm in ("running", "hvm", "plain", "paused", "suspended", "halted"):
        pool.add(f"{vm}-cd", "vbd", vm_uuid=vm, type="CD", mode="RO", userdevice="3")
    pool.add("hvm-ro", "vbd", vm_uuid="hvm", vdi_uuid="disc", mode="RO", userdevice="1")
    pool.add("plain-ro", "vbd", vm_uuid="plain", vdi_uuid="disc", mode="RO", userdevice="1")
    pool.add("full", "vbd", vm_uuid="halted", vdi_uuid="disc", type="CD", mode="RO", userdevice="4")
    pool.add("of-base", "vbd", vm_uuid="running", vdi_uuid="base", type="CD", mode="RO", userdevice="5")
    pool.assert_sound()
    return pool


@pytest.fixture
def pool() -> SmallPool:
    return machines("strict")


@pytest.fixture
def xapi() -> SmallPool:
    return machines("xapi")


FLOPPY_ON_PV = "VBD of type 'floppy' is not supported on PV domain"
CD_OF_HVM = "HVM CDROMs cannot be hotplugged/unplugged, only inserted or ejected"

REFUSALS = [
    ("vbd-create vm-uuid=halted device=0", ("Error: Empty VBDs can only be made for type=CD",)),
    ("vbd-create vm-uuid=halted device=fda type=Floppy", ("VBD_NOT_REMOVABLE_MEDIA", "in constructor")),
    ("vbd-create vm-uuid=halted vdi-uuid=bitmap device=0", ("VDI_INCOMPATIBLE_TYPE", "bitmap", "CBT metadata")),
    ("vbd-create vm-uuid=halted device=0 type=CD", ("VBD_CDS_MUST_BE_READONLY",)),
    ("vbd-create vm-uuid=halted vdi-uuid=disc device=0 type=cd mode=rw", ("VBD_CDS_MUST_BE_READONLY",)),
    ("vbd-create vm-uuid=halted vdi-uuid=disc device=0", ("VDI_READONLY", "disc")),
    ("vbd-create vm-uuid=halted vdi-uuid=far-disk device=fda type=Floppy", ("NOT_IMPLEMENTED", FLOPPY_ON_PV)),
    ("vbd-create vm-uuid=halted vdi-uuid=far-disk device=", ("INVALID_DEVICE", "")),
    ("vbd-create vm-uuid=halted vdi-uuid=far-disk device=-1", ("INVALID_DEVICE", "-1")),
    ("vbd-create vm-uuid=halted vdi-uuid=far-disk device=xvd", ("INVALID_DEVICE", "xvd")),
    ("vbd-create vm-uuid=halted vdi-uuid=far-disk device=xvdA", ("INVALID_DEVICE", "xvdA")),
    ("vbd-create vm-uuid=halted vdi-uuid=far-disk device=³", ("INVALID_DEVICE", "³")),
    (f"vbd-create vm-uuid=halted vdi-uuid=far-disk device={'9' * 5000}", ("INVALID_DEVICE", "9" * 5000)),
    ("vbd-create vm-uuid=hvm-halted vdi-uuid=far-disk device=0 type=Floppy", ("INVALID_DEVICE", "0")),
    ("vbd-create vm-uuid=halted vdi-uuid=far-disk device=3", ("DEVICE_ALREADY_EXISTS", "3")),
    ("vbd-create vm-uuid=halted vdi-uuid=far-disk device=xvdd", ("DEVICE_ALREADY_EXISTS", "xvdd")),
    ("vbd-create vm-uuid=halted vdi-uuid=far-disk device=hdd", ("DEVICE_ALREADY_EXISTS", "hdd")),
    (f"vbd-create vm-uuid={NOBODY} vdi-uuid=far-disk device=0", ("UUID_INVALID", "VM", NOBODY)),
    (f"vbd-create vm-uuid=halted vdi-uuid={NOBODY} device=0", ("UUID_INVALID", "VDI", NOBODY)),
    ("vbd-plug uuid=root", ("DEVICE_ALREADY_ATTACHED", "root")),
    ("vbd-plug uuid=full", ("VM_BAD_POWER_STATE", "halted", "running", "halted")),
    ("vbd-plug uuid=paused-cd", ("VM_BAD_POWER_STATE", "paused", "running", "paused")),
    ("vbd-plug uuid=suspended-cd", ("VM_BAD_POWER_STATE", "suspended", "running", "suspended")),
    ("vbd-plug uuid=plain-ro", ("VM_MISSING_PV_DRIVERS", "plain")),
    ("vbd-plug uuid=hvm-cd", ("OPERATION_NOT_ALLOWED", CD_OF_HVM)),
    ("vbd-plug uuid=of-base", ("VDI_NOT_MANAGED", "of-base")),
    ("vbd-plug uuid=hvm-ro", ("DISK_VBD_MUST_BE_READWRITE_FOR_HVM", "hvm-ro")),
    ("vbd-unplug uuid=fixed", ("VBD_NOT_UNPLUGGABLE", "fixed")),
    ("vbd-unplug uuid=running-cd force=true timeout=1.5", ("DEVICE_ALREADY_DETACHED", "running-cd")),
    ("vbd-unplug uuid=paused-cd", ("VM_BAD_POWER_STATE", "paused", "running", "paused")),
    ("vbd-insert uuid=root vdi-uuid=disc", ("VBD_NOT_REMOVABLE_MEDIA", "root")),
    ("vbd-insert uuid=full vdi-uuid=disc", ("VBD_NOT_EMPTY", "full")),
    (
        "vbd-insert uuid=suspended-cd vdi-uuid=disc",
        ("VM_BAD_POWER_STATE", "suspended", "halted, running", "suspended"),
    ),
    ("vbd-insert uuid=halted-cd vdi-uuid=base", ("VDI_NOT_MANAGED", "base")),
    ("vbd-eject uuid=root", ("VBD_NOT_REMOVABLE_MEDIA", "root")),
    ("vbd-eject uuid=halted-cd", ("VBD_IS_EMPTY", "halted-cd")),
    ("vbd-eject uuid=of-base", ("VDI_NOT_MANAGED", "of-base")),
]


@pytest.mark.parametrize("rules", ["strict", "xapi"])
@pytest.mark.parametrize(("line", "refusal"), REFUSALS, ids=[line[:80] for line, _ in REFUSALS])
def test_refused(line: str, refusal: tuple[str, ...], rules: str) -> None:
    assert machines(rules).refusal(line) == refusal


def test_an_attached_vbd_is_not_destroyed(pool: SmallPool) -> None:
    root, running = pool.named["root"]["uuid"], pool.named["running"]["uuid"]
    text = f"VBD '{root}' still attached to '{running}'"
    assert pool.refusal("vbd-destroy uuid=root") == ("OPERATION_NOT_ALLOWED", text)


def test_the_medium_of_a_suspended_vm_stays(pool: SmallPool) -> None:
    pool.change("suspended-cd", vdi_uuid="disc")
    expected = ("VM_BAD_POWER_STATE", "suspended", "halted, running", "suspended")
    assert pool.refusal("vbd-eject uuid=suspended-cd") == expected


def test_the_mode_is_set_while_the_vm_is_halted(pool: SmallPool) -> None:
    with pool.refused() as refusal:
        pool.param_set("paused-cd", mode="RO")
    assert refusal() == ("VM_BAD_POWER_STATE", "paused", "halted", "paused")
    pool.param_set("halted-cd", mode="RO")


WORDS = [
    ("root", "attach unplug unplug_force pause unpause"),
    ("fixed", "attach plug pause unpause"),
    ("of-base", ""),
    ("hvm-cd", "attach insert pause unpause"),
    ("paused-cd", "attach insert pause unpause"),
    ("suspended-cd", "attach"),
    ("halted-cd", "attach insert"),
    ("full", "attach eject"),
]


@pytest.mark.parametrize(("vbd", "words"), WORDS)
def test_what_can_be_done_to_a_vbd(pool: SmallPool, vbd: str, words: str) -> None:
    assert pool.value(vbd, "allowed-operations") == words.split()


# One VDI, several VBDs


def test_under_the_strict_rules_a_vdi_has_one_vbd(pool: SmallPool) -> None:
    assert pool.refusal("vbd-create vm-uuid=halted vdi-uuid=disk device=0") == ("VDI_IN_USE", "disk", "attach")
    line = "vbd-create vm-uuid=halted vdi-uuid=far-disk device=0"
    pool.xe(line)
    assert pool.refusal("vbd-insert uuid=halted-cd vdi-uuid=far-disk") == ("VDI_IN_USE", "far-disk", "attach")
    pool.change("far-disk", sharable=True)
    pool.xe("vbd-insert uuid=halted-cd vdi-uuid=far-disk")
    pool.change("far-disk", sharable=False)
    assert pool.unsound() == {("vbd", "VDI_IN_USE", "far-disk", "attach")}
    pool.change("far-disk", read_only=True)
    assert pool.unsound() == {("vbd", "VDI_READONLY", "far-disk")}


def test_a_read_only_vdi_is_for_many(pool: SmallPool) -> None:
    for vm in ("running", "paused", "halted"):
        pool.xe(f"vbd-create vm-uuid={vm} vdi-uuid=disc device=autodetect type=CD mode=RO")


SHARING = [
    # what has it: mode, its VM; what is to have it: mode; the refusal
    ("RW", "paused", "RW", ("VDI_IN_USE", "far-disk")),
    ("RW", "paused", "RO", ("VDI_IN_USE", "far-disk")),
    ("RO", "paused", "RW", ("VDI_IN_USE", "far-disk")),
    ("RO", "paused", "RO", None),
    ("RW", "suspended", "RW", None),
]


@pytest.mark.parametrize(("has", "of", "wants", "refusal"), SHARING)
def test_under_the_rules_of_xapi_one_that_writes_is_alone(
    xapi: SmallPool, has: str, of: str, wants: str, refusal: tuple[str, ...] | None
) -> None:
    xapi.add("first", "vbd", vm_uuid=of, vdi_uuid="far-disk", mode=has, userdevice="0", currently_attached=True)
    xapi.named["second"] = xapi.xe(f"vbd-create vm-uuid=running vdi-uuid=far-disk device=7 mode={wants}")
    if refusal is None:
        assert "attach" in xapi.value("second", "allowed-operations")
        assert xapi.value("second", "attachable") == "true"
        xapi.xe("vbd-plug uuid=second")
        return
    assert xapi.refusal("vbd-plug uuid=second") == refusal
    assert "attach" not in xapi.value("second", "allowed-operations")
    assert xapi.value("second", "attachable") == "false (error: VDI_IN_USE)"
    xapi.change("second", currently_attached=True)
    assert xapi.unsound() == {("vbd", *refusal)}
    xapi.change("far-disk", sharable=True)
    xapi.assert_sound()


def test_a_control_domain_shares_with_everyone(xapi: SmallPool) -> None:
    xapi.add("backup", "vbd", vm_uuid="dom0", vdi_uuid="disk", userdevice="0", currently_attached=True)
    xapi.assert_sound()


def test_a_vm_that_resumes_does_not_get_back_what_another_writes_to(xapi: SmallPool) -> None:
    xapi.add("old", "vbd", vm_uuid="suspended", vdi_uuid="disk", userdevice="0", currently_attached=True)
    xapi.assert_sound()
    xapi.change("suspended", power_state="paused", resident_on="xen1", dom_id=9)
    assert xapi.unsound() == {("vbd", "VDI_IN_USE", "disk")}


# Who writes the file does not matter

BROKEN = [
    ("root", {"userdevice": "xvdz9"}, {("INVALID_DEVICE", "xvdz9")}),
    ("root", {"userdevice": "hdb"}, {("DEVICE_ALREADY_EXISTS", "hdb"), ("DEVICE_ALREADY_EXISTS", "1")}),
    ("root", {"vm_uuid": "halted"}, {("VM_BAD_POWER_STATE", "halted", "running, paused, suspended", "halted")}),
    ("root", {"vm_uuid": None}, {("FIELD_TYPE_ERROR", "vm-uuid")}),
    ("root", {"vm_uuid": NOBODY}, {("HANDLE_INVALID", "VM", NOBODY)}),
    ("root", {"vdi_uuid": NOBODY}, {("HANDLE_INVALID", "VDI", NOBODY)}),
    ("root", {"vdi_uuid": None}, {("VBD_NOT_REMOVABLE_MEDIA", "root")}),
    ("root", {"vdi_uuid": "rest"}, {("VDI_IN_USE", "rest", "attach")}),
    ("root", {"type": "CD"}, {("VBD_CDS_MUST_BE_READONLY",)}),
    ("root", {"mode": "rw"}, {("FIELD_TYPE_ERROR", "mode")}),
    ("disk", {"read_only": True}, {("VDI_READONLY", "disk")}),
    ("running", {"resident_on": "xen2"}, {("VM_REQUIRES_SR", "running", "local")}),
]


@pytest.mark.parametrize(("name", "fields", "found"), BROKEN, ids=[f"{name} {fields}" for name, fields, _ in BROKEN])
def test_a_hand_that_breaks_a_rule_is_found_out(
    pool: SmallPool, name: str, fields: dict[str, object], found: set[tuple[str, ...]]
) -> None:
    pool.change(name, **fields)
    assert pool.unsound() == {("vbd", *refusal) for refusal in found}
    pool.assert_shown(name)


def test_a_running_vm_plugs_only_what_its_host_sees(pool: SmallPool) -> None:
    pool.add("nfs", "sr", type="nfs", shared=True)
    pool.add("p-nfs", "pbd", sr_uuid="nfs", host_uuid="xen2", currently_attached=True)
    pool.add("remote", "vdi", sr_uuid="nfs")
    pool.named["vbd"] = pool.xe("vbd-create vm-uuid=running vdi-uuid=remote device=8")
    assert pool.refusal("vbd-plug uuid=vbd") == ("VM_REQUIRES_SR", "running", "nfs")
