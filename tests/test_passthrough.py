"""Physical devices of hosts that VMs get when they start: GPUs, parts of GPUs, USB and PCI devices."""

from typing import Any

import pytest
from small_pool import Refusal
from vm_pool import VmPool

from xe_py.xapi.agility import is_agile
from xe_py.xapi.vm_lifecycle import refusals

Prepare = Any


class DevicePool(VmPool):
    """On each host a GPU of the size 8, and on xen1 a USB device; the halted HVM guest `web` has none of them."""

    def __init__(self) -> None:
        super().__init__()
        self.change("pool", coordinator_bias=False)
        self.add("group", "gpu-group")
        for name, size, way in (("small", 2, "nvidia"), ("big", 4, "nvidia"), ("whole", 0, "passthrough")):
            self.add_bare(name, "vgpu-type", model_name=name, size=size, implementation=way)
            for other in ([], ["whole"]) if name == "whole" else ([name],):
                self.state.update(self.named[name], {"compatible-types-in-vm": [self._uuid(each) for each in other]})
        for host in ("xen1", "xen2"):
            self.change(host, chipset_info={"iommu": "true"})
            self.gpu(f"gpu-{host}", host)
        self.add("sticks", "usb-group")
        self.add_bare("stick", "pusb", host_uuid="xen1", usb_group_uuid="sticks", path="1-2")
        self.vm("web", domain_type="hvm")
        self.assert_sound()

    def gpu(self, name: str, host: str, **fields: object) -> None:
        types = [self._uuid(type) for type in ("small", "big", "whole")]
        number = len([each for each in self.named if each.startswith("gpu")])
        self.add_bare(f"pci-{name}", "pci", host_uuid=host, pci_id=f"0000:0{number}:00.0")
        self.add_bare(
            name,
            "pgpu",
            pci_uuid=f"pci-{name}",
            host_uuid=host,
            gpu_group_uuid="group",
            size=8,
            supported_VGPU_types=types,
            enabled_VGPU_types=types,
            **fields,
        )

    def vgpu(self, name: str, vm: str, type: str = "small") -> None:
        self.add_bare(name, "vgpu", vm_uuid=vm, gpu_group_uuid="group", type_uuid=type, device=str(len(self.named)))

    def vusb(self, name: str, vm: str) -> None:
        self.add_bare(name, "vusb", vm_uuid=vm, usb_group_uuid="sticks")

    def hide_network(self) -> None:
        """A VIF of `web` on a network that xen2 does not reach."""
        self.vif("nic", "web")
        self.state.delete(self.named["eth0-xen2"])

    def where(self, vgpu: str) -> tuple[str | None, bool]:
        """The GPU on which it is, and whether the VM has it."""
        return self.value(vgpu, "resident-on"), self.named[vgpu]["currently-attached"]

    def has(self, pci: str) -> list[str]:
        """The VMs that have the PCI device."""
        return [str(self.state.need("vm", uuid)["name-label"]) for uuid in self.named[pci]["attached-VMs"]]

    def fill(self, gpu: str, type: str, *names: str) -> None:
        """Running VMs with virtual GPUs of the type on the GPU."""
        for name in names:
            self.vm(name, "running", str(self.value(gpu, "host-uuid")), domain_type="hvm")
            self.vgpu(f"v-{name}", name, type)
            self.state.update(self.named[f"v-{name}"], {"resident-on": self._uuid(gpu), "currently-attached": True})


@pytest.fixture
def pool() -> DevicePool:
    return DevicePool()


def set_up(*steps: tuple[str, tuple[object, ...], dict[str, object]]) -> Prepare:
    def prepare(pool: DevicePool) -> None:
        for method, given, named in steps:
            getattr(pool, method)(*given, **named)

    return prepare


def do(method: str, *given: object, **named: object) -> tuple[str, tuple[object, ...], dict[str, object]]:
    return method, given, named


GPU, VGPU = ("VM_REQUIRES_GPU", "web", "group"), ("VM_REQUIRES_VGPU", "web", "group", "small")
USB = ("OPERATION_NOT_ALLOWED", "Host xen2 does not have the USB device that the VM needs")
SMALL, WHOLE, STICK = do("vgpu", "v", "web"), do("vgpu", "v", "web", "whole"), do("vusb", "u", "web")


@pytest.mark.parametrize(
    ("prepare", "refusal"),
    [
        (set_up(SMALL), ()),
        (set_up(SMALL, do("fill", "gpu-xen2", "small", "a", "b", "c")), ()),
        (set_up(SMALL, do("fill", "gpu-xen2", "small", "a", "b", "c", "d")), VGPU),
        (set_up(SMALL, do("fill", "gpu-xen2", "big", "a")), VGPU),  # one type at a time
        (set_up(SMALL, do("fill", "gpu-xen2", "whole", "a")), VGPU),
        (set_up(WHOLE, do("fill", "gpu-xen2", "small", "a")), GPU),
        (set_up(SMALL, do("change", "gpu-xen2", enabled_VGPU_types=[])), VGPU),
        (set_up(WHOLE, do("change", "gpu-xen2", gpu_group_uuid=None)), GPU),
        (set_up(WHOLE, do("change", "xen2", chipset_info={"iommu": "false"})), ("VM_REQUIRES_IOMMU", "xen2")),
        (set_up(SMALL, do("change", "xen2", chipset_info={"iommu": "false"})), ()),  # no PCI device
        (set_up(*(do("vgpu", f"v{each}", "web") for each in range(4))), ()),
        (set_up(*(do("vgpu", f"v{each}", "web") for each in range(5))), VGPU),
        (set_up(STICK), USB),
        # in XAPI's order: networks, IOMMU, GPUs, USB devices, SR-IOV, HVM
        (set_up(STICK, do("hide_network")), ("VM_REQUIRES_NETWORK", "web", "lan")),
        (set_up(WHOLE, STICK, do("fill", "gpu-xen2", "small", "a")), GPU),
        (
            set_up(
                WHOLE,
                do("fill", "gpu-xen2", "small", "a"),
                do("change", "xen2", chipset_info={}, capabilities=["xen-3.0-x86_64"]),
            ),
            ("VM_REQUIRES_IOMMU", "xen2"),
        ),
        (set_up(STICK, do("change", "xen2", capabilities=[])), USB),
    ],
)
def test_which_host_has_the_devices_of_a_vm(pool: DevicePool, prepare: Prepare, refusal: Refusal) -> None:
    prepare(pool)
    if refusal:
        assert pool.no("vm-start", "web", on="xen2") == refusal
    else:
        pool.do("vm-start", "web", on="xen2")
    assert ("xen2" in pool.value("web", "possible-hosts")) is not bool(refusal)


@pytest.mark.parametrize(
    ("prepare", "refusal"),
    [
        (
            set_up(SMALL, do("change", "web", domain_type="pv")),
            ("FEATURE_REQUIRES_HVM", "Only an HVM guest can have a GPU"),
        ),
        (set_up(SMALL, do("change", "pool", restrictions={"restrict_vgpu": "true"})), ("LICENCE_RESTRICTION", "VGPU")),
        (set_up(WHOLE, do("change", "pool", restrictions={"restrict_vgpu": "true"})), ()),
        (
            set_up(STICK, do("change", "web", platform={"device-model": "qemu-trad"})),
            ("INVALID_VALUE", "platform:device-model when vm has VUSBs", "qemu-trad"),
        ),
        (
            set_up(STICK, do("change", "web", domain_type="pv")),
            ("INVALID_VALUE", "platform:device-model when vm has VUSBs", "undefined"),
        ),
        (set_up(STICK, do("change", "web", platform={"device-model": "qemu-upstream-uefi"})), ()),
        (
            set_up(
                do("vm", "other", "running"),
                do("change", "pci-gpu-xen1", attached_VMs=["other"]),
                do("change", "web", other_config={"pci": "0/0000:00:00.0"}),
            ),
            ("OPERATION_NOT_ALLOWED", "PCI device 0000:00:00.0 is attached to another VM"),
        ),
    ],
)
def test_what_kind_of_vm_gets_devices(pool: DevicePool, prepare: Prepare, refusal: Refusal) -> None:
    prepare(pool)
    if refusal:
        assert pool.no("vm-start", "web", on="xen1") == refusal
    else:
        pool.do("vm-start", "web", on="xen1")


def test_a_vm_has_its_devices_while_it_runs(pool: DevicePool) -> None:
    pool.change("pci-gpu-xen1", dependencies=["0000:09:00.1"])
    pool.add_bare("audio", "pci", host_uuid="xen1", pci_id="0000:09:00.1")
    pool.add_bare("odd", "pci", host_uuid="xen1", pci_id="0000:0a:00.0")
    pool.vgpu("v", "web", "whole")
    pool.vusb("u", "web")
    pool.change("web", other_config={"pci": "0/0000:0a:00.0, 0/0000:0b:00.0"})
    devices = ("pci-gpu-xen1", "audio", "odd")
    for stop in ("vm-shutdown", "vm-reset-powerstate"):
        pool.do("vm-start", "web")
        for _ in range(2):
            assert (pool.where("v"), pool.value("v", "pci")) == (("gpu-xen1", True), "0000:00:00.0")
            assert pool.named["u"]["currently-attached"]
            assert [pool.has(pci) for pci in devices] == [["web"]] * 3
            pool.do("vm-reboot", "web", force=True)
        if stop == "vm-reset-powerstate":
            pool.change("pool", master="xen2")
            pool.change("xen1", host_metrics_live=False)
        pool.do(stop, "web", force=True)
        assert (pool.where("v"), pool.value("v", "pci")) == ((None, False), None)
        assert not pool.named["u"]["currently-attached"]
        assert [pool.has(pci) for pci in devices] == [[]] * 3


def test_a_part_of_a_gpu_is_no_pci_device(pool: DevicePool) -> None:
    pool.vgpu("v", "web")
    pool.do("vm-start", "web", on="xen1")
    assert (pool.where("v"), pool.value("v", "pci"), pool.has("pci-gpu-xen1")) == (("gpu-xen1", True), None, [])


def test_a_reboot_keeps_the_gpu_and_what_was_unplugged(pool: DevicePool) -> None:
    """Otherwise the VM would go to the GPU that is fuller by now."""
    pool.gpu("gpu-second", "xen1")
    pool.vgpu("v", "web")
    pool.vusb("u", "web")
    pool.do("vm-start", "web", on="xen1")
    assert pool.where("v") == ("gpu-xen1", True)
    pool.fill("gpu-second", "small", "a", "b")
    pool.do("vusb-unplug", "u")
    pool.do("vm-reboot", "web", force=True)
    assert pool.where("v") == ("gpu-xen1", True)
    assert not pool.named["u"]["currently-attached"]


@pytest.mark.parametrize(("algorithm", "first", "second"), [("depth-first", 1, 1), ("breadth-first", 1, 2)])
def test_gpus_fill_one_by_one_or_evenly(pool: DevicePool, algorithm: str, first: int, second: int) -> None:
    pool.change("group", allocation_algorithm=algorithm)
    gpus = {1: "gpu-xen1", 2: "gpu-second"}
    pool.gpu("gpu-second", "xen1")
    for name, number in (("a", first), ("b", second)):
        pool.vm(name, domain_type="hvm")
        pool.vgpu(f"v-{name}", name)
        pool.do("vm-start", name, on="xen1")
        assert pool.where(f"v-{name}") == (gpus[number], True)


@pytest.mark.parametrize(("algorithm", "host"), [("depth-first", "xen2"), ("breadth-first", "xen1")])
def test_gpus_decide_to_which_host_a_vm_comes(pool: DevicePool, algorithm: str, host: str) -> None:
    pool.change("group", allocation_algorithm=algorithm)
    pool.fill("gpu-xen2", "small", "a")
    pool.vgpu("v", "web")
    pool.do("vm-start", "web")
    assert pool.value("web", "resident-on") == host


def test_without_a_gpu_there_is_no_host(pool: DevicePool) -> None:
    pool.fill("gpu-xen1", "whole", "a")
    pool.fill("gpu-xen2", "whole", "b")
    pool.vgpu("v", "web", "whole")
    assert pool.no("vm-start", "web") == ("NO_HOSTS_AVAILABLE",)


@pytest.mark.parametrize("operation", ["suspend", "checkpoint", "pool_migrate", "migrate_send"])
def test_a_vm_with_a_pci_device_stays_as_it_is(pool: DevicePool, operation: str) -> None:
    pool.change("web", other_config={"pci": "0/0000:00:00.0"})
    pool.do("vm-start", "web", on="xen1")
    assert pool.has("pci-gpu-xen1") == ["web"]
    pool.change("web", guest_PV_drivers_version={"major": "8"})
    assert next(refusals(pool.state, pool.named["web"], operation)).code == "VM_HAS_PCI_ATTACHED"
    assert operation not in pool.value("web", "allowed-operations")


@pytest.mark.parametrize(("device", "code"), [(SMALL, "VM_HAS_VGPU"), (STICK, "VM_HAS_VUSBS")])
def test_a_vm_with_a_device_is_not_agile(pool: DevicePool, device: Any, code: str) -> None:
    set_up(device)(pool)
    pool.disk("root", "web", "local")
    assert [failure.code for failure in is_agile(pool.state, pool.named["web"])] == [
        code,
        "HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED",
    ]


def test_how_much_room_a_group_has(pool: DevicePool) -> None:
    def left(type: str) -> str:
        line = f"gpu-group-get-remaining-capacity uuid=group vgpu-type-uuid={type}"
        return str(pool.xe(line))

    assert [left(type) for type in ("small", "big", "whole")] == ["8", "4", "2"]
    pool.fill("gpu-xen1", "small", "a")
    assert [left(type) for type in ("small", "big", "whole")] == ["7", "2", "1"]


@pytest.mark.parametrize("command", ["host-reboot", "host-shutdown"])
def test_a_boot_hides_devices_from_the_control_domain_or_shows_them(pool: DevicePool, command: str) -> None:
    def said() -> tuple[str, str]:
        return str(pool.xe("pci-get-dom0-access-status uuid=pci-gpu-xen2")), pool.named["gpu-xen2"]["dom0-access"]

    def boot() -> None:
        pool.change("xen2", enabled=False, power_on_mode="wake-on-lan")
        pool.do(command, "xen2")
        if command == "host-shutdown":
            pool.do("host-power-on", "xen2")

    for ordered, before, after in (
        ("pci-disable-dom0-access uuid=pci-gpu-xen2", "disable_on_reboot", "disabled"),
        ("pgpu-enable-dom0-access uuid=gpu-xen2", "enable_on_reboot", "enabled"),
    ):
        pool.xe(ordered)
        assert said() == (before, before)
        boot()
        assert said() == (after, after)


@pytest.mark.parametrize(
    ("line", "restriction", "refusal"),
    [
        ("vgpu-create vm-uuid=web gpu-group-uuid=group", "gpu", ("FEATURE_RESTRICTED",)),
        (
            "vusb-create vm-uuid=web usb-group-uuid=sticks",
            "usb_passthrough",
            ("LICENCE_RESTRICTION", "USB_passthrough"),
        ),
    ],
)
def test_a_licence_may_leave_out_devices(pool: DevicePool, line: str, restriction: str, refusal: Refusal) -> None:
    pool.change("pool", restrictions={f"restrict_{restriction}": "true"})
    assert pool.refusal(line) == refusal
