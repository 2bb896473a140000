"""The history: what is kept of a state file, who made it, what changed, and the way back."""

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xe_py.host import open_host
from xe_py.schema.secrets import command_line
from xe_py.store.state_file import commit, open_to_write

if TYPE_CHECKING:
    from conftest import Xe


def folder(xe: "Xe") -> Path:
    return xe.state.with_name(f"{xe.state.name}.d") / "history"


def kept(xe: "Xe") -> list[Path]:
    return sorted(folder(xe).glob("*.toml"))


def rows(xe: "Xe") -> list[list[str]]:
    """The rows of state-history, the newest first: serial, when, who and process, command."""
    head, *lines = xe.do("state-history").splitlines()
    assert head.split() == ["serial", "when", "who", "command"]
    return [line.split(maxsplit=4) for line in lines]


def serials(xe: "Xe") -> list[int]:
    """The serials of state-history, the newest first."""
    return [int(row[0]) for row in rows(xe)]


def without_serial(data: bytes | str) -> list[str]:
    text = data.decode() if isinstance(data, bytes) else data
    return [line for line in text.splitlines(keepends=True) if not line.startswith("serial = ")]


@pytest.fixture
def three(xe: "Xe") -> list[bytes]:
    """The bytes of the file at the serials 1, 2 and 3; at 3 it is still there."""
    versions = [xe.state.read_bytes()]
    for name in ("web", "db"):
        xe.do(f"vm-create name-label={name}")
        versions.append(xe.state.read_bytes())
    return versions


# What is kept


def test_each_version_is_the_file_that_was_replaced(xe: "Xe", three: list[bytes]) -> None:
    assert [path.name for path in kept(xe)] == ["000001-serial-1.toml", "000002-serial-2.toml"]
    assert [path.read_bytes() for path in kept(xe)] == three[:2]
    assert stat.S_IMODE(folder(xe).stat().st_mode) == 0o700


def test_a_version_is_linked_and_not_copied(xe: "Xe") -> None:
    inode = xe.state.stat().st_ino
    xe.do("vm-create name-label=web")
    assert [path.stat().st_ino for path in kept(xe)] == [inode]
    assert xe.state.stat().st_nlink == 1


def test_what_only_reads_or_is_refused_leaves_no_history(xe: "Xe") -> None:
    xe.do("vm-list")
    xe.do("state-history")
    xe.code("vm-start vm=nobody")
    assert not folder(xe).exists()


@pytest.mark.parametrize(("backups", "there"), [("", 10), ("1", 1), ("3", 3), ("0", 0), ("50", 14)])
def test_as_many_as_wished_are_kept(xe: "Xe", monkeypatch: pytest.MonkeyPatch, backups: str, there: int) -> None:
    monkeypatch.setenv("XE_BACKUPS", backups)
    for number in range(14):
        xe.do(f"network-create name-label=n{number}")
    assert serials(xe) == list(range(15, 14 - there, -1))
    assert len(kept(xe)) == there


def test_fewer_wished_drop_the_oldest_and_none_wished_drop_all(
    xe: "Xe", three: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(kept(xe)) == len(three) - 1
    monkeypatch.setenv("XE_BACKUPS", "1")
    xe.do("vm-create name-label=mail")
    assert serials(xe) == [4, 3]
    monkeypatch.setenv("XE_BACKUPS", "0")
    xe.do("vm-create name-label=dns")
    assert list(folder(xe).iterdir()) == []
    assert serials(xe) == [5]


@pytest.mark.parametrize("backups", ["many", "-1", "1.5", "1000000", "9" * 5000, "²"])
def test_a_bad_number_of_backups_is_refused(xe: "Xe", monkeypatch: pytest.MonkeyPatch, backups: str) -> None:
    monkeypatch.setenv("XE_BACKUPS", backups)
    result = xe("vm-create name-label=web")
    assert result.status == 3
    assert result.err.startswith("XE_BACKUPS must be a whole number")
    assert xe("vm-list").status == 0


def test_an_edit_by_hand_is_kept_and_named_so(xe: "Xe", three: list[bytes]) -> None:
    edited = three[-1] + b"# edited\n"
    xe.state.write_bytes(edited)
    assert rows(xe)[0][3:] == ["(edited", "by hand)"]
    xe.do("vm-create name-label=mail")
    assert kept(xe)[-1].read_bytes() == edited
    assert [row[3:] == ["(edited", "by hand)"] for row in rows(xe)] == [False, True, False, False]


def test_a_serial_that_comes_twice_overwrites_nothing(xe: "Xe", three: list[bytes]) -> None:
    xe.state.write_bytes(three[0])
    xe.do("vm-create name-label=mail")
    xe.do("vm-create name-label=dns")
    assert serials(xe) == [3, 2, 1, 2, 1]
    assert [path.read_bytes() for path in kept(xe)][:3] == [three[0], three[1], three[0]]


def test_a_fresh_host_by_force_can_be_undone(xe: "Xe", three: list[bytes]) -> None:
    xe.do("state-init --force name-label=other")
    assert xe.do("host-list params=name-label --minimal") == "other"
    xe.do("state-undo")
    assert without_serial(xe.state.read_bytes()) == without_serial(three[-1])
    assert serials(xe)[0] == 4


# Who did it, and what


def test_it_says_who_made_each_version_when_and_how(xe: "Xe") -> None:
    xe.run(["vm-create", "name-label=a b", "name-description=it's"])
    newest, oldest = rows(xe)
    assert newest[0] == "2"
    assert newest[1].endswith("Z")
    assert newest[1][:2] == "20"
    assert newest[3] == f"({os.getpid()})"
    assert newest[4] == """vm-create 'name-label=a b' 'name-description=it'"'"'s'"""
    assert oldest[0] == "1"
    assert oldest[3:] == ["(not", "recorded)"]


COMMAND_LINES = {
    "plain words": (["vm-start", "uuid=a-b", "--force"], "vm-start uuid=a-b --force"),
    "a password": (["x", "password=geheim"], "x password=***"),
    "a switch": (["x", "--password=geheim"], "x --password=***"),
    "a switch and its value": (["x", "--password", "geheim", "a=1"], "x --password *** a=1"),
    "a switch without a value": (["x", "--password", "--force"], "x --password --force"),
    "passwd": (["x", "passwd=geheim"], "x passwd=***"),
    "secret": (["x", "secret=geheim"], "x secret=***"),
    "a key of a map": (["x", "device-config:chappassword=geheim"], "x device-config:chappassword=***"),
    "the older form of it": (["x", "device-config-cifspassword=geheim"], "x device-config-cifspassword=***"),
    "in capitals": (["x", "device-config:Incoming_CHAPPassword=a b"], "x device-config:Incoming_CHAPPassword=***"),
    "an equals sign in it": (["x", "password=a=b"], "x password=***"),
    "a line break": (["x", "name-label=a\n2\tb"], "x 'name-label=a\\n2\\tb'"),
    "bytes that are no text": (["x", "name-label=\udcff"], "x 'name-label=\\udcff'"),
    "letters of other lands": (["x", "name-label=größer"], "x name-label=größer"),
    "nothing": (["x", ""], "x ''"),
    "very much": (["x", "name-label=" + "a" * 2000], "x name-label=" + "a" * 986 + "…"),
}


@pytest.mark.parametrize(("words", "line"), COMMAND_LINES.values(), ids=COMMAND_LINES)
def test_a_command_line_is_shown_as_typed_without_its_secrets(words: list[str], line: str) -> None:
    assert command_line(words) == line


def test_no_secret_reaches_the_history_or_the_lock(xe: "Xe") -> None:
    xe.do(
        "sr-create name-label=s type=nfs device-config:server=h device-config:serverpath=/p "
        "device-config:cifspassword=geheim device-config:chappassword=geheim"
    )
    beside = folder(xe).parent
    texts = {path.name: path.read_text() for path in (folder(xe) / "log", beside / "lock")}
    assert all("cifspassword=***" in text and "geheim" not in text for text in texts.values()), texts
    assert "geheim" not in xe.do("state-history")
    assert "geheim" not in xe.do("state-diff serial=1")


def test_the_log_does_not_grow_without_end(xe: "Xe", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XE_BACKUPS", "2")
    line = command_line(["vm-param-set", "name-label=" + "x" * 2000])
    with open_to_write(str(xe.state), line) as (opened, state, _):
        document = opened
        vm = state.add("vm", {"name-label": "web"})
        for number in range(40):
            state.update(vm, {"name-description": str(number)})
            document = commit(document, state)
    assert (folder(xe) / "log").stat().st_size < 8000
    assert [row[4][:12] for row in rows(xe)] == ["vm-param-set"] * 3


@pytest.mark.parametrize("damage", [b"\0" * 4096, b"\xff\xfe", b"1\t2\n3\t4\t5\n", b"\t\t\t\t", b"1\tx\tnobody\t-\tz"])
def test_a_damaged_log_costs_its_notes_only(xe: "Xe", three: list[bytes], damage: bytes) -> None:
    (folder(xe) / "log").write_bytes(damage)
    assert len(rows(xe)) == len(three)
    xe.do("vm-create name-label=mail")
    assert serials(xe) == [4, 3, 2, 1]


def test_foreign_files_in_the_history_are_let_be(xe: "Xe", three: list[bytes]) -> None:
    foreign = folder(xe) / "mine.toml"
    foreign.write_text("mine")
    xe.do("vm-create name-label=mail")
    assert serials(xe) == list(range(len(three) + 1, 0, -1))
    assert foreign.read_text() == "mine"


def test_a_python_program_is_named_as_one(xe: "Xe") -> None:
    with open_host(str(xe.state)) as host:
        host.run("vm-create", name_label="web")
        host.commit()
        host.run("vm-create", name_label="db")
    assert [row[4] for row in rows(xe)[:2]] == ["python", "python"]
    xe.do("state-undo")
    assert xe.do("vm-list params=name-label is-control-domain=false --minimal") == "web"


def test_bare_it_is_the_serials(xe: "Xe", three: list[bytes]) -> None:
    assert len(three) == 3
    assert xe.do("state-history --minimal") == "3,2,1"


# What changed


def test_the_difference_is_told_object_by_object(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    xe.do(f"vm-param-set uuid={vm} name-label=www VCPUs-max=2 other-config:a=1")
    xe.do(f"vm-destroy uuid={vm}")
    xe.do("state-set rules=xapi")
    assert xe.do("state-diff serial=2 to=3").splitlines() == [
        f"vm {vm} (www): name-label: web -> www",
        f"vm {vm} (www): VCPUs-max: 1 -> 2",
        f"vm {vm} (www): other-config:a: (empty) -> 1",
    ]
    assert xe.do("state-diff serial=3 to=4") == f"vm {vm} (www): deleted"
    assert xe.do("state-diff serial=4").startswith("rules: strict -> xapi")
    assert f"vm {vm} (web): created" in xe.do("state-diff serial=4 to=2").splitlines()
    assert xe.do("state-diff serial=1 to=4") == "Nothing changes."
    assert xe.do("state-diff serial=5") == "Nothing changes."


def test_an_unsound_file_can_be_compared(xe: "Xe", three: list[bytes]) -> None:
    xe.state.write_bytes(three[-1].replace(b'"web"', b'"wob"') + b"[vm.broken]\n")
    assert ": name-label: web -> wob" in xe.do("state-diff serial=2")


@pytest.mark.parametrize("line", ["state-diff serial=9", "state-diff serial=1 to=9", "state-undo serial=9"])
def test_a_version_that_is_not_kept_is_refused(xe: "Xe", three: list[bytes], line: str) -> None:
    assert xe.code(line).startswith("Error: No version with the serial 9 is kept, only: 1, 2")
    assert xe.state.read_bytes() == three[-1]


# The way back


def test_undo_and_redo_bring_the_bytes_back(xe: "Xe", three: list[bytes]) -> None:
    for serial, version in ((4, three[1]), (5, three[2]), (6, three[1])):
        before = xe.state.read_bytes()
        xe.do("state-undo")
        assert without_serial(xe.state.read_bytes()) == without_serial(version)
        assert f"serial = {serial}\n".encode() in xe.state.read_bytes()
        assert kept(xe)[-1].read_bytes() == before
    assert serials(xe) == [6, 5, 4, 3, 2, 1]
    assert rows(xe)[0][4] == "state-undo"


def test_comments_and_order_come_back(xe: "Xe") -> None:
    text = "# mine\n" + xe.state.read_text().replace("serial = 1\n", "serial = 1  # one\n") + "\n# the end\n"
    xe.state.write_text(text)
    xe.do("vm-create name-label=web")
    xe.do("vm-create name-label=db")
    xe.do("state-undo serial=1")
    assert xe.state.read_text() == text.replace("serial = 1  # one", "serial = 4  # one")
    assert rows(xe)[0][4] == "state-undo serial=1"


def test_undo_says_what_it_did_and_a_dry_run_what_it_would(xe: "Xe", three: list[bytes]) -> None:
    dry = xe.do("state-undo --dry-run serial=1").splitlines()
    assert sorted(line.split("(")[1] for line in dry) == ["db): deleted", "web): deleted"]
    assert xe.state.read_bytes() == three[-1]
    assert xe.do("state-undo serial=1") == "The state of serial 1 is in force again; its serial is 4 now."


def test_undo_takes_the_newest_of_two_versions_with_one_serial(xe: "Xe", three: list[bytes]) -> None:
    edited = three[0] + b"# second\n"
    xe.state.write_bytes(edited)
    xe.do("vm-create name-label=mail")
    xe.do("state-undo serial=1")
    assert without_serial(xe.state.read_bytes()) == without_serial(edited)
    assert serials(xe) == [3, 2, 1, 2, 1]


def test_without_a_history_there_is_nothing_to_undo(xe: "Xe") -> None:
    assert xe.code("state-undo") == f"Error: No earlier version of {xe.state} is kept"
    assert xe.code("state-undo serial=1") == f"Error: No earlier version of {xe.state} is kept"


LOST = {
    "unsound": lambda text: text + b"[vm.broken]\n",
    "not TOML": lambda text: text + b"[vm\n",
    "not UTF-8": lambda text: text + b"\xff",
    "empty": lambda _: b"",
    "without a header": lambda _: b"[vm.x]\n",
}


@pytest.mark.parametrize("lose", LOST.values(), ids=LOST)
def test_a_file_that_is_lost_comes_back(xe: "Xe", three: list[bytes], lose) -> None:  # noqa: ANN001 - a function
    lost = lose(three[-1])
    xe.state.write_bytes(lost)
    assert len(xe.do("state-history").splitlines()) == 1 + len(three)
    xe.do("state-undo serial=2")
    assert without_serial(xe.state.read_bytes()) == without_serial(three[1])
    assert kept(xe)[-1].read_bytes() == lost
    assert xe.do("state-check").startswith("The state is sound")
    assert xe.run(["state-undo"]).status == 3
    assert without_serial(xe.state.read_bytes()) == without_serial(three[1])


def test_a_file_that_was_removed_comes_back(xe: "Xe", three: list[bytes]) -> None:
    xe.state.unlink()
    assert serials(xe) == [2, 1]
    xe.do("state-undo")
    assert without_serial(xe.state.read_bytes()) == without_serial(three[1])


def test_where_there_is_nothing_at_all_that_is_said(xe: "Xe") -> None:
    xe.state.unlink()
    for line in ("state-history", "state-undo", "state-diff serial=1"):
        result = xe(line)
        assert result.status == 3
        assert "does not exist" in result.err


def test_a_link_leads_to_the_history_of_its_file(xe: "Xe", three: list[bytes], tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(xe.state)
    xe.state = link
    assert serials(xe) == [3, 2, 1]
    xe.do("state-undo")
    assert link.is_symlink()
    assert without_serial(link.read_bytes()) == without_serial(three[1])


def test_the_mode_of_the_file_is_kept(xe: "Xe", three: list[bytes]) -> None:
    assert len(three) == len(serials(xe))
    xe.state.chmod(0o640)
    xe.do("state-undo")
    assert stat.S_IMODE(xe.state.stat().st_mode) == 0o640
