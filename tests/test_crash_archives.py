"""Exports and imports of VMs that fail or are killed at any of their system calls leave all of it or nothing."""

import errno
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_crash_writes import disturbed, failing, run_and_die
from torture import Contract

pytestmark = pytest.mark.slow

MIB = 1 << 20
DATA = (b"one" * 40_000 + bytes(MIB) + b"end", b"two" * 50_000)


class Host(Contract):
    """A state with a VM of two disks, an archive of that VM, and what may be there after a disturbed command."""

    def __init__(self, path: Path, data: bytes) -> None:
        super().__init__(path)
        path.write_bytes(data)
        sr = self.do("sr-list type=ext --minimal")
        self.vm = self.do("vm-create name-label=web")
        for place, content in enumerate(DATA):
            vdi = self.do(f"vdi-create name-label=disk{place} sr-uuid={sr} virtual-size=2MiB")
            self.do(f"vbd-create vm-uuid={self.vm} vdi-uuid={vdi} device={place}")
            path.with_name("data").write_bytes(content)
            self.do(f"vdi-import uuid={vdi} filename={path.with_name('data')}")
        self.archive, self.folder = path.with_name("web.xva"), path.with_name("exports")
        self.do(f"vm-export vm=web filename={self.archive}")
        self.kept = path.with_name("kept")
        shutil.copytree(self.neighbour, self.kept)
        self.old = path.read_bytes()

    def do(self, line: str) -> str:
        ended = self(*line.split())
        assert ended.status == 0, (line, ended)
        return ended.out.strip()

    def restore(self) -> None:
        """Everything as it was before the command."""
        shutil.rmtree(self.neighbour)
        shutil.copytree(self.kept, self.neighbour)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.path.write_bytes(self.old)
        os.utime(self.path, ns=(10**18, 10**18))
        self("vdi-list")

    def disks(self, vm: str) -> list[bytes]:
        """What is on the disks of the VM."""
        found = []
        for vdi in self.do(f"vbd-list vm-uuid={vm} params=vdi-uuid --minimal").split(","):
            out = self.path.with_name("out")
            out.unlink(missing_ok=True)
            ended = self("vdi-export", f"uuid={vdi}", f"filename={out}")
            assert "missing" not in ended.err
            found.append(out.read_bytes())
        return found

    def exported(self) -> bool:
        """Hold that the export is whole or not there, and that the state is as it was; whether it is there."""
        assert self.path.read_bytes() == self.old
        files = list(self.folder.iterdir())
        assert [file.name for file in files] in ([], ["new.xva"])
        for file in files:
            with tarfile.open(file) as new, tarfile.open(self.archive) as old:
                assert new.getnames() == old.getnames()
                assert all(new.extractfile(each).read() == old.extractfile(each).read() for each in new.getnames()[1:])
        return bool(files)

    def imported(self) -> bool:
        """Hold that the VM is there with its disks, or nothing of it; whether it is there."""
        done = self.path.read_bytes() != self.old
        vms = self.do("vm-list is-control-domain=false --minimal").split(",")
        assert len(vms) == 1 + done
        for vm in vms:
            assert self.disks(vm) == [content.ljust(2 * MIB, b"\0") for content in DATA]
        self.do("vm-create name-label=next")  # The next writer sweeps.
        assert all(self.disks(vm) == [content.ljust(2 * MIB, b"\0") for content in DATA] for vm in vms)
        assert not {entry.name for entry in self.neighbour.iterdir()} - {"lock", "history", ".gitignore", "disks"}
        assert len(list((self.neighbour / "disks").iterdir())) == 2 * len(vms)
        return done


@pytest.fixture
def host(tmp_path: Path, fresh_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Host(tmp_path / "host.toml", fresh_files["strict"])


@pytest.mark.parametrize("way", ["false", "gzip"])
def test_an_export_is_killed_at_every_system_call(host: Host, way: str) -> None:
    words = ["vm-export", "vm=web", f"compress={way}", f"filename={host.folder / 'new.xva'}"]
    tried = done = 0
    while True:
        host.restore()
        if not run_and_die(words, host.path, tried + 1):
            break
        tried += 1
        done += host.exported()
    assert tried > 15
    assert 0 < done < tried / 2


def test_an_import_is_killed_at_every_system_call(host: Host) -> None:
    words = ["vm-import", f"filename={host.archive}"]
    tried = done = 0
    while True:
        host.restore()
        if not run_and_die(words, host.path, tried + 1):
            break
        tried += 1
        done += host.imported()
    assert tried > 25
    assert 0 < done < tried


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("vm-export vm=web filename={new}", errno.ENOSPC),
        ("vm-export vm=web filename={new}", errno.EIO),
        ("vm-import filename={archive}", errno.ENOSPC),
    ],
)
def test_every_system_call_fails_in_turn(host: Host, line: str, error: int) -> None:
    words = line.format(new=host.folder / "new.xva", archive=host.archive).split()
    look = host.exported if words[0] == "vm-export" else host.imported
    tried = done = 0
    while True:
        host.restore()
        disturb, failed = failing(tried, error)
        ended = host(*words, within=disturbed(disturb))
        if not failed:
            assert ended.status == 0
            break
        tried += 1
        done += look()
        assert ended.status == 0 or ended.err, (failed, ended)
    assert tried > 15
    assert done


def test_where_files_without_names_are_impossible_an_error_removes_the_file(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on NFS."""
    monkeypatch.delattr(os, "O_TMPFILE")
    host.restore()
    host.do(f"vm-export vm=web filename={host.folder / 'new.xva'}")
    assert host.exported()
    host.restore()

    def disturb(name: str, call: Callable[[], Any]) -> Any:
        if name == "write":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return call()

    ended = host("vm-export", "vm=web", f"filename={host.folder / 'new.xva'}", within=disturbed(disturb))
    assert (ended.status, "cannot be written: No space left on device." in ended.err) == (1, True)
    assert not host.exported()
