"""Networks: what makes and destroys them, and which PIFs they may have."""

import pytest
from network_pool import NetworkPool

from xe_py.state.core import verify


@pytest.fixture(params=["strict", "xapi"])
def pool(request: pytest.FixtureRequest) -> NetworkPool:
    return NetworkPool(request.param)


@pytest.fixture
def strict() -> NetworkPool:
    return NetworkPool("strict")


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("network-create name-label=n bridge=xenbr7", ("INVALID_VALUE", "bridge", "xenbr7")),
        ("network-create name-label=n bridge=ethereal", ("INVALID_VALUE", "bridge", "ethereal")),
        ("network-create name-label=n bridge=a-very-long-name", ("INVALID_VALUE", "bridge", "a-very-long-name")),
        ("network-create name-label=n bridge=br-lan", ("BRIDGE_NAME_EXISTS", "br-lan")),
        ("network-destroy uuid=net0", ("NETWORK_CONTAINS_PIF", "a0", "b0")),
        ("network-destroy uuid=himn", ("CANNOT_DESTROY_SYSTEM_NETWORK", "himn")),
        ("network-destroy uuid=used", ("NETWORK_CONTAINS_VIF", "busy")),
        ("network-destroy uuid=no-such", ("UUID_INVALID", "network", "no-such")),
    ],
)
def test_what_networks_refuse(pool: NetworkPool, line: str, refusal: tuple[str, ...]) -> None:
    pool.add("himn", "network", bridge="xenapi", other_config={"is_host_internal_management_network": "true"})
    pool.add("taken", "network", bridge="br-lan")
    pool.add("used", "network", bridge="xapi5")
    pool.run_vm("web", "xen1")
    pool.add_vif("idle", "web", "used")
    pool.add_vif("busy", "web", "used", currently_attached=True)
    pool.assert_sound()
    assert pool.refusal(line) == refusal


def test_a_network_gets_a_bridge_and_an_mtu(pool: NetworkPool) -> None:
    pool.make("dmz", "network-create name-label=dmz MTU=0")
    assert (pool.value("dmz", "bridge"), pool.value("dmz", "MTU")) == ("xapi1", 1500)
    pool.make("big", "network-create name-label=dmz MTU=9000 bridge=br-big managed=false")
    assert (pool.value("big", "bridge"), pool.value("big", "MTU")) == ("br-big", 9000)
    assert pool.value("big", "managed") is False


def test_a_network_takes_its_detached_vifs_along(pool: NetworkPool) -> None:
    pool.add_vif("vif", "web", "lan")
    pool.xe("network-destroy uuid=lan")
    assert pool.gone() == {"lan", "vif"}


@pytest.mark.parametrize(
    ("purposes", "unsound"),
    [
        ({"net0": ["nbd"], "net1": ["nbd"]}, set()),
        ({"net0": ["backup"]}, {("network", "INVALID_VALUE", "purpose", "backup")}),
        (
            {"net0": ["nbd"], "net1": ["insecure_nbd"]},
            {
                ("network", "NETWORK_INCOMPATIBLE_PURPOSES", "nbd", "insecure_nbd"),
                ("network", "NETWORK_INCOMPATIBLE_PURPOSES", "insecure_nbd", "nbd"),
            },
        ),
    ],
)
def test_purposes_do_not_conflict(pool: NetworkPool, purposes: dict[str, list[str]], unsound: set[object]) -> None:
    for network, purpose in purposes.items():
        pool.change(network, purpose=purpose)
    assert pool.unsound() == unsound


# The guards of fields


def set_field(pool: NetworkPool, name: str, field: str, value: object) -> tuple[str, ...] | None:
    """What forbids to change the field, or None."""
    obj = pool.named[name]
    guard = obj.cls.by_name[field].guard
    assert guard is not None
    with pool.refused() as refusal:
        failure = next(guard(pool.state, obj, value), None)
        if failure is None:
            return None
        raise failure
    return refusal()


def test_the_locking_mode_stays_while_a_vif_is_attached(pool: NetworkPool) -> None:
    pool.run_vm("web", "xen1")
    pool.add_vif("vif", "web", "lan", currently_attached=True)
    assert set_field(pool, "lan", "default-locking-mode", "disabled") == ("VIF_IN_USE", "lan", "vif")


def test_only_a_managed_network_has_a_purpose(pool: NetworkPool) -> None:
    pool.change("lan", managed=False)
    assert set_field(pool, "lan", "purpose", ["nbd"]) == ("NETWORK_UNMANAGED", "lan")


# Relationship 8: networks and PIFs, many to many


def test_a_network_shows_its_own_pifs_and_then_those_that_joined(strict: NetworkPool) -> None:
    strict.xe("pif-network-add uuid=a1 network-uuid=net0")
    strict.xe("pif-network-add uuid=a1 network-uuid=lan")
    assert strict.value("net0", "PIF-uuids") == ["a0", "b0", "a1"]
    assert strict.value("lan", "PIF-uuids") == ["a1"]
    assert strict.value("a1", "network-uuids") == ["net1", "net0", "lan"]
    assert strict.value("a1", "network-uuid") == "net1"
    strict.xe("pif-network-remove uuid=a1 network-uuid=net0")
    assert strict.value("a1", "network-uuids") == ["net1", "lan"]


def test_a_pif_shows_the_networks_of_vlans_and_bonds_on_top_of_it(pool: NetworkPool) -> None:
    pool.add("vlan9", "network", bridge="xapi9")
    pool.make("v", "vlan-create pif-uuid=a1 vlan=9 network-uuid=vlan9")
    assert pool.value("a1", "network-uuids") == ["net1", "vlan9"]
    pool.make("bond", "bond-create network-uuid=lan pif-uuids=a1")
    assert pool.value("a1", "network-uuids") == ["net1", "lan"]
    assert pool.value("lan", "PIF-uuids") == [pool.value("bond", "master")]


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("pif-network-add uuid=a0 network-uuid=net0", ("NETWORK_ALREADY_CONNECTED", "xen1", "a0")),
        ("pif-network-add uuid=a0 network-uuid=lan", ("NETWORK_ALREADY_CONNECTED", "xen1", "a0")),
        ("pif-network-add uuid=a0 network-uuid=wild", ("NETWORK_UNMANAGED", "wild")),
        ("pif-network-add uuid=b1 network-uuid=lan", ("PIF_UNMANAGED", "b1")),
        ("pif-network-add uuid=a1 network-uuid=lan", ("CANNOT_PLUG_BOND_SLAVE", "a1")),
        ("pif-network-remove uuid=b0 network-uuid=lan", ("PIF_NOT_PRESENT", "xen2", "lan")),
        (
            "pif-network-remove uuid=a0 network-uuid=net0",
            ("OPERATION_NOT_ALLOWED", "A PIF cannot leave its own network"),
        ),
        ("pif-network-remove uuid=a0 network-uuid=lan", ("VIF_IN_USE", "lan", "vif")),
        ("network-destroy uuid=joined", ("NETWORK_CONTAINS_PIF", "a0")),
    ],
)
def test_what_joining_refuses(strict: NetworkPool, line: str, refusal: tuple[str, ...]) -> None:
    strict.add("wild", "network", bridge="br-wild", managed=False)
    strict.add("joined", "network", bridge="xapi7")
    strict.add("bonded", "network", bridge="xapi8")
    strict.change("b1", managed=False)
    strict.make("bond", "bond-create network-uuid=bonded pif-uuids=a1")
    strict.xe("pif-network-add uuid=a0 network-uuid=lan")
    strict.xe("pif-network-add uuid=a0 network-uuid=joined")
    strict.run_vm("web", "xen1")
    strict.add_vif("vif", "web", "lan", currently_attached=True)
    strict.assert_sound()
    assert strict.refusal(line) == refusal


def test_xapi_knows_no_joining() -> None:
    pool = NetworkPool("xapi")
    text = "Only the strict rules let a PIF join networks directly"
    assert pool.refusal("pif-network-add uuid=a1 network-uuid=lan") == ("OPERATION_NOT_ALLOWED", text)
    pool.change("a1", joined_network_uuids=[pool.named["lan"]["uuid"]])
    assert pool.unsound() == {("pif", "OPERATION_NOT_ALLOWED", text)}


@pytest.mark.parametrize(
    ("fields", "host", "pifs"),
    [
        ({"network_uuid": "net0"}, "xen1", ("a0", "a1")),
        ({"host_uuid": "xen2", "device": "eth5"}, "xen2", ("a1", "b1")),
        ({"network_uuid": "lan"}, "xen1", ()),
    ],
)
def test_a_network_has_one_pif_of_its_own_on_each_host(
    pool: NetworkPool, fields: dict[str, object], host: str, pifs: tuple[str, ...]
) -> None:
    pool.change("a1", **fields)
    assert pool.unsound() == {("pif", "NETWORK_ALREADY_CONNECTED", host, pif) for pif in pifs}


def test_two_networks_have_two_bridges(pool: NetworkPool) -> None:
    pool.change("lan", bridge="xenbr0")
    assert pool.unsound() == {("network", "BRIDGE_NAME_EXISTS", "xenbr0")}


def test_two_networks_without_a_bridge_are_found_step_by_step(pool: NetworkPool) -> None:
    pool.add("first", "network")
    assert pool.state.find("network", bridge="") == [pool.named["first"]]
    mark = pool.state.mark()
    pool.add("second", "network")
    with pool.refused() as refusal:
        verify(pool.state, pool.state.changes(mark))
    assert refusal() == ("BRIDGE_NAME_EXISTS", "")


def test_a_pif_does_not_join_its_own_network(strict: NetworkPool) -> None:
    strict.change("a1", joined_network_uuids=[strict.named["net1"]["uuid"]])
    assert strict.unsound() == {("pif", "NETWORK_ALREADY_CONNECTED", "xen1", "a1")}


def test_a_network_that_goes_leaves_no_reference(strict: NetworkPool) -> None:
    strict.change("a1", joined_network_uuids=[strict.named["lan"]["uuid"]])
    strict.state.delete(strict.named["lan"])
    strict.assert_sound()
    strict.state.delete(strict.named["net1"])
    assert {finding[:3] for finding in strict.unsound()} == {("pif", "HANDLE_INVALID", "network")}
