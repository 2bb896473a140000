"""The history never stands in the way of a commit, and nothing that goes wrong with it loses a version."""

import errno
import os
import signal
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING

import pytest
from torture import Contract, in_time

from xe_py.host import open_host
from xe_py.store.files.document import Site
from xe_py.store.history.logbook import moment
from xe_py.store.history.versions import versions
from xe_py.store.terms import Settings
from xe_py.store.toml.reader import judge

if TYPE_CHECKING:
    from conftest import Process, Xe


def folder(xe: "Xe") -> Path:
    return xe.state.with_name(f"{xe.state.name}.d") / "history"


def serials(xe: "Xe") -> list[int]:
    return [int(line.split()[0]) for line in xe.do("state-history").splitlines()[1:]]


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EDQUOT, errno.EROFS], ids=os.strerror)
@pytest.mark.parametrize("call", ["mkdir", "listdir", "open", "rename", "fsync", "write"])
def test_a_history_that_fails_is_a_warning(xe: "Xe", monkeypatch: pytest.MonkeyPatch, call: str, error: int) -> None:
    """Each step in turn: the commit is done all the same."""
    place = str(folder(xe))
    real = getattr(os, call)
    failed = []

    def fail_in_history(path: object, *words: object, **named: object) -> object:
        where = os.readlink(f"/proc/self/fd/{path}") if isinstance(path, int) else path
        if any(str(each).startswith(place) for each in (where, *words)):
            failed.append(path)
            raise OSError(error, os.strerror(error))
        return real(path, *words, **named)

    monkeypatch.setattr(os, call, fail_in_history)
    result = xe("vm-create name-label=web")
    monkeypatch.setattr(os, call, real)
    assert failed
    assert result.status == 0
    assert xe.do("vm-list name-label=web --minimal") == result.out.strip()
    warning = f"Warning: the history in {place} cannot be written: {os.strerror(error)}. To work without a history, set XE_BACKUPS=0.\n"
    assert result.err == warning
    xe.do("vm-create name-label=db")
    assert serials(xe)[:2] == [3, 2]
    xe.state.write_text("broken")
    xe.do("state-undo")
    assert xe.do("vm-list name-label=db --minimal")


def test_a_file_in_the_place_of_the_history_is_a_warning_that_can_be_silenced(xe: "Xe", process: "Process") -> None:
    folder(xe).parent.mkdir()
    folder(xe).write_text("mine")
    done = process.xe("--state", str(xe.state), "vm-create", "name-label=a")
    assert (done.status, done.err) == (
        0,
        f"Warning: the history in {folder(xe)} cannot be written: it is not a folder, or it is a link to one. To work without a history, set XE_BACKUPS=0.\n",
    )
    assert folder(xe).read_text() == "mine"
    assert not process.xe("--state", str(xe.state), "vm-create", "name-label=b", XE_ERRORS="plain").err


def test_a_program_is_warned_as_well(xe: "Xe", capsys: pytest.CaptureFixture[str]) -> None:
    folder(xe).parent.mkdir()
    folder(xe).write_text("mine")
    with open_host(xe.state) as host:
        host.run("vm-create", name_label="a")
    assert capsys.readouterr().err.startswith(f"Warning: the history in {folder(xe)} cannot be written: ")


def test_a_history_that_cannot_be_written_is_a_warning(xe: "Xe") -> None:
    folder(xe).mkdir(parents=True)
    folder(xe).chmod(0o500)
    result = xe("vm-create name-label=web")
    folder(xe).chmod(0o700)
    assert result.status == 0
    if os.geteuid():
        assert "cannot be written: Permission denied" in result.err


def test_who_holds_the_store_open_is_warned_once_and_each_command_anew(
    xe: "Xe", capsys: pytest.CaptureFixture[str]
) -> None:
    folder(xe).parent.mkdir()
    folder(xe).write_text("mine")
    assert xe("vm-create name-label=a").err
    assert xe("vm-create name-label=b").err
    with open_host(str(xe.state)) as host:
        for name in ("c", "d", "e"):
            host.run("vm-create", name_label=name)
            host.commit()
    assert capsys.readouterr().err.count("cannot be written") == 1


def test_what_a_killed_writer_left_is_swept_away(xe: "Xe") -> None:
    folder(xe).mkdir(parents=True)
    (folder(xe) / "new").write_text("half")
    xe.do("vm-create name-label=web")
    assert sorted(path.name for path in folder(xe).iterdir()) == ["000001.toml", "log"]


def test_links_in_the_history_are_not_followed_out_of_it(xe: "Xe", tmp_path: Path) -> None:
    folder(xe).mkdir(parents=True)
    outside = tmp_path / "outside"
    (folder(xe) / "log").symlink_to(outside)
    assert "cannot be written" in xe("vm-create name-label=web").err
    assert not outside.exists()


KILLED = """
import os, signal, sys
from xe_py.cli.environment import of_process
from xe_py.cli.main import run
real = os.{call}
def killed(*words, **named):
    if not ({when}):
        return real(*words, **named)
    if {done}:
        real(*words, **named)
    os.kill(os.getpid(), signal.SIGKILL)
os.{call} = killed
run(sys.argv[1:], of_process())
"""
MOMENTS = {
    "after the folder was made": ("mkdir", 'words[0].endswith("history")', True),
    "before the copy is in place": ("rename", '"/history/" in words[0]', False),
    "after the copy is in place": ("rename", '"/history/" in words[0]', True),
    "after the entry of the old one": ("write", 'b"\\tfull\\t" in bytes(words[1])', True),
    "after the entry of the new one": ("write", 'b"\\tnext\\t" in bytes(words[1])', True),
    "between the entry and the renaming": ("replace", "True", False),
    "between the renaming and the mark": ("write", 'bytes(words[1])[:8] == b"present\\t"', False),
}


@pytest.mark.parametrize("by_hand", [False, True], ids=["", "over an edit"])
@pytest.mark.parametrize(("call", "when", "done"), MOMENTS.values(), ids=MOMENTS)
def test_killed_within_the_history_nothing_is_lost(
    process: "Process", xe: "Xe", call: str, when: str, *, done: bool, by_hand: bool
) -> None:
    """Whatever the moment, a bad edit afterwards can be undone, and what never became the file is no version."""
    if by_hand:
        for number in range(2):
            xe.do(f"vm-create name-label=vm{number}")
        xe.state.write_bytes(xe.state.read_bytes() + b"# edited\n")
    serial = 3 if by_hand else 1
    if by_hand and call == "mkdir":
        pytest.skip("the folder is there")
    program = KILLED.format(call=call, when=when, done=done)
    killed = process.run([sys.executable, "-c", program, "--state", str(xe.state), "vm-create", "name-label=killed"])
    assert killed.status == -signal.SIGKILL, killed
    after = xe.state.read_bytes()
    became = b'"killed"' in after
    assert became == ("mark" in when or "present" in when)
    assert serials(xe)[0] == serial + became
    xe.state.write_bytes(b"broken")
    listed = serials(xe)[1:]
    assert listed == ([4, 3, 3, 2, 1] if by_hand else [2, 1])[1 - became :] or not became
    if became:
        xe.do("state-undo")
        assert xe.state.read_bytes().replace(b"serial = %d\n" % (serial + 2), b"serial = %d\n" % (serial + 1)) == after
        assert xe.do("vm-list name-label=killed --minimal")
        return
    assert serial + 1 not in listed
    xe.state.write_bytes(after)
    xe.do("vm-create name-label=next")
    assert serials(xe)[:2] == [serial + 1, serial]
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
    site = Site(str(xe.state), Settings(os.environ))
    for each in versions(site):
        assert not judge(each.document(site))[1]


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
        assert xe.do(f"state-diff serial={serial - 1} to={serial}").endswith("Plan: 1 to add, 0 to change, 0 to remove")


LINES = (
    "state-history",
    "state-diff",
    "state-diff serial=1",
    "state-undo",
    "state-undo --dry-run",
    "state-undo serial=1",
)


def plant(path: Path, kind: str, outside: Path) -> None:
    """Put something that is no file of its own there."""
    if path.is_dir():
        for each in path.iterdir():
            each.unlink()
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a link":
        path.symlink_to(outside)
    elif kind == "a link to a pipe":
        os.mkfifo(outside.with_name("pipe"))
        path.symlink_to(outside.with_name("pipe"))
    else:
        path.mkdir()


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("kind", ["a pipe", "a link", "a link to a pipe", "a folder"])
@pytest.mark.parametrize("name", ["log", "000001.toml"])
def test_what_is_planted_in_the_history_is_not_followed(
    xe: "Xe", tmp_path: Path, line: str, kind: str, name: str
) -> None:
    outside = tmp_path / "outside.toml"
    xe.do("vm-create name-label=web")
    outside.write_bytes((folder(xe) / name).read_bytes())
    before = outside.read_bytes()
    plant(folder(xe) / name, kind, outside)
    with in_time(line, 5):
        result = xe(line)
    if name != "log" and line == "state-history":
        assert result.status == 0
    else:
        assert result.status == 3
        assert str(folder(xe) / name) in result.err
    with in_time("a change", 5):
        xe.do("vm-create name-label=db")
    assert outside.read_bytes() == before


@pytest.mark.parametrize("kind", ["a pipe", "a link", "a folder"])
@pytest.mark.parametrize("name", ["000100-serial-7.toml", "new", "000900.toml"])
def test_what_only_looks_like_a_version_is_none(xe: "Xe", tmp_path: Path, kind: str, name: str) -> None:
    outside = tmp_path / "outside.toml"
    outside.write_bytes(xe.state.read_bytes())
    xe.do("vm-create name-label=web")
    plant(folder(xe) / name, kind, outside)
    with in_time(name, 5):
        assert serials(xe) == [2, 1]
        assert xe.code("state-undo serial=7").startswith("Error: The history has no version 7.")
        xe.state.write_bytes(xe.state.read_bytes() + b"# edited\n")
        xe("vm-create name-label=db")
        xe("state-undo")
    assert outside.read_bytes() == outside.read_bytes()
    assert (folder(xe) / name).is_symlink() or not (folder(xe) / name).is_file()


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("kind", ["a pipe", "a link to a pipe", "a folder", "nothing", "a device", "no folder"])
def test_what_is_no_state_file_is_refused_at_once_and_nothing_is_left(tmp_path: Path, line: str, kind: str) -> None:
    path = tmp_path / "host.toml"
    if kind == "no folder":
        path = tmp_path / "none" / "host.toml"
    elif kind == "a device":
        path.symlink_to("/dev/null")
    elif kind != "nothing":
        plant(path, kind, tmp_path / "x")
    before = sorted(tmp_path.rglob("*"))
    with in_time(line, 5):
        refused = Contract(path)(*line.split())
    assert refused.status == 3
    assert str(path) in refused.err
    assert sorted(tmp_path.rglob("*")) == before
    assert not Path("/dev/null.d").exists()


@pytest.mark.parametrize("line", LINES)
def test_a_file_of_something_else_gets_no_folder(tmp_path: Path, line: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    refused = Contract(path)(*line.split())
    assert refused.status == (0 if line == "state-history" else 1)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("place", ["host.toml.d", "host.toml.d/history"])
def test_a_file_in_the_place_of_a_folder_is_told_as_that(xe: "Xe", line: str, place: str) -> None:
    path = xe.state.parent / place
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    refused = xe(line)
    assert refused.status == 3
    assert str(folder(xe)) in refused.err
    assert "Not a directory" in refused.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
@pytest.mark.parametrize("line", LINES)
def test_a_folder_of_another_user_is_told_as_that(xe: "Xe", line: str) -> None:
    xe.do("vm-create name-label=web")
    xe(line)  # What it imports may not be for others to read.
    for path in (xe.state.parent, *xe.state.parent.parents):
        if path.stat().st_mode & 0o055 != 0o055 and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)
    xe.state.chmod(0o644)
    os.seteuid(65534)
    try:
        refused = xe(line)
    finally:
        os.seteuid(0)
    assert refused.status == 3, refused
    assert str(folder(xe)) in refused.err
    assert "Permission denied" in refused.err


def test_a_file_that_is_taken_away_at_once_is_told_as_that(xe: "Xe", monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.replace

    def taken(source: str, target: str) -> None:
        real(source, target)
        os.unlink(target)

    monkeypatch.setattr(os, "replace", taken)
    result = Contract(xe.state)("vm-create", "name-label=web", within=nullcontext())
    monkeypatch.undo()
    assert result.status == 4
    assert "was written, but somebody has removed it since then" in result.err
    assert f"Hint: xe --state {xe.state} state-undo\n" in result.err
    xe.do("state-undo")
    assert xe.do("vm-list name-label=web --minimal")


def test_versions_of_the_layout_before_are_read(xe: "Xe") -> None:
    """Full files with the serial in the name, and notes in the log."""
    first = xe.state.read_bytes()
    xe.do("vm-create name-label=web")
    second = xe.state.read_bytes()
    for path in folder(xe).iterdir():
        path.unlink()
    old = folder(xe) / "000012-serial-1.toml"
    old.write_bytes(first)
    when = moment(xe.state.stat().st_mtime_ns)
    (folder(xe) / "log").write_text(f"2\t{when}\t{os.getuid()}\t77\tvm-create name-label=web\n")
    assert serials(xe) == [2, 1]
    assert "(77) vm-create name-label=web" in " ".join(xe.do("state-history").split())
    xe.do("vm-create name-label=db")
    assert serials(xe) == [3, 2, 1]
    assert "(77) vm-create name-label=web" in " ".join(xe.do("state-history").split())
    site = Site(str(xe.state), Settings(os.environ))
    found = [each.document(site).text.encode() for each in versions(site)]
    assert found[:2] == [first, second]
    xe.do("state-undo serial=1")
    assert without_serial(xe.state.read_bytes()) == without_serial(first)


def test_a_link_to_the_file_that_a_killed_writer_left_is_no_version(xe: "Xe") -> None:
    folder(xe).mkdir(parents=True)
    os.link(xe.state, folder(xe) / "000001-serial-1.toml")
    assert serials(xe) == [1]
    xe.do("vm-create name-label=web")
    assert serials(xe) == [2, 1]


def without_serial(data: bytes) -> list[bytes]:
    return [line for line in data.splitlines() if not line.startswith(b"serial = ")]


WRITTEN = {
    "a table": lambda header: "[state]\n" + "".join(f"{line}\n" for line in header),
    "an inline table": lambda header: "state = { " + ", ".join(header) + " }\n",
    "dotted": lambda header: "".join(f"state.{line}\n" for line in header),
    "quoted": lambda header: "['state']\n" + "".join(f"{line}\n" for line in header),
    "behind comments": lambda header: "# so\n" * 30000 + "[state] # here\n" + "".join(f"{line}\n" for line in header),
    "with a text before it": lambda header: "[state]\n" + "".join(f"{line}\n" for line in header),
}


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
def test_serials_go_up_however_the_header_is_written(xe: "Xe", write) -> None:  # noqa: ANN001 - a function
    xe.do("vm-create name-label=web")
    head, _, rest = xe.state.read_text().partition("[state]\n")
    header, _, rest = rest.partition("\n\n")
    header = header.replace("serial = 2", "serial = 0x5").splitlines()
    xe.state.write_text(f"{head}{write(header)}\n{rest}")
    assert serials(xe)[0] == 5
    xe.do("vm-create name-label=db")
    xe.do("state-undo")
    xe.do("state-undo")
    xe.do("state-undo")
    assert serials(xe) == [9, 8, 7, 6, 5, 2, 1]


@pytest.mark.parametrize("broken", ["[vm\n", "\n= 1\n", "[vm.x]\nname-label = 1\n"])
def test_the_serial_of_a_broken_file_counts_as_well(xe: "Xe", broken: str) -> None:
    xe.do("vm-create name-label=web")
    xe.state.write_text(xe.state.read_text().replace("serial = 2", "serial = 7") + broken)
    assert serials(xe) == [7, 2, 1]
    assert "saved as version 8." in xe.do("state-undo")


@pytest.mark.parametrize("last", [(1 << 63) - 1, (1 << 63) - 2])
def test_serials_end_in_a_refusal_with_a_way_out(xe: "Xe", last: int) -> None:
    xe.do("vm-create name-label=web")
    sound = xe.state.read_bytes()
    xe.state.write_bytes(sound.replace(b"serial = 2", b"serial = %d" % last))
    assert xe("vm-list").status == 0
    for line in ("vm-create name-label=db", "state-set rules=xapi"):
        refused = xe(line)
        assert refused.status == 3
        assert str(last) in refused.err
        assert "no change can follow" in refused.err
    assert "saved as version 3." in xe.do("state-undo")
    xe.do("vm-create name-label=db")
    assert serials(xe) == [4, 3, last, 2, 1]
    xe.do("state-undo")
    xe.do("vm-create name-label=mail")
    xe.state.write_bytes(sound.replace(b"serial = 2", b"serial = %d" % last))
    xe.state.write_bytes(xe.state.read_bytes().replace(b"serial = %d" % last, b"serial = 1"))
    xe.do("vm-create name-label=dns")
    assert serials(xe)[0] == 2
