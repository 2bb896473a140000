"""What may be set on VMs, hosts and the pool, by command and by hand, and what follows from it."""

import pytest
from small_pool import Refusal
from vm_pool import MIB, VmPool

NO_SIZE = "Error: Failed to parse field '{}': expecting an integer (possibly with suffix KiB, MiB, GiB, TiB), got '{}'"
ORDER = ("MEMORY_CONSTRAINT_VIOLATION_ORDER",)
VCPUS = "VCPU values must satisfy: 0 < VCPUs_at_startup ≤ VCPUs_max"


@pytest.fixture
def pool() -> VmPool:
    pool = VmPool()
    pool.vm("web")
    pool.vm("busy", "running")
    pool.vm("asleep", "suspended")
    pool.vm("golden", is_a_template=True)
    pool.vm("nested", platform={"nested-virt": "true"})
    return pool


@pytest.mark.parametrize(
    ("name", "field", "text", "refusal"),
    [
        ("web", "VCPUs-max", "0", ("INVALID_VALUE", VCPUS, "0")),
        ("web", "VCPUs-at-startup", "2", ("INVALID_VALUE", VCPUS, "2")),
        ("web", "VCPUs-at-startup", "0", ("INVALID_VALUE", VCPUS, "0")),
        ("web", "VCPUs-max", "many", ("Error: Failed to parse parameter 'VCPUs-max': expecting an integer",)),
        ("busy", "VCPUs-max", "2", ("VM_BAD_POWER_STATE", "busy", "halted", "running")),
        ("dom0", "VCPUs-max", "2", ("OPERATION_NOT_ALLOWED", "This operation is not allowed on dom0")),
        ("dom0", "VCPUs-at-startup", "1", ("OPERATION_NOT_ALLOWED", "set_VCPUs_at_startup is not allowed on dom0")),
        (
            "web",
            "VCPUs-params:height",
            "3",
            ("Error: Failed to add parameter 'height': expecting 'weight','cap' or 'mask'",),
        ),
        ("web", "memory-static-max", "1MiB", ORDER),
        ("web", "memory-dynamic-max", "1GiB", ORDER),
        ("web", "memory-dynamic-min", "64MiB", ORDER),
        ("web", "memory-static-min", "200MiB", ORDER),
        ("web", "memory-static-min", "-1", (NO_SIZE.format("memory-static-min", "-1"),)),
        ("busy", "memory-static-max", "1GiB", ("VM_BAD_POWER_STATE", "busy", "halted", "running")),
        ("asleep", "memory-dynamic-max", "200MiB", ("VM_BAD_POWER_STATE", "asleep", "halted, running", "suspended")),
        ("dom0", "memory-dynamic-min", "200MiB", ("MEMORY_CONSTRAINT_VIOLATION_MAXPIN", "control domain")),
        ("nested", "memory-static-max", "1GiB", ("MEMORY_CONSTRAINT_VIOLATION_MAXPIN", "nested virt")),
        ("nested", "memory-dynamic-min", "256MiB", ("VM_IS_USING_NESTED_VIRT", "nested")),
        ("web", "HVM-shadow-multiplier", "0.5", ("INVALID_VALUE", "HVM_shadow_multiplier", "0.5")),
        ("busy", "HVM-shadow-multiplier", "2", ("VM_BAD_POWER_STATE", "busy", "halted", "running")),
        ("busy", "is-a-template", "true", ("VM_BAD_POWER_STATE", "busy", "halted", "running")),
        ("golden", "is-a-template", "true", ("VM_IS_TEMPLATE", "golden", "make_into_template")),
        ("busy", "is-default-template", "true", ("VM_BAD_POWER_STATE", "busy", "halted", "running")),
        ("web", "ha-restart-priority", "1", ("INVALID_VALUE", "ha_restart_priority", "1")),
        ("web", "blocked-operations:fly", "no", ("INVALID_VALUE", "blocked_operation", "fly")),
        ("web", "affinity", "xen9", ("UUID_INVALID", "host", "xen9")),
        ("web", "suspend-SR-uuid", "nowhere", ("UUID_INVALID", "SR", "nowhere")),
        ("web", "suspend-VDI-uuid", "", ("UUID_INVALID", "VDI", "")),
        ("web", "suspend-SR-uuid", "", ("UUID_INVALID", "SR", "")),
        ("web", "appliance", "x", ("UUID_INVALID", "VM_appliance", "x")),
        ("web", "groups", "x", ("UUID_INVALID", "VM_group", "x")),
        ("web", "snapshot-schedule", "x", ("UUID_INVALID", "VMSS", "x")),
        ("web", "order", "-1", ("INVALID_VALUE", "order must be non-negative", "-1")),
        (
            "web",
            "actions-after-crash",
            "Rename restart",
            (
                "VALUE_NOT_SUPPORTED",
                "VM.actions_after_crash",
                "rename_restart",
                "option would leak a domain; VMs and not domains are managed by this API",
            ),
        ),
        ("web", "power-state", "running", ("Error: Field 'power-state' is read-only.",)),
        ("pool", "master", "xen2", ("Error: Field 'master' is read-only.",)),
        ("xen1", "memory-total", "1", ("Error: Field 'memory-total' is read-only.",)),
    ],
)
def test_refused(pool: VmPool, name: str, field: str, text: str, refusal: Refusal) -> None:
    assert pool.not_written(name, **{field.replace("-", "_"): text}) == refusal


@pytest.mark.parametrize(
    ("name", "words", "shown"),
    [
        ("web", {"VCPUs-max": "4", "VCPUs-at-startup": "2"}, {"VCPUs-max": 4, "VCPUs-at-startup": 2}),
        ("web", {"memory-static-max": "1GiB", "memory-dynamic-max": "1GiB"}, {"memory-dynamic-max": 1 << 30}),
        ("busy", {"memory-dynamic-max": "200MiB"}, {"memory-actual": 200 * MIB}),
        ("golden", {"VCPUs-max": "2"}, {"VCPUs-max": 2}),
        ("web", {"HVM-boot-policy": "BIOS order"}, {"domain-type": "hvm", "hvm": False}),
        ("web", {"domain-type": "hvm"}, {"HVM-boot-policy": "BIOS order"}),
        ("web", {"domain-type": "hvm", "HVM-boot-policy": ""}, {"domain-type": "pv"}),
        ("web", {"is-a-template": "true"}, {"is-a-template": True}),
        ("web", {"is-default-template": "true"}, {"is-a-template": True, "other-config": {"default_template": "true"}}),
        ("golden", {"is-a-template": "false"}, {"is-a-template": False}),
        ("web", {"ha-restart-priority": "restart"}, {"ha-always-run": False}),
        ("busy", {"ha-restart-priority": "restart"}, {"ha-always-run": True}),
        ("busy", {"ha-always-run": "true"}, {"ha-always-run": True, "ha-restart-priority": "restart"}),
        ("busy", {"ha-always-run": "false"}, {"ha-always-run": False, "ha-restart-priority": ""}),
        ("web", {"actions-after-crash": "core dump and restart"}, {"actions-after-crash": "Core dump and restart"}),
        ("web", {"VCPUs-params:weight": "512"}, {"VCPUs-params": {"weight": "512"}}),
        ("web", {"appliance": ""}, {"appliance": None}),
        ("pool", {"https-only": "true"}, {"https-only": True}),
    ],
)
def test_accepted(pool: VmPool, name: str, words: dict[str, str], shown: dict[str, object]) -> None:
    pool.write(name, words)
    assert {field: pool.value(name, field) for field in shown} == shown


def test_a_setting_of_the_pool_is_one_of_all_its_hosts(pool: VmPool) -> None:
    pool.write("pool", {"ssh-auto-mode": "true"})
    assert pool.value("xen1", "ssh-auto-mode") is pool.value("xen2", "ssh-auto-mode") is True
    pool.write("xen2", {"ssh-auto-mode": "false"})
    assert pool.value("pool", "ssh-auto-mode") == "<inconsistent>"


@pytest.mark.parametrize(
    ("command", "name", "arguments", "refusal"),
    [
        ("vm-memory-dynamic-range-set", "web", {"min": "200MiB", "max": "100MiB"}, ORDER),
        (
            "vm-memory-static-range-set",
            "busy",
            {"min": "1", "max": "1GiB"},
            ("VM_BAD_POWER_STATE", "busy", "halted", "running"),
        ),
        ("vm-memory-set", "web", {"memory": "1MiB"}, ORDER),
        ("vm-memory-target-set", "busy", {"target": "1GiB"}, ORDER),
        (
            "vm-memory-shadow-multiplier-set",
            "busy",
            {"multiplier": "0.9"},
            ("INVALID_VALUE", "HVM_shadow_multiplier", "0.9"),
        ),
        (
            "vm-memory-shadow-multiplier-set",
            "web",
            {"multiplier": "2"},
            ("VM_BAD_POWER_STATE", "web", "running", "halted"),
        ),
        (
            "vm-vcpu-hotplug",
            "busy",
            {"new_vcpus": "2"},
            ("INVALID_VALUE", "VCPU values must satisfy: 0 < VCPUs ≤ VCPUs_max", "2"),
        ),
        ("vm-vcpu-hotplug", "web", {"new_vcpus": "1"}, ("VM_BAD_POWER_STATE", "web", "running", "halted")),
    ],
)
def test_resources_refused(pool: VmPool, command: str, name: str, arguments: dict[str, str], refusal: Refusal) -> None:
    assert pool.no(command, name, **arguments) == refusal


@pytest.mark.parametrize(
    ("command", "name", "arguments", "shown"),
    [
        ("vm-memory-dynamic-range-set", "busy", {"min": "130MiB", "max": "140MiB"}, {"memory-actual": 140 * MIB}),
        ("vm-memory-static-range-set", "web", {"min": "1", "max": "1GiB"}, {"memory-static-max": 1 << 30}),
        (
            "vm-memory-limits-set",
            "golden",
            {"static_min": "1GiB", "dynamic_min": "1GiB", "dynamic_max": "2GiB", "static_max": "2GiB"},
            {"memory-dynamic-max": 2 << 30},
        ),
        ("vm-memory-set", "web", {"memory": "1GiB"}, {"memory-static-min": 128 * MIB, "memory-dynamic-min": 1 << 30}),
        ("vm-memory-set", "dom0", {"memory": "1GiB"}, {"requires-reboot": True}),
        ("vm-memory-target-set", "busy", {"target": "150MiB"}, {"memory-target": 150 * MIB}),
        ("vm-memory-shadow-multiplier-set", "busy", {"multiplier": "2"}, {"HVM-shadow-multiplier": 2.0}),
        ("vm-vcpu-hotplug", "busy", {"new_vcpus": "1"}, {"VCPUs-number": 1}),
    ],
)
def test_resources_set(
    pool: VmPool, command: str, name: str, arguments: dict[str, str], shown: dict[str, object]
) -> None:
    pool.do(command, name, **arguments)
    assert {field: pool.value(name, field) for field in shown} == shown


# By hand: an edited file


@pytest.mark.parametrize(
    ("name", "fields", "refusal"),
    [
        ("web", {"power_state": "running"}, ("INVALID_VALUE", "resident-on", "<not in database>")),
        ("web", {"resident_on": "xen1"}, ("VM_BAD_POWER_STATE", "web", "running, paused", "halted")),
        ("web", {"dom_id": 3}, ("INVALID_VALUE", "dom-id", "3")),
        ("web", {"dom_id": -2}, ("INVALID_VALUE", "dom-id", "-2")),
        ("busy", {"dom_id": -1}, ("INVALID_VALUE", "dom-id", "-1")),
        ("busy", {"dom_id": 0}, ("DOMAIN_EXISTS", "busy", 0)),
        ("busy", {"dom_id": 0, "resident_on": "xen2"}, ("INVALID_VALUE", "dom-id", "0")),
        ("web", {"VCPUs_max": 0}, ("INVALID_VALUE", VCPUS, "1")),
        ("web", {"memory_dynamic_max": 1}, ORDER),
        ("web", {"HVM_shadow_multiplier": 0.0}, ("INVALID_VALUE", "HVM_shadow_multiplier", "0.0")),
        ("asleep", {"is_a_template": True}, ("VM_IS_TEMPLATE", "asleep", "start")),
        ("busy", {"is_a_template": True, "is_a_snapshot": True}, ("VM_IS_SNAPSHOT", "busy", "start")),
        ("web", {"resident_on": "nobody"}, ("HANDLE_INVALID", "host", "nobody")),
        ("web", {"power_state": "asleep"}, ("FIELD_TYPE_ERROR", "power-state")),
        ("web", {"appliance": "x"}, ("HANDLE_INVALID", "VM_appliance", "x")),
    ],
)
def test_unsound(pool: VmPool, name: str, fields: dict[str, object], refusal: Refusal) -> None:
    pool.assert_sound()
    pool.change(name, **fields)
    assert ("vm", *refusal) in pool.unsound()


def test_there_is_one_pool(pool: VmPool) -> None:
    second = pool.add("second", "pool", master="xen2")
    assert pool.unsound() == {("pool", "DB_UNIQUENESS_CONSTRAINT_VIOLATION", "pool", "uuid", "second")}
    pool.state.delete(second)
    pool.assert_sound()
