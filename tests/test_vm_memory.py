"""How much memory a VM can have, and commands that only wait for it."""

import pytest
from vm_pool import GIB, MIB, VmPool

from xe_py.xapi.memory import overhead


@pytest.fixture
def pool() -> VmPool:
    pool = VmPool()
    pool.vm("web", VCPUs_max=2, VCPUs_at_startup=2)
    return pool


@pytest.mark.parametrize("domain_type", ["pv", "hvm"])
@pytest.mark.parametrize("total", [GIB, GIB + MIB - 1, 8 * GIB, 300 * GIB])
@pytest.mark.parametrize("vcpus", [2, 64])
def test_the_largest_memory_fits_and_one_mib_more_does_not(
    pool: VmPool, domain_type: str, total: int, vcpus: int
) -> None:
    pool.change("web", domain_type=domain_type)
    most = int(pool.do("vm-compute-maximum-memory", "web", total=total, approximate=vcpus != 2))

    def used(memory: int) -> int:
        pool.change("web", memory_static_max=memory, VCPUs_max=vcpus)
        return memory + overhead(pool.named["web"])

    assert most % MIB == 0
    assert used(most) <= total < used(most + MIB)


@pytest.mark.parametrize("total", [0, MIB])
def test_in_too_little_nothing_fits(pool: VmPool, total: int) -> None:
    assert pool.do("vm-compute-maximum-memory", "web", total=total) == "0"


def test_the_balloon_sets_both_limits(pool: VmPool) -> None:
    pool.do("vm-memory-balloon", "web", target=200 * MIB)
    assert pool.value("web", "memory-dynamic-min") == pool.value("web", "memory-dynamic-max") == 200 * MIB
    assert pool.no("vm-memory-balloon", "web", target=GIB) == ("MEMORY_CONSTRAINT_VIOLATION_ORDER",)


def test_a_running_vm_has_its_memory_at_once(pool: VmPool) -> None:
    assert pool.no("vm-memory-target-wait", "web") == ("VM_BAD_POWER_STATE", "web", "running", "halted")
    pool.do("vm-start", "web", on="xen2")
    pool.do("vm-memory-target-wait", "web")
    pool.change("xen2", host_metrics_live=False)
    assert pool.no("vm-memory-target-wait", "web") == ("HOST_OFFLINE", "xen2")
