"""`state-diff A B`: versions, files and revisions of git, as a plan or as a script; the exit status if that is wished."""

import json
import subprocess
from pathlib import Path

import pytest
from conftest import Xe


@pytest.fixture
def two(xe: Xe, tmp_path: Path) -> tuple[Path, Path]:
    """Two files: the fresh host, and the same with a network."""
    one, other = tmp_path / "one.toml", tmp_path / "other.toml"
    one.write_bytes(xe.state.read_bytes())
    xe.do("network-create name-label=backend")
    other.write_bytes(xe.state.read_bytes())
    return one, other


def test_two_files_are_compared_by_their_places_in_the_line_or_by_name(xe: Xe, two: tuple[Path, Path]) -> None:
    one, other = two
    plan = xe.do(f"state-diff {one} {other}")
    assert plan.startswith("+ network backend (")
    assert plan.endswith("Plan: 1 to add, 0 to change, 0 to remove")
    assert xe.do(f"state-diff serial={one} to={other}") == xe.do(f"state-diff {one} to={other}") == plan
    assert xe.do(f"state-diff to={other} {one}") == plan
    assert xe.do(f"state-diff {one}") == plan, "the present version is the other one"
    assert xe.do(f"state-diff {other} {one}").startswith("- network backend (")
    assert xe.do(f"state-diff 1 {other}") == xe.do(f"state-diff {one} 2") == plan
    assert xe.do("state-diff 1 2") == plan
    assert json.loads(xe.do(f"state-diff {one} {other} --json"))["to-add"] == 1
    assert "    name-label: backend" in xe.do(f"state-diff {one} {other} --full")


def test_where_there_is_no_file_two_others_can_be_compared(xe: Xe, two: tuple[Path, Path], tmp_path: Path) -> None:
    nowhere = Xe(tmp_path / "nowhere.toml")
    one, other = two
    assert nowhere.do(f"state-diff {one} {other}") == xe.do(f"state-diff {one} {other}")
    assert nowhere(f"state-diff {one}").status == 3


@pytest.mark.parametrize(("first", "second", "status"), [("one", "one", 0), ("one", "other", 1), ("other", "one", 1)])
@pytest.mark.usefixtures("two")
def test_the_exit_status_may_say_whether_they_differ(
    xe: Xe, tmp_path: Path, first: str, second: str, status: int
) -> None:
    line = f"state-diff {tmp_path / first}.toml {tmp_path / second}.toml"
    assert xe(line).status == 0
    told = xe.run([*line.split(), "--exit-code"], partial=True)
    assert (told.status, told.err, told.out) == (status, "", xe(line).out)


@pytest.fixture
def repository(two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of git with the file of the fresh host; the file itself has one more network."""
    folder = two[0].parent
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    who = ["-c", "user.name=me", "-c", "user.email=me@example.com"]
    for words in (["init", "-q"], ["add", "one.toml"], [*who, "commit", "-q", "-m", "one"]):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.mark.usefixtures("repository")
def test_a_revision_of_git_is_a_state(xe: Xe) -> None:
    assert xe.do("state-diff HEAD:one.toml other.toml") == xe.do("state-diff one.toml other.toml")
    assert xe.do("state-diff HEAD:one.toml") == xe.do("state-diff one.toml")
    refused = xe("state-diff HEAD:two.toml other.toml")
    assert (refused.status, refused.out) == (1, "")
    assert refused.err.startswith("Error: HEAD:two.toml: fatal: path 'two.toml'")
    assert xe("state-diff serial=--output=x:y to=other.toml").status == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "state-diff nothing",
            "Error: There is no nothing. Give a version in the history, a state file, or REV:FILE of git.",
        ),
        ("state-diff 9", "Error: The history has no version 9. It has: 1, 2"),
    ],
)
@pytest.mark.usefixtures("two")
def test_what_is_not_there_is_refused(xe: Xe, line: str, said: str) -> None:
    assert xe.code(line) == said


def test_an_unsound_file_is_compared_with_a_warning_and_makes_no_script(xe: Xe, two: tuple[Path, Path]) -> None:
    one, other = two
    other.write_text(other.read_text() + "\n[vm.broken]\n")
    told = xe(f"state-diff {one} {other}")
    assert told.status == 0
    assert told.out.startswith("+ network backend (")
    assert told.err.startswith(f"Warning: the state in {other} is unsound, with ")
    assert xe(f"state-diff {one} {other} --script").status == 3
