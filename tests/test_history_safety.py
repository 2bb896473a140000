"""The history never stands in the way of a commit, and nothing that goes wrong with it loses a version."""

import errno
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING

import pytest

from xe_py.store import history

if TYPE_CHECKING:
    from conftest import Process, Xe


@pytest.fixture(autouse=True)
def _not_told_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is a process of its own, as far as warnings go."""
    monkeypatch.setattr(history, "_told", set())


def folder(xe: "Xe") -> Path:
    return xe.state.with_name(f"{xe.state.name}.d") / "history"


def serials(xe: "Xe") -> list[int]:
    return [int(line.split()[0]) for line in xe.do("state-history").splitlines()[1:]]


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EDQUOT, errno.EROFS], ids=os.strerror)
@pytest.mark.parametrize("call", ["mkdir", "listdir", "link", "open", "unlink"])
def test_a_history_that_fails_is_a_warning(xe: "Xe", monkeypatch: pytest.MonkeyPatch, call: str, error: int) -> None:
    """Each step in turn: the commit is done all the same."""
    place = str(folder(xe))
    if call == "unlink":
        xe.do("network-create name-label=first")
        monkeypatch.setenv("XE_BACKUPS", "1")
    real = getattr(os, call)
    failed = []

    def fail_in_history(path: object, *words: object, **named: object) -> object:
        if any(str(each).startswith(place) for each in (path, *words)):
            failed.append(path)
            raise OSError(error, os.strerror(error))
        return real(path, *words, **named)

    monkeypatch.setattr(os, call, fail_in_history)
    result = xe("vm-create name-label=web")
    monkeypatch.setattr(os, call, real)
    assert failed
    assert result.status == 0
    assert xe.do("vm-list name-label=web --minimal") == result.out.strip()
    warning = f"Warning: the history in {place} cannot be kept: {os.strerror(error)}. XE_BACKUPS=0 does without one.\n"
    assert result.err == ("" if call == "link" else warning)  # What cannot be linked is copied.
    xe.do("vm-create name-label=db")
    assert serials(xe)[:2] == [serials(xe)[1] + 1, serials(xe)[1]]


def test_a_file_in_the_place_of_the_history_is_a_warning_that_can_be_silenced(xe: "Xe", process: "Process") -> None:
    folder(xe).parent.mkdir()
    folder(xe).write_text("mine")
    done = process.xe("--state", str(xe.state), "vm-create", "name-label=a")
    assert (done.status, done.err) == (
        0,
        f"Warning: the history in {folder(xe)} cannot be kept: it is no folder, or a link to one. XE_BACKUPS=0 does without one.\n",
    )
    assert folder(xe).read_text() == "mine"


def test_a_history_that_cannot_be_written_is_a_warning(xe: "Xe") -> None:
    folder(xe).mkdir(parents=True)
    folder(xe).chmod(0o500)
    result = xe("vm-create name-label=web")
    folder(xe).chmod(0o700)
    assert result.status == 0
    if os.geteuid():
        assert "cannot be kept: Permission denied" in result.err


def test_one_process_warns_once(xe: "Xe") -> None:
    folder(xe).parent.mkdir()
    folder(xe).write_text("mine")
    assert xe("vm-create name-label=a").err
    assert not xe("vm-create name-label=b").err


def test_where_there_are_no_hard_links_a_copy_is_kept(xe: "Xe", monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", no_link)
    before = []
    for number in range(3):
        before.append((xe.state.read_bytes(), xe.state.stat().st_mtime_ns, xe.state.stat().st_mode))
        xe.do(f"vm-create name-label=vm{number}")
    versions = sorted(folder(xe).glob("*.toml"))
    assert [(each.read_bytes(), each.stat().st_mtime_ns, each.stat().st_mode) for each in versions] == before
    assert "edited" not in xe.do("state-history")
    xe.do("state-undo serial=1")


def test_what_a_killed_writer_left_is_swept_away(xe: "Xe") -> None:
    folder(xe).mkdir(parents=True)
    (folder(xe) / "new").write_text("half")
    xe.do("vm-create name-label=web")
    assert sorted(path.name for path in folder(xe).iterdir()) == ["000001-serial-1.toml", "log"]


def test_links_in_the_history_are_not_followed_out_of_it(xe: "Xe", tmp_path: Path) -> None:
    folder(xe).mkdir(parents=True)
    outside = tmp_path / "outside"
    (folder(xe) / "log").symlink_to(outside)
    assert "cannot be kept" in xe("vm-create name-label=web").err
    assert not outside.exists()


KILLED = """
import os, signal, sys
from xe_py.cli.main import run
real = os.{call}
def killed(*words, **named):
    if not ({when}):
        return real(*words, **named)
    if {done}:
        real(*words, **named)
    os.kill(os.getpid(), signal.SIGKILL)
os.{call} = killed
run(sys.argv[1:])
"""
MOMENTS = {
    "after the folder was made": ("mkdir", 'words[0].endswith("history")', True),
    "after an old one was dropped": ("unlink", '"-serial-" in words[0]', True),
    "after the note": ("write", 'b"vm-create" in bytes(words[1])', True),
    "before the link": ("link", "True", False),
    "between the link and the renaming": ("replace", "True", False),
}


@pytest.mark.parametrize(("call", "when", "done"), MOMENTS.values(), ids=MOMENTS)
def test_killed_within_the_history_nothing_is_lost(
    process: "Process", xe: "Xe", call: str, when: str, done: bool
) -> None:
    for number in range({"mkdir": 0, "unlink": 12}.get(call, 2)):
        xe.do(f"vm-create name-label=vm{number}")
    before = xe.state.read_bytes()
    versions = sorted(folder(xe).glob("*.toml"))
    program = KILLED.format(call=call, when=when, done=done)
    killed = process.run([sys.executable, "-c", program, "--state", str(xe.state), "vm-create", "name-label=killed"])
    assert killed.status == -signal.SIGKILL, killed
    assert xe.state.read_bytes() == before
    left = sorted(folder(xe).glob("*.toml"))
    assert len(left) <= len(versions) + 1
    assert set(left) >= set(versions[1:])
    xe.do("vm-create name-label=next")
    newest = serials(xe)[0]
    assert serials(xe) == list(range(newest, newest - len(serials(xe)), -1))
    xe.do("state-undo")
    assert xe.do("vm-list name-label=next --minimal") == ""


def test_killed_at_any_moment_each_version_is_a_whole_one(process: "Process", xe: "Xe") -> None:
    for number in range(16):
        writer = process.start("--state", str(xe.state), "vm-create", f"name-label=vm{number}")
        with suppress(TimeoutExpired):
            writer.wait(0.01 + 0.006 * number)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    xe.do("vm-create name-label=last")
    found = serials(xe)
    assert found == list(range(found[0], found[0] - len(found), -1))
    for path in folder(xe).glob("*.toml"):
        assert process.xe("--state", str(path), "state-check").status == 0


def test_writers_at_once_leave_a_history_without_gaps(process: "Process", xe: "Xe") -> None:
    writers = [
        process.start(
            "--state", str(xe.state), "vm-create", f"name-label=vm{number}", XE_LOCK_TIMEOUT="60", XE_BACKUPS="40"
        )
        for number in range(16)
    ]
    for writer in writers:
        assert writer.communicate(timeout=100)[1] == ""
    assert serials(xe) == list(range(17, 0, -1))
    lines = xe.do("state-history").splitlines()[1:-1]
    assert sorted(line.rpartition("name-label=vm")[2] for line in lines) == sorted(map(str, range(16)))
    assert {int(line.partition("(")[2].partition(")")[0]) for line in lines} == {writer.pid for writer in writers}
    for serial in range(2, 18):
        assert xe.do(f"state-diff serial={serial - 1} to={serial}").count(": created") == 1
