"""`xe batch` does what `sh` does with the same file, as one change: all of it or nothing."""

import io
import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import run

from xe_py.errors import Failure, Misuse, ScriptRefused
from xe_py.host import open_host

if TYPE_CHECKING:
    from conftest import Process, Result, Xe

UUID_OR_MAC = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
TIME_OR_SERIAL = re.compile(r"\d{4}-\d\d-\d\dT[0-9:]{8}Z|\d{8}T[0-9:]{8}Z|serial( = |: )\d+")


def unchanging(text: str) -> str:
    """The text with whatever differs from run to run numbered by its first appearance, or without it."""
    numbers: dict[str, str] = {}
    text = UUID_OR_MAC.sub(lambda found: numbers.setdefault(found[0], f"<{len(numbers)}>"), text)
    return TIME_OR_SERIAL.sub("", text)


@pytest.fixture
def script(xe: "Xe", tmp_path: Path):  # noqa: ANN201 - a function over the state
    """Writes a script and runs it as a batch, in this process."""

    def batch(text: str, *words: str, partial: bool = False) -> "Result":
        path = tmp_path / "script.sh"
        path.write_text(text)
        result = xe.run(["batch", str(path), *words], partial=partial)
        result.err = result.err.replace(str(path), "script.sh")
        return result

    return batch


SCRIPTS = [
    """\
#!/bin/sh
# A VM with a disk and a network card.
set -eu
NAME=web  # its name
SR=$(xe sr-list type=ext --minimal)
NETWORK=`xe network-list bridge=xenbr0 --minimal`
VM=$(xe vm-create name-label="$NAME 1" name-description='the "first"')
VDI=$(xe vdi-create sr-uuid=$SR name-label=root\\ disk \\
    virtual-size=1GiB)
xe vbd-create vm-uuid="${VM}" vdi-uuid=$VDI device=0
xe vbd-create vm-uuid=$(xe vm-list name-label="web 1" --minimal) device=3 type=CD mode=RO >/dev/null
xe vif-create vm-uuid=$VM network-uuid=$NETWORK device=0 mac=random >/dev/null 2>&1
export DESCRIPTION="a  b"
xe vm-param-set uuid=$VM name-description="$DESCRIPTION" other-config:owner=me
xe vm-start uuid=$VM
xe vm-tree uuid=$VM
echo "started $NAME: $VM"
xe vm-list uuid=$VM params=name-label,power-state,name-description
""",
    """\
VMS="name-label=a name-description=b"
xe vm-create $VMS
xe vm-create name-label="$VMS"
xe vm-create name-label=it\\'s name-description=ü
""",
    """\
A=$(xe vm-create name-label=a colour=red 2>/dev/null)
xe vm-param-add uuid=$A param-name=tags param-key=x
xe vm-param-set uuid=$A other-config:a=1 other-config:b="2  3"
xe vm-param-remove uuid=$A param-name=other-config param-key=a
xe vm-destroy uuid=$A
xe vm-list is-control-domain=false --minimal
xe host-list params=name-label
""",
    """\
for_a_name=x
OUT="$(xe network-create name-label="$for_a_name$for_a_name" name-description="$(xe host-list --minimal)")"
xe network-param-list uuid=$OUT
xe state-set rules=xapi
xe state-show
""",
    "",
    "# nothing but a comment",
]


@pytest.mark.parametrize("text", SCRIPTS)
def test_it_does_what_sh_does(process: "Process", xe: "Xe", text: str) -> None:
    before = xe.state.read_bytes()
    (process.home / "script.sh").write_text(text)
    batch = process.xe("batch", "script.sh", XE_STATE=str(xe.state))
    after_batch = xe.state.read_text()
    xe.state.write_bytes(before)
    shell = process.run(["sh", "script.sh"], XE_STATE=str(xe.state))
    assert (batch.status, shell.status) == (0, 0), batch.err + shell.err
    assert unchanging(batch.out) == unchanging(shell.out)
    assert batch.err == shell.err
    assert unchanging(after_batch) == unchanging(xe.state.read_text())


def test_it_is_one_commit(xe: "Xe", script) -> None:  # noqa: ANN001 - a function, see above
    assert script("xe vm-create name-label=a\nxe vm-create name-label=b\n").status == 0
    assert "serial: 2" in xe.do("state-show")


REFUSED = (
    "VM=$(xe vm-create name-label=web)\n\nxe vbd-create vm-uuid=$VM device=0 \\\n  type=CD\nxe vm-create name-label=b\n"
)


def test_a_refused_line_is_named_and_nothing_is_changed(xe: "Xe", script) -> None:  # noqa: ANN001 - as above
    result = script(REFUSED)
    assert result.status == 1
    assert result.out == ""
    assert "\nCode: VBD_CDS_MUST_BE_READONLY\nCommand: xe vbd-create vm-uuid=" in result.err
    assert result.err.endswith(" device=0 type=CD\nNothing was changed.\n")
    assert result.err.startswith("script.sh:3: xe vbd-create vm-uuid=$VM device=0 \\\n  type=CD\n")
    assert xe.do("vm-list is-control-domain=false --minimal") == ""


def test_what_stood_in_the_way_is_told_as_it_was(script) -> None:  # noqa: ANN001 - as above
    result = script("VM=$(xe vm-create name-label=web)\n" + "xe vbd-create vm-uuid=$VM device=0 type=CD mode=RO\n" * 2)
    assert "Code: DEVICE_ALREADY_EXISTS" in result.err
    assert re.search(r"In the way: vbd \S+, device 0 of vm \S+ \(web\)\n", result.err)


def test_with_keep_going_the_other_lines_are_done(xe: "Xe", script) -> None:  # noqa: ANN001 - as above
    result = script(REFUSED + "xe vm-craete\n", "--keep-going", partial=True)
    assert result.status == 1
    assert len(result.out.split()) == 1  # The uuid of b; that of web was assigned.
    assert result.err.startswith("script.sh:3: xe vbd-create")
    assert (
        "script.sh:6: xe vm-craete\nUnknown command: vm-craete\nFor usage run: 'xe help'\nNote: did you mean vm-create"
        in result.err
    )
    assert result.err.endswith("2 of 4 lines were refused.\n")
    assert xe.do("vm-list is-control-domain=false params=name-label --minimal") == "web,b"
    assert script("xe vm-create name-label=c\n", "--keep-going").status == 0


def test_of_a_refused_line_a_variable_gets_nothing(script) -> None:  # noqa: ANN001 - as above
    text = 'VM=x\nVM=a$(xe vm-create)\necho "<$VM>"\nxe vm-create name-label=$(xe vm-create)\n'
    result = script(text, "--keep-going", partial=True)
    assert result.out == "<a>\n"
    assert result.err.endswith("2 of 4 lines were refused.\n")


def test_a_command_on_several_objects_counts_as_refused_if_it_was_for_one(xe: "Xe", script) -> None:  # noqa: ANN001 - as above
    first, second = xe.do("vm-create name-label=a"), xe.do("vm-create name-label=b")
    xe.do(f"vm-start uuid={first}")
    text = "xe vm-start --multiple is-control-domain=false"
    assert "operation failed on" in script(text).err
    assert xe.do(f"vm-param-get uuid={second} param-name=power-state") == "halted"
    assert script(text, "--keep-going", partial=True).status == 1
    assert xe.do(f"vm-param-get uuid={second} param-name=power-state") == "running"


def test_a_bug_in_a_line_changes_nothing(xe: "Xe", script, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN001 - as above
    before = xe.state.read_bytes()
    monkeypatch.setattr("xe_py.cli.batch.is_portable", lambda _: 1 // 0)
    result = script("xe vm-create name-label=a\necho $NOTHING\n", "--keep-going")
    assert "Code: INTERNAL_ERROR" in result.err
    assert xe.state.read_bytes() == before


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("xe vm-list | wc -l", "a pipe"),
        ("xe state-init", "state-init must be run by itself"),
        ("xe -s host state-check", "state-check must be run by itself"),
        ("xe batch other.sh", "batch must be run by itself"),
        ("xe --state other.toml vm-list", "another state file (--state)"),
        ("xe vm-list --state=other.toml", "another state file (--state)"),
        ("xe vm-create name-label=a --dry-run", "--dry-run of a single line"),
        ("xe vm-create --help", "help"),
        ("xe help", "help"),
        ("xe --version", "--version"),
        ("xe", "xe without a command"),
    ],
)
def test_what_is_no_part_of_a_batch_is_refused_before_anything_runs(xe: "Xe", script, line: str, what: str) -> None:  # noqa: ANN001 - as above
    result = script(f"xe vm-create name-label=a\n{line}\n", "--keep-going")
    assert result.status == 1
    assert result.err.startswith(f"script.sh:2: {line}\nxe batch cannot run this line: {what}. Nothing was changed.\n")
    assert xe.do("vm-list is-control-domain=false --minimal") == ""


@pytest.mark.parametrize("line", ["xe $WHAT", "xe vm-list $OTHER", "echo $BACK", "xe $EMPTY"])
def test_what_turns_out_to_be_no_part_of_a_batch_is_refused_then(script, line: str) -> None:  # noqa: ANN001 - as above
    result = script(f"WHAT=state-init\nOTHER=--state=x\nBACK='\\'\nEMPTY=\n{line}\n")
    assert result.status == 1
    assert result.err.startswith(f"script.sh:5: {line}\n")


def test_the_script_may_come_from_standard_input(process: "Process", xe: "Xe") -> None:
    command = f"printf 'xe vm-create name-label=%s\\n' a b | {sys.executable} -m xe_py --state {xe.state} batch -"
    result = process.run(["sh", "-c", command])
    assert (result.status, result.err, len(result.out.split())) == (0, "", 2)
    assert xe.do("vm-list is-control-domain=false params=name-label --minimal") == "a,b"
    refused = process.run(["sh", "-c", f"echo 'ls' | {sys.executable} -m xe_py --state {xe.state} batch -"])
    assert refused.err.startswith(
        "-:1: ls\nxe batch cannot run this line: a command that is not xe (ls). Nothing was changed.\n"
    )


@pytest.mark.parametrize(
    ("content", "words", "message"),
    [
        (None, ["batch", "nothing.sh"], "The script nothing.sh cannot be read: No such file or directory."),
        (b"xe vm-list\nxe \xff", ["batch", "{path}"], "{path}:2: this is not UTF-8 text (byte 14)."),
        (b"", ["batch"], "Required parameter not found: file\nFor usage run: 'xe help'"),
    ],
)
def test_a_script_that_cannot_be_read(xe: "Xe", tmp_path: Path, content: bytes | None, words: list[str], message: str) -> None:  # fmt: skip
    path = tmp_path / "a=b.sh"
    path.write_bytes(content or b"")
    result = xe.run([word.format(path=path) for word in words])
    assert (result.status, result.err) == (1, message.format(path=path) + "\n")


def test_a_file_may_be_named_as_a_parameter_and_have_any_name(xe: "Xe", tmp_path: Path) -> None:
    path = tmp_path / "a=b.sh"
    path.write_text("xe host-list params=name-label --minimal\n")
    for words in ([str(path)], [f"file={path}"], ["--file", str(path)], ["--keep-going", str(path)]):
        assert xe.run(["batch", *words]).out == "xen1\n"


def test_warnings_and_the_environment_are_those_of_each_line(process: "Process", xe: "Xe") -> None:
    (process.home / "a.sh").write_text(
        "xe vm-create name-label=a colour=red\nxe vm-create name-label=b colour=red 2>/dev/null\n"
        "xe vm-list name-label=a params=name-label\n"
    )
    environment = {"XE_STATE": str(xe.state), "XE_EXTRA_ARGS": "--minimal,--state=" + str(xe.state)}
    result = process.xe("batch", "a.sh", **environment)
    assert result.status == 0
    assert result.out.splitlines()[2:] == ["a"]
    assert result.err == "Warning: a.sh:1: vm-create does not know the parameter: colour; ignored.\n"
    strict = process.xe("batch", "a.sh", XE_STRICT="1", **environment)
    assert (strict.status, strict.out) == (1, "")
    assert strict.err.startswith("a.sh:1: xe vm-create name-label=a colour=red\nError: vm-create does not know")


@pytest.mark.parametrize("lines", [10, 300])
def test_a_long_script_shows_on_a_terminal_how_far_it_is(process: "Process", xe: "Xe", lines: int) -> None:
    (process.home / "long.sh").write_text("xe vm-create name-label=a >/dev/null\n" * lines)
    leader, follower = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "xe_py", "--state", str(xe.state), "batch", "long.sh"],
        cwd=process.home,
        env=process.environment | {"TERM": "xterm"},
        stderr=follower,
    )
    os.close(follower)
    shown = b""
    with suppress(OSError):  # What a terminal says that nobody writes to any more.
        while chunk := os.read(leader, 4096):
            shown += chunk
    os.close(leader)
    assert running.wait() == 0
    assert (b"long.sh" in shown) == (lines > 200)


# The Python interface


def test_lines_are_run_on_an_open_host(xe: "Xe") -> None:
    with open_host(str(xe.state)) as host:
        host.run("vm-create", name_label="first")
        out = host.batch(["VM=$(xe vm-create name-label=web)\n", "xe vm-param-get uuid=$VM param-name=name-label"])
        assert out == "web\n"
        with pytest.raises(ScriptRefused) as refused:
            host.batch(["xe vm-create name-label=gone", "xe vm-start vm=nobody"])
        assert [number for number, _ in refused.value.refusals] == [2]
        assert isinstance(refused.value.refusals[0][1], Misuse)
        with pytest.raises(ScriptRefused) as refused:
            host.batch(["xe vm-create name-label=kept", "xe vm-destroy uuid=x", "echo done"], keep_going=True)
        assert refused.value.printed.endswith("\ndone\n")
        assert isinstance(refused.value.refusals[0][1], Failure)
        with pytest.raises(Misuse, match="lines:1: ls"):
            host.batch(["ls"])
    assert xe.do("vm-list is-control-domain=false params=name-label --minimal") == "first,web,kept"


def test_a_long_script_is_one_commit(xe: "Xe", tmp_path: Path) -> None:
    path = tmp_path / "long.sh"
    path.write_text(
        "".join(f"A=$(xe vm-create name-label=v{n})\nxe vm-param-set uuid=$A name-description=x\n" for n in range(1000))
    )
    out = io.StringIO()
    assert run(["--state", str(xe.state), "batch", str(path)], out, out) == 0
    assert "serial: 2" in xe.do("state-show")
