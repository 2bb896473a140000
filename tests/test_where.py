"""Which file a command line works on."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xe_py.cli import where
from xe_py.errors import StateFileError

if TYPE_CHECKING:
    from conftest import Process


def test_the_default_file_is_made_on_first_use_with_one_line(process: "Process") -> None:
    first = process.xe("host-list", "--minimal")
    path = process.home / ".local/state/xe/host.toml"
    assert first.status == 0
    assert first.err == f"A fresh host was made in {path}\n"
    second = process.xe("host-list", "--minimal")
    assert (second.err, second.out) == ("", first.out)


def test_the_default_file_follows_xdg(process: "Process") -> None:
    process.xe("host-list", XDG_STATE_HOME=str(process.home / "state"))
    assert (process.home / "state/xe/host.toml").exists()


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
    monkeypatch.setattr("sys.argv", [f"/usr/bin/{name}"])
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("XE_STATE", raising=False)
    assert where.state_path("f.toml") == "f.toml"
    if refused:
        with pytest.raises(StateFileError, match="not its real one"):
            where.state_path(None)
    else:
        assert where.state_path(None) == str(tmp_path / "xe/host.toml")
    monkeypatch.setenv("XE_STATE", "g.toml")
    assert where.state_path(None) == "g.toml"


def test_output_that_nobody_reads_is_no_traceback(process: "Process") -> None:
    process.xe("host-list")
    done = process.run(["bash", "-c", "set -o pipefail; python3 -m xe_py help --all | head -n 1 >/dev/null; true"])
    assert "Traceback" not in done.err


def test_a_full_output_is_told(process: "Process") -> None:
    process.xe("host-list")
    done = process.run(["bash", "-c", f"{os.sys.executable} -m xe_py host-list >/dev/full"])
    assert done.status == 1
    assert "could not be written" in done.err


def test_a_bug_is_told_without_a_traceback(process: "Process", tmp_path: Path) -> None:
    process.xe("host-list")
    (tmp_path / "sitecustomize.py").write_text("import xe_py.operations\nxe_py.operations.find = lambda name: 1 / 0\n")
    process.environment["PYTHONPATH"] = ":".join([str(tmp_path), process.environment.get("PYTHONPATH", "")])
    done = process.xe("host-list")
    assert done.status == 1
    assert "Code: INTERNAL_ERROR" in done.err
    assert "Traceback" not in done.err
    assert "Traceback" in process.xe("host-list", "--debug").err
