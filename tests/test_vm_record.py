"""Making and destroying VMs, what goes with them and what stays, and what devices they have."""

import pytest
from vm_pool import MIB, VmPool

from xe_py.operations import find
from xe_py.running import Call, run
from xe_py.schema.fields import show
from xe_py.state.record import Record


@pytest.fixture
def pool() -> VmPool:
    return VmPool()


def create(pool: VmPool, **words: str) -> Record:
    command = find("vm-create")
    assert command is not None
    vm = run(pool.state, Call(command, {"name_label": "web", **words}))
    pool.assert_sound()
    assert isinstance(vm, Record)
    pool.named["web"] = vm
    return vm


def test_a_new_vm_is_what_xe_makes(pool: VmPool) -> None:
    create(pool, name_description="a server")
    shown = {
        "name-label": "web",
        "name-description": "a server",
        "power-state": "halted",
        "memory-static-max": 256 * MIB,
        "memory-dynamic-max": 256 * MIB,
        "memory-dynamic-min": 128 * MIB,
        "memory-static-min": 128 * MIB,
        "VCPUs-max": 1,
        "VCPUs-at-startup": 1,
        "actions-after-shutdown": "Destroy",
        "actions-after-softreboot": "Soft reboot",
        "actions-after-reboot": "Restart",
        "actions-after-crash": "Destroy",
        "HVM-boot-policy": "",
        "domain-type": "pv",
        "current-domain-type": "unspecified",
        "hvm": False,
        "dom-id": -1,
        "resident-on": None,
        "os-version": None,
        "live": None,
        "VBDs": [],
        "has-vendor-device": False,
    }
    assert {field: pool.value("web", field) for field in shown} == shown
    assert set(pool.value("web", "other-config")) == {"mac_seed"}
    declared = pool.named["web"].cls.by_name
    assert show(pool.value("web", "start-time"), declared["start-time"].unknown) == "19700101T00:00:00Z"


def test_domain_type(pool: VmPool) -> None:
    create(pool, domain_type="HVM")
    assert (pool.value("web", "domain-type"), pool.value("web", "HVM-boot-policy")) == ("hvm", "BIOS order")


def destroy(pool: VmPool, name: str) -> None:
    command = find("vm-destroy")
    assert command is not None
    run(pool.state, Call(command, {"vm": pool.named[name]}))
    pool.assert_sound()


def test_destroy_takes_devices_and_leaves_disks_and_snapshots(pool: VmPool) -> None:
    pool.vm("web")
    pool.disk("root", "web")
    pool.vif("nic", "web")
    pool.vm("before", is_a_template=True, is_a_snapshot=True, snapshot_of="web")
    pool.vm("middle", parent="web")
    pool.change("web", parent="before")
    destroy(pool, "web")
    assert pool.gone() == {"web", "root", "nic"}
    assert pool.value("before", "snapshot-of") is None
    assert pool.value("middle", "parent") == "before"
    assert pool.value("before", "children") == ["middle"]


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"power_state": "running"}, ("VM_BAD_POWER_STATE", "web", "halted, suspended", "running")),
        ({"power_state": "paused"}, ("VM_BAD_POWER_STATE", "web", "halted, suspended", "paused")),
        ({"is_a_template": True, "is_default_template": True}, ("VM_IS_TEMPLATE", "web", "destroy")),
        (
            {"is_a_template": True, "other_config": {"default_template": "true"}},
            ("VM_IS_TEMPLATE", "web", "destroy"),
        ),
        ({"other_config": {"default_template": "true"}}, ("VM_CANNOT_DELETE_DEFAULT_TEMPLATE",)),
        ({"is_control_domain": True}, ("OPERATION_NOT_ALLOWED", "You cannot destroy a control domain via the CLI")),
    ],
)
def test_destroy_refused(pool: VmPool, fields: dict[str, object], refusal: tuple[str, ...]) -> None:
    pool.vm("web", **fields)
    assert pool.no("vm-destroy", "web") == refusal


def test_templates_and_suspended_vms_are_destroyed(pool: VmPool) -> None:
    pool.vm("golden", is_a_template=True)
    pool.vm("asleep", "suspended")
    destroy(pool, "golden")
    destroy(pool, "asleep")
    assert pool.gone() == {"golden", "asleep"}


def test_a_host_with_residents_stays(pool: VmPool) -> None:
    pool.vm("web", "running", host="xen2")
    pool.vm("fan", affinity="xen2")
    pool.state.delete(pool.named["xen2"])
    assert ("vm", "HANDLE_INVALID", "host", "xen2") in pool.unsound()
    assert pool.value("fan", "affinity") is None


# Devices


def listing(pool: VmPool, command: str, **arguments: str) -> list[tuple[str, list[str], list[str]]]:
    found = pool.do(command, "web", **arguments)
    parts = found if isinstance(found, list) else [found]
    return [
        (part.head, [pool._name(obj["uuid"]) for obj in part.records], [field.name for field in part.fields])  # noqa: SLF001 - the pool's own names
        for part in parts
    ]


def test_disk_lists(pool: VmPool) -> None:
    pool.vm("web")
    pool.disk("root", "web")
    pool.disk("disc", "web", type="CD", mode="RO", userdevice="3")
    pool.add("drive", "vbd", vm_uuid="web", userdevice="4", type="CD", mode="RO")
    of_vdis = ["uuid", "name-label", "sr-name-label", "virtual-size"]
    assert listing(pool, "vm-disk-list") == [
        ("Disk 0 VBD:", ["root"], ["uuid", "vm-name-label", "userdevice"]),
        ("Disk 0 VDI:", ["v-root"], of_vdis),
    ]
    assert listing(pool, "vm-cd-list") == [
        ("CD 0 VBD:", ["disc"], ["uuid", "vm-name-label", "empty", "userdevice"]),
        ("CD 0 VDI:", ["v-disc"], of_vdis),
        ("CD 1 VBD:", ["drive"], ["uuid", "vm-name-label", "empty", "userdevice"]),
    ]
    assert listing(pool, "vm-disk-list", vbd_params="device,uuid", vdi_params="uuid") == [
        ("Disk 0 VBD:", ["root"], ["uuid", "device"]),
        ("Disk 0 VDI:", ["v-root"], ["uuid"]),
    ]


def test_vif_list(pool: VmPool) -> None:
    pool.vm("web")
    columns = ["uuid", "vm-name-label", "device", "MAC", "network-uuid", "network-name-label"]
    assert listing(pool, "vm-vif-list") == [("", [], columns)]
    pool.vif("nic", "web")
    assert listing(pool, "vm-vif-list") == [("", ["nic"], columns)]


def test_free_devices(pool: VmPool) -> None:
    pool.vm("web")
    pool.disk("root", "web")
    pool.vif("nic", "web")
    assert pool.value("web", "allowed-VBD-devices")[:2] == ["1", "2"]
    assert pool.value("web", "allowed-VIF-devices") == [str(number) for number in range(1, 16)]
