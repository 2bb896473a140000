"""Which host gets a VM: XAPI's categories, held against a plain reading of them on small pools."""

from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_pool import GIB
from vm_pool import MIB, VmPool

from xe_py.errors import Failure
from xe_py.state.record import Record
from xe_py.xapi import memory
from xe_py.xapi.placement import choose


def limits(least: int, now: int, most: int) -> dict[str, object]:
    """Memory limits in MiB: the least, what the VM may have now, and the most."""
    return {
        "memory_static_min": least * MIB,
        "memory_dynamic_min": least * MIB,
        "memory_dynamic_max": now * MIB,
        "memory_static_max": most * MIB,
    }


@pytest.fixture
def pool() -> VmPool:
    """`xen1`, the coordinator, and `xen2` have 16 GiB each, and `web` wants a little."""
    pool = VmPool()
    pool.vm("web")
    return pool


def change(name: str, **fields: object) -> Any:
    return lambda pool: pool.change(name, **fields)


def runs(name: str, host: str, *memory: int) -> Any:
    return lambda pool: pool.vm(name, "running", host, **limits(*memory))


@pytest.mark.parametrize(
    ("prepare", "chosen"),
    [
        # The coordinator counts with half of its room.
        ([change("xen1", memory_total=30 * GIB)], "xen2"),
        ([change("xen1", memory_total=34 * GIB)], "xen1"),
        ([change("xen1", memory_total=30 * GIB), change("pool", coordinator_bias=False)], "xen1"),
        # A host where all VMs can have all their memory comes before a host where they can have what they have now.
        ([runs("big", "xen2", 100, 100, 17000)], "xen1"),
        # That one comes before a host where VMs must shrink.
        ([runs("big", "xen2", 100, 100, 17000), runs("wide", "xen1", 100, 17000, 17000)], "xen2"),
        # Of hosts where VMs must shrink, the one where they shrink least; the coordinator counts as any other.
        ([runs("wide", "xen1", 100, 17000, 17000), runs("wider", "xen2", 100, 20000, 20000)], "xen1"),
        # The affinity counts as long as the least memory is there.
        ([change("web", affinity="xen1"), runs("wide", "xen1", 100, 17000, 17000)], "xen1"),
        ([change("web", affinity="xen1"), runs("full", "xen1", 16200, 16200, 16200)], "xen2"),
        ([change("web", affinity="xen1"), change("xen1", enabled=False)], "xen2"),
    ],
)
def test_the_host_that_gets_the_vm(pool: VmPool, prepare: list[Any], chosen: str) -> None:
    for each in prepare:
        each(pool)
    pool.do("vm-start", "web")
    assert pool.value("web", "resident-on") == chosen


def test_a_guest_that_cannot_shrink_starts_where_it_would_fit_if_it_shrank(pool: VmPool) -> None:
    """XAPI's second look leaves out the memory, except that the least must be there."""
    pool.change("web", domain_type="pv-in-pvh", **limits(1000, 20000, 20000))
    refused = pool.no("vm-start", "web", on="xen2")
    assert refused == (
        "HOST_NOT_ENOUGH_FREE_MEMORY",
        str(20000 * MIB + pool.value("web", "memory-overhead")),
        str(16 * GIB),
    )
    pool.do("vm-start", "web")
    assert pool.value("web", "resident-on") == "xen1"


def test_a_control_domain_starts_only_on_its_own_host(pool: VmPool) -> None:
    pool = VmPool("xapi")
    pool.vm("driver", is_control_domain=True, affinity="xen2", **limits(100, 100, 100))
    assert pool.no("vm-start", "driver", on="xen1") == (
        "OPERATION_NOT_ALLOWED", "A control domain starts only on the host of its affinity",
    )  # fmt: skip
    pool.change("xen2", enabled=False)
    pool.do("vm-start", "driver")
    assert pool.value("driver", "resident-on") == "xen2"


# An oracle

memories = st.tuples(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 5000)).map(
    lambda found: tuple(sorted(found))
)


def expected(pool: VmPool, vm: Record, hosts: list[Record]) -> Record | None:
    """The first host of the first category that has one, each category as `formats.md` tells it."""
    settings = pool.named["pool"]

    def on(host: Record) -> list[Record]:
        return [*pool.state.pointing_at(host, "vm.resident-on"), vm]

    def room(host: Record, field: str) -> int:
        return host["memory-total"] - sum(each[field] + memory.overhead(each) for each in on(host))

    def halved(host: Record, field: str) -> int:
        spared = settings["coordinator-bias"] and settings["master"] == host["uuid"]
        return (room(host, field) - 1) // 2 if spared else room(host, field)

    def ratio(host: Record) -> int:
        span = room(host, "memory-dynamic-min") - room(host, "memory-dynamic-max")
        return 1000 * room(host, "memory-dynamic-min") // span

    able = [host for host in hosts if room(host, "memory-dynamic-min") >= 0]
    for host in able:
        if host["uuid"] == vm["affinity"]:
            return host
    for field in ("memory-static-max", "memory-dynamic-max"):
        wide = [host for host in able if room(host, field) >= 0]
        if wide:
            return max(wide, key=lambda host: halved(host, field))
    return max(able, key=ratio, default=None)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 9000), st.lists(memories, max_size=3)), min_size=2, max_size=4),
    memories,
    st.booleans(),
    st.integers(0, 4),
)
def test_the_choice_is_that_of_the_categories(
    sizes: list[tuple[int, list[tuple[int, int, int]]]], own: tuple[int, int, int], bias: bool, affinity: int
) -> None:
    pool, numbers = VmPool("xapi"), count()
    for number, (total, vms) in enumerate(sizes, 1):
        if number > 2:
            pool.add(f"xen{number}", "host")
        pool.change(f"xen{number}", memory_total=total * MIB)
        for memory_of in vms:
            pool.vm(f"vm{next(numbers)}", "running", f"xen{number}", **limits(*memory_of))
    pool.change("pool", coordinator_bias=bias)
    pool.vm("web", **limits(*own))
    if f"xen{affinity}" in pool.named:
        pool.change("web", affinity=f"xen{affinity}")
    vm = pool.named["web"]
    host = expected(pool, vm, pool.state.all("host"))
    if host is None:
        with pytest.raises(Failure, match="NO_HOSTS_AVAILABLE"):
            choose(pool.state, vm)
    else:
        assert choose(pool.state, vm).name == host.name
