"""format=tar: a disk as an archive of blocks, each with its checksum, as XAPI writes and reads it."""

import hashlib
import os
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Xe

MIB = 1 << 20
SIZE = 4 * MIB
DATA = os.urandom(1000) + bytes(2 * MIB - 1000) + b"x" * 100 + bytes(SIZE - 2 * MIB - 100)


@pytest.fixture
def sr(xe: "Xe") -> str:
    return xe.do("sr-list type=ext --minimal")


def disk(xe: "Xe", sr: str, size: int = SIZE) -> str:
    return xe.do(f"vdi-create name-label=disk sr-uuid={sr} virtual-size={size}")


@pytest.fixture
def archive(xe: "Xe", sr: str, tmp_path: Path) -> Path:
    """The archive of a disk with the data."""
    (tmp_path / "raw").write_bytes(DATA)
    vdi = disk(xe, sr)
    xe.do(f"vdi-import uuid={vdi} filename={tmp_path / 'raw'}")
    xe.do(f"vdi-export uuid={vdi} filename={tmp_path / 'disk.tar'} format=tar")
    return tmp_path / "disk.tar"


def test_tar_reads_it(archive: Path) -> None:
    """The first and the last block are always there; zeros between them are left out."""
    with tarfile.open(archive) as tar:
        found = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr] # plain files
    blocks = {f"vdi/{n:08}": DATA[n * MIB : (n + 1) * MIB] for n in (0, 2, 3)}
    sums = {f"{name}.checksum": hashlib.sha1(data, usedforsecurity=False).hexdigest() for name, data in blocks.items()}
    assert list(found) == [name for block in blocks for name in (block, f"{block}.checksum")]
    assert found == blocks | {name: text.encode() for name, text in sums.items()}
    assert archive.read_bytes().endswith(bytes(1024))


def test_it_goes_out_and_in(xe: "Xe", sr: str, archive: Path, tmp_path: Path) -> None:
    vdi = disk(xe, sr)
    (tmp_path / "old").write_bytes(b"old" * 100_000)
    xe.do(f"vdi-import uuid={vdi} filename={tmp_path / 'old'}")
    xe.do(f"vdi-import uuid={vdi} filename={archive} format=TAR")
    xe.do(f"vdi-export uuid={vdi} filename={tmp_path / 'again'}")
    assert (tmp_path / "again").read_bytes() == DATA


def test_it_goes_through_streams(xe: "Xe", sr: str, archive: Path) -> None:
    vdi = disk(xe, sr)
    _, done = xe.piped(f"vdi-import uuid={vdi} filename=- format=tar", archive.read_bytes())
    assert done.err == ""
    out, _ = xe.piped(f"vdi-export uuid={vdi} filename=- format=tar")
    assert out == archive.read_bytes()


def test_gnu_tar_made_it(xe: "Xe", sr: str, archive: Path, tmp_path: Path) -> None:
    """Any tar will do, as long as the members stand in their order."""
    again = tmp_path / "again.tar"
    with tarfile.open(archive) as old, tarfile.open(again, "w", format=tarfile.PAX_FORMAT) as new:
        for member in old:
            new.addfile(member, old.extractfile(member))
    vdi = disk(xe, sr)
    xe.do(f"vdi-import uuid={vdi} filename={again} format=tar")
    xe.do(f"vdi-export uuid={vdi} filename={tmp_path / 'raw2'}")
    assert (tmp_path / "raw2").read_bytes() == DATA


@pytest.mark.parametrize(
    ("size", "spoilt", "code", "said"),
    [
        (2 * SIZE, lambda data: data, "IMPORT_ERROR_PREMATURE_EOF", ""),
        (SIZE // 2, lambda data: data, "IMPORT_ERROR", "longer than the 2097152 bytes"),
        (SIZE, lambda data: data[:-3000], "IMPORT_ERROR_PREMATURE_EOF", ""),
        (SIZE, lambda data: data.replace(b"x" * 100, b"y" * 100), "IMPORT_ERROR", "vdi/00000002 is damaged"),
        (SIZE, lambda data: data.replace(b"vdi/", b"vxi/"), "IMPORT_ERROR", "checksum"),
        (SIZE, lambda _: b"no archive", "IMPORT_ERROR_PREMATURE_EOF", ""),
    ],
)
def test_what_is_refused_leaves_the_disk_as_it_was(
    xe: "Xe", sr: str, archive: Path, size: int, spoilt: "Callable[[bytes], bytes]", code: str, said: str
) -> None:
    archive.write_bytes(spoilt(archive.read_bytes()))
    vdi = disk(xe, sr, size)
    line = f"vdi-import uuid={vdi} filename={archive} format=tar"
    assert xe.code(line) == code
    assert said in xe(line).err
    out, _ = xe.piped(f"vdi-export uuid={vdi} filename=-")
    assert out == bytes(size)


def test_an_archive_has_no_differences(xe: "Xe", sr: str, tmp_path: Path) -> None:
    vdi, base = disk(xe, sr), disk(xe, sr)
    line = f"vdi-export uuid={vdi} base={base} filename={tmp_path / 'x'} format=tar"
    assert xe.code(line) == "INTERNAL_ERROR"
    assert "base= needs format=vhd or format=qcow2: tar has no differences." in xe(line).err
    assert not (tmp_path / "x").exists()
