"""The fresh host is sound and is what a new XenServer has, and it can be like the machine it is made on."""

from pathlib import Path

import pytest

from xe_py.errors import Misuse
from xe_py.fresh.host import fresh_host
from xe_py.fresh.machine import cpu_info, machine, network_cards
from xe_py.operations import find
from xe_py.running import Call, run
from xe_py.state.core import findings
from xe_py.state.state import State

GIB = 1 << 30


@pytest.fixture
def state() -> State:
    return fresh_host(name_label="xen1")


def names(state: State, cls: str) -> list[str]:
    return [obj["name-label"] for obj in state.all(cls)]


@pytest.mark.parametrize("rules", ["strict", "xapi"])
@pytest.mark.parametrize(
    "wishes",
    [
        {},
        {"hosts": 3, "nics": 4},
        {"cpus": 1, "memory": 256 << 20, "disk": 0},
        {"cpus": 128, "memory": 4096 * GIB, "nics": 1},
        machine(),
    ],
)
def test_a_fresh_host_is_sound(rules: str, wishes: dict[str, object]) -> None:
    state = fresh_host(rules=rules, **wishes)  # type: ignore[arg-type] # the table holds words of several kinds
    assert [(f.cls, f.field, f.failure) for f in findings(state)] == []
    assert state.rules == rules
    assert state.changes() == []


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        ({"hosts": 0}, "Error: Parameter hosts must be at least 1"),
        ({"hosts": 65}, "Error: Parameter hosts must be at most 64"),
        ({"nics": 0}, "Error: Parameter nics must be at least 1"),
        ({"nics": 1 << 50}, "Error: Parameter nics must be at most 64"),
        ({"cpus": 0}, "Error: Parameter cpus must be at least 1"),
        ({"cpus": 4097}, "Error: Parameter cpus must be at most 4096"),
        ({"memory": 1}, "Error: Parameter memory must be at least 268435456"),
        ({"disk": -1}, "Error: Parameter disk must be at least 0"),
    ],
)
def test_a_host_that_cannot_be(wish: dict[str, int], text: str) -> None:
    with pytest.raises(Misuse, match=text):
        fresh_host(**wish)  # type: ignore[arg-type] # all of these are numbers


def test_what_a_new_host_has(state: State) -> None:
    assert names(state, "host") == ["xen1"]
    assert [vm.name for vm in state.find("vm", is_a_template=False)] == ["Control domain on host: xen1"]
    assert names(state, "network") == [
        "Pool-wide network associated with eth0",
        "Pool-wide network associated with eth1",
        "Host internal management network",
    ]
    assert [network["bridge"] for network in state.all("network")] == ["xenbr0", "xenbr1", "xenapi"]
    assert names(state, "sr") == ["Local storage", "Removable storage", "DVD drives", "XenServer Tools"]
    assert all(pbd["currently-attached"] for pbd in state.all("pbd"))


def test_a_host_is_managed_through_its_first_network_card(state: State) -> None:
    (host,) = state.all("host")
    assert [(pif["device"], pif["management"], pif["IP-configuration-mode"]) for pif in state.all("pif")] == [
        ("eth0", True, "DHCP"),
        ("eth1", False, "None"),
    ]
    assert host["address"] == state.all("pif")[0]["IP"] == "192.168.1.10"


def test_the_control_domain_runs_on_its_host(state: State) -> None:
    (host,), (domain,) = state.all("host"), state.find("vm", is_a_template=False)
    assert (domain["power-state"], domain["is-control-domain"]) == ("running", True)
    assert domain["resident-on"] == host["uuid"]
    assert state.value(host, "control-domain-uuid") == domain["uuid"]
    assert 0 < state.value(host, "memory-free") < host["memory-total"]


def test_the_storage_of_a_new_host(state: State) -> None:
    types = {sr["name-label"]: (sr["type"], sr["content-type"], sr["shared"]) for sr in state.all("sr")}
    assert types == {
        "Local storage": ("ext", "user", False),
        "Removable storage": ("udev", "disk", False),
        "DVD drives": ("udev", "iso", False),
        "XenServer Tools": ("iso", "iso", True),
    }
    (host,), (pool,), local = state.all("host"), state.all("pool"), state.all("sr")[0]
    assert pool["default-SR"] == host["suspend-image-sr-uuid"] == local["uuid"]
    assert local["physical-size"] == 512 * GIB
    assert local["other-config"]["i18n-key"] == "local-storage"
    (tools,) = state.find("sr", is_tools_sr=True)
    assert [vdi["is-tools-iso"] for vdi in state.pointing_at(tools, "vdi.sr-uuid")] == [True]


def test_a_pool_shares_networks_and_tools() -> None:
    state = fresh_host(name_label="xen", hosts=3, nics=2)
    assert names(state, "host") == ["xen", "xen-2", "xen-3"]
    assert len({host["address"] for host in state.all("host")}) == 3
    assert len({pif["MAC"] for pif in state.all("pif")}) == 6
    assert state.count("network") == 3
    assert names(state, "sr").count("Local storage") == 3
    (tools,) = state.find("sr", is_tools_sr=True)
    assert len(state.pointing_at(tools, "pbd.sr-uuid")) == 3
    assert state.all("pool")[0]["master"] == state.all("host")[0]["uuid"]


def test_a_forgotten_network_card_is_found_again(state: State) -> None:
    (host,), pif = state.all("host"), state.all("pif")[1]
    before = (pif["device"], pif["MAC"], pif["network-uuid"])
    for name, argument in (("pif-forget", {"pif": pif}), ("pif-scan", {"host": host})):
        command = find(name)
        assert command is not None
        run(state, Call(command, dict(argument)))
    pif = state.all("pif")[1]
    assert (pif["device"], pif["MAC"], pif["network-uuid"]) == before


# Like this machine


def card(folder: Path, name: str, *, hardware: bool = True, **files: str) -> None:
    """A network card as the kernel shows it."""
    path = folder / name
    path.mkdir()
    if hardware:
        (path / "device").mkdir()
    for file, text in ({"type": "1", "mtu": "1500"} | files).items():
        (path / file).write_text(f"{text}\n")


def test_network_cards_are_found_in_order(tmp_path: Path) -> None:
    fast = {"carrier": "1", "speed": "10000", "duplex": "full", "mtu": "9000"}
    card(tmp_path, "eno10", address="00:16:3e:00:00:0a")
    card(tmp_path, "eno2", address="00:16:3e:00:00:02", **fast)
    card(tmp_path, "eno3", address="00:16:3e:00:00:03", carrier="0", speed="-1", duplex="unknown")
    card(tmp_path, "lo", address="00:00:00:00:00:00", type="772", hardware=False)
    card(tmp_path, "veth0", address="00:16:3e:00:00:0b", hardware=False)
    assert network_cards(str(tmp_path)) == [
        {"MAC": "00:16:3e:00:00:02", "MTU": 9000, "carrier": True, "speed": "10000 Mbit/s", "duplex": "full"},
        {"MAC": "00:16:3e:00:00:03", "MTU": 1500, "carrier": False, "speed": "0 Mbit/s", "duplex": "unknown"},
        {"MAC": "00:16:3e:00:00:0a", "MTU": 1500, "carrier": False, "speed": "0 Mbit/s", "duplex": "unknown"},
    ]
    assert network_cards(str(tmp_path / "nowhere")) == []


def test_a_container_has_interfaces_that_are_no_hardware(tmp_path: Path) -> None:
    card(tmp_path, "eth0", address="00:16:3e:00:00:01", hardware=False)
    assert [found["MAC"] for found in network_cards(str(tmp_path))] == ["00:16:3e:00:00:01"]


def test_the_cpus_are_those_of_the_first_processor() -> None:
    text = """
processor\t: 0
vendor_id\t: AuthenticAMD
model name\t: A : B
physical id\t: 0

processor\t: 1
vendor_id\t: Another
physical id\t: 1
"""
    assert cpu_info(text) == {"vendor": "AuthenticAMD", "modelname": "A : B", "socket_count": "2"}
    assert cpu_info("") == {}


def test_a_host_like_a_machine() -> None:
    cards = [{"MAC": "00:16:3e:00:00:02", "MTU": 9000, "carrier": False, "speed": "0 Mbit/s", "duplex": "unknown"}]
    state = fresh_host(name_label="box", nics=cards, cpus=3, hosts=2, cpu_info={"vendor": "AuthenticAMD"})
    pif = state.all("pif")[0]
    assert {field: pif[field] for field in cards[0]} == cards[0]
    assert state.ref(pif, "network-uuid")["MTU"] == 9000
    host = state.all("host")[0]
    assert host["nics"] == {"eth0": "00:16:3e:00:00:02"}
    assert (host["cpu_info"]["vendor"], host["cpu_info"]["cpu_count"]) == ("AuthenticAMD", "3")
    assert state.all("pif")[1]["MAC"] != pif["MAC"]


def test_this_machine_has_something_to_say() -> None:
    found = machine()
    assert found["cpus"] >= 1
    assert found["memory"] > 0
    assert found["name_label"]
