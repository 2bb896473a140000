"""`state-orphans` lists what nothing uses any more, and each of its commands takes away what it stands beside."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Xe


def rows(xe: "Xe") -> dict[str, list[str]]:
    """The columns of each row, by uuid; columns are two blanks apart."""
    lines = [line.split("  ") for line in xe.do("state-orphans").splitlines()]
    return {cells[0]: [cell.strip() for cell in cells if cell.strip()] for cells in lines[1:]}


@pytest.fixture
def sr(xapi: "Xe") -> str:
    """The local storage of the fresh host."""
    return xapi.do("sr-list type=ext --minimal")


def made_vdi(xe: "Xe", sr: str, rest: str = "") -> str:
    return xe.do(f"vdi-create sr-uuid={sr} name-label=data virtual-size=8MiB {rest}")


def edit(xe: "Xe", uuid: str, line: str) -> None:
    """Add a line to the table of an object, as an editor does."""
    text = xe.state.read_text()
    start = text.index("\n", text.index(f".{uuid}]"))
    xe.state.write_text(f"{text[:start]}\n{line}{text[start:]}")


def test_a_fresh_host_has_none(xapi: "Xe") -> None:
    assert xapi.do("state-orphans") == "uuid  class  name  bytes  why  to clean up"
    assert xapi.do("state-orphans --minimal") == ""


def test_a_used_disk_is_none(xapi: "Xe", sr: str) -> None:
    vm, vdi = xapi.do("vm-create name-label=web"), made_vdi(xapi, sr)
    xapi.do(f"vbd-create vm-uuid={vm} vdi-uuid={vdi} device=0")
    assert rows(xapi) == {}


def test_the_image_of_a_suspended_vm_is_none(xapi: "Xe", sr: str) -> None:
    vm = xapi.do("vm-create name-label=web")
    xapi.do(f"vm-param-set uuid={vm} suspend-SR-uuid={sr}")
    xapi.do("vm-start vm=web")
    xapi.do("vm-suspend vm=web")
    assert rows(xapi) == {}


@pytest.mark.parametrize("type", ["user", "system", "suspend", "crashdump"])
def test_a_vdi_without_a_vbd(xapi: "Xe", sr: str, type: str) -> None:
    vdi = made_vdi(xapi, sr, f"type={type}")
    size = xapi.do(f"vdi-param-get uuid={vdi} param-name=physical-utilisation")
    row = [vdi, "VDI", "data", *([size] if size != "0" else []), "no VM uses it", f"xe vdi-destroy uuid={vdi}"]
    assert rows(xapi) == {vdi: row}
    assert xapi.do("state-orphans --minimal") == vdi


def test_a_snapshot_whose_vdi_is_gone(xapi: "Xe", sr: str) -> None:
    vdi = made_vdi(xapi, sr)
    edit(xapi, vdi, "is-a-snapshot = true")
    assert "a snapshot whose VDI is gone" in rows(xapi)[vdi]


def test_a_vdi_that_belongs_to_the_pool_or_to_the_storage_is_none(xapi: "Xe", sr: str) -> None:
    edit(xapi, made_vdi(xapi, sr), 'type = "Metadata"')
    edit(xapi, made_vdi(xapi, sr), "managed = false")
    assert rows(xapi) == {}


def test_a_snapshot_whose_vm_is_gone(xapi: "Xe", sr: str) -> None:
    vm, vdi = xapi.do("vm-create name-label=old"), made_vdi(xapi, sr)
    xapi.do(f"vbd-create vm-uuid={vm} vdi-uuid={vdi} device=0")
    edit(xapi, vm, "is-a-snapshot = true\nis-a-template = true")
    assert rows(xapi)[vm][1:3] == ["VM", "old"]
    assert "a snapshot whose VM is gone" in rows(xapi)[vm]


def test_a_pbd_that_is_not_attached(xapi: "Xe", sr: str) -> None:
    pbd = xapi.do(f"pbd-list sr-uuid={sr} --minimal")
    xapi.do(f"pbd-unplug uuid={pbd}")
    name = "Local storage on xen1"
    assert rows(xapi) == {pbd: [pbd, "PBD", name, "it is not attached", f"xe pbd-destroy uuid={pbd}"]}


def test_a_network_that_nothing_is_on(xapi: "Xe") -> None:
    network = xapi.do("network-create name-label=lab")
    row = [network, "network", "lab", "no PIF and no VIF is on it", f"xe network-destroy uuid={network}"]
    assert rows(xapi) == {network: row}
    vm = xapi.do("vm-create name-label=web")
    xapi.do(f"vif-create vm-uuid={vm} network-uuid={network} device=0")
    assert rows(xapi) == {}


def test_a_content_that_no_version_has(xapi: "Xe", sr: str, tmp_path: Path) -> None:
    stray = xapi.state.with_name(xapi.state.name + ".d") / "disks" / "0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"x" * 4096)
    (row,) = rows(xapi).values()
    assert row == [stray.name, "content", "4096", "no disk has it; the next command that changes a disk removes it"]
    (tmp_path / "image").write_bytes(b"data")
    xapi.do(f"vdi-import uuid={made_vdi(xapi, sr)} filename={tmp_path / 'image'}")
    assert not stray.exists()


def test_its_commands_clean_up(xapi: "Xe", sr: str) -> None:
    old = xapi.do("vm-create name-label=old")
    xapi.do(f"vbd-create vm-uuid={old} vdi-uuid={made_vdi(xapi, sr)} device=0")
    edit(xapi, old, "is-a-snapshot = true\nis-a-template = true")
    xapi.do("network-create name-label=lab")
    made_vdi(xapi, sr)
    seen = set()
    while found := rows(xapi):
        uuid, row = next(iter(found.items()))
        seen.add(row[1])
        asks = " --force" if "snapshot-uninstall" in row[-1] else ""
        xapi.do(row[-1].removeprefix("xe ") + asks)
        assert uuid not in rows(xapi)
    assert seen == {"VM", "VDI", "network"}
