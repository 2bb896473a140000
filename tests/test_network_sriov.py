"""SR-IOV networks: what makes and destroys them, what they stand on, how many VIFs they carry, and what forbids it."""

import pytest
from network_pool import NetworkPool

from xe_py.errors import Failure
from xe_py.xapi.agility import is_agile
from xe_py.xapi.sriov import ranked

VSWITCH = {"network_backend": "openvswitch"}
NO_PLUGGING = ("OPERATION_NOT_ALLOWED", "Network SR-IOV VIF plug/unplug not allowed")
FUNCTIONS = 8


@pytest.fixture(params=["strict", "xapi"])
def pool(request: pytest.FixtureRequest) -> NetworkPool:
    """Besides the usual: `a2` and `b2` on `net2`, cards with virtual functions as `a1` and `b1`; `red`, `blue` and `bonds`."""
    pool = NetworkPool(request.param)
    pool.add("net2", "network", bridge="xenbr2")
    pool.add_card("a2", "xen1", "eth2", "net2")
    pool.add_card("b2", "xen2", "eth2", "net2")
    for number, name in enumerate(("red", "blue", "bonds"), 1):
        pool.add(name, "network", bridge=f"xapi{number}")
    for host in ("xen1", "xen2"):
        pool.change(host, software_version=VSWITCH)
    for pif in ("a1", "a2", "b1", "b2"):
        pool.change(pif, capabilities=["sriov"], vendor_id="8086", device_id="1572")
    return pool


def sriov(pool: NetworkPool, pif: str = "a1", network: str = "red") -> str:
    """An SR-IOV network on the card, called `sriov`; the name of its logical PIF."""
    made = pool.make("sriov", f"network-sriov-create pif-uuid={pif} network-uuid={network}")
    pool.named["logical"] = pool.state.ref(made, "logical-PIF")
    return "logical"


def test_an_sriov_network_has_a_pif_of_its_own(pool: NetworkPool) -> None:
    pool.change("red", MTU=9000)
    logical = sriov(pool)
    shown = {field: pool.value(logical, field) for field in ("device", "VLAN", "physical", "currently-attached", "MTU")}
    assert shown == {"device": "eth1", "VLAN": -1, "physical": False, "currently-attached": True, "MTU": 1500}
    assert (pool.value(logical, "MAC"), pool.value(logical, "properties")) == ("fe:ff:ff:ff:ff:ff", {})
    assert (pool.value("sriov", "physical-PIF"), pool.value("sriov", "logical-PIF")) == ("a1", logical)
    assert (pool.value("sriov", "requires-reboot"), pool.value("sriov", "configuration-mode")) == (False, "sysfs")
    assert (pool.value("a1", "sriov-physical-PIF-of"), pool.value("a1", "sriov-logical-PIF-of")) == (["sriov"], [])
    assert (pool.value(logical, "sriov-physical-PIF-of"), pool.value(logical, "sriov-logical-PIF-of")) == (
        [],
        ["sriov"],
    )
    assert pool.value("a1", "network-uuids") == ["net1", "red"]


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("pif-uuid=b1 network-uuid=red", ("HOST_OFFLINE", "xen2")),
        ("pif-uuid=a2 network-uuid=wild", ("NETWORK_UNMANAGED", "wild")),
        ("pif-uuid=wild-pif network-uuid=blue", ("PIF_UNMANAGED", "wild-pif")),
        ("pif-uuid=logical network-uuid=blue", ("PIF_IS_NOT_PHYSICAL", "logical")),
        ("pif-uuid=a1 network-uuid=blue", ("NETWORK_SRIOV_ALREADY_ENABLED", "a1")),
        ("pif-uuid=a0 network-uuid=net0", ("PIF_IS_NOT_SRIOV_CAPABLE", "a0")),
        ("pif-uuid=a2 network-uuid=net0", ("NETWORK_ALREADY_CONNECTED", "xen1", "a0")),
        ("pif-uuid=a2 network-uuid=there", ("NETWORK_INCOMPATIBLE_WITH_SRIOV", "there")),
        ("pif-uuid=a2 network-uuid=other", ("NETWORK_HAS_INCOMPATIBLE_SRIOV_PIFS", "a2", "other")),
    ],
)
def test_what_making_an_sriov_network_refuses(pool: NetworkPool, words: str, refusal: tuple[str, ...]) -> None:
    pool.add("wild", "network", bridge="br-wild", managed=False)
    for number, (name, host) in enumerate((("wild-pif", "xen1"), ("card", "xen2"), ("plain", "xen2")), 3):
        pool.add(f"net{number}", "network", bridge=f"xenbr{number}")
        pool.add_card(name, host, f"eth{number}", f"net{number}")
    pool.change("wild-pif", managed=False)
    pool.change("card", capabilities=["sriov"], vendor_id="8086", device_id="ffff")
    pool.add("there", "network", bridge="xapi7")
    pool.add("other", "network", bridge="xapi8")
    pool.make("v", "vlan-create pif-uuid=plain vlan=5 network-uuid=there")
    pool.xe("network-sriov-create pif-uuid=card network-uuid=other")
    sriov(pool)
    pool.change("xen2", host_metrics_live="b1" not in words)
    assert pool.refusal(f"network-sriov-create {words}") == refusal


def test_a_network_has_cards_of_one_model_on_all_hosts(pool: NetworkPool) -> None:
    sriov(pool)
    pool.xe("network-sriov-create pif-uuid=b1 network-uuid=red")
    assert pool.state.count("network-sriov") == 2


def test_an_sriov_network_is_destroyed_with_its_pif(pool: NetworkPool) -> None:
    sriov(pool)
    pool.xe("network-sriov-destroy uuid=sriov")
    assert pool.gone() == {"sriov", "logical"}


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("network-sriov-destroy uuid=sriov", ("PIF_VLAN_STILL_EXISTS", "logical")),
        ("network-sriov-destroy uuid=second", ("VIF_IN_USE", "blue", "vif")),
        ("pif-unplug uuid=a2", ("VIF_IN_USE", "blue", "vif")),
        ("pif-forget uuid=logical", ("PIF_VLAN_STILL_EXISTS", "logical")),
        ("pif-forget uuid=logical2", ("CANNOT_FORGET_SRIOV_LOGICAL", "logical2")),
        ("pif-forget uuid=a1", ("PIF_SRIOV_STILL_EXISTS", "a1")),
        ("tunnel-create pif-uuid=a1 network-uuid=far", ("NETWORK_INCOMPATIBLE_WITH_TUNNEL", "far")),
        ("tunnel-create pif-uuid=logical network-uuid=bonds", ("CANNOT_ADD_TUNNEL_TO_SRIOV_LOGICAL", "logical")),
        ("tunnel-create pif-uuid=v network-uuid=bonds", ("CANNOT_ADD_TUNNEL_TO_VLAN_ON_SRIOV_LOGICAL", "v")),
        ("bond-create pif-uuids=a1 network-uuid=far", ("NETWORK_INCOMPATIBLE_WITH_BOND", "far")),
        ("bond-create pif-uuids=logical network-uuid=bonds", ("PIF_IS_SRIOV_LOGICAL", "logical")),
        ("vlan-create pif-uuid=a1 vlan=9 network-uuid=far", ("NETWORK_INCOMPATIBLE_WITH_VLAN_ON_BRIDGE", "far")),
        (
            "vlan-create pif-uuid=a1 vlan=9 network-uuid=tagged-b",
            ("NETWORK_INCOMPATIBLE_WITH_VLAN_ON_BRIDGE", "tagged-b"),
        ),
        ("vlan-create pif-uuid=logical vlan=9 network-uuid=far", ("NETWORK_INCOMPATIBLE_WITH_VLAN_ON_SRIOV", "far")),
        (
            "vlan-create pif-uuid=logical vlan=9 network-uuid=plain",
            ("NETWORK_INCOMPATIBLE_WITH_VLAN_ON_SRIOV", "plain"),
        ),
        (
            "vlan-create pif-uuid=logical vlan=9 network-uuid=tagged-b",
            ("NETWORK_HAS_INCOMPATIBLE_VLAN_ON_SRIOV_PIFS", "logical", "tagged-b"),
        ),
        ("vlan-create pif-uuid=logical vlan=5 network-uuid=bonds", ("PIF_VLAN_EXISTS", "eth1")),
    ],
)
def test_what_an_sriov_network_forbids(pool: NetworkPool, line: str, refusal: tuple[str, ...]) -> None:
    for number, name in enumerate(("far", "tagged", "tagged-b", "plain"), 5):
        pool.add(name, "network", bridge=f"xapi{number}")
    made = pool.make("second", "network-sriov-create pif-uuid=a2 network-uuid=blue")
    pool.named["logical2"] = pool.state.ref(made, "logical-PIF")
    sriov(pool)
    pool.make("v", "vlan-create pif-uuid=logical vlan=5 network-uuid=tagged")
    pool.make("plain-vlan", "vlan-create pif-uuid=b2 vlan=5 network-uuid=plain")
    pool.change("b1", device_id="ffff")
    other = pool.make("other", "network-sriov-create pif-uuid=b1 network-uuid=far")
    pool.named["logical-b"] = pool.state.ref(other, "logical-PIF")
    pool.make("v-b", "vlan-create pif-uuid=logical-b vlan=5 network-uuid=tagged-b")
    pool.run_vm("web", "xen1")
    pool.add_vif("vif", "web", "blue", currently_attached=True)
    pool.xe("pif-reconfigure-ip uuid=a1 mode=dhcp")
    pool.assert_sound()
    assert pool.refusal(line) == refusal


def test_a_tag_may_stand_on_the_card_and_on_its_sriov_network(pool: NetworkPool) -> None:
    sriov(pool)
    pool.make("v", "vlan-create pif-uuid=logical vlan=5 network-uuid=blue")
    pool.make("w", "vlan-create pif-uuid=a1 vlan=5 network-uuid=lan")
    assert [(pool.value(pif, "device"), pool.value(pif, "VLAN")) for pif in ("v", "w")] == [("eth1", 5), ("eth1", 5)]


def attached(pool: NetworkPool, *pifs: str) -> list[object]:
    return [pool.value(pif, "currently-attached") for pif in pifs]


def test_an_sriov_network_goes_up_and_down_with_its_card_and_its_vlans_with_it(pool: NetworkPool) -> None:
    sriov(pool)
    pool.make("v", "vlan-create pif-uuid=logical vlan=5 network-uuid=blue")
    assert attached(pool, "a1", "logical", "v") == [True, True, True]
    pool.change("sriov", requires_reboot=True)
    pool.xe("pif-unplug uuid=a1")
    assert attached(pool, "a1", "logical", "v") == [False, False, False]
    assert pool.value("sriov", "requires-reboot") is False
    pool.xe("pif-plug uuid=v")
    assert attached(pool, "a1", "logical", "v") == [True, True, True]
    pool.xe("pif-unplug uuid=logical")
    assert attached(pool, "a1", "logical", "v") == [True, False, False]


def test_the_mode_of_virtual_functions_stays(pool: NetworkPool) -> None:
    sriov(pool)
    pool.change("sriov", configuration_mode="manual")
    pool.xe("pif-plug uuid=logical")
    assert pool.value("sriov", "configuration-mode") == "manual"


def test_a_card_in_a_bond_may_have_an_sriov_network(pool: NetworkPool) -> None:
    bond = pool.make("bond", "bond-create network-uuid=bonds pif-uuids=a1,a2")
    pool.named["master"] = pool.state.ref(bond, "master")
    pool.xe("pif-unplug uuid=master")
    sriov(pool)
    assert attached(pool, "a1", "a2", "master", "logical") == [False, False, True, True]
    pool.xe("pif-unplug uuid=master")
    assert attached(pool, "a1", "master", "logical") == [False, False, False]
    pool.xe("pif-plug uuid=a1")
    assert attached(pool, "a1", "master", "logical") == [False, True, False]
    assert pool.refusal("pif-plug uuid=a2") == ("CANNOT_PLUG_BOND_SLAVE", "a2")


@pytest.mark.parametrize("network", ["red", "blue"])
def test_vifs_are_virtual_functions(pool: NetworkPool, network: str) -> None:
    sriov(pool)
    pool.make("v", "vlan-create pif-uuid=logical vlan=5 network-uuid=blue")
    for number in range(FUNCTIONS):
        pool.add_vif(f"vif{number}", "web", network, currently_attached=number > 0)
        assert pool.value("sriov", "remaining-capacity") == FUNCTIONS
    pool.run_vm("web", "xen1")
    assert pool.value("sriov", "remaining-capacity") == 1
    assert pool.refusal("vif-plug uuid=vif0") == NO_PLUGGING
    assert pool.refusal("vif-unplug uuid=vif1") == NO_PLUGGING
    assert pool.value("vif0", "allowed-operations") == ["attach"]
    pool.add("other", "vm")
    pool.add_vif("first", "other", network)
    pool.change("xen2", enabled=False)
    assert pool.value("other", "possible-hosts") == ["xen1"]
    pool.add_vif("one-more", "other", network)
    assert pool.value("other", "possible-hosts") == []


@pytest.mark.parametrize("up", [True, False])
def test_a_vm_starts_where_virtual_functions_are_free(pool: NetworkPool, up: bool) -> None:
    sriov(pool)
    pool.add_vif("vif", "web", "red")
    if not up:
        pool.xe("pif-unplug uuid=logical")
        assert pool.value("sriov", "remaining-capacity") == 0
        assert pool.refusal("vm-start vm=web on=xen1") == ("NETWORK_SRIOV_INSUFFICIENT_CAPACITY", "red")
        return
    pool.xe("vm-start vm=web on=xen1")
    assert pool.value("sriov", "remaining-capacity") == FUNCTIONS - 1


def test_a_vm_with_a_virtual_function_depends_on_a_host(pool: NetworkPool) -> None:
    sriov(pool)
    pool.add_vif("vif", "web", "red")
    assert [failure.code for failure in is_agile(pool.state, pool.named["web"])] == [
        *("HA_CONSTRAINT_VIOLATION_NETWORK_NOT_SHARED", "VM_HAS_SRIOV_VIF")
    ]
    pool.xe("network-sriov-create pif-uuid=b1 network-uuid=red")
    (failure,) = is_agile(pool.state, pool.named["web"])
    assert (failure.code, failure.values) == ("VM_HAS_SRIOV_VIF", (pool.named["web"],))


def test_the_pif_of_an_sriov_network_has_no_properties(pool: NetworkPool) -> None:
    with pool.refused() as refusal:
        pool.param_set(sriov(pool), properties={"gro": "on"})
    assert refusal() == ("CANNOT_CHANGE_PIF_PROPERTIES", "logical")


# What holds whoever wrote it


@pytest.mark.parametrize(
    ("changes", "unsound"),
    [
        (
            {"logical": {"device": "eth8"}, "v": {"device": "eth8"}},
            {("network-sriov", "PIF_CONFIGURATION_ERROR", "logical", "its device is not the same as on the PIF below")},
        ),
        ({"sriov": {"physical_PIF": "logical"}}, {("network-sriov", "PIF_IS_NOT_PHYSICAL", "logical")}),
        (
            {"logical": {"bond_slave_of": "bond", "currently_attached": False}},
            {("bond", "PIF_IS_SRIOV_LOGICAL", "logical"), ("vlan", "CANNOT_ADD_VLAN_TO_BOND_SLAVE", "logical")},
        ),
        ({"tunnel": {"transport_PIF": "logical"}}, {("tunnel", "CANNOT_ADD_TUNNEL_TO_SRIOV_LOGICAL", "logical")}),
        ({"tunnel": {"transport_PIF": "v"}}, {("tunnel", "CANNOT_ADD_TUNNEL_TO_VLAN_ON_SRIOV_LOGICAL", "v")}),
        (
            {"b1": {"host_uuid": "xen1", "device": "eth1", "network_uuid": "bare"}},
            {("pif", "DUPLICATE_PIF_DEVICE_NAME", "eth1")},
        ),
    ],
)
def test_what_an_edited_sriov_network_breaks(
    pool: NetworkPool, changes: dict[str, dict[str, object]], unsound: set[tuple[str, ...]]
) -> None:
    pool.add("bare", "network", bridge="xapi7")
    pool.add("tunnelled", "network", bridge="xapi8")
    pool.xe("pif-reconfigure-ip uuid=a0 mode=static IP=10.0.0.1 netmask=255.0.0.0")
    pool.make("access", "tunnel-create pif-uuid=a0 network-uuid=tunnelled")
    pool.named["tunnel"] = pool.tunnel_below("access")
    pool.make("bond", "bond-create pif-uuids=a2 network-uuid=bonds")
    sriov(pool)
    pool.make("v", "vlan-create pif-uuid=logical vlan=5 network-uuid=blue")
    for name, fields in changes.items():
        pool.change(name, **fields)
    assert pool.unsound() == unsound


def test_each_card_and_each_pif_has_one_sriov_network(pool: NetworkPool) -> None:
    sriov(pool)
    pool.add("second", "network-sriov", physical_PIF="a1", logical_PIF="logical")
    assert pool.unsound() == {
        ("network-sriov", "NETWORK_SRIOV_ALREADY_ENABLED", "a1"),
        ("network-sriov", "PIF_IS_SRIOV_LOGICAL", "logical"),
    }


def test_hosts_with_most_functions_come_first_and_those_where_it_is_down_last(pool: NetworkPool) -> None:
    with pytest.raises(Failure, match="NETWORK_SRIOV_INSUFFICIENT_CAPACITY"):
        ranked(pool.state, pool.named["red"])
    logical = sriov(pool)
    assert [[host.name for host in group] for group in ranked(pool.state, pool.named["red"])] == [["xen1"]]
    pool.change(logical, currently_attached=False)
    assert [[host.name for host in group] for group in ranked(pool.state, pool.named["red"])] == [["xen1"]]
