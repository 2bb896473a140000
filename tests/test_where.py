"""Which file a command line works on."""

import io
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xe_py.cli import where
from xe_py.cli.environment import Environment
from xe_py.errors import StateFileError

if TYPE_CHECKING:
    from conftest import Process

PROGRAM = [sys.executable, "-m", "xe_py"]


def test_the_default_file_is_made_on_first_use_with_one_line(process: "Process") -> None:
    first = process.xe("host-list", "--minimal", XE_FIRST_USE="1")
    path = process.home / ".local/state/xe/host.toml"
    assert first.status == 0
    assert first.err == f"A fresh host was made in {path}\n"
    second = process.xe("host-list", "--minimal")
    assert (second.err, second.out) == ("", first.out)


def test_the_default_file_follows_xdg(process: "Process") -> None:
    process.xe("host-list", XDG_STATE_HOME=str(process.home / "state"), XE_FIRST_USE="1")
    assert (process.home / "state/xe/host.toml").exists()


UNASKED = ("There is no state file yet", "xe state-init", "--state FILE", "XE_STATE=FILE", "XE_FIRST_USE=1")


@pytest.mark.parametrize("line", ["host-list", "vm-create name-label=x", "batch script.sh", "state-show"])
def test_without_a_terminal_no_host_is_made_by_itself(process: "Process", line: str) -> None:
    """A script that has lost XE_STATE to sudo, cron or `env -i` must not go on with another host."""
    (process.home / "script.sh").write_text("xe vm-create name-label=x\n")
    for asked in ("", "0", "no"):
        done = process.xe(*line.split(), XE_FIRST_USE=asked)
        assert (done.status, done.out) == (3, "")
        assert all(word in done.err for word in UNASKED)
    assert not (process.home / ".local").exists()
    assert process.xe("state-init", "name-label=mine").status == 0
    assert process.xe("host-list", "params=name-label", "--minimal").out == "mine\n"
    assert process.xe(*line.split()).status == 0


def test_on_a_terminal_a_host_is_made_and_told(process: "Process") -> None:
    program = [sys.executable, "-c", "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)", *PROGRAM]
    assert "A fresh host was made in " in process.run([*program, "host-list", "--minimal"]).out
    assert re.fullmatch(r"[0-9a-f-]{36}\n", process.run([*program, "host-list", "--minimal"]).out)
    made = process.run([*program, "--state", "lab/host.toml", "state-init", "name-label=xen", "hosts=2"])
    assert made.out == "Made lab/host.toml with the hosts xen, xen-2.\n"


@pytest.mark.parametrize("path", ["", ".local/state/xe/host.toml", "lab/host.toml", "a/b/c/host.toml", "host.toml"])
def test_state_init_makes_the_folder_and_says_nothing_to_a_script(process: "Process", path: str) -> None:
    words = ["--state", path] if path else []
    done = process.xe(*words, "state-init", "name-label=xen1")
    assert (done.status, done.out, done.err) == (0, "", "")
    made = process.home / (path or ".local/state/xe/host.toml")
    assert (made.stat().st_mode & 0o777, process.home == made.parent or made.parent.stat().st_mode & 0o777) == (
        0o600,
        process.home == made.parent or 0o700,
    )
    assert process.xe(*words, "host-list", "params=name-label", "--minimal").out == "xen1\n"


def test_where_the_folder_cannot_be_made_that_is_said(process: "Process") -> None:
    (process.home / "file").touch()
    for path in ("file/host.toml", "file/deeper/host.toml", f"{'x' * 300}/host.toml", "x/" * 3000 + "host.toml"):
        done = process.xe("--state", path, "state-init")
        assert done.status == 3
        assert "cannot be" in done.err
    assert [entry.name for entry in process.home.iterdir()] == ["file"]


def test_the_advice_of_a_dry_run_in_an_empty_home_works(process: "Process") -> None:
    refused = process.xe("--dry-run", "vm-create", "name-label=a")
    assert refused.status == 3
    advice = refused.err.rpartition("Hint: xe ")[2]
    assert process.run(["sh", "-c", f"{shlex.join(PROGRAM)} {advice}"]).status == 0
    assert process.xe("--dry-run", "vm-create", "name-label=a").status == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a b.toml", "a;b.toml", "it's.toml", "$(touch made).toml", "-f.toml", "ü ü/x.toml"])
def test_advice_can_be_pasted_whatever_the_path(process: "Process", name: str) -> None:
    advice = process.xe("--state", name, "vm-list").err.rpartition("Hint: xe ")[2]
    assert process.run(["sh", "-c", f"{shlex.join(PROGRAM)} {advice}"]).status == 0
    assert process.xe("--state", name, "vm-list").status == 0
    assert not (process.home / "made").exists()
    (process.home / name).write_text("")
    advice = process.xe("--state", name, "vm-list").err.rpartition("Hint: xe ")[2]
    assert process.run(["sh", "-c", f"{shlex.join(PROGRAM)} {advice}"]).status == 0


@pytest.mark.parametrize("line", ["vm-list", "state-init", "state-check", "state-undo", "vm-create name-label=a"])
def test_an_empty_name_of_a_file_is_told(process: "Process", line: str) -> None:
    for words in (["--state", ""], ["--state="]):
        done = process.xe(*words, *line.split())
        assert done.status == 3
        assert done.err.startswith("--state names no file: its value is empty.\n")
    assert list(process.home.iterdir()) == []


def test_a_named_file_is_not_made_by_itself(process: "Process") -> None:
    path = str(process.home / "x.toml")
    for done in (process.xe("--state", path, "host-list"), process.xe("host-list", XE_STATE=path)):
        assert done.status == 3
        assert f"xe --state {path} state-init" in done.err
    assert not Path(path).exists()


def test_the_word_comes_before_the_environment(process: "Process") -> None:
    named, other = str(process.home / "a.toml"), str(process.home / "b.toml")
    assert process.xe("state-init", "--state", named, XE_STATE=other).status == 0
    assert Path(named).exists()
    assert not Path(other).exists()


@pytest.mark.parametrize(("name", "refused"), [("xe", True), ("xe-py", False), ("__main__.py", False)])
def test_on_a_real_host_the_name_xe_keeps_off_the_default_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, refused: bool
) -> None:
    inventory = tmp_path / "inventory"
    inventory.touch()
    monkeypatch.setattr(where, "_REAL_HOST", str(inventory))
    variables = {"XDG_STATE_HOME": str(tmp_path), "XE_FIRST_USE": "1"}
    streams = io.StringIO(), io.StringIO(), io.StringIO()
    environment = Environment(variables, streams, program=f"/usr/bin/{name}")
    assert where.store("f.toml", environment).name == "f.toml"
    if refused:
        with pytest.raises(StateFileError, match="not its real one"):
            where.store(None, environment)
    else:
        assert where.store(None, environment).name == str(tmp_path / "xe/host.toml")
    variables["XE_STATE"] = "g.toml"
    assert where.store(None, environment).name == "g.toml"


def test_a_bug_is_told_without_a_traceback(process: "Process", tmp_path: Path) -> None:
    process.xe("state-init")
    (tmp_path / "sitecustomize.py").write_text("import xe_py.operations\nxe_py.operations.find = lambda name: 1 / 0\n")
    process.environment["PYTHONPATH"] = ":".join([str(tmp_path), process.environment.get("PYTHONPATH", "")])
    done = process.xe("host-list")
    assert done.status == 1
    assert "Code: INTERNAL_ERROR" in done.err
    assert "Traceback" not in done.err
    assert "Traceback" in process.xe("host-list", "--debug").err
