"""The scripts in examples/ run as they are."""

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


def test_the_chain_behind_a_vm_is_built_and_three_refusals_are_shown(process: "Process") -> None:
    done = process.run(["sh", str(EXAMPLES / "under-the-hood.sh")])
    assert done.status == 0, done.err
    codes = [line.removeprefix("Code: ") for line in done.out.splitlines() if line.startswith("Code: ")]
    assert codes == ["VDI_IN_USE", "VDI_IN_USE", "NETWORK_CONTAINS_VIF"]
    assert done.out.rstrip().endswith("objects.")


def test_existing_storage_is_attached_to_every_host(example) -> None:  # noqa: ANN001 - a function, see above
    out = example("attach-existing-storage.sh")
    assert "Shared VMs" in out


def test_a_vm_with_two_disks_and_two_networks_is_built_and_torn_down(example) -> None:  # noqa: ANN001 - as above
    out = example("two-disks-two-networks.sh", "db01")
    assert out.count("VDI:") == 2
    out = example("tear-down.sh", "db01")
    assert out.count("refused, as it should be") == 7


@pytest.mark.parametrize("script", sorted(EXAMPLES.glob("*.sh")), ids=lambda path: path.name)
def test_examples_are_plain_sh(script: Path) -> None:
    assert script.read_text().startswith("#!/bin/sh\n")
    assert subprocess.run(["dash", "-n", str(script)], check=False).returncode == 0
