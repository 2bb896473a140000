"""`state-merge`: two branches of a state file become one, or nothing is written; and what git is told about it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Process, Xe

from xe_py.store import store_for


@pytest.fixture
def sides(xe: Xe, tmp_path: Path) -> tuple[Xe, Xe]:
    """Two copies of the file, which both begin with a VM; `base.toml` is beside them."""
    xe.do("vm-create name-label=web")
    for name in ("base", "ours", "theirs"):
        (tmp_path / f"{name}.toml").write_bytes(xe.state.read_bytes())
    return Xe(tmp_path / "ours.toml"), Xe(tmp_path / "theirs.toml")


def merge(xe: Xe, folder: Path) -> tuple[int, str]:
    """Merge the two; the exit status and what is said."""
    done = xe.run(["state-merge", *(str(folder / f"{name}.toml") for name in ("base", "ours", "theirs"))])
    assert not store_for(str(folder / "ours.toml"), os.environ).read(whole=True).findings
    return done.status, done.err


def test_branches_that_add_objects_merge(xe: Xe, sides: tuple[Xe, Xe], tmp_path: Path) -> None:
    ours, theirs = sides
    web = xe.do("vm-list name-label=web --minimal")
    ours.do("vm-create name-label=db")
    ours.do(f"vm-param-set uuid={web} other-config:ours=1 name-description=shop")
    ours.state.write_text(ours.state.read_text() + "# a comment of ours\n")
    theirs.do("vm-create name-label=mail")
    theirs.do(f"vm-param-set uuid={web} other-config:theirs=2 VCPUs-max=2")
    theirs.do(f"vm-param-add uuid={web} param-name=tags param-key=a")
    serials = [int(each.do("state-show").split("serial: ")[1].split()[0]) for each in sides]
    assert merge(xe, tmp_path) == (0, "")
    names = ours.do("vm-list is-control-domain=false params=name-label --minimal").split(",")
    assert sorted(names) == ["db", "mail", "web"]
    shown = ours.do(f"vm-list uuid={web} params=name-description,VCPUs-max,tags,other-config --json")
    for part in ('"shop"', '"VCPUs-max": 2', '["a"]', '"ours": "1"', '"theirs": "2"'):
        assert part in shown
    assert f"serial: {max(serials) + 1}\n" in ours.do("state-show")
    assert "# a comment of ours\n" in ours.state.read_text()


def test_what_one_branch_removes_is_gone(xe: Xe, sides: tuple[Xe, Xe], tmp_path: Path) -> None:
    ours, theirs = sides
    ours.do("vm-create name-label=db")
    theirs.do(f"vm-destroy uuid={xe.do('vm-list name-label=web --minimal')}")
    theirs.do("state-set rules=xapi")
    assert merge(xe, tmp_path) == (0, "")
    assert ours.do("vm-list is-control-domain=false params=name-label --minimal") == "db"
    assert "rules: xapi\n" in ours.do("state-show")


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        (
            "vm-param-set uuid={vm} name-label=one",
            "vm-param-set uuid={vm} name-label=two",
            "vm one ({vm}): name-label is 'one' on this branch ({file}:",
        ),
        (
            "vm-destroy uuid={vm}",
            "vm-param-set uuid={vm} VCPUs-max=2",
            "vm web ({vm}): removed on this branch, changed on the other branch ({file}:",
        ),
        (
            "vm-param-set uuid={vm} VCPUs-max=2",
            "vm-destroy uuid={vm}",
            "vm web ({vm}): removed on the other branch, changed on this branch ({file}:",
        ),
        (
            "vm-param-set uuid={vm} other-config:a=1",
            "vm-param-set uuid={vm} other-config:a=2",
            "vm web ({vm}): other-config is ",
        ),
    ],
)
def test_what_both_changed_is_named_and_nothing_is_written(
    xe: Xe, sides: tuple[Xe, Xe], tmp_path: Path, ours: str, theirs: str, said: str
) -> None:
    vm = xe.do("vm-list name-label=web --minimal")
    for side, line in zip(sides, (ours, theirs), strict=True):
        side.do(line.format(vm=vm))
    before = sides[0].state.read_bytes()
    status, err = merge(xe, tmp_path)
    assert (status, sides[0].state.read_bytes()) == (1, before)
    head, conflict, *_ = err.splitlines()
    assert head == f"Error: {sides[0].state} was not merged, because both branches changed the same:"
    assert conflict.removeprefix("Note: ").startswith(said.format(vm=vm, file=sides[0].state))


def test_what_would_break_a_relationship_is_refused_with_both_lines(
    xe: Xe, sides: tuple[Xe, Xe], tmp_path: Path
) -> None:
    sr = xe.do("sr-list type=ext --minimal")
    vm = xe.do("vm-list name-label=web --minimal")
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=disk virtual-size=1GiB")
    for name in ("base", "ours", "theirs"):
        (tmp_path / f"{name}.toml").write_bytes(xe.state.read_bytes())
    for side, device in zip(sides, "01", strict=True):
        side.do(f"vbd-create vm-uuid={vm} vdi-uuid={vdi} device={device}")
    before = sides[0].state.read_bytes()
    status, err = merge(xe, tmp_path)
    assert (status, sides[0].state.read_bytes()) == (1, before)
    assert err.startswith(f"Error: {sides[0].state} was not merged, because the result would break the rules:\n")
    assert "on this branch" in err
    assert "on the other branch" in err
    assert vdi in err or "vbd " in err


def test_an_unsound_side_is_refused(xe: Xe, sides: tuple[Xe, Xe], tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.toml"
    theirs.write_text(theirs.read_text() + "\n[vm.broken]\n")
    assert merge(xe, tmp_path)[0] == 3
    assert sides


def test_a_dry_run_says_what_the_merge_would_bring(xe: Xe, sides: tuple[Xe, Xe], tmp_path: Path) -> None:
    ours, theirs = sides
    mail = theirs.do("vm-create name-label=mail")
    before = ours.state.read_bytes()
    line = "state-merge " + " ".join(str(tmp_path / f"{name}.toml") for name in ("base", "ours", "theirs"))
    assert xe.do(f"{line} --dry-run") == f"+ vm mail ({mail})\n\nPlan: 1 to add, 0 to change, 0 to remove"
    assert ours.state.read_bytes() == before


def test_git_is_told_only_in_a_repository(xe: Xe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert xe.code("state-git-setup").startswith(f"Error: {xe.state}: fatal: not a git repository")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    told = xe.do("state-git-setup --dry-run").splitlines()
    assert told[1] == "git config merge.xe.driver 'xe state-merge %O %A %B name=%P'"
    assert told[-1] == f"{tmp_path / '.gitignore'}: /host.toml.d/"
    assert not (tmp_path / ".gitignore").exists()
    (tmp_path / ".gitignore").write_text("*.log")
    for _ in range(2):
        xe.do("state-git-setup")
    assert (tmp_path / ".gitignore").read_text() == "*.log\n/host.toml.d/\n"
    assert (tmp_path / ".gitattributes").read_text() == "/host.toml merge=xe diff=xe\n"


@pytest.mark.slow
def test_git_merges_by_itself(process: Process, tmp_path: Path) -> None:
    script = """set -e
git init -q -b main; git config user.name me; git config user.email me@example.com
export XE_STATE=host.toml
xe state-init name-label=xen1
xe state-git-setup; xe state-git-setup
git add -A; git commit -q -m one
git checkout -q -b db; xe vm-create name-label=db >/dev/null; git commit -qam db
git checkout -q main; xe vm-create name-label=web >/dev/null; git commit -qam web
git merge -q -m both db >/dev/null
xe vm-list is-control-domain=false params=name-label --minimal
git status --short
cat .gitattributes .gitignore
"""
    (tmp_path / "bin").mkdir()
    xe = tmp_path / "bin" / "xe"
    xe.write_text(f'#!/bin/sh\nexec {sys.executable} -m xe_py "$@"\n')
    xe.chmod(0o755)
    lab = tmp_path / "lab"
    lab.mkdir()
    environment = process.environment | {"PATH": f"{tmp_path / 'bin'}:{process.environment['PATH']}"}
    done = subprocess.run(["bash", "-c", script], cwd=lab, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    names, *rest = done.stdout.splitlines()
    assert sorted(names.split(",")) == ["db", "web"]
    assert rest == ["/host.toml merge=xe diff=xe", "/host.toml.d/"]
