"""Presets: each makes a sound pool that is ready to use, and what is given besides counts more."""

import re
from typing import TYPE_CHECKING

import pytest

from xe_py.fresh.presets import PRESETS
from xe_py.operations import find

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Xe

CLASSES = ("host", "pif", "bond", "vlan", "sr", "vdi", "vm", "vif")


@pytest.fixture
def new(tmp_path: "Path") -> "Xe":
    """A command line on a file that is not there yet."""
    from conftest import Xe

    return Xe(tmp_path / "new.toml")


def count(xe: "Xe", cls: str, *filters: str) -> int:
    listed = xe.do(f"{cls}-list {' '.join(filters)} params=uuid --minimal")
    return len(listed.split(",")) if listed else 0


@pytest.mark.parametrize("rules", ["strict", "xapi"])
@pytest.mark.parametrize(
    ("line", "hosts", "pifs", "bonds", "vlans", "shared", "vms"),
    [
        ("", 1, 2, 0, 0, 0, 0),
        ("preset=single", 1, 2, 0, 0, 0, 0),
        ("preset=pool", 3, 6, 0, 0, 0, 0),
        ("preset=nfs-pool", 3, 6, 0, 0, 1, 0),
        ("preset=iscsi-pool", 3, 6, 0, 0, 1, 0),
        ("preset=bonded", 3, 18, 6, 0, 1, 0),
        ("preset=classroom", 2, 10, 0, 4, 1, 6),
        ("preset=devices", 1, 2, 0, 0, 0, 0),
        ("vms=3 srs=2", 1, 2, 0, 0, 2, 3),
        ("preset=nfs-pool hosts=2 nics=1 srs=0 vms=1", 2, 2, 0, 0, 0, 1),
        ("preset=bonded hosts=1 nics=5", 1, 7, 2, 0, 1, 0),
        ("preset=bonded nics=1 hosts=1", 1, 1, 0, 0, 1, 0),
        ("preset=classroom nics=1 hosts=1", 1, 3, 0, 2, 1, 6),
    ],
)
def test_a_preset_has_what_it_says(
    new: "Xe", rules: str, line: str, hosts: int, pifs: int, bonds: int, vlans: int, shared: int, vms: int
) -> None:
    new.do(f"state-init rules={rules} {line}")
    assert new.do("state-check").startswith("The state is sound")
    assert (count(new, "host"), count(new, "pif"), count(new, "bond"), count(new, "vlan")) == (
        hosts,
        pifs,
        bonds,
        vlans,
    )
    assert count(new, "sr", "shared=true", "is-tools-sr=false") == shared
    assert count(new, "vm", "is-control-domain=false") == vms


@pytest.mark.parametrize(
    ("preset", "type", "keys"),
    [("nfs-pool", "nfs", {"server", "serverpath"}), ("iscsi-pool", "lvmoiscsi", {"target", "targetIQN", "SCSIid"})],
)
def test_the_shared_sr_is_plugged_on_each_host_and_takes_new_disks(
    new: "Xe", preset: str, type: str, keys: set[str]
) -> None:
    new.do(f"state-init preset={preset} srs=2")
    first, second = new.do(f"sr-list type={type} --minimal").split(",")
    assert count(new, "pbd", f"sr-uuid={first}", "currently-attached=true") == 3
    for field in ("default-SR", "suspend-image-SR", "crash-dump-SR"):
        assert new.do(f"pool-list params={field} --minimal") == first
    configs = [new.do(f"pbd-list sr-uuid={sr} params=device-config --minimal").split(",")[0] for sr in (first, second)]
    assert configs[0] != configs[1]
    assert {part.partition(":")[0] for part in configs[0].split("; ")} == keys


def test_a_bonded_pool_is_managed_through_its_first_bond(new: "Xe") -> None:
    new.do("state-init preset=bonded")
    assert new.do("pif-list management=true params=device --minimal") == "bond0,bond0,bond0"
    assert {"Bond 0+1", "Bond 2+3"} <= set(new.do("network-list params=name-label --minimal").split(","))
    assert count(new, "pif", "device=bond1", "currently-attached=true") == 3


def test_the_devices_of_a_preset_are_there_for_vms(new: "Xe") -> None:
    new.do("state-init preset=devices hosts=2")
    assert [count(new, cls) for cls in ("pci", "pgpu", "gpu-group", "vgpu-type", "pusb", "usb-group")] == [
        2, 2, 1, 5, 2, 2,
    ]  # fmt: skip
    group = new.do("gpu-group-list --minimal")
    types = new.do("vgpu-type-list --minimal").split(",")  # the whole GPU first, then the smallest part
    left = [new.do(f"gpu-group-get-remaining-capacity uuid={group} vgpu-type-uuid={uuid}") for uuid in types]
    assert left == ["2", "16", "8", "4", "2"]
    vm = new.do("vm-create name-label=web domain-type=hvm")
    new.do(f"vgpu-create vm-uuid={vm} gpu-group-uuid={group}")
    stick = new.do("usb-group-list --minimal").split(",")[0]
    new.do(f"vusb-create vm-uuid={vm} usb-group-uuid={stick}")
    new.do(f"vm-start uuid={vm}")
    assert new.do(f"vgpu-list vm-uuid={vm} params=pci --minimal") == "0000:81:00.0"
    assert new.do("vusb-list params=currently-attached --minimal") == "true"


def test_the_vms_of_a_preset_start(new: "Xe") -> None:
    new.do("state-init preset=classroom")
    new.do("vm-start name-label=vm1")
    assert new.do("vm-list name-label=vm1 params=power-state --minimal") == "running"
    assert new.do("vm-list name-label=vm6 params=power-state --minimal") == "halted"


def test_vms_have_their_disks_on_local_storage_if_there_is_no_other(new: "Xe") -> None:
    new.do("state-init vms=1")
    assert new.do("vbd-list vm-name-label=vm1 params=vdi-name-label --minimal") == "vm1 disk"
    local = new.run(["sr-list", "name-label=Local storage", "--minimal"]).out.strip()
    assert new.do(f"vdi-list sr-uuid={local} params=name-label --minimal") == "vm1 disk"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("preset=huge", "Error: Expected one of 'single', 'pool', 'nfs-pool'"),
        ("srs=-1", "Error: Parameter srs must be at least 0"),
        ("srs=65", "Error: Parameter srs must be at most 64"),
        ("vms=-1", "Error: Parameter vms must be at least 0"),
        ("vms=1001", "Error: Parameter vms must be at most 1000"),
        ("preset=pool hosts=0", "Error: Parameter hosts must be at least 1"),
    ],
)
def test_a_pool_that_cannot_be(new: "Xe", line: str, text: str) -> None:
    result = new(f"state-init {line}")
    assert result.status == 1
    assert result.err.startswith(text)
    assert not new.state.exists()


def test_vms_that_find_no_room_make_no_file(new: "Xe") -> None:
    result = new("state-init vms=2 disk=4GiB")
    assert result.status == 1
    assert "SR_BACKEND_FAILURE_44" in result.err
    assert not new.state.exists()


def test_a_preset_says_in_a_dry_run_what_it_would_make(new: "Xe") -> None:
    assert "NFS storage" in new.do("state-init preset=nfs-pool --dry-run")
    assert not new.state.exists()


def test_help_says_what_each_preset_has_and_what_is_left_out() -> None:
    command = find("state-init")
    assert command is not None
    docs = {parameter.name: parameter.doc for parameter in command.optional}
    for name, preset in PRESETS.items():
        assert f"{name}: {preset.doc}." in docs["preset"]
    assert re.search(r"1 if it is not given; 3 for pool, nfs-pool, iscsi-pool, bonded; 2 for classroom", docs["hosts"])
    assert "2 if it is not given; 4 for bonded; 3 for classroom" in docs["nics"]
    assert "0 if it is not given; 6 for classroom" in docs["vms"]
