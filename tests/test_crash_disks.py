"""A write to a disk that fails or is killed at any of its system calls: the disk has the old data or the new, whole."""

import errno
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_crash_writes import disturbed, failing, run_and_die
from torture import Contract

pytestmark = pytest.mark.slow

MIB = 1 << 20
SIZE = 4 * MIB
OLD, NEW = b"old" * 40_000 + bytes(2 * MIB) + b"end", b"new" * 50_000
# What each command leaves on the disk.
COMMANDS = {
    "a file": ("vdi-import uuid={vdi} filename={new}", NEW + OLD[len(NEW) :]),
    "a copy": ("vdi-copy uuid={other} into-vdi-uuid={vdi}", NEW.ljust(2 * MIB, b"\0") + OLD[2 * MIB :]),
    "revert": ("snapshot-revert snapshot-uuid={snapshot}", NEW),
    "undo": ("state-undo", NEW),
    "a disk that goes": ("vdi-destroy uuid={vdi}", None),
}


class Disk(Contract):
    """A state with a disk that has the old data, and what may be on the disk after a command that was disturbed."""

    def __init__(self, path: Path, data: bytes) -> None:
        super().__init__(path)
        path.write_bytes(data)
        sr = self("sr-list", "type=ext", "--minimal").out.strip()
        self.vdi = self("vdi-create", "name-label=disk", f"sr-uuid={sr}", f"virtual-size={SIZE}").out.strip()
        self.other = self("vdi-create", "name-label=other", f"sr-uuid={sr}", "virtual-size=2MiB").out.strip()
        vm = self("vm-create", "name-label=web").out.strip()
        self("vbd-create", f"vm-uuid={vm}", f"vdi-uuid={self.vdi}", "device=0")
        self.new, old = path.with_name("new"), path.with_name("old")
        self.new.write_bytes(NEW)
        old.write_bytes(OLD)
        for vdi in (self.vdi, self.other):
            assert self("vdi-import", f"uuid={vdi}", f"filename={self.new}").status == 0
        self.snapshot = self("vm-snapshot", "vm=web", "new-name-label=before").out.strip()
        assert self("vdi-import", f"uuid={self.vdi}", f"filename={old}").status == 0
        self.kept = path.with_name("kept")
        shutil.copytree(self.neighbour, self.kept)
        self.old = path.read_bytes()

    def words(self, line: str) -> list[str]:
        return line.format(vdi=self.vdi, new=self.new, other=self.other, snapshot=self.snapshot).split()

    def restore(self) -> None:
        """Everything as it was before the command."""
        shutil.rmtree(self.neighbour)
        shutil.copytree(self.kept, self.neighbour)
        self.path.write_bytes(self.old)
        os.utime(self.path, ns=(10**18, 10**18))
        self("vdi-list")

    def data(self) -> bytes | None:
        """What is on the disk; None if there is no disk."""
        out = self.path.with_name("out")
        out.unlink(missing_ok=True)
        vdi = self("vdi-list", "name-label=disk", "is-a-snapshot=false", "--minimal").out.strip()
        ended = self("vdi-export", f"uuid={vdi}", f"filename={out}")
        assert "missing" not in ended.err
        return out.read_bytes() if ended.status == 0 else None

    def aftermath(self, wanted: bytes | None) -> bool:
        """Hold what is true after any disturbance, and say whether the command was done."""
        done = self.path.read_bytes() != self.old
        expected = wanted if done else OLD
        whole = None if expected is None else expected.ljust(SIZE, b"\0")
        assert self.data() == whole, "before anybody has swept"
        assert self("vm-create", "name-label=next").status == 0
        assert self.data() == whole, "after the next writer has swept"
        left = {entry.name for entry in self.neighbour.iterdir()} - {"lock", "history", ".gitignore", "disks"}
        assert not left
        # No content without a version that names it, and none that is missing from a version.
        texts = self.path.read_text() + "".join(
            path.read_text(errors="replace") for path in (self.neighbour / "history").iterdir()
        )
        assert all(entry.name[8:28] in texts for entry in (self.neighbour / "disks").iterdir())
        if done and wanted is not None and wanted.startswith(b"new"):
            assert self("state-undo").status == self("state-undo").status == 0
        return done


@pytest.fixture
def disk(tmp_path: Path, fresh_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Disk:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Disk(tmp_path / "host.toml", fresh_files["strict"])


@pytest.mark.parametrize(("line", "wanted"), COMMANDS.values(), ids=COMMANDS)
def test_killed_at_every_system_call(disk: Disk, line: str, wanted: bytes | None) -> None:
    tried = done = 0
    while True:
        disk.restore()
        if not run_and_die(disk.words(line), disk.path, tried + 1):
            break
        tried += 1
        done += disk.aftermath(wanted)
    assert tried > 15
    assert 0 < done < tried


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO], ids=lambda error: errno.errorcode[error])
def test_every_system_call_fails_in_turn(disk: Disk, error: int) -> None:
    line, wanted = COMMANDS["a file"]
    tried = done = 0
    while True:
        disk.restore()
        disturb, failed = failing(tried, error)
        ended = disk(*disk.words(line), within=disturbed(disturb))
        if not failed:
            assert ended.status == 0
            break
        tried += 1
        if ended.status == 1:
            assert "SR_BACKEND_FAILURE_44" in ended.err or "cannot be read" in ended.err, (failed, ended)
        done += disk.aftermath(wanted)
    assert tried > 20
    assert done


def test_an_interrupt_in_the_middle_leaves_nothing(disk: Disk) -> None:
    def disturb(name: str, call: Callable[[], Any]) -> Any:
        if name == "copy_file_range":
            raise KeyboardInterrupt
        return call()

    before = {entry.name for entry in (disk.neighbour / "disks").iterdir()}
    with pytest.raises(KeyboardInterrupt):
        disk(*disk.words(COMMANDS["a file"][0]), within=disturbed(disturb))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert {entry.name for entry in (disk.neighbour / "disks").iterdir()} == before
    assert not list(disk.neighbour.glob("new.*"))
    assert disk.data() == OLD.ljust(SIZE, b"\0")
