"""`state-import --anonymise` makes a file that can be shown to others: nothing tells whose pool it was, all else stays."""

import re
from pathlib import Path

import pytest
from conftest import Xe
from pool_dump import DISK, HOST, SR, VM, Rows, dump, uuid

from xe_py.dumps.pseudonyms import Pseudonyms

SERIAL = "36b82a720d65c19002949b51036f8cdf7"
TABLES: dict[str, Rows] = {
    "host": [
        {"ref": HOST, "uuid": uuid(2), "name__label": "acme-xen1", "name__description": "Rack 7, Acme Basel", "hostname": "acme-xen1", "address": "10.20.30.40", "software_version": {"product_brand": "XCP-ng", "hostname": "acme-xen1"}, "cpu_info": {"modelname": "Intel(R) Xeon(R) Gold 6142"}, "iscsi_iqn": "iqn.2020-01.com.acme:xen1", "bios_strings": {"system-serial-number": "CZJ7030WXY"}, "logging": {"syslog_destination": "log.acme.com"}},
    ],
    "SR": [{"ref": SR, "uuid": uuid(16), "name__label": "Acme NFS", "type": "nfs", "shared": True, "content_type": "user"}],
    "PBD": [{"ref": "OpaqueRef:pbd", "uuid": uuid(17), "SR": SR, "host": HOST, "currently_attached": True, "device_config": {"server": "10.20.31.5", "serverpath": "/export/acme", "SCSIid": SERIAL, "lun": "3600143801259"}}],
    "VDI": [{"ref": DISK, "uuid": uuid(18), "SR": SR, "name__label": "payroll root", "location": uuid(18), "virtual_size": 1 << 30, "sm_config": {"vhd-parent": uuid(40)}}],
    "network": [{"ref": "OpaqueRef:net", "uuid": uuid(27), "name__label": "acme dmz", "bridge": "xenbr0"}],
    "PIF": [{"ref": "OpaqueRef:pif", "uuid": uuid(28), "host": HOST, "network": "OpaqueRef:net", "device": "eth0", "physical": True, "management": True, "MAC": "a0:36:9f:11:22:33", "IP": "10.20.30.40", "netmask": "255.255.254.0", "gateway": "10.20.31.1", "DNS": "10.20.30.2,8.8.8.8", "VLAN": "-1", "currently_attached": True, "ip_configuration_mode": "Static", "IPv6": ["2001:db8:7::40/64", "fe80::a236:9fff:fe11:2233/64"]}],
    "VM": [
        {"ref": VM, "uuid": uuid(9), "name__label": "payroll", "name__description": "Wages of Acme", "tags": ["acme", "prod"], "other_config": {"XenCenter.CustomFields.Acme owner": "Alice", "auto_poweron": "true", "ip": "10.20.30.77", "name": "payroll", "mac_seed": uuid(41)}, "PV__args": "root=/dev/xvda1 acme=1", "last_booted_record": "('acme')"},
        {"ref": "OpaqueRef:2", "uuid": uuid(10), "name__label": "payroll", "name__description": "Wages of Acme", "is_a_snapshot": True, "is_a_template": True, "snapshot_of": VM, "snapshot_metadata": {"name__label": "payroll", "name__description": "Wages of Acme", "other_config": "(('boss' 'Alice'))"}},
    ],
    "VIF": [{"ref": "OpaqueRef:vif", "uuid": uuid(30), "VM": VM, "network": "OpaqueRef:net", "device": "0", "MAC": "a0:36:9f:44:55:66"}],
    "VBD": [{"ref": "OpaqueRef:vbd", "uuid": uuid(26), "VM": VM, "VDI": DISK, "userdevice": "0", "device": "xvda"}],
}  # fmt: skip
SECRET_WORDS = [
    "acme",
    "alice",
    "payroll",
    "basel",
    "wages",
    "10.20",
    "8.8.8.8",
    "a0:36:9f",
    "2001:db8",
    "a236:9fff",
    SERIAL,
    "3600143801259",
    "czj7030wxy",
    "5a5a0000",
]


@pytest.fixture
def shown(tmp_path: Path) -> Xe:
    """A pool that came in, anonymised."""
    (tmp_path / "real.db").write_text(dump(**TABLES))
    pool = Xe(tmp_path / "new.toml")
    told = pool.do(f"state-import file={tmp_path / 'real.db'} --anonymise")
    assert "Names, addresses, descriptions and uuids are made up." in told.splitlines()
    return pool


def test_nothing_tells_whose_pool_it_was(shown: Xe) -> None:
    text = shown.state.read_text().lower()
    assert [word for word in SECRET_WORDS if word in text] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "shows"),
    [
        ("vm-list params=name-label is-a-snapshot=false --minimal", "VM 1"),
        ("vm-list params=name-description is-a-snapshot=false --minimal", "description 2"),
        ("vm-list params=tags is-a-snapshot=false --minimal", r"(x\d+)\, (x\d+)"),
        ("host-list params=name-label --minimal", "host 1"),
        ("host-list params=hostname --minimal", "hostname-1"),
        ("host-list params=software-version --minimal", "product_brand: XCP-ng; hostname: hostname-1"),
        ("host-list params=address --minimal", "10.1.30.40"),
        ("host-list params=cpu_info --minimal", r"modelname: Intel\(R\) Xeon\(R\) Gold 6142"),
        ("host-list params=iscsi_iqn --minimal", r"iqn.2020-01.com.(x\d+):xen1"),
        ("host-list params=logging --minimal", r"syslog_destination: log.(x\d+).com"),
        ("pif-list params=IP --minimal", "10.1.30.40"),
        ("pif-list params=netmask --minimal", "255.255.254.0"),
        ("pif-list params=gateway --minimal", "10.1.31.1"),
        ("pif-list params=DNS --minimal", r"10.1.30.2\,10.2.8.8"),
        ("pif-list params=IPv6 --minimal", "fd00:0:0:1::1/64; fe80::2/64"),
        ("pif-list params=MAC --minimal", "02:00:00:00:00:01"),
        ("pif-list params=device --minimal", "eth0"),
        ("vif-list params=MAC --minimal", "02:00:00:00:00:02"),
        ("network-list params=bridge --minimal", "xenbr0"),
        ("vbd-list params=device --minimal", "xvda"),
        ("vdi-list params=virtual-size --minimal", "1073741824"),
        ("sr-list params=type,name-label --minimal", "SR 1"),
        ("sr-list params=type --minimal", "nfs"),
    ],
)  # fmt: skip
def test_what_is_made_up_is_like_what_was_there(shown: Xe, line: str, shows: str) -> None:
    assert re.fullmatch(shows.replace(r"\,", r"\\,"), shown.do(line))


def test_the_same_is_the_same_wherever_it_stood(shown: Xe) -> None:
    vdi = shown.do("vdi-list --minimal")
    assert shown.do("vdi-list params=location --minimal") == vdi
    assert shown.do("vbd-list params=vdi-uuid --minimal") == vdi
    vm = shown.do("vm-list is-a-snapshot=false --minimal")
    assert shown.do("snapshot-list params=name-label --minimal") == "VM 1"
    config = shown.do(f"vm-param-get uuid={vm} param-name=other-config")
    assert re.fullmatch(
        r"XenCenter\.CustomFields\.(x\d+) (x\d+): (x\d+); auto_poweron: true; ip: 10\.1\.30\.77; name: VM 1; mac_seed: 00000000-.*",
        config,
    )
    shown.do(f"snapshot-revert snapshot-uuid={shown.do('snapshot-list --minimal')}")
    owner = config.split("; ")[0].partition(": ")[2]
    assert shown.do(f"vm-param-get uuid={vm} param-name=other-config") == f"boss: {owner}"
    assert shown.do(f"vm-param-get uuid={vm} param-name=name-label") == "VM 1"


def test_the_same_dump_becomes_the_same_file(shown: Xe, tmp_path: Path) -> None:
    again = Xe(tmp_path / "again.toml")
    again.do(f"state-import file={tmp_path / 'real.db'} --anonymise")
    texts = [re.sub('lineage = ".*"', "", each.state.read_text()) for each in (shown, again)]
    assert texts[0] == texts[1]


def test_default_templates_stay_as_every_host_has_them(xapi: Xe, tmp_path: Path) -> None:
    xapi.do(f"pool-dump-database file-name={tmp_path / 'pool.db'}")
    new = Xe(tmp_path / "new.toml")
    new.do(f"state-import file={tmp_path / 'pool.db'} --anonymise")
    listed = "template-list params=uuid,name-label,name-description,recommendations"
    assert new.do(listed) == xapi.do(listed)


@pytest.mark.parametrize(
    ("text", "shows"),
    [
        ("", ""),
        ("known words, 12 of them", "known x1, 12 x2 x3"),
        ("Known-2", "Known-2"),
        ("Ärger 東京 x1", "x1 x2 x3"),
        ("ab12 ab12 AB12", "x1 x1 x2"),
        ("0.0.0.0 127.0.0.1 169.254.1.1 255.255.0.0 239.1.1.1", "0.0.0.0 127.0.0.1 169.254.1.1 255.255.0.0 239.1.1.1"),
        ("192.168.1.5/24 192.168.2.6 172.16.0.1", "10.1.1.5/24 10.1.2.6 10.2.0.1"),
        ("1.2.3.4.5 1.2", "1.2.3.4.5 1.2"),
        ("03:04:05 ::1 ::", "03:04:05 ::1 ::"),
        ("2001:db8::1 2001:db8::2 2001:db9::1", "fd00:0:0:1::1 fd00:0:0:1::2 fd00:0:0:2::1"),
        ("00:11:22:33:44:55/00:11:22:33:44:5A", "02:00:00:00:00:01/02:00:00:00:00:02"),
        (uuid(3) + uuid(3).upper(), "00000000-0000-4000-8000-000000000001" * 2),
        ("00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"),
        ("1234567890", "1234567890"),
    ],
    ids=ascii,
)  # fmt: skip
def test_each_word_and_address_gets_another(text: str, shows: str) -> None:
    assert Pseudonyms({"known"}).text(text) == shows


def test_blocks_of_addresses_do_not_run_out() -> None:
    names = Pseudonyms(())
    found = [names.text(f"{first}.{second}.0.1") for first in (11, 12, 13) for second in range(256)]
    assert len(set(found)) == 3 * 256
    assert found[-1] == "13.0.0.1"
