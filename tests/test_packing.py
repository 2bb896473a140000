"""Packing by memory: XAPI's own examples, and an oracle that tries all there is on small pools."""

import json
from itertools import permutations, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xe_py.xapi.packing import less, spread, survives

EXAMPLES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "facts" / "ha_plan.json").read_text())

hosts = (
    st.integers(1, 4)
    .flatmap(lambda n: st.lists(st.integers(0, 12), min_size=n, max_size=n))
    .map(lambda free: {f"host{number}": room for number, room in enumerate(free)})
)
sizes = st.lists(st.integers(1, 6), max_size=5).map(lambda found: {f"vm{n}": size for n, size in enumerate(found)})


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["what"])
def test_the_examples_of_xapi(example: dict[str, Any]) -> None:
    vms = {name: size for name, (size, _) in example["vms_GiB_and_host"].items()}
    placed = {name: host for name, (_, host) in example["vms_GiB_and_host"].items()}
    room = example["free_memory_GiB"]
    plans = {number: survives(room, vms, placed, hosts=len(room), failures=int(number)) for number in example["plans"]}
    assert plans == example["plans"]


def test_the_biggest_goes_first_and_where_most_room_is() -> None:
    assert spread({"a": 2, "b": 5, "c": 4}, {"x": 6, "y": 9}) == {"b": "y", "c": "x", "a": "y"}
    assert spread({"a": 2, "b": 9}, {"x": 3}) == {"a": "x"}
    assert spread({"a": 2}, {}) == {}
    assert less({"x": 6, "y": 9}, {"a": 2, "b": 5}, {"a": "x", "b": "x"}) == {"x": -1, "y": 9}


def fits(sizes: dict[str, int], room: dict[str, int]) -> bool:
    """Whether any assignment at all gives every VM a host."""
    return any(
        min(less(room, sizes, dict(zip(sizes, chosen, strict=True))).values(), default=0) >= 0
        for chosen in product(room, repeat=len(sizes))
    )


def packs(sizes: dict[str, int], room: dict[str, int]) -> dict[str, str] | None:
    """The rule of XAPI in its plainest form: the biggest VM first, each onto the host with most room."""
    left, found = dict(room), {}
    for vm in sorted(sizes, key=lambda vm: -sizes[vm]):
        host = max(left, key=lambda host: left[host], default=None)
        if host is None or left[host] < sizes[vm]:
            return None
        left[host] -= sizes[vm]
        found[vm] = host
    return found


@given(sizes, hosts)
def test_a_packing_fits_and_is_complete_where_the_rule_finds_one(sizes: dict[str, int], room: dict[str, int]) -> None:
    found = spread(sizes, room)
    used = {host: free for host, free in less(room, sizes, found).items() if host in found.values()}
    assert all(free >= 0 for free in used.values())
    assert (len(found) == len(sizes)) == (packs(sizes, room) is not None)
    if sizes and not fits(sizes, room):
        assert len(found) < len(sizes)


def falls(room: dict[str, int], sizes: dict[str, int], placed: dict[str, str], order: tuple[str, ...]) -> bool:
    """Whether some VM finds no host when the hosts fail in this order."""
    for dead in order:
        room = {host: free for host, free in room.items() if host != dead}
        moved = packs({vm: sizes[vm] for vm, host in placed.items() if host == dead}, room)
        if moved is None:
            return True
        room, placed = less(room, sizes, moved), {**placed, **moved}
    return False


@given(sizes, hosts, st.data())
def test_a_plan_exists_if_no_order_of_failures_leaves_a_vm_without_a_host(
    sizes: dict[str, int], room: dict[str, int], data: st.DataObject
) -> None:
    placed = {vm: data.draw(st.sampled_from(sorted(room))) for vm in sizes}
    for failures in range(len(room) + 2):
        possible = failures < len(room) or (failures == len(room) and not sizes)
        lasts = possible and not any(falls(room, sizes, placed, order) for order in permutations(room, failures))
        assert survives(room, sizes, placed, hosts=len(room), failures=failures) == lasts
    assert not survives(room, sizes, placed, hosts=len(room), failures=-1)


@pytest.mark.parametrize(
    ("room", "failures", "lasts"),
    [
        ([8] * 40, 20, True),  # 40 VMs on 40 hosts, and each of 20 hosts has room for two more
        ([8] * 40, 30, False),
        ([3] * 40, 20, False),  # no host has room for the biggest VM
        ([-9] * 39 + [400], 1, False),  # only the host with room fails
        ([-9] * 20 + [400] * 20, 1, True),
    ],
)
def test_a_large_pool_is_judged_by_the_worst_case(room: list[int], failures: int, lasts: bool) -> None:
    by_name = {f"host{number}": free for number, free in enumerate(room)}
    vms = {f"vm{number}": 4 for number in range(40)}
    placed = {f"vm{number}": f"host{number}" for number in range(40)}
    assert survives(by_name, vms, placed, hosts=40, failures=failures) is lasts
    assert survives(by_name, {}, {}, hosts=40, failures=40)
