"""PIFs: finding them, bringing them up and down, their addresses, and what forbids it."""

import pytest
from network_pool import NetworkPool

MAC = "00:16:3e:00:00:09"
MANAGEMENT = {"management": True, "IP_configuration_mode": "DHCP"}
ONE_VLAN = "it has a VLAN tag but no VLAN object, or a VLAN object but no tag"
ONE_KIND = "it must be exactly one of these: physical, or the PIF of a VLAN, a bond, a tunnel or an SR-IOV network"


@pytest.fixture(params=["strict", "xapi"])
def pool(request: pytest.FixtureRequest) -> NetworkPool:
    pool = NetworkPool(request.param)
    pool.change("xen1", nics={"eth2": MAC.upper(), "eth3": "00:16:3e:00:00:0a"})
    return pool


# Finding


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("device=eth0 mac=nonsense", ("MAC_INVALID", "nonsense")),
        ("device=eth9", ("MAC_INVALID", "")),
        ("device=eth0", ("DUPLICATE_PIF_DEVICE_NAME", "eth0")),
        (
            f"device=eth3 mac={MAC}",
            ("COULD_NOT_FIND_NETWORK_INTERFACE_WITH_SPECIFIED_DEVICE_NAME_AND_MAC_ADDRESS", "eth3", MAC),
        ),
    ],
)
def test_what_introducing_refuses(pool: NetworkPool, words: str, refusal: tuple[str, ...]) -> None:
    assert pool.refusal(f"pif-introduce host-uuid=xen1 {words}") == refusal


@pytest.mark.parametrize("mac", ["", f" mac={MAC}", f" mac={MAC.upper()}"])
def test_an_introduced_pif_has_the_network_of_its_device(pool: NetworkPool, mac: str) -> None:
    pool.make("a2", f"pif-introduce host-uuid=xen1 device=eth2{mac}")
    assert pool.value("a2", "MAC") == MAC
    assert pool.value("a2", "currently-attached") is False
    assert pool.value("a2", "network-name-label") == "Pool-wide network associated with eth2"
    network = pool.state.ref(pool.named["a2"], "network-uuid")
    assert network["bridge"] == "xenbr2"
    pool.change("xen2", nics={"eth2": "00:16:3e:00:00:0b", "weird": "00:16:3e:00:00:0c"})
    pool.make("b2", "pif-introduce host-uuid=xen2 device=eth2")
    assert pool.state.ref(pool.named["b2"], "network-uuid") is network
    pool.make("b3", "pif-introduce host-uuid=xen2 device=weird managed=false")
    network = pool.state.ref(pool.named["b3"], "network-uuid")
    assert (network["bridge"], network["managed"], pool.value("b3", "managed")) == ("brweird", False, False)


def test_a_pif_that_finds_its_network_taken_gets_another(pool: NetworkPool) -> None:
    pool.add("net2", "network", bridge="xenbr2")
    pool.make("v", "vlan-create pif-uuid=a1 vlan=5 network-uuid=net2")
    pool.make("a2", "pif-introduce host-uuid=xen1 device=eth2")
    assert pool.state.ref(pool.named["a2"], "network-uuid")["bridge"] == "xapi1"


def test_scanning_finds_what_was_forgotten(pool: NetworkPool) -> None:
    pool.xe("pif-scan host-uuid=xen1")
    assert [pif["device"] for pif in pool.state.find("pif", host_uuid=pool.named["xen1"]["uuid"])] == [
        *("eth0", "eth1", "eth2", "eth3")
    ]
    mac = pool.value("a1", "MAC")
    pool.xe("pif-forget uuid=a1")
    pool.xe("pif-scan host-uuid=xen1")
    found = pool.state.find("pif", host_uuid=pool.named["xen1"]["uuid"], device="eth1")
    assert [pif["MAC"] for pif in found] == [mac]
    assert found[0]["network-uuid"] == pool.named["net1"]["uuid"]
    pool.xe("pif-scan host-uuid=xen1")
    assert pool.state.count("pif") == 6


@pytest.mark.parametrize(
    ("pif", "refusal"),
    [
        ("a0", ("PIF_IS_MANAGEMENT_INTERFACE", "a0")),
        ("a2", ("PIF_ALREADY_BONDED", "a2")),
        ("master", ("PIF_ALREADY_BONDED", "master")),
        ("a1", ("PIF_VLAN_STILL_EXISTS", "a1")),
        ("untagged", ("PIF_VLAN_STILL_EXISTS", "untagged")),
    ],
)
def test_what_forgetting_refuses(pool: NetworkPool, pif: str, refusal: tuple[str, ...]) -> None:
    pool.make("a2", "pif-introduce host-uuid=xen1 device=eth2")
    pool.add("bonds", "network", bridge="xapi1")
    bond = pool.make("bond", "bond-create network-uuid=bonds pif-uuids=a2")
    pool.named["master"] = pool.state.ref(bond, "master")
    pool.make("untagged", "vlan-create pif-uuid=a1 vlan=5 network-uuid=lan")
    assert pool.refusal(f"pif-forget uuid={pif}") == refusal


# Up and down


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("pif-plug uuid=wild", ("PIF_UNMANAGED", "wild")),
        ("pif-plug uuid=a2", ("CANNOT_PLUG_BOND_SLAVE", "a2")),
        ("pif-unplug uuid=wild", ("PIF_UNMANAGED", "wild")),
        ("pif-unplug uuid=a0", ("PIF_IS_MANAGEMENT_INTERFACE", "a0")),
        ("pif-unplug uuid=a1", ("VIF_IN_USE", "net1", "vif")),
        ("pif-unplug uuid=b1", ("PIF_DOES_NOT_ALLOW_UNPLUG", "b1")),
        ("pif-set-primary-address-type uuid=a0 primary_address_type=ipv6", ("PIF_IS_MANAGEMENT_INTERFACE", "a0")),
    ],
)
def test_what_bringing_up_and_down_refuses(pool: NetworkPool, line: str, refusal: tuple[str, ...]) -> None:
    pool.make("wild", "pif-introduce host-uuid=xen1 device=eth3 managed=false")
    pool.make("a2", "pif-introduce host-uuid=xen1 device=eth2")
    pool.add("bonds", "network", bridge="xapi1")
    pool.make("bond", "bond-create network-uuid=bonds pif-uuids=a2")
    pool.run_vm("web", "xen1")
    pool.add_vif("vif", "web", "net1", currently_attached=True)
    pool.change("b1", disallow_unplug=True)
    pool.assert_sound()
    assert pool.refusal(line) == refusal


@pytest.mark.parametrize(("snooping", "status"), [(False, "disabled"), (True, "enabled")])
def test_a_pif_comes_up_as_its_network_wants_it(pool: NetworkPool, snooping: bool, status: str) -> None:
    pool.change("pool", igmp_snooping_enabled=snooping)
    pool.change("net1", MTU=9000)
    pool.xe("pif-unplug uuid=a1")
    assert (pool.value("a1", "currently-attached"), pool.value("a1", "MTU")) == (False, 1500)
    pool.xe("pif-plug uuid=a1")
    assert (pool.value("a1", "currently-attached"), pool.value("a1", "MTU")) == (True, 9000)
    assert pool.value("a1", "igmp-snooping-status") == status
    pool.xe("pif-set-primary-address-type uuid=a1 primary_address_type=ipv6")
    assert pool.value("a1", "primary-address-type") == "IPv6"


# Addresses


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("uuid=a1 mode=Static", ("INVALID_IP_ADDRESS_SPECIFIED", "IP")),
        ("uuid=a1 mode=Static IP=10.0.0.300", ("INVALID_IP_ADDRESS_SPECIFIED", "IP")),
        ("uuid=a1 mode=Static IP=10.0.0.3", ("INVALID_IP_ADDRESS_SPECIFIED", "netmask")),
        ("uuid=a1 mode=DHCP gateway=nowhere", ("INVALID_IP_ADDRESS_SPECIFIED", "gateway")),
        ("uuid=a0 mode=none", ("PIF_IS_MANAGEMENT_INTERFACE", "a0")),
        ("uuid=b1 mode=DHCP", ("PIF_UNMANAGED", "b1")),
        ("uuid=a1 mode=sometimes", ("Error: Expected one of 'none', 'dhcp', 'static', got sometimes",)),
    ],
)
def test_what_setting_an_address_refuses(pool: NetworkPool, words: str, refusal: tuple[str, ...]) -> None:
    pool.change("b1", managed=False)
    assert pool.refusal(f"pif-reconfigure-ip {words}") == refusal


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("uuid=a1 mode=Static IPv6=fd00::3", ("INVALID_CIDR_ADDRESS_SPECIFIED", "IPv6")),
        ("uuid=a1 mode=Static IPv6=fd00::3/129", ("INVALID_CIDR_ADDRESS_SPECIFIED", "IPv6")),
        ("uuid=a1 mode=Static gateway=10.0.0.1", ("INVALID_IP_ADDRESS_SPECIFIED", "gateway")),
        ("uuid=a0 mode=none", ("PIF_IS_MANAGEMENT_INTERFACE", "a0")),
        ("uuid=b1 mode=DHCP", ("PIF_UNMANAGED", "b1")),
    ],
)
def test_what_setting_an_ipv6_address_refuses(pool: NetworkPool, words: str, refusal: tuple[str, ...]) -> None:
    pool.change("b1", managed=False)
    pool.change("a0", primary_address_type="IPv6", IPv6_configuration_mode="Autoconf")
    assert pool.refusal(f"pif-reconfigure-ipv6 {words}") == refusal


def test_a_pif_gets_the_address_it_is_given_or_one_by_dhcp(pool: NetworkPool) -> None:
    fields = ("IP-configuration-mode", "IP", "netmask", "gateway", "DNS")
    pool.xe("pif-reconfigure-ip uuid=a1 mode=static IP=10.1.0.1 netmask=255.0.0.0 DNS=10.0.0.53,nonsense")
    assert [pool.value("a1", field) for field in fields] == ["Static", "10.1.0.1", "255.0.0.0", "", "10.0.0.53"]
    pool.xe("pif-reconfigure-ipv6 uuid=a1 mode=static IPv6=fd00::1/64 gateway=fd00::ff DNS=fd00::53")
    assert (pool.value("a1", "IPv6"), pool.value("a1", "IPv6-gateway")) == (["fd00::1/64"], "fd00::ff")
    assert pool.value("a1", "DNS") == "fd00::53,10.0.0.53"
    pool.xe("pif-reconfigure-ip uuid=a1 mode=dhcp")
    lease = ["DHCP", "192.168.1.10", "255.255.255.0", "192.168.1.1", "192.168.1.1"]
    assert [pool.value("a1", field) for field in fields] == lease
    pool.xe("pif-reconfigure-ip uuid=b1 mode=dhcp")
    assert pool.value("b1", "IP") == "192.168.1.11"
    pool.xe("pif-reconfigure-ip uuid=a1 mode=none")
    assert [pool.value("a1", field) for field in fields] == ["None", "", "", "", ""]


def test_a_pif_that_is_down_asks_dhcp_when_it_comes_up(pool: NetworkPool) -> None:
    pool.xe("pif-unplug uuid=a1")
    pool.xe("pif-reconfigure-ip uuid=a1 mode=dhcp")
    assert pool.value("a1", "IP") == ""
    pool.xe("pif-plug uuid=a1")
    assert pool.value("a1", "IP") == "192.168.1.10"


# Management


@pytest.mark.parametrize(
    ("pif", "refusal"),
    [
        ("a1", ("PIF_HAS_NO_NETWORK_CONFIGURATION", "a1")),
        ("b1", ("PIF_HAS_NO_V6_NETWORK_CONFIGURATION", "b1")),
        ("a2", ("CANNOT_PLUG_BOND_SLAVE", "a2")),
    ],
)
def test_what_managing_through_another_pif_refuses(pool: NetworkPool, pif: str, refusal: tuple[str, ...]) -> None:
    pool.xe("pif-scan host-uuid=xen1")
    pool.named["a2"] = pool.state.find("pif", device="eth2")[0]
    pool.add("bonds", "network", bridge="xapi1")
    pool.make("bond", "bond-create network-uuid=bonds pif-uuids=a2")
    pool.change("b1", primary_address_type="IPv6")
    pool.assert_sound()
    assert pool.refusal(f"host-management-reconfigure pif-uuid={pif}") == refusal


def test_a_host_is_managed_through_a_pif_with_another_kind_of_address(pool: NetworkPool) -> None:
    """XAPI looks for this, but then drops whatever it finds."""
    pool.change("a1", primary_address_type="IPv6", IPv6_configuration_mode="Autoconf")
    pool.xe("host-management-reconfigure pif-uuid=a1")
    assert [pool.value(pif, "management") for pif in ("a0", "a1")] == [False, True]


def test_a_host_is_managed_through_one_pif(pool: NetworkPool) -> None:
    pool.xe("pif-unplug uuid=a1")
    pool.xe("pif-reconfigure-ip uuid=a1 mode=static IP=10.9.9.9 netmask=255.0.0.0")
    pool.xe("host-management-reconfigure pif-uuid=a1")
    assert [pool.value(pif, "management") for pif in ("a0", "a1", "b0")] == [False, True, True]
    assert pool.value("a1", "currently-attached") is True
    assert pool.value("xen1", "address") == "10.9.9.9"
    pool.xe("pif-reconfigure-ip uuid=a1 mode=static IP=10.9.9.8 netmask=255.0.0.0")
    assert pool.value("xen1", "address") == "10.9.9.8"


# What holds whoever wrote it


@pytest.mark.parametrize(
    ("fields", "unsound"),
    [
        ({"MAC": ""}, {("MAC_INVALID", "")}),
        ({"device": "eth0"}, {("DUPLICATE_PIF_DEVICE_NAME", "eth0")}),
        ({"host_uuid": "gone"}, {("HANDLE_INVALID", "host", "gone")}),
        ({"network_uuid": "gone"}, {("HANDLE_INVALID", "network", "gone")}),
        (MANAGEMENT, {("PIF_IS_MANAGEMENT_INTERFACE", name) for name in ("a0", "a1")}),
        ({"IP_configuration_mode": "Static"}, {("INVALID_IP_ADDRESS_SPECIFIED", name) for name in ("IP", "netmask")}),
        ({"gateway": "10.0.0.1/8"}, {("INVALID_IP_ADDRESS_SPECIFIED", "gateway")}),
        ({"DNS": "10.0.0.1,fd00::1"}, set()),
        ({"DNS": "10.0.0.1;10.0.0.2"}, {("INVALID_IP_ADDRESS_SPECIFIED", "DNS")}),
        ({"IPv6": ["fd00::1"]}, {("INVALID_CIDR_ADDRESS_SPECIFIED", "IPv6")}),
        ({"IPv6_gateway": "fd00::1/64"}, {("INVALID_IP_ADDRESS_SPECIFIED", "gateway")}),
        ({"properties": {"gro": "maybe"}}, {("INVALID_VALUE", "properties", "gro = maybe")}),
        ({"VLAN": 7}, {("PIF_CONFIGURATION_ERROR", "a1", ONE_VLAN)}),
        ({"physical": False}, {("PIF_CONFIGURATION_ERROR", "a1", ONE_KIND)}),
    ],
)
def test_what_an_edited_pif_breaks(pool: NetworkPool, fields: dict[str, object], unsound: set[tuple[str, ...]]) -> None:
    pool.change("a1", **fields)
    found = {finding for finding in pool.unsound() if finding != ("pif", "DUPLICATE_PIF_DEVICE_NAME", "eth1")}
    assert found == {("pif", *refusal) for refusal in unsound}


def test_the_management_pif_has_an_ip_configuration(pool: NetworkPool) -> None:
    pool.change("a0", IP_configuration_mode="None")
    assert pool.unsound() == {("pif", "PIF_HAS_NO_NETWORK_CONFIGURATION", "a0")}
    pool.change("a0", primary_address_type="IPv6")
    assert pool.unsound() == {("pif", "PIF_HAS_NO_V6_NETWORK_CONFIGURATION", "a0")}


def test_pifs_go_with_their_host(pool: NetworkPool) -> None:
    pool.make("bond", "bond-create network-uuid=lan pif-uuids=b1")
    pool.state.delete(pool.named["dom0-xen2"])
    pool.state.delete(pool.named["xen2"])
    pool.assert_sound()
    assert pool.gone() == {"xen2", "dom0-xen2", "b0", "b1", "bond"}
