"""Which host coordinates the pool: whom it may be handed to, and what helps when the coordinator is lost."""

from typing import TYPE_CHECKING

import pytest
from vm_pool import VmPool

if TYPE_CHECKING:
    from conftest import Xe
    from small_pool import Refusal


@pytest.fixture
def pool() -> VmPool:
    pool = VmPool()
    pool.change("xen1", address="192.168.1.10", hostname="one")
    pool.change("xen2", address="192.168.1.11", hostname="two")
    return pool


def told(pool: VmPool) -> list[tuple[str, int, str]]:
    """The messages: about which host, with which priority and name."""
    names = {obj["uuid"]: name for name, obj in pool.named.items()}
    return [(names[each["obj-uuid"]], each["priority"], each["name"]) for each in pool.state.all("message")]


def test_another_host_coordinates_the_pool(pool: VmPool) -> None:
    pool.vm("web", "running")
    pool.change("pool", last_update_sync="20260101T00:00:00Z")
    pool.xe("pool-designate-new-master host-uuid=xen2")
    assert pool.value("pool", "master") == "xen2"
    assert pool.value("pool", "last-update-sync") is None
    assert told(pool) == [("xen2", 4, "POOL_MASTER_TRANSITION")]
    assert (pool.value("web", "resident-on"), pool.value("xen1", "enabled")) == ("xen1", True)


def test_the_coordinator_stays_what_it_is(pool: VmPool) -> None:
    pool.change("pool", ha_enabled=True)
    before = pool.state.mark()
    pool.xe("pool-designate-new-master host-uuid=xen1")
    assert pool.state.mark() == before


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (("xen2", {"host_metrics_live": False}), ("HOST_OFFLINE", "xen2")),
        (("pool", {"ha_enabled": True}), ("HA_IS_ENABLED",)),
    ],
)
def test_a_host_that_cannot_coordinate(pool: VmPool, change: tuple[str, dict[str, object]], refusal: "Refusal") -> None:
    pool.change(change[0], **change[1])
    assert pool.refusal("pool-designate-new-master host-uuid=xen2") == refusal


# Emergencies


def test_a_host_that_lost_its_coordinator_takes_over(pool: VmPool) -> None:
    pool.change("xen1", host_metrics_live=False)
    assert "xen2 is the coordinator" in str(pool.xe("pool-emergency-transition-to-master"))
    assert pool.value("pool", "master") == "xen2"
    assert pool.xe("host-is-in-emergency-mode") == "false"
    assert told(pool) == [("xen2", 4, "POOL_MASTER_TRANSITION")]


def test_a_coordinator_that_answers_takes_over_only_by_force(pool: VmPool) -> None:
    before = pool.state.mark()
    assert "--force" in str(pool.xe("pool-emergency-transition-to-master"))
    assert pool.state.mark() == before
    pool.xe("pool-emergency-transition-to-master force=true")
    assert pool.value("pool", "master") == "xen1"


@pytest.mark.parametrize(
    ("dead", "ha", "line", "refusal"),
    [
        (("xen1", "xen2"), False, "pool-emergency-transition-to-master force=true", ("HOST_OFFLINE", "xen1")),
        (("xen1",), True, "pool-emergency-transition-to-master", ("HA_IS_ENABLED",)),
        (("xen1",), True, "pool-emergency-reset-master master-address=two", ("HA_IS_ENABLED",)),
        (
            ("xen1",),
            False,
            "pool-emergency-reset-master master-address=far",
            ("INVALID_VALUE", "master_address", "far"),
        ),
        (("xen1",), False, "pool-emergency-reset-master master-address=one", ("HOST_OFFLINE", "xen1")),
        (("xen1",), False, "pool-sync-database", ("HOST_OFFLINE", "xen1")),
    ],
)
def test_what_does_not_help(pool: VmPool, dead: tuple[str, ...], ha: bool, line: str, refusal: "Refusal") -> None:
    for host in dead:
        pool.change(host, host_metrics_live=False)
    pool.change("pool", ha_enabled=ha)
    assert pool.refusal(line) == refusal


@pytest.mark.parametrize("address", ["192.168.1.11", "two"])
def test_a_member_is_told_who_coordinates(pool: VmPool, address: str) -> None:
    pool.change("xen1", host_metrics_live=False)
    assert str(pool.xe(f"pool-emergency-reset-master master-address={address}")) == "xen2 obeys xen2 now."
    assert pool.value("pool", "master") == "xen2"
    before = pool.state.mark()
    pool.xe(f"pool-emergency-reset-master master-address={address}")
    assert pool.state.mark() == before


def test_the_hosts_that_answer_are_recovered(xe: "Xe") -> None:
    assert xe.do("pool-recover-slaves") == ""
    second, third = xe.do("host-add name-label=two"), xe.do("host-add name-label=three")
    xe.do("pool-sync-database")
    assert xe.do("pool-recover-slaves --minimal").split(",") == [second, third]
    xe.do("host-disable host=two")
    xe.do("host-shutdown host=two")
    assert xe.do("pool-recover-slaves --minimal") == third
