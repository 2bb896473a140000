"""Archives that somebody made to do harm: each is refused, soon and with little memory, and nothing of it stays."""

import gzip
import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_xva import BLOCK, MIB, SAMPLES, in_ova, member, sr
from torture import in_time

from xe_py.xva import ova, tape

if TYPE_CHECKING:
    from conftest import Process, Xe

__all__ = ["sr"]  # a fixture

Members = list[tuple[str, bytes]]


def sample() -> Members:
    with tarfile.open(SAMPLES / "tiny-sha1.xva.gz") as archive:
        return [(each.name, archive.extractfile(each).read()) for each in archive]


def packed(members: Members) -> bytes:
    return b"".join(tape.member(*each) for each in members) + tape.END


def header(kind: bytes, data: bytes, name: str = "x", size: int | None = None, link: bytes = b"") -> bytes:
    """A member of any kind, with a size that may be wrong."""
    made = bytearray(tape.header(name, len(data) if size is None else size))
    made[156:157], made[148:156] = kind, b" " * 8
    made[157 : 157 + len(link)] = link
    made[148:156] = f"{sum(made):06o}\0 ".encode()
    return bytes(made) + data + bytes(-len(data) % 512)


def pax(**records: str) -> bytes:
    """An extended header."""
    data = b""
    for key, value in records.items():
        text = f" {key.replace('__', '.')}={value}\n".encode()
        length = len(text) + 2 if len(text) + 2 < 100 else len(text) + 3
        data += str(length).encode() + text
    return header(b"x", data)


def instead(of: str, data: bytes) -> bytes:
    """The sample with these bytes instead of a member."""
    return b"".join(data if each[0] == of else tape.member(*each) for each in sample()) + tape.END


def in_front(of: str, data: bytes) -> bytes:
    """The sample with these bytes in front of a member."""
    return b"".join((data if each[0] == of else b"") + tape.member(*each) for each in sample()) + tape.END


def changed(change: Callable[[str, bytes], tuple[str, bytes] | None]) -> bytes:
    return packed([found for each in sample() if (found := change(*each)) is not None])


def refused(xe: "Xe", sr: str, data: bytes, tmp_path: Path) -> str:
    """Import the bytes; the code of the refusal, which leaves nothing behind."""
    path = tmp_path / "hostile.xva"
    path.write_bytes(data)
    before = {file for file in tmp_path.rglob("*") if file.name not in {"disks", "lock", "host.toml.d"}}
    with in_time(path):
        code = xe.code(f"vm-import filename={path} sr-uuid={sr}")
    assert {file for file in tmp_path.rglob("*") if file.name not in {"disks", "lock", "host.toml.d"}} == before
    return code


DATA = dict(sample())[BLOCK]

# Members that are no files: none is followed or made, so the block is missing.
KINDS = {
    "a hard link": header(b"1", b"", BLOCK, link=b"/etc/passwd"),
    "a symbolic link": header(b"2", b"", BLOCK, link=b"/etc/passwd"),
    "a symbolic link with data": header(b"2", b"x" * 512, BLOCK, link=b"/etc/passwd"),
    "a character device": header(b"3", b"", BLOCK),
    "a block device": header(b"4", b"", BLOCK),
    "a folder": header(b"5", b"", BLOCK),
    "a pipe": header(b"6", b"", BLOCK),
    "a sparse file of GNU tar": header(b"S", DATA[:512], BLOCK, size=512),
    "the rest of another volume": header(b"M", b"", BLOCK),
    "the name of a volume": header(b"V", b"", BLOCK),
    "a kind that nobody knows": header(b"Q", b"", BLOCK),
    "a link with much data": header(b"2", DATA, BLOCK),
}


@pytest.mark.parametrize("name", KINDS)
def test_what_is_no_file_is_no_block(xe: "Xe", sr: str, tmp_path: Path, name: str) -> None:
    assert refused(xe, sr, instead(BLOCK, KINDS[name]), tmp_path) == "IMPORT_ERROR"


def test_what_is_no_file_may_stand_between(xe: "Xe", sr: str, tmp_path: Path) -> None:
    """As tar writes folders."""
    (tmp_path / "fine.xva").write_bytes(
        in_front(BLOCK, header(b"5", b"", "Ref:7/") + header(b"g", b"20 comment=somebody\n"))
    )
    xe.do(f"vm-import filename={tmp_path / 'fine.xva'} sr-uuid={sr}")


NAMES = ["Ref:7/00000002/../00000002", "Ref:7//00000002", "Ref:7/+0000002", "Ref:7/0x000002", "Ref:7/٠٠٠٠٠٠٠٢",
         "Ref:7/000000002", "Ref:7/ 0000002", "Ref:7", "Ref:7/", "Ref:7\\00000002", "C:\\Ref:7\\00000002",
         "./../Ref:7/00000002", "/Ref:7/00000002", "ova.xml", "\x1b[31m", "Ref:7/-0000001"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_that_is_not_that_of_the_block_is_refused(xe: "Xe", sr: str, tmp_path: Path, name: str) -> None:
    assert refused(xe, sr, changed(member(BLOCK, name=name)), tmp_path) == "IMPORT_ERROR"
    assert refused(xe, sr, in_front(BLOCK, pax(path=name)), tmp_path) == "IMPORT_ERROR"


SUM = f"{BLOCK}.checksum"
CHECKSUMS = {
    "that is empty": b"",
    "that is too short": dict(sample())[SUM][:-1],
    "that is too long": dict(sample())[SUM] + b"0",
    "in capitals": dict(sample())[SUM].upper(),
    "with a line break": dict(sample())[SUM] + b"\n",
    "that is large": b"0" * MIB,
}


@pytest.mark.parametrize("name", CHECKSUMS)
def test_a_checksum_that_is_not_exact_is_refused(xe: "Xe", sr: str, tmp_path: Path, name: str) -> None:
    assert refused(xe, sr, changed(member(SUM, data=CHECKSUMS[name])), tmp_path) == "IMPORT_ERROR"


def test_members_that_come_twice_are_refused(xe: "Xe", sr: str, tmp_path: Path) -> None:
    for name in (BLOCK, SUM, ova.NAME):
        data = dict(sample())[name]
        assert (
            refused(xe, sr, in_front(name if name != ova.NAME else BLOCK, tape.member(name, data)), tmp_path)
            == "IMPORT_ERROR"
        )


SIZES = {
    "larger than anything": in_front(BLOCK, pax(size="9" * 18)),
    "of more digits than a number has": in_front(BLOCK, pax(size="9" * 90)),
    "below nothing": in_front(BLOCK, pax(size="-1")),
    "that is smaller": in_front(BLOCK, pax(size="512")),
    "of 2^63": instead(
        BLOCK,
        header(b"0", DATA, BLOCK)[:124]
        + b"\x80"
        + b"\0" * 3
        + (1 << 63).to_bytes(8, "big")
        + header(b"0", DATA, BLOCK)[136:],
    ),
    "that the header of the objects has": header(b"0", b"", ova.NAME, size=(8 << 30) - 1),
}


@pytest.mark.parametrize("name", SIZES)
def test_a_size_that_is_absurd_is_refused(xe: "Xe", sr: str, tmp_path: Path, name: str) -> None:
    assert refused(xe, sr, SIZES[name], tmp_path) in {"IMPORT_ERROR", "IMPORT_ERROR_PREMATURE_EOF"}


OBJECTS = {
    "a disk below nothing": (b"<name>virtual_size</name><value>3670016", b"<name>virtual_size</name><value>-1"),
    "a disk of more than 64 bits": (
        b"<name>virtual_size</name><value>3670016",
        b"<name>virtual_size</name><value>" + b"9" * 30,
    ),
    "a number of many digits": (b"<name>VCPUs_max</name><value>2", b"<name>VCPUs_max</name><value>" + b"9" * 9999),
    "a number that is not finite": (
        b"<name>HVM_shadow_multiplier</name><value><double>1",
        b"<name>HVM_shadow_multiplier</name><value><double>inf",
    ),
    "a type that is no type": (
        b"<name>type</name><value>user",
        b"<name>type</name><value><array><data></data></array>",
    ),
    "a class that is a list": (b"<value>VBD</value>", b"<value><array><data></data></array></value>"),
    "a reference that is a map": (
        b"<name>SR</name><value>",
        b"<name>SR</name><value><struct></struct></value></member><member><name>x</name><value>",
    ),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_objects_that_are_absurd_are_refused(xe: "Xe", sr: str, tmp_path: Path, name: str) -> None:
    code = refused(xe, sr, changed(in_ova(*OBJECTS[name])), tmp_path)
    assert code.startswith(("IMPORT_ERROR", "SR_BACKEND_FAILURE", "VDI_")), code


# Bombs


def gzipped(parts: Callable[[], bytes], times: int, first: bytes = b"") -> bytes:
    """So many times the same bytes, packed without being in memory all at once."""
    target = io.BytesIO()
    with gzip.GzipFile(fileobj=target, mode="wb", compresslevel=1) as file:
        file.write(first)
        for _ in range(times):
            file.write(parts())
    return target.getvalue()


BOMBS: dict[str, Callable[[], bytes]] = {
    "extended headers without end": lambda: gzipped(lambda: pax(**{f"key{os.urandom(4).hex()}": "x" * 40_000}), 2_000),
    "folders without end": lambda: gzipped(lambda: header(b"5", b"", "folder/"), 100_000),
    "a folder of a gigabyte": lambda: gzipped(lambda: bytes(MIB), 1024, tape.member(ova.NAME, dict(sample())[ova.NAME]) + header(b"5", b"", "folder/", size=1 << 30)),
    "a block of a gigabyte": lambda: gzipped(lambda: bytes(MIB), 1024, tape.member(ova.NAME, dict(sample())[ova.NAME]) + header(b"0", b"", "Ref:7/00000000", size=1 << 30)),
    "objects of a gigabyte": lambda: gzipped(lambda: bytes(MIB), 1024, header(b"0", b"", ova.NAME, size=1 << 30)),
    "one text of 30 MiB": lambda: gzip.compress(packed([(ova.NAME, b"<value>" + b"a" * (30 * MIB) + b"</value>")]), 1),
    "a text of many pieces": lambda: gzip.compress(packed([(ova.NAME, b"<value>" + b"&amp;" * (2 * MIB) + b"</value>")]), 1),
    "zeros": lambda: gzipped(lambda: bytes(MIB), 1024),
}  # fmt: skip


# A process that began as a copy of a large one keeps its size as its own, so a small one starts what is measured.
MEASURED = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_neither_long_nor_much_memory(process: "Process", name: str) -> None:
    state, path = process.home / "host.toml", process.home / "bomb.xva"
    assert process.xe("--state", str(state), "state-init").status == 0
    path.write_bytes(BOMBS[name]())
    words = [sys.executable, "-m", "xe_py", "--state", str(state), "vm-import", f"filename={path}"]
    measured = [sys.executable, "-c", MEASURED, *words]
    done = subprocess.run(measured, env=process.environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "Code: IMPORT_ERROR" in done.stderr
    assert int(done.stdout) <= 200 << 10
