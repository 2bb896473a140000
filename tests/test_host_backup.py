"""host-backup and host-restore: a state is what it was, and nothing else is taken for a backup."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Xe


@pytest.fixture
def saved(xe: "Xe", tmp_path: Path) -> Path:
    """A backup of the host with a VM called web."""
    xe.do("vm-create name-label=web")
    xe.do(f"host-backup file-name={tmp_path}/backup")
    return tmp_path / "backup"


def test_the_state_is_what_it_was(xe: "Xe", saved: Path) -> None:
    before = xe.do("vm-list params=all"), xe.do("host-list params=all"), xe.do("sr-list params=all")
    xe.do("vm-param-set uuid={vm} name-label=other", vm=xe.do("vm-list name-label=web --minimal"))
    xe.do("vm-create name-label=new")
    xe.do("sr-create name-label=s type=dummy")
    xe.do("host-disable")
    xe.do("state-set rules=xapi")
    xe.do(f"host-restore file-name={saved}")
    assert (xe.do("vm-list params=all"), xe.do("host-list params=all"), xe.do("sr-list params=all")) == before
    assert "rules: strict" in xe.do("state-show")
    xe.do("state-undo")
    assert xe.do("vm-list name-label=new params=name-label --minimal") == "new"


def test_a_backup_is_for_the_user_alone_and_replaces_no_file(xe: "Xe", saved: Path) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600
    before = saved.read_bytes()
    assert "exists already" in xe(f"host-backup file-name={saved}").err
    assert saved.read_bytes() == before
    printed, _ = xe.piped("host-backup file-name=-")
    assert printed == before


def test_a_member_takes_its_state_from_the_coordinator(xe: "Xe", tmp_path: Path) -> None:
    xe.do("host-add name-label=two")
    xe.do(f"host-backup host=two file-name={tmp_path}/two")
    xe.do("vm-create name-label=new")
    before = xe.state.read_bytes()
    xe.do(f"host-restore host=two file-name={tmp_path}/two")
    assert xe.state.read_bytes() == before
    assert "Operation can only be performed on one host at a time" in xe(f"host-backup file-name={tmp_path}/x").err


@pytest.mark.parametrize("data", [b"", b"nonsense", b"[host]\nx = 1\n", b"\xff\xfe", b"\0" * 100])
def test_what_is_no_backup(xe: "Xe", tmp_path: Path, data: bytes) -> None:
    (tmp_path / "odd").write_bytes(data)
    assert xe.code(f"host-restore file-name={tmp_path}/odd") == "RESTORE_SCRIPT_FAILED"


def test_a_backup_of_another_host(xe: "Xe", xapi: "Xe", saved: Path) -> None:
    refused = xapi(f"host-restore file-name={saved}")
    assert "is a backup without the host xen1" in refused.err
    assert xe("host-restore file-name=/nowhere").status == 1


@pytest.mark.parametrize("command", ["host-backup", "host-restore"])
def test_a_host_that_is_down(xe: "Xe", saved: Path, command: str) -> None:
    xe.do("host-disable")
    xe.do("host-shutdown")
    assert xe.code(f"{command} file-name={saved}") == "HOST_OFFLINE"


def test_a_dry_run_restores_nothing(xe: "Xe", saved: Path, tmp_path: Path) -> None:
    xe.do("vm-create name-label=new")
    before = xe.state.read_bytes()
    assert "- vm new (" in xe.do(f"host-restore file-name={saved} --dry-run")
    xe.do(f"host-backup file-name={tmp_path}/dry --dry-run")
    assert xe.state.read_bytes() == before
    assert not (tmp_path / "dry").exists()
