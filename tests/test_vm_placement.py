"""Where a VM can run, why not elsewhere, and which host gets it."""

from typing import Any

import pytest
from small_pool import GIB, Refusal
from vm_pool import MIB, VmPool

from xe_py.errors import Failure
from xe_py.operations import find
from xe_py.running import Call, run


@pytest.fixture
def pool() -> VmPool:
    pool = VmPool()
    pool.vm("web")
    return pool


def change(name: str, **fields: object) -> Any:
    return lambda pool: pool.change(name, **fields)


def unplugged(pool: VmPool) -> None:
    pool.disk("root", "web", "local")


def unreachable(pool: VmPool) -> None:
    pool.add("dmz", "network", bridge="xenbr1")
    pool.add_bare(
        "eth1", "pif", host_uuid="xen1", network_uuid="dmz", device="eth1", physical=True, MAC="00:16:3e:00:01:00"
    )
    pool.vif("nic", "web", "dmz")


def elsewhere(pool: VmPool) -> None:
    """An internal network on which a VM runs already, on the other host."""
    pool.add("inner", "network", bridge="xapi0")
    pool.vm("peer", "running", host="xen1")
    pool.vif("peer-nic", "peer", "inner", currently_attached=True)
    pool.vif("nic", "web", "inner", MAC="00:16:3e:22:22:22")


def hvm_only(pool: VmPool) -> None:
    pool.change("web", domain_type="hvm")
    pool.change("xen2", capabilities=["xen-3.0-x86_64"])


MEMORY = {f"memory_{limit}": 20 * GIB for limit in ("static_min", "dynamic_min", "dynamic_max", "static_max")}

# What is done first, and why xen2 cannot run the VM then.
REASONS = [
    (change("xen2", host_metrics_live=False), ("HOST_NOT_LIVE",)),
    (change("xen2", enabled=False), ("HOST_DISABLED", "xen2")),
    (
        change("web", hardware_platform_version=7),
        ("VM_HOST_INCOMPATIBLE_VIRTUAL_HARDWARE_PLATFORM_VERSION", "xen2", "[0; 1; 2]", "web", "7"),
    ),
    (unplugged, ("VM_REQUIRES_SR", "web", "local")),
    (unreachable, ("VM_REQUIRES_NETWORK", "web", "dmz")),
    (elsewhere, ("VM_REQUIRES_NETWORK", "web", "inner")),
    (hvm_only, ("VM_HVM_REQUIRED", "web")),
    (change("web", **MEMORY), ("HOST_NOT_ENOUGH_FREE_MEMORY", str(20 * GIB + 162 * MIB), str(16 * GIB))),
    (change("web", VCPUs_max=5), ("HOST_NOT_ENOUGH_PCPUS", "5", "4")),
]


@pytest.mark.parametrize(("prepare", "refusal"), REASONS)
def test_why_a_vm_cannot_run_on_a_host(pool: VmPool, prepare: Any, refusal: Refusal) -> None:
    prepare(pool)
    assert pool.no("vm-start", "web", on="xen2") == refusal
    assert "xen2" not in pool.value("web", "possible-hosts")


@pytest.mark.parametrize(("prepare", "refusal"), REASONS)
def test_without_a_host_the_reasons_are_told(pool: VmPool, prepare: Any, refusal: Refusal) -> None:
    prepare(pool)
    pool.change("xen1", enabled=False)
    command = find("vm-start")
    assert command is not None
    with pytest.raises(Failure) as caught:
        run(pool.state, Call(command, {"vm": pool.named["web"]}))
    assert caught.value.code == "NO_HOSTS_AVAILABLE"
    first, second = caught.value.reasons
    assert (first[0], first[1].code) == (pool.named["xen1"], "HOST_DISABLED")
    assert (second[0], second[1].code) == (pool.named["xen2"], refusal[0])


def test_cpus_may_be_unrestricted(pool: VmPool) -> None:
    pool.change("web", VCPUs_max=5, platform={"vcpu-unrestricted": "true"})
    pool.do("vm-start", "web", on="xen2")


def test_an_unknown_host(pool: VmPool) -> None:
    assert pool.no("vm-start", "web", on="xen9") == ("Error: Host xen9 not found",)


@pytest.mark.parametrize(
    ("prepare", "chosen"),
    [
        (lambda _pool: None, "xen2"),  # the coordinator is spared
        (change("pool", coordinator_bias=False), "xen1"),  # the older one of two that are equal
        (change("web", affinity="xen1"), "xen1"),
        (lambda pool: (pool.change("web", affinity="xen2"), pool.change("xen2", enabled=False)), "xen1"),
        (lambda pool: (pool.change("pool", coordinator_bias=False), pool.vm("big", "running", "xen1")), "xen2"),
    ],
)
def test_the_host_that_gets_the_vm(pool: VmPool, prepare: Any, chosen: str) -> None:
    prepare(pool)
    pool.do("vm-start", "web")
    assert pool.value("web", "resident-on") == chosen


def test_a_suspended_vm_needs_the_sr_of_its_memory(pool: VmPool) -> None:
    pool.vm("db", "running", suspend_SR_uuid="local")
    pool.do("vm-suspend", "db")
    assert pool.no("vm-resume", "db", on="xen2") == ("VM_REQUIRES_SR", "db", "local")
    assert pool.value("db", "possible-hosts") == ["xen1"]


# Memory


def test_vms_are_squeezed_alike_and_no_further_than_their_least(pool: VmPool) -> None:
    pool.change("xen1", memory_total=1024 * MIB)
    limits = {"memory_static_max": 512 * MIB, "memory_dynamic_max": 512 * MIB}
    for number in range(5):
        pool.vm(f"vm{number}", **limits)
    pool.do("vm-start", "vm0", on="xen1")
    assert pool.value("vm0", "memory-actual") == 512 * MIB
    for number in range(1, 5):
        pool.do("vm-start", f"vm{number}", on="xen1")
    shares = {pool.value(f"vm{number}", "memory-actual") for number in range(5)}
    assert len(shares) == 1
    assert 128 * MIB <= shares.pop() < 256 * MIB
    assert pool.value("xen1", "memory-free") == 0
    pool.vm("vm5", **limits, memory_dynamic_min=512 * MIB)
    assert pool.no("vm-start", "vm5", on="xen1")[0] == "HOST_NOT_ENOUGH_FREE_MEMORY"
    pool.do("vm-shutdown", "vm4")
    assert pool.value("vm0", "memory-actual") > 200 * MIB


def test_memory_of_a_host(pool: VmPool) -> None:
    assert pool.value("xen1", "memory-free") == pool.value("xen1", "memory-free-computed") == 16 * GIB
    pool.do("vm-start", "web", on="xen1")
    overhead = pool.value("web", "memory-overhead")
    assert overhead == 4 * MIB
    assert pool.value("xen1", "memory-free") == 16 * GIB - 256 * MIB - overhead
    assert pool.do("host-compute-free-memory", "xen1") == str(16 * GIB - 128 * MIB - overhead)


@pytest.mark.parametrize(
    ("kind", "memory", "cpus", "shadow", "overhead"),
    [
        ("pv", 256, 1, 1.0, 4),
        ("pv", 1024, 4, 2.0, 13),
        ("hvm", 256, 1, 1.0, 5),
        ("hvm", 1024, 4, 1.0, 14),
        ("hvm", 1024, 4, 2.0, 26),
        ("pvh", 1024, 4, 2.0, 26),
    ],
)
def test_what_xen_needs_for_a_vm(pool: VmPool, kind: str, memory: int, cpus: int, shadow: float, overhead: int) -> None:
    limits = {"memory_static_max": memory * MIB, "memory_dynamic_max": memory * MIB}
    pool.vm("measured", domain_type=kind, VCPUs_max=cpus, HVM_shadow_multiplier=shadow, **limits)
    assert pool.value("measured", "memory-overhead") == overhead * MIB


def test_an_edited_file_does_not_overcommit_a_host(pool: VmPool) -> None:
    pool.do("vm-start", "web", on="xen1")
    pool.change("web", **MEMORY)
    refusal = ("HOST_NOT_ENOUGH_FREE_MEMORY", str(20 * GIB + 162 * MIB), str(16 * GIB))
    assert pool.unsound() == {("host", *refusal)}
