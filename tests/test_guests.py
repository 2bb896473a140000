"""What guests report: addresses, the system, drivers; when, and what somebody wants them to report instead."""

import ipaddress
import time
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from vm_pool import VmPool

from xe_py.schema.values import TIME_FORM
from xe_py.xapi.guest import REPORTED
from xe_py.xapi.guest_addresses import RANGE
from xe_py.xapi.guest_systems import _SYSTEMS

if TYPE_CHECKING:
    from conftest import Process, Xe

ABSENT = None
TEN = ipaddress.ip_network("10.0.0.0/8")


def ago(seconds: float) -> str:
    return time.strftime(TIME_FORM, time.gmtime(time.time() - seconds))


@pytest.fixture
def pool() -> VmPool:
    """A VM that runs, with a network card."""
    pool = VmPool()
    pool.vm("web", "running", start_time=ago(60))
    pool.vif("nic", "web", currently_attached=True)
    return pool


def address(pool: VmPool, vm: str = "web", device: str = "0") -> str:
    return str(pool.value(vm, "networks")[f"{device}/ip"])


# Addresses


def test_a_guest_reports_an_address_for_each_card_that_it_sees(pool: VmPool) -> None:
    pool.vif("second", "web", device="1", MAC="00:16:3e:22:22:22", currently_attached=True)
    pool.vif("unplugged", "web", device="2", MAC="00:16:3e:33:33:33")
    reported = pool.value("web", "networks")
    assert list(reported) == ["0/ip", "0/ipv4/0", "0/ipv6/0", "1/ip", "1/ipv4/0", "1/ipv6/0"]
    assert reported["0/ip"] == reported["0/ipv4/0"] != reported["1/ip"]
    assert reported["0/ipv6/0"] == "fe80::216:3eff:fe11:1111"


def test_addresses_are_from_a_private_block_of_their_network(pool: VmPool) -> None:
    pool.add("other", "network", bridge="xapi1")
    pool.vif("second", "web", network="other", device="1", MAC="00:16:3e:22:22:22", currently_attached=True)
    pool.vif("third", "web", device="2", MAC="00:16:3e:33:33:33", currently_attached=True)
    blocks = [ipaddress.ip_network(f"{address(pool, device=str(n))}/24", strict=False) for n in range(3)]
    assert blocks[0] == blocks[2]
    assert all(block.subnet_of(TEN) for block in blocks)
    assert (blocks[0] == blocks[1]) == (crc(pool, "lan") == crc(pool, "other"))


def crc(pool: VmPool, network: str) -> int:
    return zlib.crc32(pool.named[network]["uuid"].encode()) & 0xFFFF


def test_an_address_is_stable_for_a_mac(pool: VmPool) -> None:
    before = address(pool)
    pool.do("vm-reboot", "web")
    pool.do("vm-shutdown", "web")
    pool.do("vm-start", "web")
    pool.vm("db", "running")
    pool.vif("nic2", "db", MAC="00:16:3e:22:22:22", currently_attached=True)
    assert address(pool) == before


def test_no_two_guests_on_a_network_have_the_same_address(pool: VmPool) -> None:
    for number in range(252):
        pool.vm(f"vm{number}", "running")
        pool.vif(f"nic{number}", f"vm{number}", MAC=f"00:16:3e:00:00:{number:02x}", currently_attached=True)
    found = [address(pool)] + [address(pool, f"vm{number}") for number in range(252)]
    assert len(set(found)) == len(found) == 253
    assert not {found[0].rpartition(".")[0] + end for end in (".0", ".1", ".255")} & set(found)


def test_a_number_that_is_taken_leads_to_the_next_free_one(pool: VmPool) -> None:
    """Also past numbers that were taken in the same way, and from the last number to the first."""
    pool.change("lan", other_config={RANGE: "192.0.2.0/29"})
    pool.vm("db", "running")
    for number in range(4):
        pool.vif(f"nic{number}", "db", device=str(number), MAC=pool.named["nic"]["MAC"], currently_attached=True)
    found = [address(pool), *(address(pool, "db", str(number)) for number in range(4))]
    first = int(found[0].rpartition(".")[2]) - 2
    assert found == [f"192.0.2.{2 + (first + number) % 5}" for number in range(5)]


def test_the_addresses_of_all_guests_cost_what_those_of_one_cost(pool: VmPool, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = 0

    def count(data: bytes) -> int:
        nonlocal counted
        counted += 1
        return zlib.crc32(data)

    monkeypatch.setattr("xe_py.xapi.guest_addresses.crc32", count)
    for number in range(20):
        pool.vm(f"vm{number}", "running")
        pool.vif(f"nic{number}", f"vm{number}", MAC=f"00:16:3e:00:00:{number:02x}", currently_attached=True)
    before = [address(pool, f"vm{number}") for number in range(20)]
    assert counted == 1 + 21  # The block of the network, and its cards.
    mark = pool.state.mark()
    pool.change("lan", other_config={RANGE: "192.0.2.0/24"})
    assert {address(pool, f"vm{number}").rpartition(".")[0] for number in range(20)} == {"192.0.2"}
    assert counted == 1 + 2 * 21  # A block of its own asks nothing.
    pool.state.rollback(mark)
    assert [address(pool, f"vm{number}") for number in range(20)] == before


def test_more_guests_than_addresses_still_have_one_each(pool: VmPool) -> None:
    pool.change("lan", other_config={RANGE: "192.0.2.0/30"})
    pool.vm("db", "running")
    pool.vif("nic2", "db", MAC="00:16:3e:22:22:22", currently_attached=True)
    assert address(pool) == address(pool, "db") == "192.0.2.2"


@pytest.mark.parametrize(
    ("block", "inside"),
    [
        ("10.1.2.0/24", True),
        ("172.16.0.0/16", True),
        ("10.1.2.9/24", True),
        ("10.1.2.0/31", False),
        ("10.1.2.0/33", False),
        ("somewhere", False),
        ("fd00::/64", False),
    ],
)
def test_a_network_may_have_another_block(pool: VmPool, block: str, inside: bool) -> None:
    usual = address(pool)
    pool.change("lan", other_config={RANGE: block})
    if inside:
        assert ipaddress.ip_address(address(pool)) in ipaddress.ip_network(block, strict=False)
    else:
        assert address(pool) == usual


def test_the_internal_network_of_a_host_has_its_own_block(pool: VmPool) -> None:
    settings = {"ip_begin": "169.254.0.1", "ip_end": "169.254.255.254", "netmask": "255.255.0.0"}
    pool.change("lan", other_config=settings)
    assert ipaddress.ip_address(address(pool)) in ipaddress.ip_network("169.254.0.0/16")


@pytest.mark.parametrize("field", ["xenstore_data", "other_config"])
@pytest.mark.parametrize("key", ["vm-data/ip", "vm-data/ipaddress", "vm-data/ipv4", "ip", "ip-address"])
def test_the_address_that_a_script_gives_the_guest_wins(pool: VmPool, field: str, key: str) -> None:
    pool.vif("second", "web", device="1", MAC="00:16:3e:22:22:22", currently_attached=True)
    usual = address(pool, device="1")
    pool.change("web", **{field: {key: "192.0.2.7/24"}})
    assert address(pool) == pool.value("web", "networks")["0/ipv4/0"] == "192.0.2.7"
    assert address(pool, device="1") == usual


def test_what_is_no_address_is_none(pool: VmPool) -> None:
    usual = address(pool)
    pool.change("web", xenstore_data={"vm-data/ip": "dhcp"})
    assert address(pool) == usual


def test_an_address_that_is_set_for_the_vif_wins_over_that_of_its_network(pool: VmPool) -> None:
    static = {"configuration_mode": "Static"}
    pool.change("nic", **{f"ipv4_{name}": value for name, value in static.items()}, ipv4_addresses=["192.0.2.8/24"])
    pool.change("nic", **{f"ipv6_{name}": value for name, value in static.items()}, ipv6_addresses=["fd00::8/64"])
    assert pool.value("web", "networks") == {"0/ip": "192.0.2.8", "0/ipv4/0": "192.0.2.8", "0/ipv6/0": "fd00::8"}


# The system


@pytest.mark.parametrize(
    ("label", "name", "distro"),
    [
        ("debian-12", "Debian GNU/Linux 12 (bookworm)", "debian"),
        ("ubuntu-22.04", "Ubuntu 22.04.5 LTS", "ubuntu"),
        ("almalinux-9", "AlmaLinux 9.6 (Sage Margay)", "almalinux"),
        ("centos-6-32bit", "CentOS release 6.10 (Final)", "centos"),
        ("sles-12-sp5-64bit", "SUSE Linux Enterprise Server 12 SP5", "sles"),
        ("windows-server-2022-64bit", "Microsoft Windows Server 2022 Standard", "windows"),
        ("other-install-media", "Debian GNU/Linux 12 (bookworm)", "debian"),
        ("", "Debian GNU/Linux 12 (bookworm)", "debian"),
    ],
)
def test_the_system_fits_the_template(pool: VmPool, label: str, name: str, distro: str) -> None:
    pool.change("web", reference_label=label)
    reported = pool.value("web", "os-version")
    assert (reported["name"], reported["distro"]) == (name, distro)


@pytest.mark.parametrize("label", _SYSTEMS)
def test_a_system_has_the_keys_of_xapi_in_order(pool: VmPool, label: str) -> None:
    pool.change("web", reference_label=label)
    known = ["name", "uname", "distro", "major", "minor", "spmajor", "spminor"]
    reported = pool.value("web", "os-version")
    assert list(reported) == [key for key in known if key in reported]
    assert {"name", "distro", "major"} <= set(reported)


def test_only_windows_tells_its_service_pack_and_each_driver(pool: VmPool) -> None:
    versions = {"major": "9", "minor": "4", "micro": "0", "build": "1"}
    assert pool.value("web", "PV-drivers-version") == versions
    assert "spmajor" not in pool.value("web", "os-version")
    pool.change("web", reference_label="windows-server-2025")
    reported = pool.value("web", "PV-drivers-version")
    assert list(reported) == [*versions, "xenbus", "xenvbd", "xenvif", "xeniface", "xennet"]
    assert {text.split()[0] for name, text in reported.items() if name.startswith("xen")} == {"XenServer"}
    assert pool.value("web", "os-version")["spmajor"] == "0"
    pool.do("vm-guest-set", "web", pv_drivers_version={"xennet": "", "build": "77"})
    assert pool.value("web", "PV-drivers-version")["build"] == "77"
    assert "xennet" not in pool.value("web", "PV-drivers-version")
    pool.do("vm-guest-set", "web", tools=False)
    told = [pool.value("web", name) for name in ("PV-drivers-version", "PV-drivers-up-to-date", "PV-drivers-detected")]
    assert told == [{}, False, False]


def test_only_windows_has_a_netbios_name(pool: VmPool) -> None:
    assert pool.value("web", "netbios-name") == {}
    pool.change("web", reference_label="windows-11", name_label="Büro 7, long name of it")
    assert pool.value("web", "netbios-name") == {"host_name": "BRO7LONGNAMEOFI"}


# When


@pytest.mark.parametrize("name", [*REPORTED, "live", "guest-metrics-last-updated", "PV-drivers-detected"])
def test_there_is_a_report_from_the_first_start_on(name: str) -> None:
    pool = VmPool()
    pool.vm("web")
    pool.vif("nic", "web")
    assert pool.value("web", name) is ABSENT
    assert pool.value("dom0", name) is ABSENT
    pool.do("vm-start", "web")
    reported = pool.value("web", name)
    assert reported is not ABSENT
    for command in ("vm-pause", "vm-unpause", "vm-suspend", "vm-resume", "vm-shutdown"):
        pool.do(command, "web")
        assert pool.value("web", name) == reported, command


def test_a_guest_without_tools_reports_empty_maps(pool: VmPool) -> None:
    pool.do("vm-guest-set", "web", tools=False)
    assert {name: pool.value("web", name) for name in REPORTED} == {name: {} for name in REPORTED}
    assert pool.value("web", "live") is True
    assert pool.value("web", "PV-drivers-detected") is False
    assert pool.value("web", "guest-metrics-last-updated") == pool.value("web", "start-time")


def test_a_guest_that_boots_reports_nothing_yet(pool: VmPool) -> None:
    pool.do("vm-guest-set", "web", boot_time=90)
    assert pool.value("web", "networks") == {}
    assert pool.value("web", "guest-metrics-last-updated") == pool.value("web", "start-time")
    pool.change("web", start_time=ago(91))
    assert address(pool)
    assert pool.value("web", "guest-metrics-last-updated") in {ago(0), ago(1), ago(2)}


def test_a_guest_that_boots_does_not_cooperate_yet(pool: VmPool) -> None:
    pool.change("web", domain_type="hvm", guest_boot_time=90)
    assert pool.no("vm-shutdown", "web") == ("VM_LACKS_FEATURE", "web")
    pool.do("vm-shutdown", "web", force=True)


def test_a_start_time_that_is_none_is_long_ago(pool: VmPool) -> None:
    pool.change("web", guest_boot_time=90, start_time="aaaaaaaaaaa:bb:ccc")
    assert address(pool)


# What somebody wants


def test_what_is_set_replaces_keys(pool: VmPool) -> None:
    pool.do("vm-guest-set", "web", os_version={"name": "Plan 9", "minor": ""}, other={"data-ts": "1"})
    reported = pool.value("web", "os-version")
    assert list(reported) == ["name", "uname", "distro", "major"]
    assert reported["name"] == "Plan 9"
    assert list(pool.value("web", "other"))[-1] == "data-ts"


def test_an_address_that_is_set_stands_in_both_places(pool: VmPool) -> None:
    pool.change("web", xenstore_data={"vm-data/ip": "192.0.2.7"})
    pool.do("vm-guest-set", "web", networks={"0/ip": "192.0.2.1", "5/ip": "192.0.2.5"})
    reported: dict[str, Any] = pool.value("web", "networks")
    assert list(reported) == ["0/ip", "0/ipv4/0", "0/ipv6/0", "5/ip"]
    assert reported["0/ip"] == reported["0/ipv4/0"] == "192.0.2.1"
    pool.do("vm-guest-set", "web", networks={"0/ip": ""})
    assert list(pool.value("web", "networks")) == ["0/ipv6/0", "5/ip"]


def test_what_was_set_is_forgotten_on_request(pool: VmPool) -> None:
    before = dict(pool.named["web"])
    pool.do("vm-guest-set", "web", networks={"0/ip": "192.0.2.1"}, tools=False, boot_time=5)
    assert dict(pool.named["web"]) != before
    pool.do("vm-guest-set", "web", reset=True)
    assert dict(pool.named["web"]) == before
    pool.do("vm-guest-set", "web", reset=True, tools=False)
    assert pool.value("web", "networks") == {}


def test_a_guest_does_not_boot_in_less_than_no_time(pool: VmPool) -> None:
    assert pool.no("vm-guest-set", "web", boot_time=-1) == ("INVALID_VALUE", "boot-time", "-1")


def test_a_file_may_say_what_a_guest_reports(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    xe.do("vm-start vm=web")
    text = xe.state.read_text()
    head = f"[vm.{vm}]\n"
    xe.state.write_text(text.replace(head, f'{head}guest-networks = {{ "0/ip" = "192.0.2.1" }}\n'))
    assert xe.do(f"vm-param-get uuid={vm} param-name=networks param-key=0/ip") == "192.0.2.1"
    assert xe.do("vm-guest-set vm=web networks:0/ip=192.0.2.2 boot-time=0 os-version:name=x tools=true") == ""
    assert xe.do("vm-list networks:0/ip=192.0.2.2 --minimal") == vm


LOOP = """\
set -e
vm=$(xe vm-create name-label=web)
net=$(xe network-list --minimal | cut -d, -f1)
xe vif-create vm-uuid=$vm network-uuid=$net device=0 mac=random >/dev/null
xe vm-guest-set vm=web boot-time=4
xe vm-start uuid=$vm
tries=0
until ip=$(xe vm-param-get uuid=$vm param-name=networks param-key=0/ip 2>/dev/null); do
    tries=$((tries + 1))
    sleep 0.1
done
echo "$tries $ip"
"""


@pytest.mark.slow
def test_a_script_that_waits_for_an_address_comes_to_its_end(process: "Process") -> None:
    done = process.run(["sh", "-c", f"xe state-init\n{LOOP}"], XE_STATE=str(process.home / "host.toml"))
    assert done.status == 0, done.err
    tries, _, found = done.out.strip().partition(" ")
    assert int(tries) > 0
    assert ipaddress.ip_address(found) in TEN
