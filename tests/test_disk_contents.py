"""What is written to a disk is on it: through files, streams and images, and through all that a VDI goes through."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import Result

from xe_py import open_host
from xe_py.errors import Failure, Misuse
from xe_py.operations.effects.disk_data import copy_content
from xe_py.store import store_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Process, Xe

MIB = 1 << 20
SIZE = 8 * MIB
DATA = os.urandom(100_000) + bytes(MIB) + b"data" * 30_000 + bytes(3 * MIB) + os.urandom(10)
with_qemu = pytest.mark.skipif(shutil.which("qemu-img") is None, reason="qemu-img is not installed")


@pytest.fixture
def sr(xe: "Xe") -> str:
    return xe.do("sr-list type=ext --minimal")


@pytest.fixture
def vdi(xe: "Xe", sr: str) -> str:
    return xe.do(f"vdi-create name-label=disk sr-uuid={sr} virtual-size={SIZE}")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A file with the data, and holes where there are zeros."""
    path = tmp_path / "image"
    with path.open("wb") as file:
        for place in range(0, len(DATA), 4096):
            block = DATA[place : place + 4096]
            if block.strip(b"\0"):
                file.seek(place)
                file.write(block)
    assert path.read_bytes() == DATA
    return path


@pytest.fixture
def written(xe: "Xe", vdi: str, image: Path) -> str:
    """A disk with the data."""
    xe.do(f"vdi-import uuid={vdi} filename={image}")
    return vdi


def on_disk(xe: "Xe", vdi: str, tmp_path: Path) -> bytes:
    """What is on the disk, in full."""
    path = tmp_path / "exported"
    path.unlink(missing_ok=True)
    xe.do(f"vdi-export uuid={vdi} filename={path}")
    return path.read_bytes()


def padded(data: bytes) -> bytes:
    return data.ljust(SIZE, b"\0")


# Files and streams


def test_a_file_goes_to_the_disk_and_back(xe: "Xe", written: str, tmp_path: Path) -> None:
    assert on_disk(xe, written, tmp_path) == padded(DATA)
    path = tmp_path / "exported"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_blocks * 512 < len(DATA) // 2, "holes stay holes"


@pytest.mark.parametrize("name", ["", "-", "/dev/stdin"])
def test_standard_input_goes_to_the_disk(xe: "Xe", vdi: str, tmp_path: Path, name: str) -> None:
    _, done = xe.piped(f"vdi-import uuid={vdi} filename={name}", DATA)
    assert done == Result("", "", 0)
    assert on_disk(xe, vdi, tmp_path) == padded(DATA)
    (content,) = (tmp_path / "host.toml.d" / "disks").iterdir()
    assert content.stat().st_blocks * 512 < len(DATA) // 2, "blocks of zeros become holes"


def test_what_is_large_is_on_its_way_to_the_disk_early(
    xe: "Xe", vdi: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the flush at the end does not wait for all of it; that it is only advice, a file system may say."""
    told: list[range] = []

    def advise(_file: int, start: int, length: int, advice: int) -> None:
        assert advice == os.POSIX_FADV_DONTNEED
        told.append(range(start, start + length))
        raise OSError

    monkeypatch.setattr(os, "posix_fadvise", advise)
    (tmp_path / "large").write_bytes(os.urandom(SIZE))
    xe.do(f"vdi-import uuid={vdi} filename={tmp_path / 'large'}")
    assert (sum(map(len, told)), told[-1].stop) == (SIZE, SIZE)


@pytest.mark.parametrize("name", ["", "-", "/dev/stdout"])
def test_the_disk_goes_to_standard_output(xe: "Xe", written: str, name: str) -> None:
    assert xe.piped(f"vdi-export uuid={written} filename={name}") == (padded(DATA), Result("", "", 0))


def test_a_pipe_of_real_processes(process: "Process", xe: "Xe", written: str, sr: str, tmp_path: Path) -> None:
    other = xe.do(f"vdi-create name-label=other sr-uuid={sr} virtual-size={SIZE}")
    call = f"python -m xe_py --state {xe.state}"
    done = process.run(
        ["sh", "-c", f"{call} vdi-export uuid={written} filename= | {call} vdi-import uuid={other} filename=/dev/stdin"]
    )
    assert done == Result("", "", 0) or "locked" in done.err
    if not done.status:
        assert on_disk(xe, other, tmp_path) == padded(DATA)


def test_standard_output_that_takes_no_more_is_told(process: "Process", xe: "Xe", written: str) -> None:
    done = process.run(
        ["sh", "-c", f"python -m xe_py --state {xe.state} vdi-export uuid={written} filename= >/dev/full"]
    )
    assert (done.status, done.err) == (1, "The output could not be written: No space left on device.\n")


def test_a_disk_that_nobody_wrote_to_is_zeros_and_takes_no_room(xe: "Xe", vdi: str, tmp_path: Path) -> None:
    assert on_disk(xe, vdi, tmp_path) == bytes(SIZE)
    assert not (tmp_path / "host.toml.d" / "disks").exists()


TWICE = "xe vdi-import uuid={vdi} filename={name}\n" * 2


@pytest.mark.parametrize("name", ["-", "pipe"])
def test_a_pipe_is_not_taken_for_empty_when_it_is_read_again(
    process: "Process", xe: "Xe", vdi: str, tmp_path: Path, name: str
) -> None:
    """A script may read it twice; and work is done again where the index turns out to be damaged."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "script").write_text(TWICE.format(vdi=vdi, name=name if name == "-" else tmp_path / "pipe"))
    call = f"python -m xe_py --state {xe.state} batch {tmp_path}/script"
    line = f"echo data | {call}" if name == "-" else f"echo data >{tmp_path}/pipe & {call}"
    done = process.run(["sh", "-c", line])
    assert done.status == 1
    assert "was read already, and its data is gone. Run xe again, and read it only once." in done.err
    assert on_disk(xe, vdi, tmp_path) == bytes(SIZE)


@pytest.mark.parametrize("plant", [Path.touch, os.mkfifo])
def test_what_is_planted_for_the_folder_of_contents_is_as_none(
    process: "Process", xe: "Xe", vdi: str, tmp_path: Path, plant: "Callable[[Path], None]"
) -> None:
    plant(tmp_path / "host.toml.d" / "disks")
    state = ("--state", str(xe.state))
    for line in (
        f"vdi-export uuid={vdi} filename=",
        "state-check",
        "state-orphans",
        "state-history",
        "vm-create name-label=a",
    ):
        done = process.xe(*state, *line.split())
        assert (done.status, done.err) == (0, ""), line
    xe.piped(f"vdi-import uuid={vdi} filename=-", b"data")
    assert on_disk(xe, vdi, tmp_path) == padded(b"data"), "a draft that finds no folder stays one"


def test_data_of_zeros_takes_no_room(xe: "Xe", vdi: str, tmp_path: Path) -> None:
    xe.piped(f"vdi-import uuid={vdi} filename=-", bytes(SIZE))
    (content,) = (tmp_path / "host.toml.d" / "disks").iterdir()
    assert content.stat().st_blocks == 0


def test_shorter_data_leaves_the_rest_of_the_disk(xe: "Xe", written: str, tmp_path: Path) -> None:
    xe.piped(f"vdi-import uuid={written} filename=-", b"boot" + bytes(96))
    assert on_disk(xe, written, tmp_path) == padded(b"boot" + bytes(96) + DATA[100:])


def test_an_import_changes_nothing_that_xe_shows(xe: "Xe", vdi: str, image: Path) -> None:
    before = xe.do(f"vdi-param-list uuid={vdi}")
    xe.do(f"vdi-import uuid={vdi} filename={image}")
    assert xe.do(f"vdi-param-list uuid={vdi}") == before
    assert "\n    content: (none) -> " in xe.do("state-diff")


@pytest.mark.parametrize("line", ["vdi-import uuid={vdi} filename={image}", "vdi-export uuid={vdi} filename={new}"])
def test_a_bar_shows_how_far_it_is(xe: "Xe", written: str, image: Path, tmp_path: Path, line: str) -> None:
    _, done = xe.piped(line.format(vdi=written, image=image, new=tmp_path / "new") + " --progress")
    drawn, total = done.err.split("\n", 1)
    first, *_, last = drawn.split("\r")[1:]
    assert (len(first), len(last)) == (79, 79)
    assert first.startswith("[-] #")
    assert "> " in first
    assert last.endswith("#>  (100% ETA 00:00:00)")
    assert total.startswith("Total time: ")


# Formats


@with_qemu
@pytest.mark.parametrize("format", ["vhd", "qcow2", "QCOW2"])
def test_an_image_goes_out_and_in(xe: "Xe", written: str, sr: str, tmp_path: Path, format: str) -> None:
    image = tmp_path / f"{written}.{format}"
    xe.do(f"vdi-export uuid={written} filename={image} format={format}")
    name = {"vhd": "vpc"}.get(format, "qcow2")
    told = subprocess.run(["qemu-img", "info", "-f", name, image], check=True, capture_output=True, text=True).stdout
    assert f"({SIZE} bytes)" in told
    assert image.stat().st_size < SIZE
    other = xe.do(f"vdi-create name-label=other sr-uuid={sr} virtual-size={SIZE}")
    _, done = xe.piped(f"vdi-import uuid={other} filename=- format={format}", image.read_bytes())
    assert done == Result("", "", 0)
    assert on_disk(xe, other, tmp_path) == padded(DATA)


@with_qemu
def test_an_image_of_what_differs_from_a_base(xe: "Xe", written: str, sr: str, tmp_path: Path) -> None:
    base = xe.do(f"vdi-create name-label=base sr-uuid={sr} virtual-size={SIZE}")
    xe.piped(f"vdi-import uuid={base} filename=-", DATA[:-10])
    whole, delta = tmp_path / "whole", tmp_path / "delta"
    xe.do(f"vdi-export uuid={written} filename={whole} format=qcow2")
    xe.do(f"vdi-export uuid={written} filename={delta} format=qcow2 base={base}")
    assert delta.stat().st_size < whole.stat().st_size
    (tmp_path / "below").write_bytes(padded(DATA[:-10]))
    subprocess.run(["qemu-img", "rebase", "-u", "-f", "qcow2", "-b", "below", "-F", "raw", delta], check=True)
    subprocess.run(["qemu-img", "convert", "-f", "qcow2", "-O", "raw", delta, tmp_path / "raw"], check=True)
    assert (tmp_path / "raw").read_bytes() == padded(DATA)


@with_qemu
def test_an_image_that_reads_another_file_is_refused(xe: "Xe", vdi: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret".ljust(SIZE))
    image = tmp_path / "image.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", secret, "-F", "raw", image], check=True)
    assert xe.code(f"vdi-import uuid={vdi} filename={image} format=qcow2") == "INTERNAL_ERROR"
    assert on_disk(xe, vdi, tmp_path) == bytes(SIZE)


@pytest.fixture
def delta(xe: "Xe", written: str, sr: str, tmp_path: Path) -> tuple[str, Path]:
    """A disk like the written one but for its end, and a VHD of what the written one has besides."""
    base = xe.do(f"vdi-create name-label=base sr-uuid={sr} virtual-size={SIZE}")
    xe.piped(f"vdi-import uuid={base} filename=-", DATA[:-10] + b"0123456789" + bytes(2 * MIB) + b"only here")
    image = tmp_path / "delta.vhd"
    xe.do(f"vdi-export uuid={written} filename={image} format=vhd base={base}")
    return base, image


def test_a_vhd_of_differences_is_applied_to_its_base(
    xe: "Xe", written: str, delta: tuple[str, Path], tmp_path: Path
) -> None:
    base, image = delta
    assert image.stat().st_size < 5 * MIB, "two blocks, and what describes them"
    assert on_disk(xe, base, tmp_path) != on_disk(xe, written, tmp_path)
    xe.do(f"vdi-import uuid={base} filename={image} format=vhd")
    assert on_disk(xe, base, tmp_path) == padded(DATA)


def test_a_vhd_of_differences_says_what_it_is(written: str, delta: tuple[str, Path]) -> None:
    base, image = delta
    data = image.read_bytes()
    assert data[:512] == data[-512:]
    assert data[60:64] == bytes([0, 0, 0, 4])
    assert data[68:84].hex() == written.replace("-", "")
    assert data[512 + 40 : 512 + 56].hex() == base.replace("-", "")
    assert data[512 + 64 :].startswith(f"{base}.vhd".encode("utf-16-be"))


@with_qemu
def test_the_footer_of_a_vhd_is_that_of_qemu_img(
    xe: "Xe", written: str, delta: tuple[str, Path], tmp_path: Path
) -> None:
    xe.do(f"vdi-export uuid={written} filename={tmp_path}/whole.vhd format=vhd")
    theirs, own = (tmp_path / "whole.vhd").read_bytes()[:512], delta[1].read_bytes()[:512]
    sizes_and_offset = slice(40, 56)
    assert own[:16] == theirs[:16]
    assert own[sizes_and_offset] == theirs[sizes_and_offset]
    for footer in (theirs, own):
        assert footer[64:68] == (~(sum(footer) - sum(footer[64:68])) & 0xFFFFFFFF).to_bytes(4, "big")


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        (512, b"nothing!", "its header is none that this xe knows"),
        (16, b"\x7f" * 8, "it ends too early"),
        (48, (SIZE + 1).to_bytes(8, "big"), "it is for a disk of"),
        (512 + 28, b"\0\0\0\1", "its table is too short"),
        (2 * MIB, b"", "it ends too early"),
        (1536, b"\x7f" * 16, "it ends too early"),
    ],
)
def test_a_broken_vhd_of_differences_is_refused(
    xe: "Xe", delta: tuple[str, Path], tmp_path: Path, place: int, value: bytes, told: str
) -> None:
    base, image = delta
    before = on_disk(xe, base, tmp_path)
    data = bytearray(image.read_bytes())
    data[place : place + len(value)] = value
    if not value:
        data[place:] = data[-512:]
    image.write_bytes(data)
    assert told in xe(f"vdi-import uuid={base} filename={image} format=vhd").err
    assert on_disk(xe, base, tmp_path) == before


@with_qemu
@pytest.mark.parametrize("format", ["vhd", "qcow2"])
def test_what_is_no_image_is_refused(xe: "Xe", vdi: str, image: Path, format: str) -> None:
    result = xe(f"vdi-import uuid={vdi} filename={image} format={format}")
    assert "message: qemu-img: " in result.err
    assert "Code: INTERNAL_ERROR" in result.err


def test_without_qemu_img_it_is_said_what_is_missing(
    xe: "Xe", vdi: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = xe(f"vdi-export uuid={vdi} filename={tmp_path}/image format=vhd")
    assert "format=vhd needs the program qemu-img, which is not installed." in result.err
    assert not (tmp_path / "image").exists()


# Refusals


@pytest.fixture
def attached(xe: "Xe", written: str) -> str:
    """The VBD of a running VM that has the disk."""
    vm = xe.do("vm-create name-label=web")
    vbd = xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={written} device=0")
    xe.do("vm-start vm=web")
    return vbd


@pytest.mark.parametrize("line", ["vdi-import uuid={vdi} filename=/nowhere", "vdi-export uuid={vdi} filename={new}"])
def test_a_disk_in_use_is_left_alone(xe: "Xe", written: str, attached: str, tmp_path: Path, line: str) -> None:
    line = line.format(vdi=written, new=tmp_path / "new")
    result = xe(line)
    assert "Code: VDI_IN_USE" in result.err
    assert f"In the way: vbd {attached}" in result.err
    assert "Hint: xe " in result.err
    assert not (tmp_path / "new").exists()
    xe.do("vm-shutdown vm=web")
    assert xe(line).status == ("import" in line)


def test_a_sharable_disk_may_be_in_use(xapi: "Xe", tmp_path: Path) -> None:
    sr = xapi.do("sr-list type=ext --minimal")
    vdi = xapi.do(f"vdi-create name-label=disk sr-uuid={sr} virtual-size={SIZE} sharable=true")
    vm = xapi.do("vm-create name-label=web")
    xapi.do(f"vbd-create vm-uuid={vm} vdi-uuid={vdi} device=0")
    xapi.do("vm-start vm=web")
    xapi.do(f"vdi-export uuid={vdi} filename={tmp_path}/new")


@pytest.mark.parametrize(
    ("change", "line", "code"),
    [
        ("read-only = true", "vdi-import uuid={vdi} filename={image}", "VDI_READONLY"),
        ("managed = false", "vdi-import uuid={vdi} filename={image}", "VDI_NOT_MANAGED"),
        ("managed = false", "vdi-export uuid={vdi} filename={new}", "VDI_NOT_MANAGED"),
        ('type = "CBT metadata"', "vdi-export uuid={vdi} filename={new}", "VDI_INCOMPATIBLE_TYPE"),
        ('type = "CBT metadata"', "vdi-import uuid={vdi} filename={image}", "VDI_INCOMPATIBLE_TYPE"),
        ("storage-lock = true", "vdi-export uuid={vdi} filename={new} format=zip", "INTERNAL_ERROR"),
        ("storage-lock = true", "vdi-import uuid={vdi} filename={image} format=zip", "INTERNAL_ERROR"),
        ("storage-lock = true", "vdi-export uuid={vdi} filename={new} base={vdi}", "INTERNAL_ERROR"),
        ("storage-lock = true", "vdi-import uuid=nothing filename={image}", "UUID_INVALID"),
    ],
)
def test_what_is_refused(xe: "Xe", vdi: str, image: Path, tmp_path: Path, change: str, line: str, code: str) -> None:
    header = f"[vdi.{vdi}]\n"
    xe.state.write_text(xe.state.read_text().replace(header, f"{header}{change}\n"))
    assert xe.code(line.format(vdi=vdi, image=image, new=tmp_path / "new")) == code
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "host.toml.d" / "disks").exists()


def test_an_sr_that_is_not_plugged_has_nothing_to_read(
    xe: "Xe", vdi: str, sr: str, image: Path, tmp_path: Path
) -> None:
    xe.do(f"pbd-unplug uuid={xe.do(f'pbd-list sr-uuid={sr} --minimal')}")
    assert xe.code(f"vdi-export uuid={vdi} filename={tmp_path}/new") == "SR_HAS_NO_PBDS"
    assert xe.code(f"vdi-import uuid={vdi} filename={image}") == "SR_HAS_NO_PBDS"


@pytest.mark.parametrize("from_file", [True, False])
def test_data_longer_than_the_disk_is_refused_and_leaves_nothing(
    xe: "Xe", written: str, tmp_path: Path, *, from_file: bool
) -> None:
    long = tmp_path / "long"
    long.write_bytes(bytes(SIZE) + b"x")
    before = xe.state.read_bytes()
    line = f"vdi-import uuid={written} filename={long if from_file else '-'}"
    _, done = xe.piped(line, b"" if from_file else long.read_bytes())
    assert f"The data is longer than the disk, which has {SIZE} bytes." in done.err
    assert done.status == 1
    assert xe.state.read_bytes() == before
    assert on_disk(xe, written, tmp_path) == padded(DATA)
    assert len(os.listdir(tmp_path / "host.toml.d" / "disks")) == 1


def test_where_there_is_no_room_the_sr_is_full(
    xe: "Xe", written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XE_DISK_LIMIT", "300000")
    before = xe.state.read_bytes()
    _, done = xe.piped(f"vdi-import uuid={written} filename=-", os.urandom(200_000))
    assert "Error code: SR_BACKEND_FAILURE_44" in done.err
    assert "XE_DISK_LIMIT" in done.err
    assert xe.state.read_bytes() == before
    assert on_disk(xe, written, tmp_path) == padded(DATA)


def test_where_older_versions_take_the_room_it_is_said_how_to_drop_them(
    xe: "Xe", written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    xe.do(f"vdi-destroy uuid={written}")
    other = xe.do(f"vdi-create name-label=other sr-uuid={xe.do('sr-list type=ext --minimal')} virtual-size={SIZE}")
    monkeypatch.setenv("XE_DISK_LIMIT", "300000")
    _, done = xe.piped(f"vdi-import uuid={other} filename=-", os.urandom(200_000))
    assert "Note: Only older versions of the state need " in done.err
    assert "A command with XE_BACKUPS=0 drops all older versions." in done.err
    monkeypatch.setenv("XE_BACKUPS", "0")
    xe.do("vm-create name-label=any")
    _, done = xe.piped(f"vdi-import uuid={other} filename=-", os.urandom(200_000))
    assert done == Result("", "", 0)
    assert len(os.listdir(tmp_path / "host.toml.d" / "disks")) == 1


def test_a_vhd_has_a_largest_size(xe: "Xe", tmp_path: Path) -> None:
    sr = xe.do(
        "sr-create type=nfs name-label=n shared=true device-config:server=s device-config:serverpath=/p physical-size=9TiB"
    )
    vdi = xe.do(f"vdi-create name-label=disk sr-uuid={sr} virtual-size=3TiB sm-config:type=raw")
    result = xe(f"vdi-export uuid={vdi} filename={tmp_path}/new format=vhd")
    assert "Code: VDI_TOO_LARGE" in result.err
    assert f"maximum size: {2040 << 30}" in result.err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("vdi-import uuid={vdi} filename={folder}/nothing", "cannot be read: No such file or directory."),
        ("vdi-import uuid={vdi} filename={folder}", "cannot be read: Is a directory."),
        ("vdi-export uuid={vdi} filename={folder}/nothing/new", "cannot be made: No such file or directory."),
        ("vdi-export uuid={vdi} filename={folder}/image", "exists already. Remove it, or choose another name."),
    ],
)
def test_a_file_that_cannot_be_used_is_told(
    xe: "Xe", vdi: str, image: Path, tmp_path: Path, line: str, told: str
) -> None:
    result = xe(line.format(vdi=vdi, folder=tmp_path))
    assert result.status == 1
    assert told in result.err
    assert image.read_bytes() == DATA


def test_an_export_that_fails_leaves_no_file(process: "Process", xe: "Xe", written: str, tmp_path: Path) -> None:
    script = f"ulimit -f 1; trap '' XFSZ; python -m xe_py --state {xe.state} vdi-export uuid={written} filename=new"
    done = process.run(["bash", "-c", script])
    assert "The file new cannot be written: File too large." in done.err
    assert done.status == 1
    assert not (tmp_path / "new").exists()


# Dry run, batch, Python


def test_a_dry_run_counts_and_writes_nothing(xe: "Xe", vdi: str, image: Path, tmp_path: Path) -> None:
    told = xe.do(f"vdi-import uuid={vdi} filename={image} --dry-run")
    assert told.startswith(f"~ vdi disk ({vdi})\n    content: (none) -> ")
    assert xe.do(f"vdi-export uuid={vdi} filename={tmp_path}/new --dry-run") == ""
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "host.toml.d" / "disks").exists()
    _, done = xe.piped(f"vdi-import uuid={vdi} filename=- --dry-run", bytes(SIZE + 1))
    assert "longer than the disk" in done.err


def test_a_batch_writes_all_of_it_or_nothing(xe: "Xe", vdi: str, image: Path, tmp_path: Path) -> None:
    script = tmp_path / "script"
    lines = f"xe vdi-import uuid={vdi} filename={image}\nxe vdi-export uuid={vdi} filename={tmp_path}/copy\n"
    script.write_text(f"{lines}xe vm-start vm=nothing\n")
    assert xe(f"batch {script}").status == 1
    assert not (tmp_path / "host.toml.d" / "disks").exists() or not os.listdir(tmp_path / "host.toml.d" / "disks")
    (tmp_path / "copy").unlink()
    script.write_text(lines)
    xe.do(f"batch {script}")
    assert (tmp_path / "copy").read_bytes() == padded(DATA)
    assert on_disk(xe, vdi, tmp_path) == padded(DATA)


def test_a_python_program_reads_and_writes_disks(xe: "Xe", vdi: str, image: Path, tmp_path: Path) -> None:
    with open_host(xe.state) as host:
        host.run("vdi-import", vdi=vdi, filename=str(image))
        host.run("vdi-export", vdi=vdi, filename=str(tmp_path / "copy"))
        with pytest.raises(Failure, match="Unknown format zip"):
            host.run("vdi-export", vdi=vdi, filename=str(tmp_path / "other"), format="zip")
        with pytest.raises(Misuse, match="exists already"):
            host.run("vdi-export", vdi=vdi, filename=str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == on_disk(xe, vdi, tmp_path) == padded(DATA)


# What a VDI goes through


def test_a_larger_disk_has_zeros_behind(xe: "Xe", written: str, tmp_path: Path) -> None:
    xe.do(f"vdi-resize uuid={written} disk-size={SIZE + 2 * MIB}")
    assert on_disk(xe, written, tmp_path) == padded(DATA) + bytes(2 * MIB)
    assert len(os.listdir(tmp_path / "host.toml.d" / "disks")) == 1


def test_a_forgotten_disk_comes_back_with_its_content(xe: "Xe", written: str, sr: str, tmp_path: Path) -> None:
    xe.do(f"vdi-forget uuid={written}")
    xe.do(f"sr-scan uuid={sr}")
    assert on_disk(xe, written, tmp_path) == padded(DATA)


def test_undo_brings_back_what_was_overwritten_or_destroyed(xe: "Xe", written: str, tmp_path: Path) -> None:
    xe.piped(f"vdi-import uuid={written} filename=-", b"other")
    xe.do(f"vdi-destroy uuid={written}")
    xe.do("state-undo")
    assert on_disk(xe, written, tmp_path) == padded(b"other" + DATA[5:])
    serial = xe.do("state-history").splitlines()[-3].split()[0]
    xe.do(f"state-undo serial={serial}")
    assert on_disk(xe, written, tmp_path) in {padded(DATA), bytes(SIZE)}


def test_a_copy_has_the_content_and_takes_no_room(xe: "Xe", written: str, sr: str, tmp_path: Path) -> None:
    same, larger = (
        xe.do(f"vdi-create name-label=copy sr-uuid={sr} virtual-size={size}") for size in (SIZE, SIZE + 2 * MIB)
    )
    with store_for(str(xe.state), os.environ).write("test") as opened:
        state = opened.state
        for target in (same, larger):
            copy_content(state, state.need("vdi", written), state.need("vdi", target))
        opened.commit()
    assert len(os.listdir(tmp_path / "host.toml.d" / "disks")) == 1
    assert on_disk(xe, same, tmp_path) == padded(DATA)
    xe.piped(f"vdi-import uuid={written} filename=-", b"other")
    assert on_disk(xe, same, tmp_path) == padded(DATA)
    assert on_disk(xe, larger, tmp_path) == padded(DATA) + bytes(2 * MIB)


COPIES = ("vdi-snapshot uuid={vdi}", "vdi-clone uuid={vdi}", "vdi-copy uuid={vdi} sr-uuid={sr}")


@pytest.mark.parametrize("line", COPIES)
def test_the_commands_that_copy_a_disk_copy_what_is_on_it(
    xe: "Xe", written: str, sr: str, tmp_path: Path, line: str
) -> None:
    copy = xe.do(line, vdi=written, sr=sr)
    (tmp_path / "other").write_bytes(b"other")
    xe.do(f"vdi-import uuid={written} filename={tmp_path / 'other'}")
    assert on_disk(xe, copy, tmp_path) == padded(DATA)
    assert on_disk(xe, written, tmp_path) == padded(b"other" + DATA[5:])


def test_a_copy_into_a_disk_leaves_what_is_behind(xe: "Xe", written: str, sr: str, tmp_path: Path) -> None:
    larger = xe.do(f"vdi-create name-label=disk sr-uuid={sr} virtual-size={2 * SIZE}")
    (tmp_path / "other").write_bytes(b"x" * 2 * SIZE)
    xe.do(f"vdi-import uuid={larger} filename={tmp_path / 'other'}")
    xe.do(f"vdi-copy uuid={written} into-vdi-uuid={larger}")
    assert on_disk(xe, larger, tmp_path) == padded(DATA) + b"x" * SIZE


def test_what_is_on_the_disks_of_a_vm_goes_with_it(xapi: "Xe", image: Path, tmp_path: Path) -> None:
    sr, vm = xapi.do("sr-list type=ext --minimal"), xapi.do("vm-create name-label=web")
    disk = xapi.do(f"vdi-create name-label=disk sr-uuid={sr} virtual-size={SIZE}")
    xapi.do(f"vbd-create vm-uuid={vm} vdi-uuid={disk} device=0")
    xapi.do(f"vdi-import uuid={disk} filename={image}")
    (tmp_path / "other").write_bytes(b"other")
    snapshot = xapi.do("vm-snapshot vm=web new-name-label=before")
    for line in ("vm-clone vm=web new-name-label=clone", f"vm-copy vm=web new-name-label=copy sr-uuid={sr}"):
        copy = xapi.do(line)
        assert on_disk(xapi, xapi.do(f"vbd-list vm-uuid={copy} params=vdi-uuid --minimal"), tmp_path) == padded(DATA)
    xapi.do(f"vdi-import uuid={disk} filename={tmp_path / 'other'}")
    xapi.do(f"snapshot-revert snapshot-uuid={snapshot}")
    back = xapi.do(f"vbd-list vm-uuid={vm} params=vdi-uuid --minimal")
    assert on_disk(xapi, back, tmp_path) == padded(DATA)


def test_the_file_of_an_iso_is_copied(xe: "Xe", sr: str, tmp_path: Path) -> None:
    (tmp_path / "isos").mkdir()
    (tmp_path / "isos" / "a.iso").write_bytes(DATA)
    config = f"device-config:location={tmp_path / 'isos'} device-config:legacy_mode=true"
    isos = xe.do(f"sr-create name-label=isos type=iso content-type=iso {config}")
    disc = xe.do(f"vdi-list sr-uuid={isos} --minimal")
    copy = xe.do(f"vdi-copy uuid={disc} sr-uuid={sr}")
    shutil.rmtree(tmp_path / "isos")
    assert on_disk(xe, copy, tmp_path)[: len(DATA)] == DATA


def test_a_copy_onto_a_larger_disk_leaves_what_is_behind(xe: "Xe", written: str, sr: str, tmp_path: Path) -> None:
    larger = xe.do(f"vdi-create name-label=larger sr-uuid={sr} virtual-size={2 * SIZE}")
    xe.piped(f"vdi-import uuid={larger} filename=-", b"z" * (SIZE + 5))
    with store_for(str(xe.state), os.environ).write("test") as opened:
        copy_content(opened.state, opened.state.need("vdi", written), opened.state.need("vdi", larger))
        opened.commit()
    assert on_disk(xe, larger, tmp_path) == (padded(DATA) + b"zzzzz").ljust(2 * SIZE, b"\0")


def test_where_there_is_no_room_for_a_copy_the_sr_is_full(
    xe: "Xe", written: str, sr: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    larger = xe.do(f"vdi-create name-label=larger sr-uuid={sr} virtual-size={2 * SIZE}")
    xe.piped(f"vdi-import uuid={larger} filename=-", b"z" * (SIZE + 5))
    monkeypatch.setenv("XE_DISK_LIMIT", "0")
    with store_for(str(xe.state), os.environ).write("test") as opened:
        state = opened.state
        with pytest.raises(Failure, match="SR_BACKEND_FAILURE_44"):
            copy_content(state, state.need("vdi", written), state.need("vdi", larger))
        state.rollback(0)


def test_an_iso_is_the_file_itself(xe: "Xe", tmp_path: Path) -> None:
    folder = tmp_path / "isos"
    folder.mkdir()
    (folder / "a.iso").write_bytes(DATA)
    sr = xe.do(f"sr-create type=iso name-label=isos device-config:location={folder} device-config:legacy_mode=true")
    vdi = xe.do(f"vdi-list sr-uuid={sr} --minimal")
    assert on_disk(xe, vdi, tmp_path) == DATA
    assert xe.piped(f"vdi-export uuid={vdi} filename=-")[0] == DATA
    assert xe.code(f"vdi-import uuid={vdi} filename={folder}/a.iso") == "VDI_READONLY"
    (folder / "a.iso").unlink()
    assert xe.code(f"vdi-export uuid={vdi} filename={tmp_path}/new") == "VDI_MISSING"


def test_a_missing_content_is_zeros_with_a_warning(xe: "Xe", written: str, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "host.toml.d")
    result = xe(f"vdi-export uuid={written} filename={tmp_path}/new")
    assert result.status == 0
    assert result.err.startswith("Warning: the content of a disk is missing, so it reads as zeros: ")
    assert (tmp_path / "new").read_bytes() == bytes(SIZE)


# What is told of contents


def test_the_check_tells_of_contents_that_are_missing_or_belong_to_nothing(
    xe: "Xe", written: str, tmp_path: Path
) -> None:
    sound = xe.do("state-check")
    assert sound.startswith("The state is sound")
    assert "\n" not in sound
    (content,) = (tmp_path / "host.toml.d" / "disks").iterdir()
    stray = "99999999-2222-4333-8444-555555555555"
    content.rename(content.with_name(stray))
    first, missing, strays = xe.do("state-check").splitlines()
    assert first == sound
    assert missing == f"Warning: vdi {written} (disk): its content {content.name} is missing, so it reads as zeros."
    assert strays.startswith("Warning: No version has these contents of disks, which take ")
    assert stray in strays
    xe.do(f"vdi-forget uuid={written}")
    assert f"Warning: volume {xe.state.read_text().partition('[volume.')[2][:36]}: its content" in xe.do("state-check")
    assert not content.with_name(stray).exists(), "a command that drops a content sweeps"


def test_the_history_tells_what_the_contents_of_its_versions_take(xe: "Xe", written: str, tmp_path: Path) -> None:
    (content,) = (tmp_path / "host.toml.d" / "disks").iterdir()
    taken = content.stat().st_blocks * 512
    line = f"The contents of disks take {taken} bytes; {{}} of these belong only to older versions."
    assert xe.do("state-history").splitlines()[-1] == line.format(0)
    minimal = xe.do("state-history --minimal")
    assert "contents" not in minimal
    xe.do(f"vdi-destroy uuid={written}")
    assert xe.do("state-history").splitlines()[-1] == line.format(taken)


def chain(xe: "Xe") -> int:
    """How many versions there are besides the present one."""
    return len(xe.do("state-history --minimal").split(",")) - 1


def contents_of(xe: "Xe") -> int:
    return len(os.listdir(xe.state.with_name("host.toml.d") / "disks"))


@pytest.mark.parametrize(("most", "kept"), [(None, 7), ("10000000", 7), ("1000000", 5), ("0", 2)])
def test_the_history_may_take_so_much_with_contents(
    xe: "Xe", vdi: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: str | None, kept: int
) -> None:
    """Of six contents of 200 kB, the present one and those of the last versions stay; the last change can be undone."""
    if most is not None:
        monkeypatch.setenv("XE_HISTORY_BYTES", most)
    contents = [os.urandom(200_000) for _ in range(7)]
    for content in contents:
        assert xe.piped(f"vdi-import uuid={vdi} filename=-", content)[1].status == 0
        xe.do(f"vdi-param-set uuid={vdi} name-description=written")
        xe.do(f"vdi-param-clear uuid={vdi} param-name=name-description")
    assert contents_of(xe) == kept
    assert on_disk(xe, vdi, tmp_path) == padded(contents[-1])
    oldest = xe.do("state-history --minimal").split(",")[-1]
    monkeypatch.delenv("XE_HISTORY_BYTES", raising=False)
    for _ in range(3):
        xe.do("state-undo")
    xe.do(f"state-undo serial={oldest}")
    assert "missing" not in xe.do("state-check")


def test_small_changes_keep_their_history_beside_a_large_content(
    xe: "Xe", written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a command that takes a content from a disk drops versions because of contents."""
    monkeypatch.setenv("XE_HISTORY_BYTES", "150000")
    before = chain(xe)
    for number in range(5):
        xe.do(f"vm-create name-label=vm{number}")
    assert chain(xe) == before + 5
    xe.do(f"vdi-destroy uuid={written}")
    assert (chain(xe), contents_of(xe)) == (1, 1)
    xe.do("state-undo")
    assert xe.do(f"vdi-list uuid={written} --minimal") == written
