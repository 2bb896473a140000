"""Groups of VMs: those of an anti-affinity group run on different hosts if they can."""

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_pool import GIB
from test_evacuation import Evacuation
from vm_pool import MIB

from xe_py import open_host
from xe_py.xapi import memory

if TYPE_CHECKING:
    from conftest import Xe

SMALL = {f"memory_{limit}": 100 * MIB for limit in ("static_min", "dynamic_min", "dynamic_max", "static_max")}


@pytest.fixture
def pool() -> Evacuation:
    """Three hosts, the anti-affinity group `apart` and the group `plain`."""
    pool = Evacuation()
    pool.add("apart", "vm-group", placement="anti-affinity")
    pool.add("plain", "vm-group")
    for host in ("xen2", "xen3"):
        pool.change(host, memory_total=16 * GIB)
    return pool


def member(pool: Evacuation, name: str, group: str = "apart", **fields: object) -> None:
    pool.vm(name, **SMALL, **fields)
    pool.write(name, {"groups": pool.named[group]["uuid"]})


def started(pool: Evacuation, *names: str) -> list[str]:
    for name in names:
        pool.do("vm-start", name)
    return pool.where(*names)


def test_members_start_on_different_hosts(pool: Evacuation) -> None:
    pool.change("xen2", memory_total=30 * GIB)
    for name in ("a", "b", "c", "d"):
        member(pool, name)
    assert started(pool, "a", "b", "c", "d") == ["xen2", "xen3", "xen1", "xen2"]
    for name in ("e", "f"):
        member(pool, name, "plain")
    assert started(pool, "e", "f") == ["xen2", "xen2"]


def test_only_vms_that_run_count_and_the_affinity_comes_before_all(pool: Evacuation) -> None:
    member(pool, "here", power_state="running", host="xen2")
    member(pool, "there", power_state="paused", host="xen3")
    member(pool, "halted")
    member(pool, "web")
    assert started(pool, "web") == ["xen3"]
    member(pool, "db", affinity="xen2")
    assert started(pool, "db") == ["xen2"]


def test_a_host_with_more_members_is_better_than_none(pool: Evacuation) -> None:
    member(pool, "a", power_state="running", host="xen2")
    member(pool, "web")
    for host in ("xen1", "xen3"):
        pool.change(host, enabled=False)
    assert started(pool, "web") == ["xen2"]


def test_a_vm_is_in_one_group(pool: Evacuation) -> None:
    member(pool, "web")
    both = ",".join(pool.named[name]["uuid"] for name in ("apart", "plain"))
    assert pool.not_written("web", groups=both) == ("TOO_MANY_GROUPS",)
    assert pool.not_written("web", groups="nobody") == ("UUID_INVALID", "VM_group", "nobody")
    assert pool.value("apart", "vm-uuids") == ["web"]
    assert pool.do("vm-clone", "web", new_name_label="copy")["groups"] == []
    pool.write("web", {"is-a-template": "true"})
    assert pool.value("apart", "vm-uuids") == []
    member(pool, "db")
    pool.xe("vm-group-destroy uuid=apart")
    assert pool.value("db", "groups") == []


def test_a_group_has_a_placement_that_stays() -> None:
    pool = Evacuation()
    group = pool.xe("vm-group-create name-label=pair placement=Anti-Affinity name-description=two")
    assert [group[field] for field in ("name-label", "name-description", "placement")] == [
        "pair",
        "two",
        "anti-affinity",
    ]
    with pool.refused() as refusal:
        pool.xe("vm-group-create name-label=pair placement=together")
    assert refusal() == ("Error: Invalid VM placement policy, got together",)


# Evacuation


def evacuate(pool: Evacuation, *names: str) -> list[str]:
    pool.do("host-evacuate", "xen1")
    return pool.where(*names)


def test_an_evacuation_spreads_members_evenly(pool: Evacuation) -> None:
    pool.change("xen2", memory_total=30 * GIB)
    for name in ("a", "b", "c"):
        member(pool, name, power_state="running")
    member(pool, "x", power_state="running", host="xen3")
    assert evacuate(pool, "a", "b", "c") == ["xen2", "xen3", "xen2"]


def test_if_they_cannot_be_spread_evenly_they_are_on_two_hosts(pool: Evacuation) -> None:
    pool.change("xen3", memory_total=200 * MIB)
    for name in ("a", "b", "c"):
        member(pool, name, power_state="running")
    for name in ("a", "b", "c"):
        pool.write(name, {"groups": pool.named["apart"]["uuid"]})
    pool.guest("big", 1000)
    assert evacuate(pool, "a", "b", "c", "big") == ["xen3", "xen2", "xen2", "xen2"]


def test_if_that_is_not_possible_either_groups_do_not_count(pool: Evacuation) -> None:
    pool.change("xen3", memory_total=50 * MIB)
    for name in ("a", "b"):
        member(pool, name, power_state="running")
    assert evacuate(pool, "a", "b") == ["xen2", "xen2"]


def test_in_a_pool_of_two_hosts_groups_do_not_count() -> None:
    pool = Evacuation("xapi")
    pool.add("apart", "vm-group", placement="anti-affinity")
    pool.state.delete(pool.named["dom0-xen3"])
    for name in ("p-share-xen3", "eth0-xen3", "xen3"):
        pool.state.delete(pool.named[name])
    for name in ("a", "b"):
        member(pool, name, power_state="running")
    assert evacuate(pool, "a", "b") == ["xen2", "xen2"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 5), st.sampled_from(["apart", "other", ""])), min_size=1, max_size=5),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_groups_never_prevent_what_is_possible_without_them(
    guests: list[tuple[int, str]], second: int, third: int
) -> None:
    """What fits without groups fits with them; and members are spread evenly where there is plenty of room."""
    moved = []
    for with_groups in (False, True):
        pool = Evacuation("xapi")
        pool.change("xen2", memory_total=second * GIB)
        pool.change("xen3", memory_total=third * GIB)
        for name in ("apart", "other"):
            pool.add(name, "vm-group", placement="anti-affinity")
        for number, (size, group) in enumerate(guests):
            pool.guest(f"vm{number}", size * 1000)
            if group and with_groups:
                pool.write(f"vm{number}", {"groups": pool.named[group]["uuid"]})
        moved.append(not pool.prevented())
        if moved[-1]:
            pool.do("host-evacuate", "xen1")
            for host in ("xen2", "xen3"):
                assert memory.needed(pool.state, pool.named[host]) <= memory.for_guests(pool.named[host])
    without, with_them = moved
    assert with_them or not without


@pytest.mark.parametrize("count", range(1, 7))
def test_with_plenty_of_room_the_numbers_differ_by_one_at_most(pool: Evacuation, count: int) -> None:
    for number in range(count):
        member(pool, f"vm{number}", power_state="running")
    found = evacuate(pool, *(f"vm{number}" for number in range(count)))
    assert all(abs(a - b) <= 1 for a, b in pairwise(found.count(host) for host in ("xen2", "xen3")))


def test_a_program_puts_a_vm_into_a_group_by_the_group_itself(xe: "Xe") -> None:
    with open_host(str(xe.state)) as host:
        vm = host.run("vm-create", name_label="web")
        group = host.run("vm-group-create", name_label="pair", placement="normal")
        host.run("vm-param-set", vm=vm, groups=[group])
        assert vm["groups"] == [group.uuid]
