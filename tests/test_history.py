"""The history: what is kept of a state file, who made it, what changed, and the way back."""

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xe_py.errors import StateFileError
from xe_py.host import open_host
from xe_py.schema.secrets import command_line
from xe_py.store import store_for
from xe_py.store.files.document import Site
from xe_py.store.history import logbook
from xe_py.store.history.versions import Version, versions
from xe_py.store.terms import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Xe


def folder(xe: "Xe") -> Path:
    return xe.state.with_name(f"{xe.state.name}.d") / "history"


def kept(xe: "Xe") -> list[bytes]:
    """The bytes of the versions, the oldest first."""
    site = Site(str(xe.state), Settings(os.environ))
    return [each.document(site).text.encode() for each in versions(site)]


def rows(xe: "Xe") -> list[list[str]]:
    """The rows of state-history, the newest first: serial, when, who and process, command."""
    head, *lines = xe.do("state-history").splitlines()
    columns = head.split()
    found = [line.split(maxsplit=len(columns)) for line in lines]
    if "version" in columns:
        assert columns.index("version") == 1
        found = [[row[0], *line.split(maxsplit=5)[2:]] for row, line in zip(found, lines, strict=True)]
    assert [name for name in columns if name != "version"] == ["serial", "when", "who", "command"]
    return found


def names(xe: "Xe") -> list[str]:
    """What the versions are called, the newest first."""
    head, *lines = xe.do("state-history").splitlines()
    return [line.split()["version" in head.split()] for line in lines]


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


def test_each_version_is_kept_when_it_is_written(xe: "Xe", three: list[bytes]) -> None:
    assert kept(xe) == three
    assert stat.S_IMODE(folder(xe).stat().st_mode) == 0o700
    xe.state.unlink()
    assert kept(xe) == three


def test_no_version_is_a_link_to_a_file_that_somebody_may_write_into(xe: "Xe") -> None:
    """Not even while the file that was replaced is still open somewhere."""
    before = xe.state.read_bytes()
    with xe.state.open("r+b") as editor:
        xe.do("vm-create name-label=web")
        editor.write(b"#" * len(before))
    inode = xe.state.stat().st_ino
    for path in folder(xe).iterdir():
        assert path.stat().st_nlink == 1
        assert path.stat().st_ino != inode
    after = xe.state.read_bytes()
    xe.state.write_bytes(b"broken")
    assert kept(xe)[:2] == [before, after]


def test_a_change_costs_what_it_says(xe: "Xe") -> None:
    """A version is kept as what it has that the one before it has not."""
    for number in range(20):
        xe.do(f"network-create name-label=n{number}")
    assert len(list(folder(xe).glob("*.toml"))) == 1
    assert (folder(xe) / "log").stat().st_size < 20 * 700


def test_git_does_not_see_what_is_beside_the_file(xe: "Xe") -> None:
    xe.do("vm-create name-label=web")
    assert (folder(xe).parent / ".gitignore").read_text() == "*\n"


def test_what_only_reads_or_is_refused_leaves_no_history(xe: "Xe") -> None:
    xe.do("vm-list")
    xe.do("state-history")
    xe.code("vm-start vm=nobody")
    assert not folder(xe).exists()


@pytest.mark.parametrize(("backups", "there"), [("", 14), ("1", 1), ("3", 3), ("0", 0), ("50", 14)])
def test_as_many_as_wished_are_kept(xe: "Xe", monkeypatch: pytest.MonkeyPatch, backups: str, there: int) -> None:
    monkeypatch.setenv("XE_BACKUPS", backups)
    for number in range(14):
        xe.do(f"network-create name-label=n{number}")
    assert serials(xe) == list(range(15, 14 - there, -1))


def test_fewer_wished_drop_the_oldest_and_none_wished_drop_all(
    xe: "Xe", three: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(kept(xe)) == len(three)
    monkeypatch.setenv("XE_BACKUPS", "1")
    xe.do("vm-create name-label=mail")
    assert serials(xe) == [4, 3]
    monkeypatch.setenv("XE_BACKUPS", "0")
    xe.do("vm-create name-label=dns")
    assert list(folder(xe).iterdir()) == []
    monkeypatch.delenv("XE_BACKUPS")
    assert serials(xe) == [5]


@pytest.mark.parametrize(
    ("name", "value"), [("XE_BACKUPS", "40"), ("XE_HISTORY_DAYS", "0"), ("XE_HISTORY_BYTES", "20000")]
)
def test_what_is_too_much_is_dropped_and_undo_works_all_the_same(
    xe: "Xe", monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setattr(logbook, "_LONGEST_CHAIN", 4)
    monkeypatch.setenv(name, value)
    sizes = []
    for number in range(60):
        xe.do(f"network-create name-label=n{number}")
        monkeypatch.delenv(name)
        there = serials(xe)
        assert there == list(range(number + 2, number + 2 - len(there), -1))
        assert len(there) > 1
        assert kept(xe)[-1] == xe.state.read_bytes()
        sizes.append(len(there))
        monkeypatch.setenv(name, value)
    assert max(sizes) <= {"XE_BACKUPS": 40 + 5, "XE_HISTORY_DAYS": 3, "XE_HISTORY_BYTES": 20}[name]
    places = {int(path.stem) for path in folder(xe).glob("*.toml")}
    assert len(places) <= len(there)
    before = xe.state.read_bytes()
    xe.do("state-undo")
    xe.do("state-undo")
    assert without_serial(xe.state.read_bytes()) == without_serial(before)


@pytest.mark.parametrize("name", ["XE_BACKUPS", "XE_HISTORY_DAYS", "XE_HISTORY_BYTES"])
@pytest.mark.parametrize("value", ["many", "-1", "1.5", "9" * 19, "9" * 5000, "²"])
def test_a_setting_that_is_no_number_is_refused(
    xe: "Xe", monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    result = xe("vm-create name-label=web")
    assert result.status == 3
    assert result.err.startswith(f"{name} must be a whole number")
    assert xe("vm-list").status == 0


def test_an_edit_by_hand_is_kept_and_named_so(xe: "Xe", three: list[bytes]) -> None:
    edited = three[-1] + b"# edited\n"
    xe.state.write_bytes(edited)
    assert rows(xe)[0][3:] == ["(edited", "by hand)"]
    xe.do("vm-create name-label=mail")
    assert kept(xe)[:-1] == [*three, edited]
    assert serials(xe) == [4, 3, 3, 2, 1]
    assert [row[3:] == ["(edited", "by hand)"] for row in rows(xe)] == [False, True, False, False, False]


def test_a_file_that_was_only_touched_is_the_same_version(xe: "Xe", three: list[bytes]) -> None:
    os.utime(xe.state)
    assert serials(xe) == [3, 2, 1]
    xe.state.unlink()
    xe.state.write_bytes(three[-1])
    assert serials(xe) == [3, 2, 1]
    xe.do("vm-create name-label=mail")
    assert serials(xe) == [4, 3, 2, 1]
    assert kept(xe)[:-1] == three


def test_an_edit_that_leaves_size_and_times_is_seen(xe: "Xe", three: list[bytes]) -> None:
    status = xe.state.stat()
    edited = three[-1].replace(b'"db"', b'"dc"')
    with xe.state.open("r+b") as file:
        file.write(edited)
    os.utime(xe.state, ns=(status.st_atime_ns, status.st_mtime_ns))
    xe.do("vm-create name-label=mail")
    assert kept(xe)[:-1] == [*three, edited]
    assert b'"dc"' in kept(xe)[-1]


def test_a_serial_that_comes_twice_overwrites_nothing(xe: "Xe", three: list[bytes]) -> None:
    xe.state.write_bytes(three[0])
    xe.do("vm-create name-label=mail")
    xe.do("vm-create name-label=dns")
    assert serials(xe) == [3, 2, 1, 3, 2, 1]
    assert kept(xe)[:4] == [*three, three[0]]


def test_each_version_has_a_name_of_its_own(xe: "Xe", three: list[bytes]) -> None:
    """As after a git checkout: the serials begin again."""
    assert names(xe) == ["3", "2", "1"]
    xe.state.write_bytes(three[0])
    assert names(xe) == ["1.4", "3", "2", "1"]
    xe.do("vm-create name-label=mail")
    assert names(xe) == ["2.5", "1.4", "3", "2.2", "1.1"]
    assert [row[0] for row in rows(xe)] == ["2", "1", "3", "2", "1"]
    assert xe.do("state-diff serial=1.1 to=2.2").startswith("+ vm web (")
    assert xe.do("state-diff serial=1.4 to=2.5").startswith("+ vm mail (")
    assert xe.do("state-diff serial=1.1 to=1.4") == "Nothing changes."
    for line in ("state-diff serial=1", "state-undo serial=1", "state-undo serial=1 --dry-run"):
        assert xe.code(line) == "Error: Several versions have the serial 1. Give the name of one: 1.1, 1.4"
    xe.do("state-undo serial=2.2")
    assert without_serial(xe.state.read_bytes()) == without_serial(three[1])
    assert serials(xe)[0] == 4
    assert rows(xe)[0][4] == "state-undo serial=2.2"


def test_a_fresh_host_by_force_can_be_undone(xe: "Xe", three: list[bytes]) -> None:
    xe.do("state-init --force name-label=other")
    assert xe.do("host-list params=name-label --minimal") == "other"
    xe.do("state-undo")
    assert without_serial(xe.state.read_bytes()) == without_serial(three[-1])
    assert serials(xe)[0] == 4


def kept_last(xe: "Xe", number: int) -> list[bytes]:
    site = Site(str(xe.state), Settings(os.environ))
    found = versions(site)[-number:]
    return [each.document(site).text.encode() for each in found]


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
    "passphrase": (["x", "passphrase=geheim"], "x passphrase=***"),
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
    # The rest of the log is the state itself.
    heads = [line for line in (folder(xe) / "log").read_text().splitlines() if line.startswith("version\t")]
    for text in (heads[-1], (beside / "lock").read_text()):
        assert "cifspassword=***" in text
        assert "geheim" not in text
    assert "geheim" not in xe.do("state-history")
    assert "geheim" not in xe.do("state-diff serial=1")


def test_the_log_does_not_grow_without_end(xe: "Xe", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XE_BACKUPS", "2")
    monkeypatch.setattr(logbook, "_SHORTEST_CHAIN", 2)
    line = command_line(["vm-param-set", "name-label=" + "x" * 2000])
    with store_for(str(xe.state), os.environ).write(line) as opened:
        state = opened.state
        vm = state.add("vm", {"name-label": "web"})
        for number in range(40):
            state.update(vm, {"name-description": str(number)})
            opened.commit()
    assert (folder(xe) / "log").stat().st_size < 10000
    assert [row[4][:12] for row in rows(xe)] == ["vm-param-set"] * 3


@pytest.mark.parametrize(
    "damage", [b"\0" * 4096, b"\xff\xfe", b"1\t2\n3\t4\t5\n", b"\t\t\t\t", b"present\tx\n", b"version\t1"]
)
def test_what_is_damaged_at_the_end_costs_nothing(xe: "Xe", three: list[bytes], damage: bytes) -> None:
    with (folder(xe) / "log").open("ab") as log:
        log.write(damage)
    assert kept(xe) == three
    xe.do("vm-create name-label=mail")
    assert serials(xe) == [4, 3, 2, 1]
    assert kept(xe)[:-1] == three


@pytest.mark.usefixtures("three")
def test_a_log_that_is_lost_is_begun_anew(xe: "Xe") -> None:
    for lost in (b"", b"\0" * 4096, None):
        (folder(xe) / "log").unlink() if lost is None else (folder(xe) / "log").write_bytes(lost)
        before = xe.state.read_bytes()
        xe.do("vm-create name-label=mail")
        assert kept(xe) == [before, xe.state.read_bytes()]
    xe.do("state-undo")


@pytest.mark.slow
def test_a_version_that_is_damaged_is_named_and_never_wrong(xe: "Xe", three: list[bytes]) -> None:
    """Each byte of the log and of the full copy in turn: a version is the one that was written, or it is refused."""
    assert [path.name for path in folder(xe).iterdir() if path.suffix] == ["000001.toml"]
    refused, site = set(), Site(str(xe.state), Settings(os.environ))
    for path in folder(xe).iterdir():
        data = path.read_bytes()
        for place in range(0, len(data), 7):
            path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            for each in versions(site):
                try:
                    assert each.document(site).text.encode() == three[each.serial - 1]
                except StateFileError as error:
                    refused.add(error.text)
        path.write_bytes(data)
    assert kept(xe) == three
    assert refused == {
        f"Version {serial} of {xe.state} cannot be restored from the history: {reason}."
        for serial in (1, 2, 3)
        for reason in ("an entry that it needs is damaged", "the version before it is damaged")
        if (serial, reason[:2]) != (1, "an")
    }


@pytest.mark.parametrize("line", ["state-undo serial=2", "state-diff serial=2", "state-undo serial=2 --dry-run"])
def test_a_copy_that_is_gone_is_named(xe: "Xe", three: list[bytes], line: str) -> None:
    (folder(xe) / "000001.toml").unlink()
    refused = xe(line)
    assert refused.status == 3
    copy = folder(xe) / "000001.toml"
    assert refused.err.startswith(f"Version 2 of {xe.state} cannot be read: {copy}: No such file")
    xe.do("vm-create name-label=mail")
    assert kept_last(xe, 2) == [three[-1], xe.state.read_bytes()]


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
        f"~ vm www ({vm})",
        "    name-label: web -> www",
        "    VCPUs-max: 1 -> 2",
        "    other-config:a: (none) -> 1",
        "",
        "Plan: 0 to add, 1 to change, 0 to remove",
    ]
    gone = f"- vm www ({vm})\n\nPlan: 0 to add, 0 to change, 1 to remove"
    rules = "~ state\n    rules: strict -> xapi\n\nPlan: 0 to add, 1 to change, 0 to remove"
    assert xe.do("state-diff serial=3 to=4") == gone
    assert xe.do("state-diff serial=4") == rules
    assert f"+ vm web ({vm})" in xe.do("state-diff serial=4 to=2").splitlines()
    assert xe.do("state-diff serial=1 to=4") == "Nothing changes."
    assert xe.do("state-diff serial=5") == "Nothing changes."
    assert xe.do("state-diff") == rules
    assert xe.do("state-diff to=4") == gone


def test_bare_it_is_what_the_last_commit_changed(xe: "Xe", three: list[bytes]) -> None:
    assert xe.do("state-diff").startswith("+ vm db (")
    xe.state.write_bytes(three[-1].replace(b'"web"', b'"www"'))
    assert xe.do("state-diff").startswith("+ vm db (")
    assert "    name-label: web -> www\n" in xe.do("state-diff serial=3")
    xe.do("vm-create name-label=mail")
    assert xe.do("state-diff").startswith("+ vm mail (")
    assert "    name-label: web -> www\n" in xe.do("state-diff to=3.4")


def test_where_nothing_is_kept_nothing_is_compared(xe: "Xe") -> None:
    assert xe.code("state-diff") == f"Error: The history of {xe.state} has no version before 1"


def test_an_unsound_file_can_be_compared(xe: "Xe", three: list[bytes]) -> None:
    xe.state.write_bytes(three[-1].replace(b'"web"', b'"wob"') + b"[vm.broken]\n")
    assert "    name-label: web -> wob\n" in xe.do("state-diff serial=2")


DOUBTS = {
    "a value of another kind": (b'name-label = "web"', b"name-label = 5", "name-label is 5"),
    "a field that takes no such value": (b'name-label = "web"', b'name-label = "web"\norder = "3"', 'order is "3"'),
    "a class that is none": (b"[vm.", b"[vms.", "there is no class vms (vm?)"),
    "nothing but what is unsound": (b"[vm.", b"[vm.broken]\n\n[vm.", "vm broken: "),
}


@pytest.mark.parametrize(("was", "now", "finding"), DOUBTS.values(), ids=DOUBTS)
@pytest.mark.parametrize("line", ["state-diff serial=3", "--dry-run state-undo", "state-diff serial=3.4 to=4"])
def test_what_is_left_out_of_a_comparison_is_told(
    xe: "Xe", three: list[bytes], line: str, was: bytes, now: bytes, finding: str
) -> None:
    head, mark, rest = three[-1].rpartition(was)
    xe.state.write_bytes(head + mark.replace(was, now) + rest)
    if "to=4" in line:
        xe.do("state-undo")
    told = xe(line)
    assert told.status == 0
    assert "Nothing changes.\n" not in told.out
    version = f"Version 3.4 of {xe.state}" if "to=4" in line else str(xe.state)
    assert told.err.startswith(f"Warning: the state in {version} is unsound, with ")
    assert f"\n{version}:" in told.err
    assert finding in told.err
    assert ("Hint: " in told.err) == ("to=4" not in line)


@pytest.mark.parametrize("line", ["state-diff serial=9", "state-diff serial=1 to=9", "state-undo serial=9"])
def test_a_version_that_is_not_kept_is_refused(xe: "Xe", three: list[bytes], line: str) -> None:
    assert xe.code(line).startswith("Error: The history has no version 9. It has: 1, 2")
    assert xe.state.read_bytes() == three[-1]


# The way back


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n", b" ", b"# the end", b"\n# the end\n"], ids=repr)
def test_undo_brings_the_end_of_the_file_back(xe: "Xe", three: list[bytes], end: bytes) -> None:
    by_hand = three[-1].rstrip(b"\n") + end
    xe.state.write_bytes(by_hand)
    xe.do("vm-create name-label=after")
    xe.do("state-undo")
    assert without_serial(xe.state.read_bytes()) == without_serial(by_hand)


def test_undo_and_redo_bring_the_bytes_back(xe: "Xe", three: list[bytes]) -> None:
    for serial, version in ((4, three[1]), (5, three[2]), (6, three[1])):
        before = xe.state.read_bytes()
        xe.do("state-undo")
        assert without_serial(xe.state.read_bytes()) == without_serial(version)
        assert f"serial = {serial}\n".encode() in xe.state.read_bytes()
        assert kept(xe)[-2] == before
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
    assert sorted(line.partition(" (")[0] for line in dry[:-2]) == ["- vm db", "- vm web"]
    assert xe.state.read_bytes() == three[-1]
    undo = f"xe --state {xe.state} state-undo"
    assert xe.do("state-undo serial=2").splitlines() == [
        "Restored version 2, saved as version 4.",
        "Undone: 3 vm-create name-label=db",
        f"To undo this: {undo}",
        f"To go back further: {undo} serial=1",
    ]
    assert xe.do("state-undo serial=1").splitlines() == [
        "Restored version 1, saved as version 5.",
        "Undone: 4 state-undo serial=2",
        "Undone: 3 vm-create name-label=db",
        "Undone: 2 vm-create name-label=web",
        f"To undo this: {undo}",
    ]


def test_undo_of_an_edit_by_hand_brings_back_the_last_commit(xe: "Xe", three: list[bytes]) -> None:
    xe.state.write_bytes(three[-1].replace(b"name-label", b"name-lable", 1))
    assert xe("vm-create name-label=mail").status == 3
    done = xe.do("state-undo").splitlines()
    assert without_serial(xe.state.read_bytes()) == without_serial(three[-1])
    assert done == [
        "Restored version 3, saved as version 4.",
        "Undone: 3.4 (edited by hand)",
        f"To go back further: xe --state {xe.state} state-undo serial=2",
    ]
    # The edit that was taken back is unsound, and no place to go to.
    xe.do("vm-create name-label=mail")
    assert f"To go back further: xe --state {xe.state} state-undo serial=3.3" in xe.do("state-undo").splitlines()


WRECKS = {
    "no TOML": lambda text: text + b"= broken\n",
    "a merge": lambda text: text + b"<<<<<<< HEAD\n",
    "unsound": lambda text: text.replace(b"name-label", b"name-lable", 1),
    "not UTF-8": lambda text: text + b"\xff",
    "empty": lambda _: b"",
    "gone": lambda _: None,
}


@pytest.mark.parametrize("wreck", WRECKS.values(), ids=WRECKS)
def test_a_file_that_is_of_no_use_names_the_way_back_where_there_is_one(
    xe: "Xe", three: list[bytes], wreck: "Callable[[bytes], bytes | None]"
) -> None:
    def spoil(file: Path) -> None:
        content = wreck(three[-1])
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_bytes(content)

    spoil(xe.state)
    back = f"xe --state {xe.state} state-undo"
    hints = [line for line in xe("vm-create name-label=x").err.splitlines() if line.startswith("Hint: ")]
    assert f"Hint: {back}" in hints
    assert xe.run(back.split()[1:]).status == 0
    assert without_serial(xe.state.read_bytes()) == without_serial(three[-1])
    elsewhere = xe.state.with_name("copy.toml")
    spoil(elsewhere)
    assert "state-undo" not in xe.run(["--state", str(elsewhere), "vm-list"]).err


def test_the_first_row_says_how_the_file_was_made(xe: "Xe") -> None:
    xe.run(["state-init", "name-label=a b", "memory=64GiB", "--force"])
    assert rows(xe)[0][4] == "state-init 'name-label=a b' memory=68719476736 force=true"


def test_what_undo_says_to_do_next_works(xe: "Xe", three: list[bytes]) -> None:
    def said(start: str, text: str) -> list[str]:
        line = next(line for line in text.splitlines() if line.startswith(start))
        return line.partition(f"xe --state {xe.state} ")[2].split()

    back = xe.run(said("To go back further: ", xe.do("state-undo"))).out
    assert without_serial(xe.state.read_bytes()) == without_serial(three[0])
    xe.run(said("To undo this: ", back))
    assert without_serial(xe.state.read_bytes()) == without_serial(three[1])


def test_a_version_that_is_unsound_is_named_by_its_own_name(xe: "Xe", three: list[bytes]) -> None:
    xe.state.write_bytes(three[-1] + b"[vm.broken]\n")
    xe.do("state-undo")
    for line in ("state-undo", "state-undo --dry-run", "state-undo serial=3.4"):
        refused = xe(line)
        assert refused.status == 3
        assert refused.err.startswith(f"Version 3.4 of {xe.state} is unsound, so it cannot be restored: vm broken")
        assert f"Hint: xe --state {xe.state} state-history\n" in refused.err
        assert "/history/" not in refused.err
        assert "state-check" not in refused.err


def test_an_unsound_version_is_told_as_state_check_tells_it(xe: "Xe", three: list[bytes]) -> None:
    xe.state.write_bytes(three[-1].replace(b"name-label", b"name-lable"))
    xe.do("state-undo")
    assert "there is no field name-lable (name-label?)" in xe("state-undo").err


def test_the_last_commit_is_told_apart_from_an_edit_since(xe: "Xe", three: list[bytes]) -> None:
    committed = xe.do("state-diff")
    xe.state.write_bytes(three[-1] + b'[vm.00000000-0000-4000-8000-000000000001]\nname-label = "by hand"\n')
    *shown, last = xe.do("state-diff").splitlines()
    assert "\n".join(shown) == committed
    words = last.partition(f"To see how: xe --state {xe.state} ")[2].split()
    assert "+ vm by hand (" in xe.run(words).out


def test_without_a_history_there_is_nothing_to_undo(xe: "Xe") -> None:
    assert xe.code("state-undo") == f"Error: The history of {xe.state} has no earlier version"
    assert xe.code("state-undo serial=1") == f"Error: The history of {xe.state} has no earlier version"


def raw(version: Version) -> bytes:
    """The bytes of a version that the history has, text or not."""
    return version.is_kept and version._content()  # noqa: SLF001 - what is no text has no document


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
    assert len(xe.do("state-history").splitlines()) == 2 + len(three)
    assert serials(xe)[1:] == [3, 2, 1]
    xe.do("state-undo serial=2")
    assert without_serial(xe.state.read_bytes()) == without_serial(three[1])
    assert lost in [raw(each) for each in versions(Site(str(xe.state), Settings(os.environ)))]
    assert xe.do("state-check").startswith("The state is sound")
    assert xe.run(["state-undo"]).status == 3
    assert without_serial(xe.state.read_bytes()) == without_serial(three[1])


def test_a_file_that_was_removed_comes_back(xe: "Xe", three: list[bytes]) -> None:
    xe.state.unlink()
    assert serials(xe) == [3, 2, 1]
    xe.do("state-undo")
    assert without_serial(xe.state.read_bytes()) == without_serial(three[2])
    assert serials(xe) == [4, 3, 2, 1]
    xe.do("state-undo")
    assert serials(xe) == [5, 4, 3, 2, 1]


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
