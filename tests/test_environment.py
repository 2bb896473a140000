"""A command finds nothing but what it is handed: variables, streams, folder, program; the process is no place to look."""

import ast
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import xe_py
from xe_py.cli.environment import Environment
from xe_py.cli.main import run

if TYPE_CHECKING:
    from conftest import Process, Xe

PACKAGE = Path(xe_py.__file__).parent
# What there is of a process, and the one place that looks at it.
OF_A_PROCESS = {"os": {"environ", "environb", "getenv", "getcwd"}, "sys": {"argv", "stdin", "stdout", "stderr"}}
ENTRY = "cli/environment.py"
# The way in has the words.
ALLOWED = {"cli/main.py": {"sys.argv"}}
# `xe_py.reference` is a program of its own, for who works on this one.
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent.name != "reference")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_below_the_entry_nothing_looks_at_the_process(module: Path) -> None:
    place = str(module.relative_to(PACKAGE))
    found = {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.attr in OF_A_PROCESS.get(node.value.id, ())
    }
    printing = {
        "print"
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"print", "input"}
    }
    assert place == ENTRY or not (found | printing) - ALLOWED.get(place, set())


class Apart:
    """An environment that is apart from the process: its own variables, streams and folder."""

    def __init__(self, folder: Path, *, given: str = "", program: str = "xe-py", **variables: str) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()
        streams = io.TextIOWrapper(io.BytesIO(given.encode())), self.out, self.err
        self.environment = Environment(variables, streams, folder=str(folder), program=program)

    def __call__(self, line: str) -> tuple[str, str, int]:
        """What the words print and end in."""
        for stream in (self.out, self.err):
            stream.seek(0)
            stream.truncate()
        status = run(line.split(), self.environment)
        return self.out.getvalue(), self.err.getvalue(), status


@pytest.fixture
def lab(tmp_path: Path, xe: "Xe", monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Path:
    """A folder with a host of its own, while all that the process has leads astray and says nothing."""
    folder = tmp_path / "lab"
    folder.mkdir()
    (folder / "host.toml").write_bytes(xe.state.read_bytes())
    for name, value in {
        "XE_STATE": "/nowhere/host.toml",
        "XE_EXTRA_ARGS": "params=nothing",
        "XE_STRICT": "1",
        "XE_DRY_RUN": "1",
        "XE_ERRORS": "plain",
        "XE_LOCK_TIMEOUT": "nonsense",
        "HOME": "/nowhere",
    }.items():
        monkeypatch.setenv(name, value)
    for stream in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, stream, None)
    monkeypatch.setattr(sys, "argv", ["/usr/bin/xe"])
    assert capfd.readouterr() == ("", "")
    return folder


def test_variables_streams_and_folder_are_those_handed_in(lab: Path, capfd: pytest.CaptureFixture[str]) -> None:
    apart = Apart(lab, XE_STATE="host.toml", XDG_CACHE_HOME=str(lab / "cache"))
    made, told, status = apart("vm-create name-label=web colour=red")
    assert (len(made), status) == (37, 0)
    assert told == "Warning: vm-create does not know the parameter: colour; ignored.\n"
    assert apart("vm-list is-control-domain=false params=name-label --minimal") == ("web\n", "", 0)
    assert apart("vm-start vm=nobody") == (
        "", "Error: No matching VMs found\nCommand: xe vm-start vm=nobody\n", 1
    )  # fmt: skip
    assert "Note: did you mean vm-start?" in apart("vm-strat vm=web")[1]
    assert (lab / "cache").is_dir()
    assert capfd.readouterr() == ("", "")


def test_each_variable_is_heeded_where_it_is_handed_in(lab: Path) -> None:
    def told(line: str, **variables: str) -> tuple[str, str, int]:
        return Apart(lab, XE_STATE="host.toml", XDG_CACHE_HOME=str(lab / "cache"), **variables)(line)

    assert told("vm-create name-label=a colour=red", XE_STRICT="1")[2] == 1
    assert told("vm-create name-label=a", XE_DRY_RUN="1")[0].startswith("+ vm a (")
    assert told("vm-create name-label=a", XE_DRY_RUN="yes")[0].startswith("+ vm a (")
    assert told("vm-create name-label=a colour=red", XE_STRICT="true")[2] == 1
    assert told("vm-create name-label=a", XE_DRY_RUN="maybe")[1] == (
        "Error: Failed to parse parameter 'XE_DRY_RUN': expecting true or false, got 'maybe'\n"
    )
    assert told("vm-strat", XE_ERRORS="plain")[1] == "Unknown command: vm-strat\nFor usage run: 'xe help'\n"
    assert told("help vm-strat", XE_ERRORS="plain")[0] == "Unknown command 'vm-strat'\n"
    assert "Note: did you mean vm-start?\n" in told("help vm-strat")[0]
    assert told("host-list", XE_EXTRA_ARGS="params=name-label,--minimal")[0] == "xen1\n"
    assert "XE_LOCK_TIMEOUT must be" in told("vm-create name-label=a", XE_LOCK_TIMEOUT="soon")[1]
    assert Apart(lab, HOME=str(lab), XE_FIRST_USE="1")("host-list")[1] == (
        f"A fresh host was made in {lab}/.local/state/xe/host.toml\n"
    )
    assert Apart(lab, XDG_STATE_HOME=f"{lab}/x", XE_FIRST_USE="1", XE_ERRORS="plain")("host-list --minimal")[1] == ""


def test_paths_begin_in_the_folder_that_is_handed_in(lab: Path) -> None:
    (lab / "script.sh").write_text("xe vm-create name-label=a\n")
    (lab / "bad.toml").write_text("[state]\n")
    apart = Apart(lab, XDG_CACHE_HOME=str(lab / "cache"))
    assert apart("--state host.toml batch script.sh")[2] == 0
    assert apart("--state new.toml state-init name-label=other") == ("", "", 0)
    assert apart("--state new.toml host-list params=name-label --minimal")[0] == "other\n"
    assert apart("--state new.toml vm-create name-label=a")[2] == 0
    assert apart("--state new.toml state-undo")[2] == 0
    assert apart("--state new.toml vm-list is-control-domain=false --minimal")[0] == "\n"
    assert sorted(path.name for path in lab.iterdir()) == [
        "bad.toml", "cache", "host.toml", "host.toml.d", "new.toml", "new.toml.d", "script.sh"
    ]  # fmt: skip
    assert apart("--state bad.toml vm-list")[1].startswith("bad.toml:1: ")
    assert apart("--state none.toml vm-list") == (
        "", "The state file none.toml does not exist.\nHint: xe --state none.toml state-init\n", 3
    )  # fmt: skip
    assert (
        apart("--state host.toml batch none.sh")[1] == "The script none.sh cannot be read: No such file or directory.\n"
    )


def test_a_script_comes_in_by_the_stream_that_is_handed_in(lab: Path) -> None:
    script = 'xe vm-create name-label="$LABEL"\nxe vm-list name-label=$LABEL params=name-label --minimal\n'
    apart = Apart(lab, given=script, XE_STATE="host.toml", XDG_CACHE_HOME=str(lab / "cache"), LABEL="web")
    assert apart("batch -")[0].endswith("\nweb\n")
    apart.environment.input = io.StringIO("xe vm-list name-label=web params=name-label --minimal\n")
    assert apart("batch -")[0] == "web\n"


def test_the_name_of_the_program_is_the_one_handed_in(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xe_py.cli.where._REAL_HOST", str(lab / "host.toml"))
    for program, status in (("/opt/xensource/bin/xe", 3), ("/usr/bin/xe-py", 0)):
        apart = Apart(lab, program=program, XE_FIRST_USE="1", XDG_STATE_HOME=str(lab / "states"))
        assert apart("host-list --minimal")[2] == status


def test_two_environments_in_one_process_know_nothing_of_each_other(lab: Path) -> None:
    (lab / "other").mkdir()
    (lab / "other" / "host.toml").write_bytes((lab / "host.toml").read_bytes())
    one, other = (Apart(each, XE_STATE="host.toml", XDG_CACHE_HOME=str(lab)) for each in (lab, lab / "other"))
    one("vm-create name-label=one")
    assert (one.environment.outcome.replaced, other.environment.outcome.replaced) == (True, False)
    assert other("vm-list name-label=one --minimal")[0] == "\n"
    assert one("vm-list name-label=one params=name-label --minimal")[0] == "one\n"
    assert not one.environment.outcome.replaced


def test_the_click_group_takes_an_environment(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apart = Apart(lab, XE_STATE="host.toml", XDG_CACHE_HOME=str(lab / "cache"))
    for stream in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, stream, io.TextIOWrapper(io.BytesIO()))
    done = CliRunner().invoke(xe_py.xe, ["host-list", "params=name-label", "--minimal"], obj=apart.environment)
    assert (done.output, apart.out.getvalue(), done.exit_code) == ("", "xen1\n", 0)


def test_a_python_program_is_a_process_like_any_other(process: "Process", xe: "Xe") -> None:
    program = (
        "import xe_py, sys\n"
        f"with xe_py.open_host({str(xe.state)!r}) as host:\n"
        "    host.batch(['xe vm-create name-label=$LABEL colour=red'])\n"
        "    print(host.find('vm', name_label='web')[0]['name-label'])\n"
    )
    done = process.run([sys.executable, "-c", program], LABEL="web")
    assert (done.out, done.err) == (
        "web\n", "Warning: lines:1: vm-create does not know the parameter: colour; ignored.\n"
    )  # fmt: skip
    assert process.run([sys.executable, "-c", program], LABEL="web", XE_ERRORS="plain").err == ""
    assert os.environ.get("LABEL") is None
