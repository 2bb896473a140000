"""Tunnels: what makes and destroys them, what they go up and down with, and what forbids it."""

import pytest
from network_pool import NetworkPool

VSWITCH = {"network_backend": "openvswitch"}


@pytest.fixture(params=["strict", "xapi"])
def pool(request: pytest.FixtureRequest) -> NetworkPool:
    """Besides the usual: `a2` on `net2`, the networks `red` and `blue` without PIFs, an address for `a1`."""
    pool = NetworkPool(request.param)
    pool.add("net2", "network", bridge="xenbr2")
    pool.add_card("a2", "xen1", "eth2", "net2")
    pool.add("red", "network", bridge="xapi1")
    pool.add("blue", "network", bridge="xapi2")
    for host in ("xen1", "xen2"):
        pool.change(host, software_version=VSWITCH)
    pool.xe("pif-reconfigure-ip uuid=a1 mode=static IP=10.1.0.1 netmask=255.0.0.0")
    return pool


def tunnel(pool: NetworkPool, pif: str = "a1", network: str = "red") -> str:
    """A tunnel over the PIF, called `tunnel`; the name of its access PIF."""
    pool.make("access", f"tunnel-create pif-uuid={pif} network-uuid={network}")
    pool.named["tunnel"] = pool.tunnel_below("access")
    return "access"


def test_a_tunnel_has_a_pif_of_its_own(pool: NetworkPool) -> None:
    pool.change("red", MTU=1450)
    access = tunnel(pool)
    shown = {field: pool.value(access, field) for field in ("device", "VLAN", "physical", "currently-attached", "MTU")}
    assert shown == {"device": "tunnel0", "VLAN": -1, "physical": False, "currently-attached": True, "MTU": 1450}
    assert pool.value(access, "MAC")[1] in "26ae"
    assert (pool.value("tunnel", "transport-PIF"), pool.value("tunnel", "access-PIF")) == ("a1", access)
    assert (pool.value("tunnel", "protocol"), pool.value("tunnel", "status")) == ("gre", {"active": "false"})
    assert (pool.value(access, "tunnel-access-PIF-of"), pool.value("a1", "tunnel-access-PIF-of")) == (["tunnel"], [])
    assert pool.value("a1", "tunnel-transport-PIF-of") == ["tunnel"]
    assert pool.value("a1", "network-uuids") == ["net1", "red"]


@pytest.mark.parametrize(("word", "protocol"), [("vxlan", "vxlan"), ("GRE", "gre")])
def test_a_tunnel_has_a_protocol(pool: NetworkPool, word: str, protocol: str) -> None:
    pool.make("access", f"tunnel-create pif-uuid=a1 network-uuid=red protocol={word}")
    assert pool.tunnel_below("access")["protocol"] == protocol


def test_tunnels_of_a_host_have_numbers(pool: NetworkPool) -> None:
    tunnel(pool)
    assert pool.xe("tunnel-create pif-uuid=a1 network-uuid=blue")["device"] == "tunnel1"
    pool.xe("pif-reconfigure-ip uuid=b1 mode=dhcp")
    assert pool.xe("tunnel-create pif-uuid=b1 network-uuid=blue")["device"] == "tunnel0"


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("pif-uuid=off network-uuid=red", ("HOST_OFFLINE", "xen2")),
        ("pif-uuid=a1 network-uuid=wild", ("NETWORK_UNMANAGED", "wild")),
        ("pif-uuid=a1 network-uuid=net0", ("NETWORK_ALREADY_CONNECTED", "xen1", "a0")),
        ("pif-uuid=wild-pif network-uuid=red", ("PIF_UNMANAGED", "wild-pif")),
        ("pif-uuid=a2 network-uuid=red", ("CANNOT_ADD_TUNNEL_TO_BOND_SLAVE", "a2")),
        ("pif-uuid=access network-uuid=red", ("IS_TUNNEL_ACCESS_PIF", "access")),
        ("pif-uuid=master network-uuid=red", ("TRANSPORT_PIF_NOT_CONFIGURED", "master")),
        ("pif-uuid=a1 network-uuid=red protocol=ipip", ("Error: Expected one of 'gre', 'vxlan', got ipip",)),
    ],
)
def test_what_making_a_tunnel_refuses(pool: NetworkPool, words: str, refusal: tuple[str, ...]) -> None:
    pool.add("wild", "network", bridge="br-wild", managed=False)
    pool.add("net3", "network", bridge="xenbr3")
    pool.add_card("wild-pif", "xen1", "eth3", "net3")
    pool.change("wild-pif", managed=False)
    bond = pool.make("bond", "bond-create network-uuid=lan pif-uuids=a2")
    pool.named["master"] = pool.state.ref(bond, "master")
    tunnel(pool, network="blue")
    pool.named["off"] = pool.named["b1"]
    pool.change("xen2", host_metrics_live=False)
    assert pool.refusal(f"tunnel-create {words}") == refusal


@pytest.mark.parametrize("version", [{}, {"network_backend": "bridge"}])
def test_all_hosts_need_a_virtual_switch(pool: NetworkPool, version: dict[str, str]) -> None:
    pool.change("xen2", software_version=version)
    assert pool.refusal("tunnel-create pif-uuid=a1 network-uuid=red") == ("OPENVSWITCH_NOT_ACTIVE",)
    pool.xe("pif-reconfigure-ip uuid=a1 mode=none")
    assert pool.refusal("tunnel-create pif-uuid=a1 network-uuid=red") == ("OPENVSWITCH_NOT_ACTIVE",)


def test_a_tunnel_is_destroyed_with_its_pif(pool: NetworkPool) -> None:
    tunnel(pool)
    pool.xe("tunnel-destroy uuid=tunnel")
    assert pool.gone() == {"tunnel", "access"}


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("tunnel-destroy uuid=tunnel", ("VIF_IN_USE", "red", "vif")),
        ("pif-unplug uuid=access", ("VIF_IN_USE", "red", "vif")),
        ("pif-unplug uuid=a1", ("VIF_IN_USE", "red", "vif")),
        ("pif-forget uuid=a1", ("PIF_TUNNEL_STILL_EXISTS", "a1")),
        ("pif-forget uuid=access", ("PIF_TUNNEL_STILL_EXISTS", "access")),
        ("vlan-create pif-uuid=access vlan=5 network-uuid=blue", ("IS_TUNNEL_ACCESS_PIF", "access")),
        ("bond-create pif-uuids=a2,access network-uuid=blue", ("IS_TUNNEL_ACCESS_PIF", "access")),
    ],
)
def test_what_a_tunnel_forbids(pool: NetworkPool, line: str, refusal: tuple[str, ...]) -> None:
    tunnel(pool)
    pool.run_vm("web", "xen1")
    pool.add_vif("vif", "web", "red", currently_attached=True)
    pool.assert_sound()
    assert pool.refusal(line) == refusal


def test_the_pif_of_a_tunnel_has_no_properties(pool: NetworkPool) -> None:
    tunnel(pool)
    with pool.refused() as refusal:
        pool.param_set("access", properties={"gro": "on"})
    assert refusal() == ("CANNOT_CHANGE_PIF_PROPERTIES", "access")


def test_a_tunnel_goes_up_and_down_with_its_transport(pool: NetworkPool) -> None:
    tunnel(pool)
    pool.xe("pif-unplug uuid=a1")
    assert [pool.value(pif, "currently-attached") for pif in ("a1", "access")] == [False, False]
    pool.xe("pif-plug uuid=a1")
    assert [pool.value(pif, "currently-attached") for pif in ("a1", "access")] == [True, False]
    pool.xe("pif-unplug uuid=a1")
    pool.xe("pif-plug uuid=access")
    assert [pool.value(pif, "currently-attached") for pif in ("a1", "access")] == [True, True]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"IP_configuration_mode": "None", "IP": "", "netmask": ""}, ("TRANSPORT_PIF_NOT_CONFIGURED", "a1")),
        ({"managed": False}, ("PIF_UNMANAGED", "a1")),
    ],
)
def test_a_tunnel_needs_its_transport(pool: NetworkPool, changes: dict[str, object], refusal: tuple[str, ...]) -> None:
    tunnel(pool)
    pool.xe("pif-unplug uuid=a1")
    pool.change("a1", **changes)
    assert pool.refusal("pif-plug uuid=access") == refusal


@pytest.mark.parametrize("up", [True, False])
def test_tunnels_move_to_the_bond_and_back(pool: NetworkPool, up: bool) -> None:
    pool.make("vlan", "vlan-create pif-uuid=a2 vlan=9 network-uuid=lan")
    pool.xe("pif-reconfigure-ip uuid=vlan mode=dhcp")
    pool.make("on-vlan", "tunnel-create pif-uuid=vlan network-uuid=blue")
    tunnel(pool)
    if not up:
        pool.xe("pif-unplug uuid=access")
    pool.add("bonds", "network", bridge="xapi7")
    bond = pool.make("bond", "bond-create network-uuid=bonds pif-uuids=a1,a2")
    assert {"access", "tunnel", "on-vlan"} <= pool.gone()
    for transports in ([pool.state.ref(bond, "master")], [pool.named["a1"]]):
        (moved,) = pool.state.find("pif", network_uuid=pool.named["red"]["uuid"])
        pool.named["moved"] = moved
        assert pool.tunnel_below("moved")["transport-PIF"] == transports[0]["uuid"]
        assert moved["currently-attached"] is up
        (other,) = pool.state.find("pif", network_uuid=pool.named["blue"]["uuid"])
        pool.named["other"] = other
        assert pool.state.ref(pool.tunnel_below("other"), "transport-PIF")["VLAN"] == 9
        if pool.state.get("bond", bond["uuid"]):
            pool.xe("bond-destroy uuid=bond")


@pytest.mark.parametrize("line", ["vlan-destroy uuid=vlan", "pif-db-forget uuid=vlan", "pif-db-forget uuid=a2"])
def test_a_tunnel_goes_with_what_it_stands_on(pool: NetworkPool, line: str) -> None:
    pool.make("vlan", "vlan-create pif-uuid=a2 vlan=9 network-uuid=blue")
    pool.xe("pif-reconfigure-ip uuid=vlan mode=dhcp")
    tunnel(pool, "vlan")
    pool.xe(line)
    assert {"vlan", "access", "tunnel"} <= pool.gone()


# What holds whoever wrote it


@pytest.mark.parametrize(
    ("changes", "unsound"),
    [
        (
            {"access": {"host_uuid": "xen2"}},
            {("tunnel", "PIF_CONFIGURATION_ERROR", "access", "its host-uuid is not the same as on the PIF below")},
        ),
        ({"tunnel": {"transport_PIF": "access"}}, {("tunnel", "IS_TUNNEL_ACCESS_PIF", "access")}),
        ({"tunnel": {"transport_PIF": "member"}}, {("tunnel", "CANNOT_ADD_TUNNEL_TO_BOND_SLAVE", "member")}),
        (
            {"second": {"access_PIF": "access"}},
            {("tunnel", "IS_TUNNEL_ACCESS_PIF", "access"), ("pif", "PIF_CONFIGURATION_ERROR", "other")},
        ),
        (
            {"access": {"bond_slave_of": "bond", "currently_attached": False}},
            {("bond", "IS_TUNNEL_ACCESS_PIF", "access")},
        ),
        ({"access": {"physical": True}}, {("pif", "PIF_CONFIGURATION_ERROR", "access")}),
    ],
)
def test_what_an_edited_tunnel_breaks(
    pool: NetworkPool, changes: dict[str, dict[str, object]], unsound: set[tuple[str, ...]]
) -> None:
    tunnel(pool)
    pool.make("other", "tunnel-create pif-uuid=a1 network-uuid=blue")
    pool.named["second"] = pool.tunnel_below("other")
    pool.add("net3", "network", bridge="xenbr3")
    pool.add_card("member", "xen1", "eth3", "net3")
    pool.make("bond", "bond-create network-uuid=lan pif-uuids=member")
    for name, fields in changes.items():
        pool.change(name, **fields)
    kinds = {"it must be exactly one of these: physical, or the PIF of a VLAN, a bond, a tunnel or an SR-IOV network"}
    assert {tuple(each for each in found if each not in kinds) for found in pool.unsound()} == unsound
