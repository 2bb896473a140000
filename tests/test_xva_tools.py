"""Archives go through the tools that people use on them and come back, byte for byte and record for record."""

import os
import shutil
import subprocess
import time
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_xva import DATA, MIB, SIZE, alike, disks, exported, objects, sr, vm

if TYPE_CHECKING:
    from conftest import Process, Xe

__all__ = ["sr", "vm"]  # fixtures


def needs(tool: str, package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} (the package {package} on Debian) is missing")


def run(*words: str | Path, within: Path | None = None) -> str:
    done = subprocess.run(words, cwd=within, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def unpacked(path: Path) -> Path:
    """The folder with what GNU tar takes out of the archive."""
    folder = path.with_name("unpacked")
    folder.mkdir()
    run("tar", "-xf", path, "-C", folder)
    return folder


def disk_of(folder: Path) -> Path:
    """The folder with the blocks of the disk that has data."""
    return max((each for each in folder.iterdir() if each.is_dir()), key=lambda each: len(list(each.iterdir())))


def are(found: list[bytes], wanted: list[bytes]) -> bool:
    """Whether the contents are the wanted ones; pytest would compare two of a gigabyte letter by letter."""
    return [sha256(each).digest() for each in found] == [sha256(each).digest() for each in wanted]


def comes_back(xe: "Xe", vm: str, path: Path, tmp_path: Path) -> None:
    """Import the archive of the VM in its place, and hold that nothing is lost."""
    before, contents = objects(xe, vm), disks(xe, vm, tmp_path)
    xe.do(f"vm-uninstall uuid={vm} --force")
    assert xe.do(f"vm-import filename={path} preserve=true") == vm
    alike(before, objects(xe, vm))
    assert are(disks(xe, vm, tmp_path), contents)
    assert are(contents, [DATA.ljust(SIZE, b"\0"), bytes(6 * MIB)])


# Tools that know archives of VMs


@needs("xva-img", "xva-img")
def test_xva_img_takes_out_the_disk_that_went_in(xe: "Xe", vm: str, tmp_path: Path) -> None:
    folder = unpacked(exported(xe, f"vm-export uuid={vm}", tmp_path))
    run("xva-img", "disk-export", disk_of(folder), tmp_path / "raw")
    assert are([(tmp_path / "raw").read_bytes()], [DATA.ljust(SIZE, b"\0")])


@needs("xva-img", "xva-img")
def test_a_disk_that_xva_img_puts_in_is_the_disk_that_comes_out(xe: "Xe", vm: str, tmp_path: Path) -> None:
    folder = unpacked(exported(xe, f"vm-export uuid={vm}", tmp_path))
    disk = disk_of(folder)
    shutil.rmtree(disk)
    disk.mkdir()
    new = os.urandom(3 * MIB + 512) + bytes(2 * MIB) + os.urandom(2 * MIB)
    (tmp_path / "raw").write_bytes(new.ljust(SIZE, b"\0"))
    run("xva-img", "disk-import", disk, tmp_path / "raw")
    parts = [f"{each}/" for each in sorted(folder.iterdir()) if each.is_dir()]
    run("xva-img", "package", tmp_path / "new.xva", folder / "ova.xml", *parts)
    again = xe.do(f"vm-import filename={tmp_path / 'new.xva'}")
    assert are(disks(xe, again, tmp_path), [new.ljust(SIZE, b"\0"), bytes(6 * MIB)])


# Tools that know nothing of them


@pytest.mark.parametrize("dialect", ["v7", "oldgnu", "gnu", "ustar", "pax"])
def test_gnu_tar_packs_again_what_it_unpacked(xe: "Xe", vm: str, tmp_path: Path, dialect: str) -> None:
    path = exported(xe, f"vm-export uuid={vm}", tmp_path)
    folder, names = unpacked(path), run("tar", "-tf", path).split()
    run("tar", f"--format={dialect}", "-cf", tmp_path / "again.xva", "-C", folder, *names)
    comes_back(xe, vm, tmp_path / "again.xva", tmp_path)


@pytest.mark.parametrize("tool", ["gzip", pytest.param("zstd", marks=needs("zstd", "zstd"))])
def test_what_a_tool_packs_is_unpacked(xe: "Xe", vm: str, tmp_path: Path, tool: str) -> None:
    path = exported(xe, f"vm-export uuid={vm}", tmp_path)
    run(tool, "-q", path)
    (packed,) = tmp_path.glob("vm.xva.*")
    comes_back(xe, vm, packed, tmp_path)


@pytest.mark.parametrize("tool", ["gzip", pytest.param("zstd", marks=needs("zstd", "zstd"))])
def test_a_tool_unpacks_what_is_packed(xe: "Xe", vm: str, tmp_path: Path, tool: str) -> None:
    packed = exported(xe, f"vm-export uuid={vm} compress={tool}", tmp_path)
    run(tool, "-q", "-t", packed)
    path = tmp_path / "plain.xva"
    with path.open("wb") as file:
        subprocess.run([tool, "-dc", packed], stdout=file, check=True)
    assert run("tar", "-tf", path).split()[0] == "ova.xml"
    comes_back(xe, vm, path, tmp_path)


@needs("zstd", "zstd")
def test_parts_that_are_packed_one_by_one_are_one_stream(xe: "Xe", vm: str, tmp_path: Path) -> None:
    """As `cat` of packed parts, and packers with several threads, make it."""
    data = exported(xe, f"vm-export uuid={vm}", tmp_path).read_bytes()
    for tool in ("gzip", "zstd"):
        parts = [
            subprocess.run([tool, "-c"], input=part, capture_output=True, check=True).stdout
            for part in (data[:MIB], data[MIB:])
        ]
        path = tmp_path / f"parts.{tool}"
        path.write_bytes(b"".join(parts))
        assert disks(xe, xe.do(f"vm-import filename={path}"), tmp_path)[0] == DATA.ljust(SIZE, b"\0")


# A large disk


@pytest.mark.slow
def test_a_sparse_disk_of_2_gib_costs_what_it_holds(process: "Process") -> None:
    def xe(*words: str) -> str:
        done = process.xe("--state", str(process.home / "host.toml"), *words)
        assert done.status == 0, done.err
        return done.out.strip()

    xe("state-init")
    sr = xe("sr-list", "type=ext", "--minimal")
    vm = xe("vm-create", "name-label=large")
    vdi = xe("vdi-create", f"sr-uuid={sr}", "name-label=large", "virtual-size=2GiB")
    xe("vbd-create", f"vm-uuid={vm}", f"vdi-uuid={vdi}", "device=0")
    raw, archive, back = (process.home / name for name in ("raw", "vm.xva", "back"))
    with raw.open("wb") as file:
        for place in (0, 700 * MIB + 4096, (1 << 31) - 65536):
            file.seek(place)
            file.write(os.urandom(65536))
    xe("vdi-import", f"uuid={vdi}", f"filename={raw}")
    started = time.monotonic()
    xe("vm-export", f"uuid={vm}", f"filename={archive}")
    new = xe("vm-import", f"filename={archive}")
    xe("vdi-export", f"uuid={xe('vbd-list', f'vm-uuid={new}', 'params=vdi-uuid', '--minimal')}", f"filename={back}")
    assert time.monotonic() - started < 60, "zeros are neither read nor written"
    assert archive.stat().st_size < 4 * MIB
    assert back.stat().st_size == raw.stat().st_size == 1 << 31
    assert back.stat().st_blocks * 512 < 8 * MIB
    assert run("cmp", raw, back) == ""
    contents = list((process.home / "host.toml.d" / "disks").iterdir())
    assert sum(each.stat().st_blocks * 512 for each in contents) < 16 * MIB
