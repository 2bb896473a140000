"""what-if: which VMs would start again where, which would move, and which would be lost, and why."""

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_evacuation import Evacuation

from xe_py.operations import find
from xe_py.operations.effects.losses import LOST, RESTARTS
from xe_py.running import Call, run
from xe_py.store.toml.render import canonical
from xe_py.xapi import memory

if TYPE_CHECKING:
    from conftest import Xe

Told = tuple[str, str, str, str]


def what_if(pool: Evacuation, **given: str) -> list[Told]:
    """The rows, without uuids: name, where it was, what then, and why. The state stays as it was."""
    command = find("what-if")
    assert command is not None
    before = canonical(pool.state)
    table = run(pool.state, Call(command, given))
    assert canonical(pool.state) == before
    names = {obj["uuid"]: name for name, obj in pool.named.items()}
    assert [names[row[0]] for row in table.rows] == [row[1] for row in table.rows]
    return [row[1:] for row in table.rows]


@pytest.fixture
def pool() -> Evacuation:
    """Hosts of 16, 8 and 4 GiB; on xen1 `big`, `small` and `pinned`, which has a disk on the SR of xen1."""
    pool = Evacuation()
    for name, size in (("small", 500), ("big", 6000), ("pinned", 100)):
        pool.guest(name, size)
    pool.disk("root", "pinned", "local", currently_attached=True)
    pool.disk("data", "small", currently_attached=True)
    pool.assert_sound()
    return pool


UNCONNECTED = "SR 'local' is not connected to it"


def test_a_host_fails(pool: Evacuation) -> None:
    pool.vm("halted")
    pool.disk("other", "halted", "local")
    pool.vm("idle")
    assert what_if(pool, host_lost="xen1") == [
        ("big", "xen1", "restarts on xen2", ""),
        ("small", "xen1", "restarts on xen3", ""),
        ("pinned", "xen1", "is lost", f"xen2: {UNCONNECTED}; xen3: {UNCONNECTED}"),
        ("halted", "", "cannot start", f"xen2: {UNCONNECTED}; xen3: {UNCONNECTED}"),
    ]


def test_several_things_at_once(pool: Evacuation) -> None:
    pool.guest("there", 4200, "xen2")
    both = [
        ("big", "xen1", "is lost", "xen2: needs 5.9 GiB, 3.9 GiB free"),
        ("small", "xen1", "restarts on xen2", ""),
        ("pinned", "xen1", "is lost", f"xen2: {UNCONNECTED}"),
    ]
    assert what_if(pool, host_lost="xen1,xen3") == both
    uuids = ",".join(pool.named[name]["uuid"] for name in ("xen3", "xen1"))
    assert what_if(pool, host_lost=uuids) == both


def test_what_is_protected_starts_first_then_the_order_counts_and_the_size() -> None:
    pool = Evacuation()
    pool.guest("late", 700, order=1)
    pool.guest("middle", 300)
    pool.guest("large", 600)
    pool.guest("best", 100, ha_restart_priority="best-effort", order=9)
    pool.guest("kept", 100, ha_restart_priority="restart", ha_always_run=True, order=9)
    rows = what_if(pool, host_lost="xen1")
    assert [name for name, *_ in rows] == ["kept", "best", "large", "middle", "late"]


def test_a_plan_of_high_availability_does_not_stop_a_restart() -> None:
    pool = Evacuation()
    pool.guest("kept", 3000, ha_restart_priority="restart", ha_always_run=True)
    pool.guest("other", 6000)
    pool.change("pool", ha_enabled=True, ha_host_failures_to_tolerate=1, ha_plan_exists_for=1)
    assert [then for _, _, then, _ in what_if(pool, host_lost="xen1")] == ["restarts on xen2", "is lost"]


def test_an_sr_fails(pool: Evacuation) -> None:
    pool.vm("halted")
    pool.disk("other", "halted")
    gone = "SR 'share' is not connected to it: xe pbd-plug uuid={}"
    why = "; ".join(
        f"{host}: {gone.format(pool.named[f'p-share-{host}']['uuid'])}" for host in ("xen1", "xen2", "xen3")
    )
    assert what_if(pool, sr_lost="share") == [("small", "xen1", "is lost", why), ("halted", "", "cannot start", why)]
    assert [row[:3] for row in what_if(pool, sr_lost="local")] == [("pinned", "xen1", "is lost")]


def test_a_host_is_taken_out_of_service(pool: Evacuation) -> None:
    assert what_if(pool, host_maintenance="xen1") == [
        ("small", "xen1", "moves to xen3", ""),
        ("big", "xen1", "moves to xen2", ""),
        ("pinned", "xen1", "cannot leave", UNCONNECTED),
    ]
    assert what_if(pool, host_maintenance="xen1", host_lost="xen1") == what_if(pool, host_lost="xen1")


def test_a_host_in_maintenance_takes_no_vms(pool: Evacuation) -> None:
    rows = what_if(pool, host_lost="xen1", host_maintenance="xen2")
    assert [row[:3] for row in rows] == [
        ("big", "xen1", "is lost"), ("small", "xen1", "restarts on xen3"), ("pinned", "xen1", "is lost"),
    ]  # fmt: skip


def test_a_pif_fails(pool: Evacuation) -> None:
    pool.vif("nic", "small", currently_attached=True)
    pool.vif("pinned-nic", "pinned", currently_attached=True, MAC="00:16:3e:22:22:22")
    pool.vif("loose", "big", MAC="00:16:3e:33:33:33")
    rows = what_if(pool, pif_lost=pool.named["eth0-xen1"]["uuid"])
    assert rows == [
        ("small", "xen1", "moves to xen2", ""),
        ("pinned", "xen1", "loses a network", f"xen2: {UNCONNECTED}; xen3: {UNCONNECTED}"),
    ]


def test_a_bond_lives_as_long_as_a_member_and_carries_vlans(xe: "Xe") -> None:
    xe.do("state-init name-label=xen hosts=2 nics=3 --force")
    bonded, tagged = (xe.do(f"network-create name-label={name}") for name in ("bonded", "tagged"))
    cards = {}
    for host in xe.do("host-list --minimal").split(","):
        cards[host] = [xe.do(f"pif-list host-uuid={host} device={device} --minimal") for device in ("eth1", "eth2")]
        xe.do(f"bond-create network-uuid={bonded} pif-uuids={','.join(cards[host])}")
        master = xe.do(f"pif-list host-uuid={host} network-uuid={bonded} --minimal")
        xe.do(f"vlan-create pif-uuid={master} vlan=7 network-uuid={tagged}")
        cards[host].append(master)
    web = xe.do("vm-create name-label=web")
    xe.do(f"vif-create vm-uuid={web} network-uuid={tagged} device=0 mac=random")
    xe.do(f"vm-start uuid={web} on=xen")
    one, two, master = next(iter(cards.values()))
    for lost in (one, two):
        assert xe.do(f"what-if pif-lost={lost}").splitlines()[-1] == "No VM is touched."
    for lost in (f"{one},{two}", master):
        assert xe.do(f"what-if pif-lost={lost}").splitlines()[1] == f"{web}  web   xen  moves to xen-2"
    others = ",".join(next(reversed(cards.values()))[:2])
    assert xe.do(f"what-if pif-lost={one},{two},{others}").splitlines()[-1] == "VMs: 1 lose a network."


def test_a_name_means_one_object(pool: Evacuation) -> None:
    def refusal(**given: str) -> str:
        with pool.refused() as refused:
            what_if(pool, **given)
        return refused()[0]

    assert refusal() == "Error: Say what happens, with host-lost=, sr-lost=, pif-lost= or host-maintenance="
    assert refusal(host_lost="xen9") == "Error: Host xen9 not found"
    assert refusal(sr_lost="nothing") == "Error: SR nothing not found"
    found = refusal(pif_lost="eth0")
    assert found.startswith("Error: 3 PIFs are called eth0; give the uuid: ")
    assert pool.named["eth0-xen3"]["uuid"] in found


# An oracle


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(100, 6000), st.integers(1, 3)), min_size=1, max_size=5),
    st.sets(st.integers(1, 3), min_size=1),
)
def test_what_restarts_fits_and_what_is_lost_fits_nowhere(guests: list[tuple[int, int]], lost: set[int]) -> None:
    """Each VM of a lost host is told once; what restarts has room where it does, and what is lost has none there."""
    pool = Evacuation("xapi")
    for number, (size, host) in enumerate(guests):
        pool.guest(f"vm{number}", size, f"xen{host}")
    room = {
        f"xen{number}": memory.free(pool.state, pool.named[f"xen{number}"])
        for number in (1, 2, 3)
        if number not in lost
    }
    rows = what_if(pool, host_lost=",".join(f"xen{number}" for number in sorted(lost)))
    assert sorted(name for name, *_ in rows) == [f"vm{n}" for n, (_, host) in enumerate(guests) if host in lost]
    for name, _, then, _ in rows:
        needed = memory.least(pool.named[name])
        if then == LOST:
            assert all(free < needed for free in room.values())
        else:
            host = then.removeprefix(f"{RESTARTS} ")
            room[host] -= needed
            assert room[host] >= 0


# What a person and a program read


def test_the_table_and_the_json(xe: "Xe") -> None:
    xe.do("state-init name-label=xen hosts=2 --force")
    first, second = xe.do("host-list --minimal").split(",")
    web, big = (xe.do(f"vm-create name-label={name}") for name in ("web", "big"))
    xe.do("vm-memory-set vm=big memory=13GiB")
    for vm, host in ((web, "xen"), (big, "xen")):
        xe.do(f"vm-start uuid={vm} on={host}")
    assert xe.do("what-if host-lost=xen").splitlines() == [
        f"{'uuid':36}  name  on   then               why",
        f"{big}  big   xen  restarts on xen-2",
        f"{web}  web   xen  restarts on xen-2",
        "VMs: 2 restart.",
    ]
    assert xe.do("what-if host-lost=xen --minimal") == f"{big},{web}"
    assert xe.do("what-if host-lost=xen-2").splitlines()[-1] == "No VM is touched."
    xe.do("host-disable host=xen-2")
    found = json.loads(xe.do("what-if host-lost=xen --json"))
    assert found[1] == {
        "uuid": web,
        "name-label": "web",
        "host": first,
        "then": "is lost",
        "to": None,
        "reasons": [
            {
                "host": second,
                "code": "HOST_DISABLED",
                "text": "The host is disabled, so no VM can start on it",
            },
        ],
    }
    xe.do("host-enable host=xen-2")
    assert json.loads(xe.do("what-if host-lost=xen --json"))[0]["to"] == second
    assert xe("what-if").err.startswith("Error: Say what happens")
    repeated = xe.do("what-if host-lost=xen host-lost=xen-2").splitlines()[-1]
    assert repeated == "VMs: 2 are lost."
    told = xe.do("what-if host-lost=xen host-lost=xen-2").splitlines()[1]
    assert told.endswith("is lost  xen: The host is not running; xen-2: The host is not running")
