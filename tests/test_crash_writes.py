"""A write that fails or is killed at any of its system calls: the file is the old one or the new one, and life goes on."""

import errno
import itertools
import os
import re
import shutil
import signal
import stat
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import run
from torture import Contract

import xe_py
from xe_py.store.files.document import Site
from xe_py.store.toml import excerpt, reader

if TYPE_CHECKING:
    from conftest import Process

pytestmark = pytest.mark.slow

CALLS = (
    "open", "close", "read", "pread", "write", "pwrite", "ftruncate", "fsync", "stat", "lstat", "fstat", "fchmod", "fchown", "chmod",
    "copy_file_range", "lseek", "statvfs", "utime", "link", "symlink", "unlink", "rename", "replace", "mkdir", "listdir", "scandir", "readlink", "access", "getpid", "urandom",
)  # fmt: skip
PACKAGE = str(Path(xe_py.__file__).parent)
# These never fail on a real system.
INFALLIBLE = {"getpid", "urandom"}
ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EACCES, errno.EINTR)
COMMANDS = {
    "a change": "vm-param-set uuid={vm} name-label=changed",
    "a new object": "vm-create name-label=changed",
    "an object that goes": "vm-destroy uuid={vm}",
}


class Victim(Contract):
    """A file with one VM, and what may be in it after a command that was disturbed."""

    def __init__(self, path: Path, data: bytes) -> None:
        super().__init__(path)
        shutil.rmtree(self.neighbour, ignore_errors=True)
        path.write_bytes(data)
        made = self("vm-create", "name-label=web").out.strip()
        self("vm-create", "name-label=other")
        self.vm = made
        self.old = path.read_bytes()
        self.history = {entry.name: entry.read_bytes() for entry in (self.neighbour / "history").iterdir()}
        self.turn = 0
        self.restore()

    def words(self, line: str) -> list[str]:
        """The words of the command line."""
        return line.format(vm=self.vm).split()

    def restore(self) -> None:
        """The file as it was and with an index, as if an editor had undone the command long ago; its history too."""
        for entry in (self.neighbour / "history").iterdir():
            entry.unlink()
        for name, data in self.history.items():
            (self.neighbour / "history" / name).write_bytes(data)
        self.path.write_bytes(self.old)
        os.utime(self.path, ns=(10**18, 10**18))
        self("vm-list")
        cache = Path(os.environ["XDG_CACHE_HOME"], "xe")
        assert {entry.suffix for entry in cache.iterdir()} == {".head", ".base"}

    def aftermath(self, said: str = "") -> bool:
        """Hold what is true after any disturbance, and say whether the command was done; `said` is its message."""
        data = self.path.read_bytes()
        self.turn += 1
        if self.turn % 2 and "the history" not in said:
            self.is_in_reach(data)
        document = reader.read(Site(str(self.path)))
        state, findings = reader.judge(document)
        assert not findings
        done = data != self.old
        assert state.header["serial"] == 3 + done
        seen = self("vm-list", "params=uuid", "--minimal").out.strip().split(",")
        assert sorted(seen) == sorted(vm["uuid"] for vm in state.all("vm") if not vm["is-a-template"])
        assert self("vm-param-set", f"uuid={state.all('vm')[-1]['uuid']}", "name-description=after").status == 0
        assert reader.judge(reader.read(Site(str(self.path))))[0].header["serial"] == 4 + done
        left = {entry for entry in os.listdir(self.neighbour) if entry not in {"lock", "history", ".gitignore"}}
        assert not left
        self.path.write_bytes(self.old)
        return done

    def is_in_reach(self, data: bytes) -> None:
        """Hold that what was committed last comes back after an edit by hand that spoils it."""
        self.path.write_bytes(b"broken")
        assert self("state-undo").status == 0
        serial, following = re.findall(rb"(?m)^serial = (\d+)$", data + self.path.read_bytes())
        assert int(following) == int(serial) + 1
        assert self.path.read_bytes().replace(b"serial = " + following, b"serial = " + serial, 1) == data
        self.path.write_bytes(data)


@pytest.fixture
def victim(tmp_path: Path, fresh_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Victim:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # What stays as it was is copied by the system, as in a large file.
    monkeypatch.setattr(excerpt, "_LONG", 0)
    return Victim(tmp_path / "host.toml", fresh_files["strict"])


@contextmanager
def disturbed(disturb: Callable[[str, Callable[[], Any]], Any]) -> Iterator[None]:
    """Every system call of the body goes through `disturb`, with its name and what would do it."""
    real = {name: getattr(os, name) for name in CALLS}

    def instead(name: str) -> Callable[..., Any]:
        def call(*words: Any, **named: Any) -> Any:
            # Looking for modules is no part of it.
            if words and str(words[0]).startswith(PACKAGE):
                return real[name](*words, **named)
            return disturb(name, lambda: real[name](*words, **named))

        return call

    for name in CALLS:
        setattr(os, name, instead(name))
    try:
        yield
    finally:
        for name, call in real.items():
            setattr(os, name, call)


def failing(turn: int, error: int) -> tuple[Callable[[str, Callable[[], Any]], Any], list[str]]:
    """What lets the system call of this turn fail, counted from 0; and the name of the call, once it has failed."""
    calls, failed = itertools.count(), list[str]()

    def disturb(name: str, call: Callable[[], Any]) -> Any:
        if name in INFALLIBLE or next(calls) != turn:
            return call()
        failed.append(name)
        if name == "close":
            call()
        raise OSError(error, os.strerror(error))

    return disturb, failed


def fail(victim: Victim, line: str, error: int) -> tuple[int, int]:
    """Let each system call of the command fail in turn, until one run has none left; how many runs, how many done."""
    tried = done = 0
    while True:
        victim.restore()
        disturb, failed = failing(tried, error)
        ended = victim(*victim.words(line), within=disturbed(disturb))
        if not failed:
            assert ended.status == 0
            return tried, done
        tried += 1
        written = victim.path.read_bytes() != victim.old
        assert ended.status == 0 or not written or "was written" in ended.err, (failed, ended)
        assert ended.status in {0, 4 if written else 3}, (failed, ended)
        assert written or ended.status, (failed, ended)
        done += victim.aftermath(ended.err)


@pytest.mark.parametrize(("line", "error"), list(zip([*COMMANDS, *COMMANDS], ERRORS, strict=False)))
def test_every_system_call_fails_in_turn(victim: Victim, line: str, error: int) -> None:
    tried, done = fail(victim, COMMANDS[line], error)
    assert tried > 15
    assert done


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: errno.errorcode[error])
def test_a_read_fails_only_where_the_file_cannot_be_read(victim: Victim, error: int) -> None:
    """Where an index cannot be read or made, the file is."""
    expected = victim("vm-list").out
    for place in range(1000):
        disturb, failed = failing(place, error)
        ended = victim("vm-list", within=disturbed(disturb))
        assert ended.out == expected or (ended.status == 3 and not ended.out), (failed, ended)
        if not failed:
            return
    raise AssertionError("there is no end to the calls")


@pytest.mark.parametrize("line", COMMANDS.values(), ids=COMMANDS)
def test_killed_at_every_system_call(victim: Victim, line: str) -> None:
    tried, done = kill(victim, line)
    assert tried > 15
    assert 0 < done < tried


def kill(victim: Victim, line: str) -> tuple[int, int]:
    """Kill the command at each of its system calls in turn; how many times, and how often it was done by then."""
    tried = done = 0
    while True:
        victim.restore()
        killed = run_and_die(victim.words(line), victim.path, tried + 1)
        if not killed:
            return tried, done
        tried += 1
        done += victim.aftermath()


def run_and_die(words: list[str], path: Path, place: int) -> bool:
    """Run the words in a child that dies right behind the system call with this place; whether it came to that.

    Whoever dies right before a call leaves the same files as behind the call before it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # The threads of the test runner do nothing here.
        child = os.fork()
    if not child:
        status = 1
        try:
            status = _die_at(words, path, place)
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def _die_at(words: list[str], path: Path, place: int) -> int:
    calls = 0

    def disturb(_name: str, call: Callable[[], Any]) -> Any:
        nonlocal calls
        calls += 1
        try:
            return call()
        finally:
            if calls == place:
                os.kill(_PID(), signal.SIGKILL)

    with open(os.devnull, "w") as nowhere, disturbed(disturb):
        os.dup2(nowhere.fileno(), 1)
        return run(["--state", str(path), *words])


_PID = os.getpid


def test_what_is_written_between_the_commit_and_its_flush_is_seen(victim: Victim) -> None:
    """An editor that is quicker than the disk: the index does not pass for one of the edited file."""
    real = os.fsync

    def edit_first(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            victim.path.write_bytes(victim.path.read_bytes().replace(b'"changed"', b'"written"'))
        real(handle)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", edit_first)
        assert victim(*victim.words(COMMANDS["a change"])).status == 0
    assert victim("vm-list", f"uuid={victim.vm}", "params=name-label", "--minimal").out == "written\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a disk")
def test_a_disk_that_is_full_at_any_point(process: "Process", tmp_path: Path, fresh_files: dict[str, bytes]) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if process.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]).status:
        pytest.skip("mounting is not permitted here")
    try:
        for left in range(0, 64, 4):
            fill(process, disk, fresh_files["strict"], left)
    finally:
        process.run(["umount", "-l", str(disk)])


def fill(process: "Process", disk: Path, data: bytes, left: int) -> None:
    """A command on a disk with this much room left (KiB), cache included, and what is true then."""
    state = disk / "host.toml"
    state.write_bytes(data)
    (disk / "ballast").write_bytes(b"")
    with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as ballast:
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        ballast.write(b"x" * max(0, free - left * 1024))
    ended = process.xe("--state", str(state), "vm-create", "name-label=x", XDG_CACHE_HOME=str(disk / "cache"))
    assert ended.status in {0, 3}, ended
    assert (ended.status == 0) == (state.read_bytes() != data), (left, ended)
    assert "Traceback" not in ended.err
    assert process.xe("--state", str(state), "state-check", XDG_CACHE_HOME=str(disk / "cache")).status == 0
    (disk / "ballast").unlink()
    assert (
        process.xe("--state", str(state), "vm-create", "name-label=y", XDG_CACHE_HOME=str(disk / "cache")).status == 0
    )
    assert not [entry for entry in os.listdir(f"{state}.d") if entry not in {"lock", "history", ".gitignore"}]
    process.run(["rm", "-rf", f"{state}.d", str(disk / "cache")])
