"""What keeps all commands on networks from a host: it does not answer, or high availability relies on its interfaces.

And the commands that choose and drop the interface through which a host is managed.
"""

import pytest
from network_pool import NetworkPool


@pytest.fixture(params=["strict", "xapi"])
def pool(request: pytest.FixtureRequest) -> NetworkPool:
    """Besides the usual: `bond` of `a2` on `bonds` and `red` without PIFs; `b1` has an address."""
    pool = NetworkPool(request.param)
    pool.add("net2", "network", bridge="xenbr2")
    pool.add_card("a2", "xen1", "eth2", "net2")
    pool.add("bonds", "network", bridge="xapi1")
    pool.add("red", "network", bridge="xapi2")
    made = pool.make("bond", "bond-create network-uuid=bonds pif-uuids=a2")
    pool.named["master"] = pool.state.ref(made, "master")
    pool.make("vlan", "vlan-create pif-uuid=b1 vlan=5 network-uuid=lan")
    pool.change("xen1", nics={"eth5": "00:16:3e:00:05:05"})
    return pool


# Hosts that do not answer


@pytest.mark.parametrize(
    "line",
    [
        "pif-introduce host-uuid=xen1 device=eth5",
        "pif-scan host-uuid=xen1",
        "pif-forget uuid=a1",
        "pif-plug uuid=a1",
        "pif-unplug uuid=a1",
        "pif-reconfigure-ip uuid=a1 mode=DHCP",
        "pif-reconfigure-ipv6 uuid=a1 mode=DHCP",
        "pif-set-primary-address-type uuid=a1 primary_address_type=IPv6",
        "vlan-create pif-uuid=a1 vlan=5 network-uuid=red",
        "vlan-destroy uuid=on-a1",
        "bond-create network-uuid=red pif-uuids=a1",
        "bond-destroy uuid=bond",
        "bond-set-mode uuid=bond mode=lacp",
        "network-attach uuid=net1 host-uuid=xen1",
        "host-management-reconfigure pif-uuid=a1",
    ],
)
def test_nothing_is_done_on_a_host_that_does_not_answer(pool: NetworkPool, line: str) -> None:
    pool.add("blue", "network", bridge="xapi3")
    pool.make("on-a1", "vlan-create pif-uuid=a1 vlan=7 network-uuid=blue")
    pool.change("xen1", host_metrics_live=False)
    assert pool.refusal(line) == ("HOST_OFFLINE", "xen1")


@pytest.mark.parametrize("name", ["a1", "bond"])
def test_the_properties_of_pifs_and_bonds_are_set_on_their_host(pool: NetworkPool, name: str) -> None:
    pool.change("xen1", host_metrics_live=False)
    with pool.refused() as refusal:
        pool.param_set(name, properties={"gro": "maybe"})
    assert refusal() == ("HOST_OFFLINE", "xen1")
    pool.change("xen1", host_metrics_live=True)
    with pool.refused() as refusal:
        pool.param_set(name, properties={"gro": "maybe"})
    assert refusal() == ("INVALID_VALUE", "properties", "gro = maybe")


@pytest.mark.parametrize("line", ["pif-db-forget uuid=a1", "network-create name-label=n", "network-destroy uuid=red"])
def test_what_only_the_database_knows_needs_no_host(pool: NetworkPool, line: str) -> None:
    pool.change("xen1", host_metrics_live=False)
    pool.xe(line)


# High availability


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("pif-unplug uuid=a0", ("HA_IS_ENABLED",)),
        ("pif-unplug uuid=wild", ("PIF_UNMANAGED", "wild")),
        ("pif-forget uuid=a0", ("PIF_IS_MANAGEMENT_INTERFACE", "a0")),
        ("pif-forget uuid=a1", ("HA_IS_ENABLED",)),
        ("pif-forget uuid=down", None),
        ("pif-unplug uuid=down", None),
        ("pif-plug uuid=down", None),
        ("pif-set-primary-address-type uuid=a0 primary_address_type=IPv6", ("HA_IS_ENABLED",)),
        ("pif-set-primary-address-type uuid=down primary_address_type=IPv6", None),
        ("pif-reconfigure-ip uuid=a1 mode=Static IP=nonsense", ("HA_IS_ENABLED",)),
        ("pif-reconfigure-ip uuid=a1 mode=DHCP", ("HA_IS_ENABLED",)),
        ("pif-reconfigure-ip uuid=down mode=DHCP", None),
        ("pif-reconfigure-ip uuid=a0 mode=Static IP=10.0.0.1 netmask=255.0.0.0 DNS=10.0.0.53", None),
        ("pif-reconfigure-ip uuid=a0 mode=Static IP=10.0.0.2 netmask=255.0.0.0", ("HA_IS_ENABLED",)),
        ("pif-reconfigure-ipv6 uuid=a1 mode=Autoconf", ("HA_IS_ENABLED",)),
        ("pif-reconfigure-ipv6 uuid=b0 mode=Static IPv6=fd00::1/64 gateway=fd00::2 DNS=fd00::53", None),
        ("pif-reconfigure-ipv6 uuid=b0 mode=Static IPv6=fd00::1/65 gateway=fd00::2", ("HA_IS_ENABLED",)),
        ("vlan-destroy uuid=vlan", ("HA_IS_ENABLED",)),
        ("vlan-destroy uuid=of-member", ("PIF_IS_MANAGEMENT_INTERFACE", "of-member")),
        ("vlan-destroy uuid=of-coordinator", ("HA_IS_ENABLED",)),
        ("bond-create network-uuid=red pif-uuids=a0", ("HA_CANNOT_CHANGE_BOND_STATUS_OF_MGMT_IFACE",)),
        ("bond-create network-uuid=red pif-uuids=a1", None),
        ("bond-destroy uuid=bond", None),
        ("bond-destroy uuid=managing", ("HA_CANNOT_CHANGE_BOND_STATUS_OF_MGMT_IFACE",)),
        ("host-management-reconfigure pif-uuid=a1", ("HA_IS_ENABLED",)),
        ("host-management-reconfigure pif-uuid=a0", ("HA_IS_ENABLED",)),
        ("host-management-disable", ("HA_IS_ENABLED",)),
        ("pool-management-reconfigure network-uuid=lan", ("HA_IS_ENABLED",)),
    ],
)
def test_what_high_availability_forbids(pool: NetworkPool, line: str, refusal: tuple[str, ...] | None) -> None:
    pool.add("net3", "network", bridge="xenbr3")
    pool.add_card("down", "xen1", "eth3", "net3")
    pool.add("net4", "network", bridge="xenbr4")
    pool.add_card("wild", "xen1", "eth4", "net4")
    pool.change("down", currently_attached=False)
    pool.change("wild", managed=False)
    pool.change("b0", IPv6_configuration_mode="Static", IPv6=["fd00::1/64"], IPv6_gateway="fd00::2")
    for name, pif in (("of-member", "b1"), ("of-coordinator", "a1")):
        if name in line:
            pool.make(name, f"vlan-create pif-uuid={pif} vlan=9 network-uuid=red")
            pool.xe(f"pif-reconfigure-ip uuid={name} mode=DHCP")
            pool.xe(f"host-management-reconfigure pif-uuid={name}")
    if "managing" in line:
        pool.make("managing", "bond-create network-uuid=red pif-uuids=b0")
    pool.change("pool", ha_enabled=True)
    if refusal is None:
        pool.xe(line)
    else:
        assert pool.refusal(line) == refusal


@pytest.mark.parametrize(
    ("changes", "words", "refusal"),
    [
        ({}, "network-uuid=red", ("HA_CONSTRAINT_VIOLATION_NETWORK_NOT_SHARED", "red")),
        ({}, "network-uuid=red device=0", ("HA_CONSTRAINT_VIOLATION_NETWORK_NOT_SHARED", "red")),
        ({}, "network-uuid=red mac=x", ("MAC_INVALID", "x")),
        ({}, "network-uuid=net1 device=0", ("DEVICE_ALREADY_EXISTS", "0")),
        ({}, "network-uuid=net2", ("HA_CONSTRAINT_VIOLATION_NETWORK_NOT_SHARED", "net2")),
        ({}, "network-uuid=net1", None),
        ({"xen2": {"enabled": False}}, "network-uuid=bonds", None),
        ({"pool": {"ha_allow_overcommit": True}}, "network-uuid=red", None),
        ({"pool": {"ha_enabled": False}}, "network-uuid=red", None),
        ({"web": {"ha_restart_priority": "best-effort"}}, "network-uuid=red", None),
        ({"web": {"ha_always_run": False}}, "network-uuid=red", None),
    ],
)
def test_a_protected_vm_has_vifs_on_networks_of_all_hosts(
    pool: NetworkPool, changes: dict[str, dict[str, object]], words: str, refusal: tuple[str, ...] | None
) -> None:
    pool.add_vif("vif", "web", "lan")
    pool.change("web", ha_restart_priority="restart", ha_always_run=True)
    pool.change("pool", ha_enabled=True)
    for name, fields in changes.items():
        pool.change(name, **fields)
    given = {"device": "1", "mac": "random"} | dict(word.split("=") for word in words.split())
    line = f"vif-create vm-uuid=web {' '.join(f'{word}={text}' for word, text in given.items())}"
    if refusal is None:
        pool.xe(line)
    else:
        assert pool.refusal(line) == refusal


# Through which interface a host is managed


def test_one_network_manages_all_hosts(pool: NetworkPool) -> None:
    pool.xe("pif-reconfigure-ip uuid=a1 mode=static IP=10.9.0.1 netmask=255.0.0.0")
    pool.xe("pif-reconfigure-ip uuid=b1 mode=static IP=10.9.0.2 netmask=255.0.0.0")
    pool.xe("pif-unplug uuid=b1")
    pool.xe("pool-management-reconfigure network-uuid=net1")
    assert [pool.value(pif, "management") for pif in ("a0", "a1", "b0", "b1")] == [False, True, False, True]
    assert [pool.value(host, "address") for host in ("xen1", "xen2")] == ["10.9.0.1", "10.9.0.2"]
    assert pool.value("b1", "currently-attached") is True


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"b1": {"network_uuid": "red"}}, ("PIF_NOT_PRESENT", "xen2", "net1")),
        ({"b1": {"primary_address_type": "IPv6"}}, ("PIF_INCOMPATIBLE_PRIMARY_ADDRESS_TYPE", "b1")),
        ({"a1": {"IP_configuration_mode": "None"}}, ("PIF_HAS_NO_NETWORK_CONFIGURATION", "a1")),
        (
            {"a1": {"primary_address_type": "IPv6"}, "b1": {"primary_address_type": "IPv6"}},
            ("PIF_HAS_NO_V6_NETWORK_CONFIGURATION", "a1"),
        ),
        ({"xen2": {"host_metrics_live": False}}, ("HOST_OFFLINE", "xen2")),
    ],
)
def test_what_managing_all_hosts_refuses(
    pool: NetworkPool, changes: dict[str, dict[str, object]], refusal: tuple[str, ...]
) -> None:
    for pif in ("a1", "b1"):
        pool.xe(f"pif-reconfigure-ip uuid={pif} mode=DHCP")
    for name, fields in changes.items():
        pool.change(name, **fields)
    assert pool.refusal("pool-management-reconfigure network-uuid=net1") == refusal
    assert pool.value("a0", "management") is True


def test_managing_all_hosts_refuses_a_member_of_a_bond(pool: NetworkPool) -> None:
    pool.make("other", "bond-create network-uuid=red pif-uuids=b1")
    assert pool.refusal("pool-management-reconfigure network-uuid=net1") == ("PIF_HAS_NO_NETWORK_CONFIGURATION", "a1")
    pool.xe("pif-reconfigure-ip uuid=a1 mode=DHCP")
    assert pool.refusal("pool-management-reconfigure network-uuid=net1") == ("CANNOT_PLUG_BOND_SLAVE", "b1")


def test_the_coordinator_is_managed_through_no_interface() -> None:
    pool = NetworkPool("xapi")
    pool.xe("host-management-disable")
    assert [pool.value(pif, "management") for pif in ("a0", "b0")] == [False, True]
    assert (pool.value("xen1", "address"), pool.value("xen2", "address")) == ("", "10.0.0.2")
    assert pool.value("a0", "currently-attached") is True
    pool.xe("host-management-disable")
    pool.xe("host-management-reconfigure pif-uuid=a0")
    assert (pool.value("a0", "management"), pool.value("xen1", "address")) == (True, "10.0.0.1")


def test_a_working_host_has_a_management_interface_under_the_strict_rules() -> None:
    pool = NetworkPool("strict")
    assert pool.refusal("host-management-disable") == ("STATE_HOST_INCOMPLETE", "xen1", "attached management interface")


def test_a_member_keeps_its_management_interface(pool: NetworkPool) -> None:
    pool.change("xen1", host_metrics_live=False)
    assert pool.refusal("host-management-disable") == ("SLAVE_REQUIRES_MANAGEMENT_INTERFACE",)


@pytest.mark.parametrize("live", [(True, True), (True, False), (False, False)])
def test_only_a_host_without_its_coordinator_is_in_emergency_mode(pool: NetworkPool, live: tuple[bool, bool]) -> None:
    for host, answers in zip(("xen1", "xen2"), live, strict=True):
        pool.change(host, host_metrics_live=answers)
    line = "host-emergency-management-reconfigure interface=xenbr1"
    assert pool.refusal(line) == ("NOT_IN_EMERGENCY_MODE",)


def test_a_host_in_emergency_mode_chooses_its_interface_by_the_bridge(pool: NetworkPool) -> None:
    pool.xe("pif-reconfigure-ip uuid=b1 mode=static IP=10.9.0.2 netmask=255.0.0.0")
    pool.change("b1", currently_attached=False)
    pool.change("xen1", host_metrics_live=False)
    line = "host-emergency-management-reconfigure interface="
    for bridge in ("xenbr2", "eth1"):
        assert pool.refusal(f"{line}{bridge}") == ("INVALID_VALUE", "interface", bridge)
    pool.xe(f"{line}xenbr1")
    assert [pool.value(pif, "management") for pif in ("a0", "b0", "b1")] == [True, False, True]
    assert (pool.value("xen2", "address"), pool.value("b1", "currently-attached")) == ("10.9.0.2", True)


@pytest.mark.parametrize(
    ("name", "named"), [("localhost", "lab1"), ("localhost.localdomain", "lab1"), ("xen1", "xen1")]
)
def test_a_host_looks_at_its_addresses_and_its_name(pool: NetworkPool, name: str, named: str) -> None:
    pool.change("xen1", name_label=name, hostname="lab1", address="1.2.3.4")
    pool.change("a1", IP_configuration_mode="DHCP")
    pool.change("b1", IP_configuration_mode="DHCP")
    pool.xe("host-signal-networking-change")
    assert (pool.value("xen1", "address"), pool.value("xen1", "name-label")) == ("10.0.0.1", named)
    assert (pool.value("a1", "IP"), pool.value("b1", "IP")) == ("192.168.1.10", "")


# Attaching networks


def test_attaching_a_network_brings_up_its_pif_on_the_host(pool: NetworkPool) -> None:
    for pif in ("a1", "b1"):
        pool.change(pif, currently_attached=False)
    pool.change("net1", MTU=9000)
    pool.xe("network-attach uuid=net1 host-uuid=xen1")
    assert [(pool.value(pif, "currently-attached"), pool.value(pif, "MTU")) for pif in ("a1", "b1")] == [
        (True, 9000),
        (False, 1500),
    ]
    pool.xe("network-attach uuid=red host-uuid=xen1")
    assert pool.refusal("network-attach uuid=net2 host-uuid=xen1") == ("CANNOT_PLUG_BOND_SLAVE", "a2")


@pytest.mark.parametrize("unmanaged", ["net1", "a1"])
def test_what_is_not_managed_is_not_brought_up(pool: NetworkPool, unmanaged: str) -> None:
    pool.change("a1", currently_attached=False)
    pool.change(unmanaged, managed=False)
    pool.xe("network-attach uuid=net1 host-uuid=xen1")
    assert pool.value("a1", "currently-attached") is False


# Forgetting without questions


@pytest.mark.parametrize(
    ("pif", "gone"),
    [("a1", {"a1"}), ("vlan", {"vlan", "tag"}), ("b1", {"b1", "vlan", "tag"}), ("master", {"master", "bond"})],
)
def test_the_database_forgets_a_pif_and_what_stands_for_it(pool: NetworkPool, pif: str, gone: set[str]) -> None:
    pool.named["tag"] = pool.vlan_below("vlan")
    pool.xe(f"pif-db-forget uuid={pif}")
    assert pool.gone() == gone


def test_a_card_that_the_database_forgot_is_found_again(pool: NetworkPool) -> None:
    mac = pool.value("a1", "MAC")
    pool.xe("pif-db-forget uuid=a1")
    pool.xe("pif-scan host-uuid=xen1")
    (found,) = pool.state.find("pif", device="eth1", physical=True, host_uuid=pool.named["xen1"]["uuid"])
    assert found["MAC"] == mac
    assert "eth1" not in pool.named["xen2"]["nics"]


# MTU


@pytest.mark.parametrize(("own", "mtu"), [("1400", 1400), ("", 9000), ("big", 9000), ("²", 9000)])
def test_a_pif_may_have_an_mtu_of_its_own(pool: NetworkPool, own: str, mtu: int) -> None:
    pool.change("net1", MTU=9000)
    pool.change("a1", other_config={"mtu": own})
    pool.xe("pif-plug uuid=a1")
    assert pool.value("a1", "MTU") == mtu


# Bonds of which a VLAN manages the host


def test_a_bond_with_a_managing_vlan_leaves_its_members_up(pool: NetworkPool) -> None:
    pool.make("v", "vlan-create pif-uuid=master vlan=9 network-uuid=red")
    pool.xe("pif-reconfigure-ip uuid=v mode=dhcp")
    pool.xe("host-management-reconfigure pif-uuid=v")
    pool.xe("pif-unplug uuid=master")
    pool.xe("bond-destroy uuid=bond")
    assert pool.value("a2", "currently-attached") is True


def test_what_no_pif_can_have_is_refused_before_who_can_have_it(pool: NetworkPool) -> None:
    for properties, refusal in (
        ({"gro": "maybe"}, ("INVALID_VALUE", "properties", "gro = maybe")),
        ({"gro": "on"}, ("CANNOT_CHANGE_PIF_PROPERTIES", "vlan")),
    ):
        with pool.refused() as refused:
            pool.param_set("vlan", properties=properties)
        assert refused() == refusal


# The redo log, and clusters


@pytest.mark.parametrize(
    "line",
    [
        "pif-unplug uuid=a1",
        "pif-forget uuid=a1",
        "pif-set-primary-address-type uuid=a1 primary_address_type=IPv6",
        "pif-reconfigure-ip uuid=a1 mode=DHCP",
        "pif-reconfigure-ipv6 uuid=a1 mode=Autoconf",
    ],
)
def test_the_redo_log_needs_the_interfaces_that_are_up(pool: NetworkPool, line: str) -> None:
    pool.change("pool", redo_log_enabled=True)
    assert pool.refusal(line) == ("REDO_LOG_IS_ENABLED",)
    pool.change("pool", ha_enabled=True)
    assert pool.refusal(line) == ("HA_IS_ENABLED",)
    pool.change("pool", ha_enabled=False)
    pool.change("a1", currently_attached=False)
    pool.xe(line)


@pytest.mark.parametrize(
    "line",
    [
        "pif-forget uuid=a1",
        "pif-reconfigure-ip uuid=a1 mode=DHCP",
        "pif-reconfigure-ipv6 uuid=a1 mode=Autoconf",
    ],
)
def test_a_host_takes_part_in_a_cluster_through_an_interface(pool: NetworkPool, line: str) -> None:
    pool.change("a1", disallow_unplug=True, currently_attached=False)
    cluster = pool.state.add("cluster", {})
    place = {"PIF": pool.named["a1"]["uuid"], "host": pool.named["xen1"]["uuid"]}
    pool.named["member"] = pool.state.add("cluster-host", {"cluster": cluster["uuid"], **place, "enabled": True})
    assert pool.refusal(line) == ("CLUSTERING_ENABLED", "member")
    pool.change("member", enabled=False)
    if line == "pif-forget uuid=a1":  # The member goes first: it refers to its PIF.
        pool.state.delete(pool.named["member"])
    pool.xe(line)


def test_an_interface_of_a_cluster_stays_plugged(pool: NetworkPool) -> None:
    pool.change("a1", disallow_unplug=True)
    cluster = pool.state.add("cluster", {})
    place = {"PIF": pool.named["a1"]["uuid"], "host": pool.named["xen1"]["uuid"]}
    pool.named["member"] = pool.state.add("cluster-host", {"cluster": cluster["uuid"], **place, "enabled": True})
    pool.param_set("a1", disallow_unplug=True)
    with pool.refused() as refusal:
        pool.param_set("a1", disallow_unplug=False)
    assert refusal() == ("CLUSTERING_ENABLED", "member")
    pool.change("member", enabled=False)
    pool.param_set("a1", disallow_unplug=False)
