"""The scripts in examples/ run as they are."""

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Process

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture
def example(process: "Process"):  # noqa: ANN201 - a function over the process
    """Runs an example on a fresh host of three network cards."""
    state = str(process.home / "host.toml")
    assert process.xe("--state", state, "state-init", "name-label=xen1", "nics=3", "hosts=2").status == 0

    def run(name: str, *arguments: str) -> str:
        done = process.run(["sh", str(EXAMPLES / name), *arguments], XE_STATE=state)
        assert done.status == 0, done.err
        assert process.xe("--state", state, "state-check").status == 0
        return done.out

    return run


@pytest.mark.slow
def test_the_chain_behind_a_vm_is_built_and_three_refusals_are_shown(process: "Process") -> None:
    done = process.run(["sh", str(EXAMPLES / "under-the-hood.sh")])
    assert done.status == 0, done.err
    codes = [line.removeprefix("Code: ") for line in done.out.splitlines() if line.startswith("Code: ")]
    assert codes == ["VDI_IN_USE", "VDI_IN_USE", "NETWORK_CONTAINS_VIF"]
    assert done.out.rstrip().endswith("objects.")


def test_existing_storage_is_attached_to_every_host(example) -> None:  # noqa: ANN001 - a function, see above
    out = example("attach-existing-storage.sh")
    assert "Shared VMs" in out


@pytest.mark.slow
def test_a_vm_with_two_disks_and_two_networks_is_built_and_torn_down(example) -> None:  # noqa: ANN001 - as above
    out = example("two-disks-two-networks.sh", "db01")
    assert out.count("VDI:") == 2
    out = example("tear-down.sh", "db01")
    assert out.count("refused, as it should be") == 7


@pytest.mark.slow
def test_snapshots_are_rotated_and_clones_are_made(example, process: "Process") -> None:  # noqa: ANN001 - as above
    example("two-disks-two-networks.sh", "db01")
    for _ in range(3):
        out = example("rotate-snapshots.sh", "db01", "2")
    assert out.count("name-label") == 2
    state = str(process.home / "host.toml")
    disks = process.xe("--state", state, "vdi-list", "is-a-snapshot=true", "--minimal").out.split(",")
    assert len(disks) == 4
    assert process.xe("--state", state, "vm-shutdown", "vm=db01").status == 0
    out = example("clone-farm.sh", "db01", "2")
    assert out.count("running") == 2
    macs = [mac for line in out.splitlines() if " has " in line for mac in line.rpartition(" ")[2].split(",")]
    assert len(macs) == len(set(macs)) == 4


@pytest.mark.slow
def test_a_vm_of_a_template_gets_an_address(example) -> None:  # noqa: ANN001 - as above
    assert re.fullmatch(r"app01 has 10(\.\d+){3}\n", example("vm-from-template.sh"))


@pytest.mark.slow
def test_disks_are_saved_and_come_back(example, process: "Process", tmp_path: Path) -> None:  # noqa: ANN001 - as above
    def xe(*words: str) -> str:
        done = process.xe("--state", str(process.home / "host.toml"), *words)
        assert done.status == 0, done.err
        return done.out.strip()

    xe("vm-create", "name-label=db01")
    for device in range(2):
        xe("vm-disk-add", "vm=db01", "disk-size=8MiB", f"device={device}")
    disks = xe("vbd-list", "vm-name-label=db01", "type=Disk", "params=vdi-uuid", "--minimal").split(",")
    images = [tmp_path / name for name in ("first", "second", "later")]
    for image in images:
        image.write_bytes(os.urandom(100_000))
    for disk, image in zip(disks, images, strict=False):
        xe("vdi-import", f"uuid={disk}", f"filename={image}")
    xe("vm-start", "vm=db01")
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        out = example("backup-disks.sh", "db01", str(tmp_path / "saved"), "2", day)
    assert out.split() == ["2026-01-02", "2026-01-03"]
    assert xe("snapshot-list", "--minimal") == ""
    xe("vm-shutdown", "vm=db01")
    for disk in disks:
        xe("vdi-import", f"uuid={disk}", f"filename={images[2]}")
    example("restore-disks.sh", "db01", str(tmp_path / "saved"))
    for disk, image in zip(disks, images, strict=False):
        xe("vdi-export", f"uuid={disk}", f"filename={tmp_path / disk}")
        assert (tmp_path / disk).read_bytes().startswith(image.read_bytes())


@pytest.mark.parametrize("script", sorted(EXAMPLES.glob("*.sh")), ids=lambda path: path.name)
def test_examples_are_plain_sh(script: Path) -> None:
    assert script.read_text().startswith("#!/bin/sh\n")
    assert subprocess.run(["dash", "-n", str(script)], check=False).returncode == 0
