"""`sr-probe`: the SRs on a storage and, for an incomplete device-config, the choices, as the drivers write them."""

import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from conftest import Xe

FACTS = Path(__file__).parent / "facts"
NFS = "type=nfs device-config:server=192.0.2.20"
ISCSI = "type=lvmoiscsi device-config:target=192.0.2.30"
IQN = "device-config:targetIQN=iqn.2001-01.com.example:192.0.2.30"


def parsed(document: str) -> ET.Element:
    return ET.fromstring(document)  # noqa: S314 - the program or a sample has written it


def paths(element: ET.Element, above: str = "") -> list[str]:
    """The paths of the elements, each once and in order."""
    here = f"{above}/{element.tag}"
    return list(dict.fromkeys([here, *(path for each in element for path in paths(each, here))]))


def choices(xe: "Xe", line: str, code: str) -> ET.Element:
    """The document in the last parameter of the refusal."""
    done = xe(f"sr-probe {line}")
    assert (done.status, done.out) == (1, "")
    assert f"Error code: SR_BACKEND_FAILURE_{code}\n" in done.err
    document = done.err[done.err.index("<?xml") : done.err.index("\n\n") + 1]
    return parsed(document)


def sample(name: str) -> ET.Element:
    return parsed((FACTS / "probe" / f"{name}.xml").read_text())


@pytest.mark.parametrize(
    ("line", "code", "name"),
    [
        (NFS, "101", "nfs-1-no-serverpath"),
        (ISCSI, "96", "lvmoiscsi-1-no-targetIQN"),
        (f"{ISCSI} {IQN}", "107", "lvmoiscsi-2-no-SCSIid"),
        ("type=lvmohba", "107", "lvmohba-1-no-SCSIid"),
    ],
)
def test_an_incomplete_device_config_is_refused_with_the_choices(xapi: "Xe", line: str, code: str, name: str) -> None:
    assert paths(choices(xapi, line, code)) == paths(sample(name))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("type=nfs", "SR_BACKEND_FAILURE_102"),
        ("type=lvm", "SR_BACKEND_FAILURE_90"),
        ("type=lvmoiscsi", "SR_BACKEND_FAILURE_95"),
        ("type=smb", "SR_BACKEND_FAILURE_102"),
        ("type=none", "SR_UNKNOWN_DRIVER"),
        *((f"type={type}", "SR_BACKEND_FAILURE") for type in ("iso", "udev", "shm", "zfs", "linstor")),
    ],
)
def test_what_else_is_refused(xapi: "Xe", line: str, code: str) -> None:
    assert xapi.code(f"sr-probe {line}") == code


@pytest.mark.parametrize(
    ("config", "shared", "name"),
    [
        (f"{NFS} device-config:serverpath=/export/vms", "true", "smb-result"),
        (r"type=smb device-config:server=\\192.0.2.40\vms", "true", "smb-result"),
        (f"{ISCSI} {IQN} device-config:SCSIid=3600a", "true", "lvm-result"),
        ("type=lvm device-config:device=/dev/sdz", "false", "lvm-result"),
        ("type=ext device-config:device=/dev/sdz", "false", "lvm-result"),
    ],
)
def test_an_sr_is_found_also_when_it_is_forgotten_and_comes_back(
    xapi: "Xe", config: str, shared: str, name: str
) -> None:
    empty = xapi.do(f"sr-probe {config}")
    assert empty == '<?xml version="1.0" ?>\n<SRlist/>\n'
    sr = xapi.do(f"sr-create name-label=data shared={shared} {config}")
    vdi = xapi.do(f"vdi-create sr-uuid={sr} name-label=disk virtual-size=1GiB")
    found = xapi.do(f"sr-probe {config}")
    assert paths(parsed(found)) == paths(sample(name))
    assert f"\n\t\t<UUID>{sr}</UUID>\n" in found
    for pbd in xapi.do(f"pbd-list sr-uuid={sr} --minimal").split(","):
        xapi.do(f"pbd-unplug uuid={pbd}")
    xapi.do(f"sr-forget uuid={sr}")
    assert xapi.do(f"sr-probe {config}") == found

    uuid = re.findall("<UUID>(.*)</UUID>", xapi.do(f"sr-probe {config}"))[0]
    xapi.do(f"sr-introduce name-label=back uuid={uuid} shared={shared} {config.split(maxsplit=1)[0]}")
    host = xapi.do("host-list --minimal")
    pbd = xapi.do(f"pbd-create host-uuid={host} sr-uuid={uuid} {config.partition(' ')[2]}")
    xapi.do(f"pbd-plug uuid={pbd}")
    xapi.do(f"sr-scan uuid={uuid}")
    assert vdi in xapi.do(f"vdi-list sr-uuid={uuid} --minimal")


def test_an_sr_in_another_place_is_not_found(xapi: "Xe") -> None:
    xapi.do(f"sr-create name-label=data shared=true {NFS} device-config:serverpath=/export/vms")
    for other in (f"{NFS} device-config:serverpath=/export/other", "type=file device-config:location=/export/vms"):
        assert xapi.do(f"sr-probe {other}").endswith("<SRlist/>\n")


def test_a_local_disk_is_that_of_one_host(tmp_path: Path, xapi: "Xe") -> None:
    pool = type(xapi)(tmp_path / "pool.toml")
    pool.do("state-init hosts=2 rules=xapi")
    first, second = pool.do("host-list --minimal").split(",")
    config = "type=lvm device-config:device=/dev/sdz"
    sr = pool.do(f"sr-create name-label=data host-uuid={first} {config}")
    assert sr in pool.do(f"sr-probe host-uuid={first} {config}")
    assert sr not in pool.do(f"sr-probe host-uuid={second} {config}")
    pool.do(f"pbd-unplug uuid={pool.do(f'pbd-list sr-uuid={sr} --minimal')}")
    pool.do(f"sr-forget uuid={sr}")
    assert sr in pool.do(f"sr-probe host-uuid={first} {config}")
    assert sr not in pool.do(f"sr-probe host-uuid={second} {config}")


def test_what_is_in_use_is_among_the_choices(xapi: "Xe") -> None:
    xapi.do(f"sr-create name-label=a shared=true {NFS} device-config:serverpath=/srv")
    assert "/srv" in [each.text for each in choices(xapi, NFS, "101").iter("Path")]
    iqn = "device-config:targetIQN=iqn.2026-01.org.example:disks"
    xapi.do(f"sr-create name-label=b shared=true {ISCSI} {iqn} device-config:SCSIid=3600a")
    assert "iqn.2026-01.org.example:disks" in [each.text for each in choices(xapi, ISCSI, "96").iter("TargetIQN")]
    assert "3600a" in [each.text for each in choices(xapi, f"{ISCSI} {iqn}", "107").iter("SCSIid")]


def test_choices_are_the_same_each_time_and_work(xapi: "Xe") -> None:
    first = choices(xapi, f"{ISCSI} {IQN}", "107")
    assert ET.tostring(choices(xapi, f"{ISCSI} {IQN}", "107")) == ET.tostring(first)
    ids = [each.text for each in first.iter("SCSIid")]
    assert len(set(ids)) == len(ids) == 4
    xapi.do(f"sr-create name-label=san shared=true {ISCSI} {IQN} device-config:SCSIid={ids[0]}")
    assert xapi.code(f"sr-create name-label=x shared=true {ISCSI} {IQN} device-config:SCSIid={ids[0]}") == (
        "SR_DEVICE_IN_USE"
    )
    xapi.do(f"sr-create name-label=san shared=true {ISCSI} {IQN} device-config:SCSIid={ids[1]}")


def test_more_is_told_on_request(xapi: "Xe") -> None:
    config = "type=lvm device-config:device=/dev/sdz"
    xapi.do(f"sr-create name-label=a&b {config}")
    assert "<name_label>a&amp;b</name_label>" in xapi.do(f"sr-probe {config} sm-config:metadata=true")
    nfs = xapi.do(f"sr-probe {NFS} device-config:serverpath=/x device-config:probeversion=4")
    assert [each.text for each in parsed(nfs).iter("Version")] == ["3", "4"]
    assert paths(parsed(nfs))[1:] == paths(sample("nfs-2-result"))[3:]
    target = choices(xapi, "type=lvmoiscsi device-config:target=192.0.2.30,192.0.2.31 device-config:port=3261", "96")
    assert [each.text for each in target.iter("IPAddress")] == ["192.0.2.30", "192.0.2.31"]
    assert [each.text for each in target.iter("Port")] == ["3261", "3261"]


def test_all_luns_of_an_hba_are_shown(xapi: "Xe") -> None:
    shown = parsed(xapi.do("sr-probe type=hba"))
    assert paths(shown) == paths(sample("lvmohba-1-no-SCSIid"))


def test_the_newer_way_has_no_driver(xapi: "Xe") -> None:
    assert xapi.code("sr-probe-ext type=lvm device-config:device=/dev/sda") == "SR_OPERATION_NOT_SUPPORTED"
    assert xapi.code("sr-probe-ext type=none") == "SR_UNKNOWN_DRIVER"
