"""TPMs, GPUs, PCI and USB devices: what can be done to them, and what VMs with them cannot do."""

from typing import TYPE_CHECKING

import pytest
from small_objects import add_small_objects
from small_pool import Refusal
from vm_pool import VmPool

from xe_py import open_host
from xe_py.operations import find
from xe_py.running import Call, run

if TYPE_CHECKING:
    from conftest import Xe


class HardwarePool(VmPool):
    """A pool with one of each device, and `free` and `live`, VMs without any."""

    def __init__(self) -> None:
        super().__init__()
        self.vm("owner")
        self.disk("vbd", "owner")
        self.vif("vif", "owner")
        self.vm("free")
        self.vm("live", "running")
        self.vm("asleep", "suspended")
        self.named |= add_small_objects(self.state)
        self.assert_sound()

    def refuses(self, line: str) -> Refusal:
        """The refusal of a line; objects in fields and in refusals by name."""
        return self.refusal(line)

    def set(self, name: str, **fields: str) -> Refusal:
        """The refusal of `param-set`, or nothing."""
        command = find(f"{self.named[name].cls.name}-param-set")
        assert command is not None
        words = [(field.replace("_", "-"), str(self._uuid(text))) for field, text in fields.items()]
        mark = self.state.mark()
        try:
            run(self.state, Call(command, words=[("uuid", self.named[name]["uuid"]), *words]))
        except Exception as refused:  # noqa: BLE001 - described takes what it knows
            assert self.state.mark() == mark
            return self._described(refused)  # type: ignore[arg-type] # any other error fails in there
        self.assert_sound()
        return ()


@pytest.fixture
def pool() -> HardwarePool:
    return HardwarePool()


# TPMs


def test_a_vm_has_one_tpm(pool: HardwarePool) -> None:
    vtpm = pool.xe("vtpm-create vm-uuid=free")
    assert pool.state.value(vtpm, "secret") == "MD5=d41d8cd98f00b204e9800998ecf8427e size=0 bytes"
    assert pool.state.value(vtpm, "allowed-operations") == ["destroy"]
    assert pool.state.value(pool.named["free"], "vtpms") == [vtpm["uuid"]]
    refusals = {
        "vtpm-create vm-uuid=free": ("VTPM_MAX_AMOUNT_REACHED", "1"),
        "vtpm-create vm-uuid=live": ("VM_BAD_POWER_STATE", "live", "halted", "running"),
    }
    assert {line: pool.refuses(line) for line in refusals} == refusals


def test_a_tpm_is_destroyed_by_force_with_its_secret(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    vtpm = xe.do(f"vtpm-create vm-uuid={vm} is_unique=true")
    assert xe.do(f"vtpm-param-get uuid={vtpm} param-name=is_unique") == "true"
    forced = "This operation is dangerous and may cause data loss. This operation must be forced (use --force)."
    assert xe.code(f"vtpm-destroy uuid={vtpm}") == f"Error: {forced}"
    xe.do("vm-start vm=web")
    assert xe.code(f"vtpm-destroy uuid={vtpm} --force") == "VM_BAD_POWER_STATE"
    xe.do("vm-shutdown vm=web --force")
    xe.do(f"vtpm-destroy uuid={vtpm} --force")
    assert xe.do("secret-list --minimal") == ""
    xe.do(f"vtpm-create vm-uuid={vm} is-unique=true")
    xe.do(f"vm-destroy uuid={vm}")
    assert xe.do("vtpm-list --minimal") + xe.do("secret-list --minimal") == ""


@pytest.mark.parametrize(("unique", "kept"), [(False, "keys"), (True, "")])
def test_copies_and_snapshots_have_tpms_of_their_own(xe: "Xe", unique: bool, kept: str) -> None:
    vm = xe.do("vm-create name-label=web")
    vtpm = xe.do(f"vtpm-create vm-uuid={vm} is-unique={str(unique).lower()}")
    secret = xe.do("secret-list --minimal")
    xe.do(f"secret-param-set uuid={secret} value=keys")
    snapshot = xe.do("vm-snapshot vm=web new-name-label=s")
    clone = xe.do("vm-clone vm=web new-name-label=c")
    with open_host(str(xe.state)) as host:
        contents = {each["vm-uuid"]: host.state.ref(each, "contents")["value"] for each in host.state.all("vtpm")}
    assert contents == {vm: "keys", snapshot: kept, clone: kept}
    xe.do(f"secret-param-set uuid={secret} value=other")
    xe.do(f"snapshot-revert snapshot-uuid={snapshot}")
    assert xe.do(f"vtpm-list vm-uuid={vm} --minimal") not in {"", vtpm}
    assert xe.do("secret-list params=value --minimal").split(",").count("other") == 0
    xe.do(f"snapshot-uninstall snapshot-uuid={snapshot} --force")
    assert len(xe.do("secret-list --minimal").split(",")) == 2


# GPUs


def test_a_vm_gets_virtual_gpus(pool: HardwarePool) -> None:
    first = pool.xe("vgpu-create vm-uuid=free gpu-group-uuid=gpu-group")
    whole = pool.state.ref(first, "type-uuid")
    assert (first["device"], whole["model-name"]) == ("0", "passthrough")
    assert pool.refuses("vgpu-create vm-uuid=free gpu-group-uuid=gpu-group vgpu-type-uuid=vgpu-type") == (
        "VGPU_TYPE_NOT_COMPATIBLE",
        "vgpu-type",
    )
    pool.state.update(whole, {"compatible-types-in-vm": [whole["uuid"]]})
    assert pool.xe("vgpu-create vm-uuid=free gpu-group-uuid=gpu-group")["device"] == "1"
    assert pool.xe("vgpu-create vm-uuid=free gpu-group-uuid=gpu-group device=20")["device"] == "20"
    refusals = {
        "device=20": ("DEVICE_ALREADY_EXISTS", "20"),
        "device=21": ("INVALID_DEVICE", "21"),
        "device=-1": ("INVALID_DEVICE", "-1"),
        "device=x": ("INTERNAL_ERROR", "Failure: Int64.of_string"),
    }
    said = {}
    for words in refusals:
        command = find("vgpu-create")
        assert command is not None
        given = {"vm": pool.named["free"], "gpu_group": pool.named["gpu-group"], "device": words.partition("=")[2]}
        with pool.refused() as refusal:
            run(pool.state, Call(command, given))
        said[words] = refusal()
    assert said == refusals
    for _ in range(18):
        pool.xe("vgpu-create vm-uuid=free gpu-group-uuid=gpu-group")
    assert pool.refuses("vgpu-create vm-uuid=free gpu-group-uuid=gpu-group") == ("VM_PCI_BUS_FULL", "free")
    assert pool.refuses("vgpu-create vm-uuid=live gpu-group-uuid=gpu-group") == (
        "VM_BAD_POWER_STATE",
        "live",
        "halted",
        "running",
    )


def test_a_running_vm_keeps_its_virtual_gpu(pool: HardwarePool) -> None:
    pool.state.update(pool.named["vgpu"], {"vm-uuid": pool.named["live"]["uuid"]})
    assert pool.refuses("vgpu-destroy uuid=vgpu") == (
        "OPERATION_NOT_ALLOWED",
        "vGPU currently attached to a running VM",
    )
    pool.state.update(pool.named["vgpu"], {"vm-uuid": pool.named["free"]["uuid"]})
    pool.xe("vgpu-destroy uuid=vgpu")
    assert "vgpu" in pool.gone()


def test_a_copy_of_a_vm_has_its_virtual_gpu(pool: HardwarePool) -> None:
    clone = pool.do("vm-clone", "owner", new_name_label="c")
    (vgpu,) = pool.state.pointing_at(clone, "vgpu.vm-uuid")
    assert (vgpu["type-uuid"], vgpu["resident-on"]) == (pool.named["vgpu-type"]["uuid"], None)


def test_a_group_of_gpus_is_destroyed_when_it_has_none(pool: HardwarePool) -> None:
    group = pool.xe("gpu-group-create name-label=g name-description=d")
    pool.named["g"] = group
    assert pool.refuses("gpu-group-destroy uuid=gpu-group") == ("GPU_GROUP_CONTAINS_PGPU", "pgpu")
    pool.state.update(pool.named["vgpu"], {"currently-attached": True})
    assert pool.refuses("gpu-group-destroy uuid=gpu-group") == ("GPU_GROUP_CONTAINS_VGPU", "vgpu")
    pool.state.update(pool.named["vgpu"], {"currently-attached": False, "resident-on": None})
    assert pool.set("pgpu", gpu_group_uuid="g") == ()
    pool.xe("gpu-group-destroy uuid=gpu-group")
    assert {"gpu-group", "vgpu"} <= pool.gone()


def test_how_many_more_virtual_gpus_a_group_has_room_for(pool: HardwarePool) -> None:
    line = "gpu-group-get-remaining-capacity uuid=gpu-group vgpu-type-uuid=vgpu-type"
    assert str(pool.xe(line)) == "0"
    pool.state.update(pool.named["vgpu"], {"resident-on": None})
    assert str(pool.xe(line)) == "1"
    assert pool.set("pgpu", enabled_VGPU_types="") == ()
    assert str(pool.xe(line)) == "0"


def test_a_gpu_that_runs_something_keeps_its_group_and_types(pool: HardwarePool) -> None:
    pool.add("other", "gpu-group")
    pool.add_bare("odd", "vgpu-type", model_name="odd")
    busy = ("PGPU_IN_USE_BY_VM", "owner")
    assert pool.set("pgpu", gpu_group_uuid="other") == busy
    assert pool.set("pgpu", enabled_VGPU_types="") == busy
    assert pool.set("pgpu", enabled_VGPU_types="odd") == ("VGPU_TYPE_NOT_SUPPORTED", "odd", "vgpu-type")
    pool.state.update(pool.named["vgpu"], {"resident-on": None})
    pci = pool.state.add("pci", {"vendor-name": "Maker", "device-name": "Old"})
    pool.add_bare("old", "pgpu", pci_uuid=pci["uuid"], gpu_group_uuid="other")
    assert pool.set("pgpu", gpu_group_uuid="other") == (
        "PGPU_NOT_COMPATIBLE_WITH_GPU_GROUP",
        "Maker/Card",
        "[Maker/Old]",
    )
    assert pool.set("pgpu", gpu_group_uuid="nobody") == ("UUID_INVALID", "GPU_group", "nobody")


@pytest.mark.parametrize(("command", "name"), [("pci", "pci"), ("pgpu", "pgpu")])
def test_the_control_domain_leaves_a_device_at_the_next_boot(pool: HardwarePool, command: str, name: str) -> None:
    def said() -> tuple[str, str]:
        return str(pool.xe("pci-get-dom0-access-status uuid=pci")), pool.named["pgpu"]["dom0-access"]

    assert said() == ("enabled", "enabled")
    assert str(pool.xe(f"{command}-disable-dom0-access uuid={name}")) == "disable_on_reboot"
    assert said() == ("disable_on_reboot", "disable_on_reboot")
    assert str(pool.xe(f"{command}-enable-dom0-access uuid={name}")) == "enabled"
    pool.state.update(pool.named["pci"], {"is-hidden": True})
    assert str(pool.xe(f"{command}-disable-dom0-access uuid={name}")) == "disabled"
    assert str(pool.xe(f"{command}-enable-dom0-access uuid={name}")) == "enable_on_reboot"
    assert said() == ("enable_on_reboot", "enable_on_reboot")


def test_a_licence_may_keep_gpus_for_the_control_domain(pool: HardwarePool) -> None:
    pool.change("pool", restrictions={"restrict_integrated_gpu_passthrough": "true"})
    assert pool.refuses("pgpu-disable-dom0-access uuid=pgpu") == ("LICENCE_RESTRICTION", "Integrated_GPU")


# USB devices


def test_a_vm_gets_usb_devices(pool: HardwarePool) -> None:
    assert pool.refuses("vusb-create vm-uuid=free usb-group-uuid=usb-group") == ("USB_GROUP_CONFLICT", "usb-group")
    for number in range(7):
        pool.add(f"g{number}", "usb-group")
    for number in range(6):
        pool.xe(f"vusb-create vm-uuid=free usb-group-uuid=g{number}")
    assert pool.refuses("vusb-create vm-uuid=free usb-group-uuid=g6") == ("TOO_MANY_VUSBS", "6")
    pool.change("live", ha_restart_priority="restart")
    assert pool.refuses("vusb-create vm-uuid=live usb-group-uuid=g6")[0] == "OPERATION_NOT_ALLOWED"


def test_a_usb_device_is_unplugged_and_then_destroyed(pool: HardwarePool) -> None:
    assert pool.refuses("vusb-unplug uuid=vusb") == ("VM_BAD_POWER_STATE", "owner", "running", "halted")
    pool.state.update(pool.named["vusb"], {"vm-uuid": pool.named["live"]["uuid"]})
    assert pool.refuses("vusb-unplug uuid=vusb") == ("DEVICE_ALREADY_DETACHED", "vusb")
    assert pool.value("vusb", "allowed-operations") == ["attach", "plug"]
    pool.state.update(pool.named["vusb"], {"currently-attached": True})
    assert pool.value("vusb", "allowed-operations") == ["attach", "unplug"]
    assert pool.refuses("vusb-destroy uuid=vusb")[0] == "OPERATION_NOT_ALLOWED"
    pool.xe("vusb-unplug uuid=vusb")
    pool.xe("vusb-destroy uuid=vusb")
    pool.xe("pusb-scan host-uuid=xen1")
    assert "pusb" not in pool.gone()


def test_a_usb_device_is_for_vms_or_for_the_control_domain(pool: HardwarePool) -> None:
    pool.add("sticks", "sr", type="udev")
    pool.add("stick", "vdi", sr_uuid="sticks", location="stick", sm_config={"usb_path": "1-2"})
    pool.state.add("vbd", {"vm-uuid": pool.named["free"]["uuid"], "vdi-uuid": pool.named["stick"]["uuid"]})
    assert pool.set("pusb", passthrough_enabled="true") == ("PUSB_VDI_CONFLICT", "pusb", "stick")
    for vbd in pool.state.pointing_at(pool.named["stick"], "vbd.vdi-uuid"):
        pool.state.delete(vbd)
    assert pool.set("pusb", passthrough_enabled="true") == ()
    assert "stick" in pool.gone()
    pool.state.update(pool.named["vusb"], {"currently-attached": True})
    assert pool.set("pusb", passthrough_enabled="false") == ("USB_ALREADY_ATTACHED", "pusb", "owner")
    pool.state.update(pool.named["vusb"], {"currently-attached": False})
    assert pool.set("pusb", passthrough_enabled="false") == ()
    assert "vusb" in pool.gone()


# What VMs with them cannot do


@pytest.mark.parametrize(
    ("device", "command", "code"),
    [
        ("vgpu", "vm-suspend", "VM_HAS_VGPU"),
        ("vgpu", "vm-checkpoint", "VM_HAS_VGPU"),
        ("vusb", "vm-suspend", "VM_HAS_VUSBS"),
        ("vusb", "vm-checkpoint", "VM_HAS_VUSBS"),
        ("vusb", "vm-snapshot", "VM_HAS_VUSBS"),
    ],
)
def test_a_vm_with_a_device_stays_what_it_is(pool: HardwarePool, device: str, command: str, code: str) -> None:
    pool.state.update(pool.named[device], {"vm-uuid": pool.named["live"]["uuid"]})
    words = {} if command == "vm-suspend" else {"new_name_label": "s"}
    assert pool.no(command, "live", **words) == (code, "live")


def test_a_checkpoint_of_a_suspended_vm_takes_no_gpu(pool: HardwarePool) -> None:
    pool.state.update(pool.named["vgpu"], {"vm-uuid": pool.named["asleep"]["uuid"]})
    allowed = pool.value("asleep", "allowed-operations")
    assert "checkpoint" in allowed
    assert "suspend" not in allowed
