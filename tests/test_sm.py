"""The storage drivers that `sm-list` shows: every state has them, and no state file holds them."""

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from xe_py import open_host
from xe_py.errors import Failure
from xe_py.store import store_for

if TYPE_CHECKING:
    from conftest import Xe

TESTS = Path(__file__).parent
FACTS: dict[str, dict[str, Any]] = json.loads((TESTS / "facts" / "drivers.json").read_text())


def uuid_of(xe: "Xe", type: str) -> str:
    return xe.do(f"sm-list type={type} --minimal")


def test_every_driver_of_a_real_host_is_there(xe: "Xe") -> None:
    assert xe.do("sm-list params=type --minimal").split(",") == sorted(FACTS)


@pytest.mark.parametrize("type", FACTS)
def test_a_driver_says_of_itself_what_the_real_one_says(xe: "Xe", type: str) -> None:
    facts, uuid = FACTS[type], uuid_of(xe, type)
    expected = {
        "name-label": facts["name"],
        "type": type,
        "vendor": facts["vendor"],
        "required-api-version": facts["api"],
        "capabilities": "; ".join(facts["features"]),
        "features": "; ".join(f"{name}: {version}" for name, version in facts["features"].items()),
        "driver-filename": facts["file"],
        "required-cluster-stack": "",
        "supported-image-formats": "",
    }
    assert {name: xe.do(f"sm-param-get uuid={uuid} param-name={name}") for name in expected} == expected
    configuration = xe.do(f"sm-param-get uuid={uuid} param-name=configuration")
    keys = [pair.partition(": ")[0] for pair in configuration.split("; ") if pair]
    assert keys == facts["configuration"]
    assert xe.do(f"sm-param-get uuid={uuid} param-name=name-description")
    assert facts["vendor"].strip(".").split()[0] in xe.do(f"sm-param-get uuid={uuid} param-name=copyright")


def test_a_plain_list_shows_the_columns_of_xe(xe: "Xe") -> None:
    uuid = uuid_of(xe, "lvm")
    assert xe.do("sm-list type=lvm") == (
        f"uuid ( RO)                : {uuid}\n"
        "          name-label ( RO): Local VHD on LVM\n"
        "    name-description ( RO): Keeps disks as VHDs on logical volumes of a local disk\n"
        "                type ( RO): lvm\n"
        "              vendor ( RO): XenSource Inc\n"
        "           copyright ( RO): (C) 2008 XenSource Inc\n"
        "       configuration ( RO): device: the disk or partition, such as /dev/sdb (required)\n"
        "\n"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sm-param-get uuid={uuid} param-name=features param-key=VDI_RESET_ON_BOOT", "2"),
        ("sm-list features:VDI_CONFIG_CBT=1 type=nfs params=type --minimal", "nfs"),
        ("sm-list features:VDI_CONFIG_CBT=1 type=cephfs params=type --minimal", ""),
        ("sm-list uuid={uuid} params=type --minimal", "ext"),
        ("sm-list uuid=nobody --minimal", ""),
    ],
)
def test_scripts_ask_for_a_feature(xe: "Xe", line: str, said: str) -> None:
    assert xe.do(line, uuid=uuid_of(xe, "ext")) == said


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("sm-param-get uuid=nobody param-name=type", "UUID_INVALID"),
        ("sm-param-get uuid={uuid} param-name=version", "Error code: Missing parameter"),
        ("sm-param-get uuid={uuid} param-name=features param-key=FLY", "Error: Key FLY not found in map"),
        ("sm-param-clear uuid={uuid} param-name=features", "Error: Can only clear RW parameters"),
        ("sm-param-clear uuid={uuid} param-name=vendor", "Error: Can only clear RW parameters"),
        ("sr-introduce uuid={uuid} name-label=x type=nfs", "DB_UNIQUENESS_CONSTRAINT_VIOLATION"),
    ],
)
def test_nobody_changes_a_driver(xe: "Xe", line: str, refusal: str) -> None:
    assert xe.code(line, uuid=uuid_of(xe, "ext")) == refusal


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ("vers=2.0 device-config:type=cifs", "SR_BACKEND_FAILURE_227"),
        ("options=rw", "SR_BACKEND_FAILURE_228"),
        ("vers=3.0 device-config:type=cifs", ""),
        ("options=-o", ""),
        ("legacy_mode=true device-config:vers=2.0", "SR_BACKEND_FAILURE_226"),
    ],
)
def test_an_iso_sr_is_mounted_with_what_its_driver_knows(xe: "Xe", config: str, code: str) -> None:
    line = f"sr-create name-label=isos type=iso device-config:location=//nas/isos device-config:{config}"
    told = xe(line)
    assert (told.status, f"Code: {code}\n" in told.err) == (bool(code), bool(code))
    if code:
        said = f"device-config:{config.partition(' ')[0].replace('=', ' cannot be ')}"
        assert (said in told.err) == (code != "SR_BACKEND_FAILURE_226")


def test_the_uuids_follow_from_the_lineage(xe: "Xe", xapi: "Xe") -> None:
    """The uuids of one state stay, through its index and without; another state has others."""
    before, text = xe.do("sm-list params=all"), xe.state.read_bytes()
    assert xe.do("sm-list params=all") == before
    assert xe.state.read_bytes() == text
    xe.do("vm-create name-label=web")
    assert xe.do("sm-list params=all") == before
    xe.state.write_bytes(xe.state.read_bytes())  # A new file has no index.
    assert xe.do("sm-list params=all") == before
    assert "[sm." not in xe.state.read_text()
    assert uuid_of(xapi, "ext") != uuid_of(xe, "ext")


@pytest.mark.parametrize("name", ["format-1.toml", "format-2.toml"])
def test_a_file_from_before_has_them_too_and_stays_as_it_is(tmp_path: Path, name: str) -> None:
    path = shutil.copy(TESTS / "golden" / name, tmp_path)
    before = Path(path).read_bytes()
    with open_host(path) as host:
        assert [driver["type"] for driver in host.find("sm")] == sorted(FACTS)
        assert host.state.changes() == []
    assert Path(path).read_bytes() == before


@pytest.mark.parametrize("change", ["add", "update", "delete"])
def test_a_program_cannot_change_them(xe: "Xe", change: str) -> None:
    with open_host(str(xe.state)) as host:
        driver = host.state.all("sm")[0]
        changes = {
            "add": lambda: host.state.add("sm", {"type": "mine"}),
            "update": lambda: host.state.update(driver, {"type": "mine"}),
            "delete": lambda: host.state.delete(driver),
        }
        with pytest.raises(Failure, match="OPERATION_NOT_ALLOWED"):
            changes[change]()
        assert host.state.changes() == []
        assert host.state.count("sm") == len(FACTS)


def test_a_table_of_drivers_in_the_file_is_found(xe: "Xe") -> None:
    xe.state.write_text(f"{xe.state.read_text()}\n[sm.33333333-4444-4555-8666-777777777777]\ntype = 'mine'\n")
    checked = xe.run(["state-check"], partial=True)
    assert checked.status == 3
    assert "sm: xe_py has its own objects of the class sm; delete these tables" in checked.out
    assert len(store_for(str(xe.state), os.environ).read().findings) == 1
