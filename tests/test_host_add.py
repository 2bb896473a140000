"""host-add: a new host has what every host has, and what all hosts of its pool have."""

from typing import TYPE_CHECKING

import pytest
from conftest import Xe
from conftest import run as run_line

from xe_py.store import store_for

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def pools(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The bytes of a pool for each preset, made once."""
    files = {}
    for preset in ("nfs-pool", "bonded", "classroom"):
        path = tmp_path_factory.mktemp(preset) / "pool.toml"
        assert run_line(["--state", str(path), "state-init", f"preset={preset}", "hosts=1"]) == 0
        files[preset] = path.read_bytes()
    return files


def pool(tmp_path: "Path", pools: dict[str, bytes], preset: str) -> Xe:
    (tmp_path / "pool.toml").write_bytes(pools[preset])
    return Xe(tmp_path / "pool.toml")


def lines(xe: Xe, cls: str, host: str, *fields: str) -> set[tuple[str, ...]]:
    """The fields of the objects of the host."""
    uuids = xe.do(f"{cls}-list host-uuid={host} params=uuid --minimal").split(",")
    return {
        tuple(xe.do(f"{cls}-param-get uuid={uuid} param-name={field}") for field in fields) for uuid in uuids if uuid
    }


@pytest.mark.parametrize("preset", ["nfs-pool", "bonded", "classroom"])
def test_a_new_host_has_what_the_coordinator_has(tmp_path: "Path", pools: dict[str, bytes], preset: str) -> None:
    xe = pool(tmp_path, pools, preset)
    first = xe.do("host-list --minimal")
    new = xe.do("host-add name-label=xen9")
    fields = ("device", "VLAN", "network-uuid", "management", "currently-attached", "IP-configuration-mode")
    assert lines(xe, "pif", new, *fields) == lines(xe, "pif", first, *fields)
    own, others = (lines(xe, "pbd", uuid, "sr-uuid", "currently-attached", "device-config") for uuid in (new, first))
    assert len(own & others) == 2, "the NFS storage and the tools"
    assert len(own - others) == 3, "and SRs of its own"
    same = ("memory-total", "cpu_info", "enabled", "host-metrics-live", "capabilities")
    for field in same:
        get = [xe.do(f"host-param-get uuid={uuid} param-name={field}") for uuid in (first, new)]
        assert get[0] == get[1], field
    assert xe.do(f"host-param-get uuid={new} param-name=address")
    assert "hostname: xen9" in xe.do(f"host-param-get uuid={new} param-name=software-version")


def test_a_vm_with_a_shared_disk_starts_on_a_new_host(tmp_path: "Path", pools: dict[str, bytes]) -> None:
    xe = pool(tmp_path, pools, "classroom")
    xe.do("host-add name-label=xen9")
    xe.do("vm-start name-label=vm1 on=xen9")
    assert xe.do("vm-list name-label=vm1 params=power-state --minimal") == "running"


def test_a_new_host_may_be_made_of_something_else(xe: Xe) -> None:
    new = xe.do("host-add name-label=big nics=3 cpus=8 memory=64GiB disk=1TiB")
    assert xe.do(f"host-param-get uuid={new} param-name=memory-total") == str(64 << 30)
    assert "cpu_count: 8" in xe.do(f"host-param-get uuid={new} param-name=cpu_info")
    assert xe.do(f"pif-list host-uuid={new} params=device --minimal") == "eth0,eth1,eth2"
    sr = xe.do(f"host-param-get uuid={new} param-name=suspend-image-sr-uuid")
    assert xe.do(f"sr-param-get uuid={sr} param-name=physical-size") == str(1 << 40)
    assert xe.do(f"host-param-get uuid={new} param-name=name-label") == "big"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("name-label=x nics=0", "Error: Parameter nics must be at least 1"),
        ("name-label=x nics=65", "Error: Parameter nics must be at most 64"),
        ("name-label=x cpus=0", "Error: Parameter cpus must be at least 1"),
        ("name-label=x cpus=4097", "Error: Parameter cpus must be at most 4096"),
        ("name-label=x memory=1", "Error: Parameter memory must be at least 268435456"),
        ("", "Required parameter not found: name-label"),
    ],
)
def test_a_host_that_cannot_be(xe: Xe, line: str, text: str) -> None:
    assert xe.code(f"host-add {line}") == text


@pytest.mark.parametrize(
    ("cls", "fields", "code"),
    [
        ("pool", {"ha-enabled": True}, "HA_IS_ENABLED"),
        ("host", {"host-metrics-live": False}, "HOST_OFFLINE"),
    ],
)
def test_a_pool_that_takes_no_host(xe: Xe, cls: str, fields: dict[str, object], code: str) -> None:
    with store_for(str(xe.state), {}).write("test") as opened:
        opened.state.update(opened.state.all(cls)[0], fields)
        opened.commit()
    assert xe.code("host-add name-label=x") == code
