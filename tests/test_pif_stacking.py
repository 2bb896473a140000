"""VLANs and bonds on top of PIFs: what they take over and give back, and what forbids them."""

import pytest
from network_pool import NetworkPool

IP = ("IP-configuration-mode", "IP", "netmask", "gateway", "DNS")
LACP = {"hashing_algorithm": "tcpudp_ports", "lacp-time": "slow", "lacp-fallback-ab": "true"}


@pytest.fixture(params=["strict", "xapi"])
def pool(request: pytest.FixtureRequest) -> NetworkPool:
    """Besides the usual: `a2` and `b2` on `net2`, and the networks `red` and `blue` without PIFs."""
    pool = NetworkPool(request.param)
    pool.add("net2", "network", bridge="xenbr2")
    pool.add_card("a2", "xen1", "eth2", "net2")
    pool.add_card("b2", "xen2", "eth2", "net2")
    pool.add("red", "network", bridge="xapi1")
    pool.add("blue", "network", bridge="xapi2")
    pool.assert_sound()
    return pool


def bond(pool: NetworkPool, members: str, words: str = "") -> str:
    """Bond the members on `lan`; the name of the master."""
    made = pool.make("bond", f"bond-create network-uuid=lan pif-uuids={members} {words}")
    pool.named["master"] = pool.state.ref(made, "master")
    return "master"


# VLANs


def test_a_vlan_has_a_pif_of_its_own(pool: NetworkPool) -> None:
    pool.change("a1", MTU=1400)
    pool.change("lan", MTU=1300)
    pool.make("v", "vlan-create pif-uuid=a1 vlan=42 network-uuid=lan")
    shown = {field: pool.value("v", field) for field in ("MAC", "device", "VLAN", "physical", "currently-attached")}
    assert shown == {
        "MAC": "fe:ff:ff:ff:ff:ff",
        "device": "eth1",
        "VLAN": 42,
        "physical": False,
        "currently-attached": True,
    }
    assert (pool.value("v", "MTU"), pool.value("v", "igmp-snooping-status")) == (1300, "unknown")
    assert (pool.value("v", "carrier"), pool.value("v", "speed")) == (True, "1000 Mbit/s")
    vlan = pool.vlan_below("v")
    assert pool.value("v", "vlan-master-of") == vlan["uuid"]
    assert pool.value("a1", "vlan-slave-of") == [vlan["uuid"]]
    assert pool.value("lan", "PIF-uuids") == ["v"]


@pytest.mark.parametrize("by", ["vlan", "pif"])
def test_a_vlan_is_destroyed_with_its_pif(pool: NetworkPool, by: str) -> None:
    pool.make("v", "vlan-create pif-uuid=a1 vlan=42 network-uuid=lan")
    pool.named["vlan"] = pool.vlan_below("v")
    pool.xe(f"vlan-destroy uuid={'v' if by == 'pif' else 'vlan'}")
    assert pool.gone() == {"v", "vlan"}


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("pif-uuid=a1 vlan=42 network-uuid=wild", ("NETWORK_UNMANAGED", "wild")),
        ("pif-uuid=a1 vlan=42 network-uuid=net0", ("NETWORK_ALREADY_CONNECTED", "xen1", "a0")),
        ("pif-uuid=b1 vlan=42 network-uuid=red", ("PIF_UNMANAGED", "b1")),
        ("pif-uuid=a2 vlan=42 network-uuid=red", ("CANNOT_ADD_VLAN_TO_BOND_SLAVE", "a2")),
        ("pif-uuid=v vlan=43 network-uuid=red", ("PIF_IS_VLAN", "v")),
        ("pif-uuid=a1 vlan=4095 network-uuid=red", ("VLAN_TAG_INVALID", "4095")),
        ("pif-uuid=a1 vlan=-1 network-uuid=red", ("VLAN_TAG_INVALID", "-1")),
        ("pif-uuid=a1 vlan=42 network-uuid=red", ("PIF_VLAN_EXISTS", "eth1")),
        ("pif-uuid=a1 vlan=43 network-uuid=trunked", ("NETWORK_INCOMPATIBLE_WITH_TRUNKS", "trunked")),
        ("pif-uuid=a1 vlan=x network-uuid=red", ("Error: Failed to parse parameter 'vlan': expecting an integer",)),
    ],
)
def test_what_making_a_vlan_refuses(pool: NetworkPool, words: str, refusal: tuple[str, ...]) -> None:
    pool.add("wild", "network", bridge="br-wild", managed=False)
    pool.add("trunked", "network", bridge="xapi9")
    pool.add_vif("vif", "web", "trunked", trunks=["5"])
    bond(pool, "a2")
    pool.make("v", "vlan-create pif-uuid=a1 vlan=42 network-uuid=blue")
    pool.change("b1", managed=False)
    assert pool.refusal(f"vlan-create {words}") == refusal


def test_a_vlan_on_all_hosts_is_on_all_or_none(pool: NetworkPool) -> None:
    pool.change("b1", managed=False)
    assert pool.refusal("pool-vlan-create pif-uuid=a1 vlan=42 network-uuid=red") == ("PIF_UNMANAGED", "b1")
    assert pool.state.count("vlan") == 0


@pytest.mark.parametrize(
    ("uuid", "refusal"),
    [
        ("nobody", ("UUID_INVALID", "VLAN", "nobody")),
        ("a1", ("PIF_IS_PHYSICAL",)),
        ("used", ("VIF_IN_USE", "red", "vif")),
        ("stuck", ("PIF_DOES_NOT_ALLOW_UNPLUG", "stuck")),
        ("management", ("PIF_IS_MANAGEMENT_INTERFACE", "management")),
    ],
)
def test_what_destroying_a_vlan_refuses(pool: NetworkPool, uuid: str, refusal: tuple[str, ...]) -> None:
    pool.make("used", "vlan-create pif-uuid=a1 vlan=1 network-uuid=red")
    pool.make("stuck", "vlan-create pif-uuid=a1 vlan=2 network-uuid=blue")
    pool.make("management", "vlan-create pif-uuid=b1 vlan=3 network-uuid=lan")
    pool.xe("pif-reconfigure-ip uuid=management mode=dhcp")
    pool.xe("host-management-reconfigure pif-uuid=management")
    pool.run_vm("web", "xen1")
    pool.add_vif("vif", "web", "red", currently_attached=True)
    pool.change("stuck", disallow_unplug=True)
    pool.assert_sound()
    assert pool.refusal(f"vlan-destroy uuid={uuid}") == refusal


def test_a_vlan_on_all_hosts(pool: NetworkPool) -> None:
    made = pool.xe("pool-vlan-create pif-uuid=b1 vlan=42 network-uuid=lan")
    assert [pool.state.ref(pif, "host-uuid").name for pif in made] == ["xen1", "xen2"]
    assert all(pif["currently-attached"] for pif in made)


def test_a_vlan_on_all_hosts_leaves_out_those_that_are_down(pool: NetworkPool) -> None:
    pool.change("xen2", host_metrics_live=False)
    made = pool.xe("pool-vlan-create pif-uuid=b1 vlan=42 network-uuid=lan")
    assert [pool.state.ref(pif, "host-uuid").name for pif in made] == ["xen1"]


# Bonds


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("network-uuid=wild pif-uuids=a1,a2", ("NETWORK_UNMANAGED", "wild")),
        ("network-uuid=net0 pif-uuids=a1,a2", ("NETWORK_ALREADY_CONNECTED", "xen1", "a0")),
        ("network-uuid=red pif-uuids=a1,a2 mac=x", ("MAC_INVALID", "x")),
        ("network-uuid=red pif-uuids=a1,a2 properties:a=b", ("INVALID_VALUE", "properties", "a = b")),
        (
            "network-uuid=red pif-uuids=a1,a2 mode=lacp properties:lacp-time=now",
            ("INVALID_VALUE", "properties", "lacp-time = now"),
        ),
        ("network-uuid=red pif-uuids=", ("PIF_BOND_NEEDS_MORE_MEMBERS",)),
        ("network-uuid=red pif-uuids=a1,a6", ("PIF_INCOMPATIBLE_PRIMARY_ADDRESS_TYPE", "a6")),
        ("network-uuid=red pif-uuids=a1,wild-pif", ("PIF_UNMANAGED", "wild-pif")),
        ("network-uuid=red pif-uuids=a1,bonded", ("PIF_ALREADY_BONDED", "bonded")),
        ("network-uuid=red pif-uuids=a1,master", ("PIF_ALREADY_BONDED", "master")),
        ("network-uuid=red pif-uuids=a1,v", ("PIF_VLAN_EXISTS", "eth1")),
        ("network-uuid=red pif-uuids=a1,b2", ("PIF_CANNOT_BOND_CROSS_HOST",)),
        ("network-uuid=red pif-uuids=a1,off", ("INCOMPATIBLE_PIF_PROPERTIES",)),
        ("network-uuid=red pif-uuids=a0,a2", ("PIF_BOND_MORE_THAN_ONE_IP",)),
        ("network-uuid=red pif-uuids=a1,gone", ("UUID_INVALID", "PIF", "gone")),
    ],
)
def test_what_bonding_refuses(pool: NetworkPool, words: str, refusal: tuple[str, ...]) -> None:
    pool.add("wild", "network", bridge="br-wild", managed=False)
    for number, name in enumerate(("wild-pif", "bonded", "off", "a6"), 3):
        pool.add(f"net{number}", "network", bridge=f"xenbr{number}")
        pool.add_card(name, "xen1", f"eth{number}", f"net{number}")
    pool.change("wild-pif", managed=False)
    pool.change("off", properties={"gro": "off"})
    pool.change("a6", primary_address_type="IPv6")
    pool.xe("pif-reconfigure-ip uuid=a2 mode=dhcp")
    bond(pool, "bonded")
    pool.make("v", "vlan-create pif-uuid=a1 vlan=42 network-uuid=blue")
    assert pool.refusal(f"bond-create {words}") == refusal


@pytest.mark.parametrize(
    ("words", "mode", "properties"),
    [
        ("", "balance-slb", {}),
        ("mode=Active-Backup", "active-backup", {}),
        ("mode=lacp", "lacp", LACP),
        (
            "mode=lacp properties:lacp-time=fast properties:lacp-aggregation-key=7",
            "lacp",
            LACP | {"lacp-time": "fast", "lacp-aggregation-key": "7"},
        ),
    ],
)
def test_a_bond_has_a_mode(pool: NetworkPool, words: str, mode: str, properties: dict[str, str]) -> None:
    bond(pool, "a1,a2,a1", words)
    assert (pool.value("bond", "mode"), pool.value("bond", "properties")) == (mode, properties)
    assert pool.value("bond", "slaves") == ["a1", "a2"]


@pytest.mark.parametrize(
    ("words", "mac", "follows"),
    [("", "00:16:3e:00:00:02", True), ("mac=00:16:3e:00:00:77", "00:16:3e:00:00:77", False)],
)
def test_a_bond_has_the_mac_given_or_that_of_a_member(pool: NetworkPool, words: str, mac: str, follows: bool) -> None:
    master = bond(pool, "a1,a2", words)
    assert (pool.value(master, "MAC"), pool.value("bond", "auto-update-mac")) == (mac, follows)


def test_a_bond_works_for_its_members(pool: NetworkPool) -> None:
    pool.change("lan", MTU=9000)
    pool.change("a2", carrier=False)
    master = bond(pool, "a1,a2")
    assert (pool.value("bond", "primary-slave"), pool.value("bond", "links-up")) == ("a1", 1)
    assert (pool.value(master, "device"), pool.value(master, "bond-master-of")) == ("bond0", ["bond"])
    assert (pool.value(master, "MTU"), pool.value("net1", "MTU")) == (9000, 9000)
    assert (pool.value(master, "speed"), pool.value(master, "carrier")) == ("2000 Mbit/s", True)
    assert [pool.value(pif, "currently-attached") for pif in ("a1", "a2", master)] == [False, False, True]
    assert [pool.value(pif, "bond-slave-of") for pif in ("a1", "a2")] == ["bond", "bond"]


def test_bonds_have_numbers(pool: NetworkPool) -> None:
    bond(pool, "a1")
    second = pool.xe("bond-create network-uuid=red pif-uuids=a2")
    assert pool.state.ref(second, "master")["device"] == "bond1"


def test_a_bond_takes_over_addresses_and_management_and_gives_them_back(pool: NetworkPool) -> None:
    before = [pool.value("a0", field) for field in IP]
    assert before[:2] == ["Static", "10.0.0.1"]
    pool.change("a1", disallow_unplug=True)
    master = bond(pool, "a1,a0")
    assert pool.value("bond", "primary-slave") == "a0"
    assert [pool.value(master, field) for field in IP] == before
    assert [pool.value("a0", field) for field in IP] == ["None", "", "", "", ""]
    assert [pool.value(pif, "management") for pif in ("a0", master)] == [False, True]
    assert [pool.value(pif, "disallow-unplug") for pif in ("a1", master)] == [False, True]
    pool.xe("bond-destroy uuid=bond")
    assert pool.gone() == {"bond", "master"}
    assert [pool.value("a0", field) for field in IP] == before
    assert [pool.value(pif, "management") for pif in ("a0", "a1")] == [True, False]
    assert [pool.value(pif, "currently-attached") for pif in ("a0", "a1")] == [True, True]
    assert [pool.value(pif, "disallow-unplug") for pif in ("a0", "a1")] == [True, False]
    assert pool.value("xen1", "address") == "10.0.0.1"


def test_vifs_follow_the_networks_of_the_members(pool: NetworkPool) -> None:
    pool.change("xen1", enabled=True)
    for name, host, network in (("here", "xen1", "net1"), ("there", "xen2", "net1"), ("bound", "xen1", "net2")):
        pool.add(name, "vm")
        pool.run_vm(name, host)
        pool.add_vif(f"vif-{name}", name, network, currently_attached=True)
    pool.add_vif("vif-anywhere", "web", "net1")
    pool.assert_sound()
    bond(pool, "a1,a2")
    networks = {name: pool.value(f"vif-{name}", "network-uuid") for name in ("here", "there", "bound", "anywhere")}
    assert networks == {"here": "lan", "there": "net1", "bound": "lan", "anywhere": "net1"}
    pool.xe("bond-destroy uuid=bond")
    assert pool.value("vif-here", "network-uuid") == "net1"
    assert pool.value("vif-bound", "network-uuid") == "net1"


def test_a_halted_vm_that_can_start_only_there_follows(pool: NetworkPool) -> None:
    pool.add_vif("vif", "web", "net1")
    pool.change("xen2", enabled=False)
    assert pool.value("web", "possible-hosts") == ["xen1"]
    bond(pool, "a1")
    assert pool.value("vif", "network-uuid") == "lan"


def test_vlans_move_to_the_bond_and_back(pool: NetworkPool) -> None:
    pool.make("v", "vlan-create pif-uuid=a1 vlan=42 network-uuid=red")
    pool.xe("pif-reconfigure-ip uuid=v mode=dhcp")
    pool.xe("host-management-reconfigure pif-uuid=v")
    address = pool.value("v", "IP")
    master = bond(pool, "a1,a2")
    (moved,) = pool.state.find("pif", VLAN=42)
    pool.named["moved"] = moved
    assert "v" in pool.gone()
    assert (moved["device"], moved["IP"], moved["management"]) == ("bond0", address, True)
    assert pool.value("moved", "network-uuid") == "red"
    assert pool.state.ref(pool.vlan_below("moved"), "tagged-PIF") is pool.named[master]
    pool.xe("bond-destroy uuid=bond")
    (back,) = pool.state.find("pif", VLAN=42)
    assert (back["device"], back["IP"], back["management"]) == ("eth1", address, True)


def test_vlans_of_one_tag_become_one_on_the_bond(pool: NetworkPool) -> None:
    pool.make("v1", "vlan-create pif-uuid=a1 vlan=42 network-uuid=red")
    pool.make("v2", "vlan-create pif-uuid=a2 vlan=42 network-uuid=blue")
    pool.run_vm("web", "xen1")
    pool.add_vif("vif", "web", "blue", currently_attached=True)
    bond(pool, "a1,a2")
    (moved,) = pool.state.find("pif", VLAN=42)
    assert moved["network-uuid"] == pool.named["red"]["uuid"]
    assert pool.value("vif", "network-uuid") == "red"


def test_a_vlan_that_is_down_stays_down_when_it_moves(pool: NetworkPool) -> None:
    pool.make("v", "vlan-create pif-uuid=a1 vlan=42 network-uuid=red")
    pool.xe("pif-unplug uuid=v")
    bond(pool, "a1")
    assert [pif["currently-attached"] for pif in pool.state.find("pif", VLAN=42)] == [False]


def test_a_bond_that_is_down_leaves_its_members_down(pool: NetworkPool) -> None:
    master = bond(pool, "a1,a2")
    pool.xe(f"pif-unplug uuid={master}")
    pool.change("bond", primary_slave=None)
    pool.xe("bond-destroy uuid=bond")
    assert [pool.value(pif, "currently-attached") for pif in ("a1", "a2")] == [False, False]


def test_joined_networks_move_to_the_bond_and_back() -> None:
    pool = NetworkPool("strict")
    pool.add("red", "network", bridge="xapi1")
    pool.xe("pif-network-add uuid=a1 network-uuid=red")
    pool.xe("pif-network-add uuid=a1 network-uuid=lan")
    master = bond(pool, "a1")
    assert pool.value(master, "network-uuids") == ["lan", "red"]
    assert pool.value("a1", "network-uuids") == ["net1", "lan"]
    pool.xe("bond-destroy uuid=bond")
    assert pool.value("a1", "network-uuids") == ["net1", "red"]


def test_the_mode_of_a_bond_brings_its_properties(pool: NetworkPool) -> None:
    bond(pool, "a1,a2")
    pool.xe("bond-set-mode uuid=bond mode=lacp")
    assert pool.value("bond", "properties") == LACP
    pool.xe("bond-set-mode uuid=bond mode=active-backup")
    assert (pool.value("bond", "mode"), pool.value("bond", "properties")) == ("active-backup", {})


@pytest.mark.parametrize(
    ("pif", "refusal"),
    [
        ("a1", ("CANNOT_CHANGE_PIF_PROPERTIES", "a1")),
        ("v", ("CANNOT_CHANGE_PIF_PROPERTIES", "v")),
        ("master", None),
        ("a2", None),
    ],
)
def test_who_has_properties(pool: NetworkPool, pif: str, refusal: tuple[str, ...] | None) -> None:
    bond(pool, "a1")
    pool.make("v", "vlan-create pif-uuid=a2 vlan=42 network-uuid=red")
    obj = pool.named[pif]
    field = obj.cls.by_name["properties"]
    assert field.guard is not None
    assert field.effect is not None
    failures = list(field.guard(pool.state, obj, {"gro": "off"}))
    assert [(failure.code, failure.values[0]) for failure in failures] == ([(refusal[0], obj)] if refusal else [])
    field.effect(pool.state, obj, {"gro": "off"})
    assert pool.value("a1", "properties") == {"gro": "off" if pif == "master" else "on"}


# What holds whoever wrote it


@pytest.mark.parametrize(
    ("changes", "unsound"),
    [
        ({"vlan": {"tag": 4095}, "v": {"VLAN": 4095}}, {("vlan", "VLAN_TAG_INVALID", "4095")}),
        (
            {"vlan": {"tag": 43}},
            {("vlan", "PIF_CONFIGURATION_ERROR", "v", "its field VLAN is not 43, the tag of its VLAN object")},
        ),
        (
            {"v": {"device": "eth7"}},
            {("vlan", "PIF_CONFIGURATION_ERROR", "v", "its device is not the same as on the PIF below")},
        ),
        (
            {"v": {"host_uuid": "xen2"}},
            {("vlan", "PIF_CONFIGURATION_ERROR", "v", "its host-uuid is not the same as on the PIF below")},
        ),
        (
            {"vlan": {"tagged_PIF": "v"}},
            {("vlan", "PIF_IS_VLAN", "v")},
        ),
        (
            {"vlan": {"tagged_PIF": "a1"}, "v": {"device": "eth1"}},
            {("vlan", "CANNOT_ADD_VLAN_TO_BOND_SLAVE", "a1")},
        ),
        (
            {"v": {"bond_slave_of": "bond", "currently_attached": False}},
            {("bond", "PIF_VLAN_EXISTS", "eth2")},
        ),
        ({"bond": {"mode": "lacp", "properties": {"a": "b"}}}, {("bond", "INVALID_VALUE", "properties", "a = b")}),
        (
            {"b1": {"bond_slave_of": "bond", "currently_attached": False}},
            {("bond", "PIF_CANNOT_BOND_CROSS_HOST")},
        ),
        ({"a1": {"currently_attached": True}}, {("pif", "CANNOT_PLUG_BOND_SLAVE", "a1")}),
        (
            {"bond": {"primary_slave": "a2"}},
            {
                (
                    "bond",
                    "PIF_CONFIGURATION_ERROR",
                    "a2",
                    "it is the primary slave of a bond, but not a member of it",
                )
            },
        ),
        (
            {"a1": {"bond_slave_of": None}, "bond": {"primary_slave": None}},
            {("bond", "PIF_BOND_NEEDS_MORE_MEMBERS")},
        ),
        (
            {"master": {"bond_slave_of": "bond", "currently_attached": False}},
            {("bond", "PIF_ALREADY_BONDED", "master")},
        ),
    ],
)
def test_what_edited_vlans_and_bonds_break(
    pool: NetworkPool, changes: dict[str, dict[str, object]], unsound: set[tuple[str, ...]]
) -> None:
    bond(pool, "a1")
    pool.make("v", "vlan-create pif-uuid=a2 vlan=42 network-uuid=red")
    pool.named["vlan"] = pool.vlan_below("v")
    for name, fields in changes.items():
        pool.change(name, **fields)
    assert pool.unsound() == unsound


def test_each_pif_has_one_vlan_and_one_bond(pool: NetworkPool) -> None:
    bond(pool, "a1")
    pool.make("v", "vlan-create pif-uuid=a2 vlan=42 network-uuid=red")
    pool.add("second", "vlan", tagged_PIF="a2", untagged_PIF="v", tag=42)
    pool.add("other", "bond", master="master")
    pool.change("a2", currently_attached=False)
    assert pool.unsound() == {
        ("vlan", "PIF_VLAN_EXISTS", "v"),
        ("bond", "PIF_ALREADY_BONDED", "master"),
        ("bond", "PIF_BOND_NEEDS_MORE_MEMBERS"),
    }


def test_each_tag_stands_once_on_a_pif(pool: NetworkPool) -> None:
    pool.make("v1", "vlan-create pif-uuid=a2 vlan=1 network-uuid=red")
    pool.make("v2", "vlan-create pif-uuid=a2 vlan=2 network-uuid=blue")
    pool.named["vlan"] = pool.vlan_below("v2")
    pool.change("v2", VLAN=1)
    pool.change("vlan", tag=1)
    assert pool.unsound() == {("pif", "PIF_VLAN_EXISTS", "eth2")}
