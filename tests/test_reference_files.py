"""The generated files are current, and the check says so when they are not."""

import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY, Process

from xe_py import operations
from xe_py.reference.__main__ import main
from xe_py.reference.files import FOLDERS, MODULES, generated

CURRENT = generated()

pytestmark = pytest.mark.slow

Printed = pytest.CaptureFixture[str]


def check(folder: Path, capsys: Printed) -> tuple[int, str]:
    """The exit status of the check and what it printed."""
    status = main(["--check", "--into", str(folder)])
    printed = capsys.readouterr()
    return status, printed.out + printed.err


@pytest.fixture
def repository(tmp_path: Path, capsys: Printed) -> Path:
    """A folder with the generated files in it."""
    assert main(["--into", str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""
    return tmp_path


def test_the_files_of_the_repository_are_current(capsys: Printed) -> None:
    assert check(REPOSITORY, capsys) == (0, ""), "run python -m xe_py.reference"


def test_all_files_are_made_from_the_declarations_and_none_from_an_older_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = generated()
    monkeypatch.setattr(operations, "_known", [{"vm-list": operations.table()["vm-list"]}])
    assert generated() == expected


def test_what_was_written_is_current(repository: Path, capsys: Printed) -> None:
    assert check(repository, capsys) == (0, "")
    assert sorted(path.name for path in repository.iterdir()) == sorted(
        {name.split("/")[0] for name in (*FOLDERS, *MODULES)}
    )


def test_the_check_names_each_stale_and_superfluous_file_and_changes_nothing(repository: Path, capsys: Printed) -> None:
    stale, gone, old = (
        repository / "man/man1/xe-vbd.1",
        repository / "completions/_xe",
        repository / "man/man1/xe-old.1",
    )
    stale.write_text("edited")
    gone.unlink()
    old.write_bytes(b"\xff")
    said = "stale: completions/_xe\nstale: man/man1/xe-vbd.1\nsuperfluous: man/man1/xe-old.1\n"
    assert check(repository, capsys) == (1, said)
    assert stale.read_text() == "edited"
    assert not gone.exists()
    assert main(["--into", str(repository)]) == 1
    assert capsys.readouterr().out == "superfluous: man/man1/xe-old.1\n"
    old.unlink()
    assert check(repository, capsys) == (0, "")


def test_the_same_declarations_give_the_same_bytes(repository: Path, process: Process) -> None:
    for seed in ("1", "2"):
        argv = [sys.executable, "-m", "xe_py.reference", "--check", "--into", str(repository)]
        result = process.run(argv, PYTHONHASHSEED=seed, LC_ALL="C", TZ=f"UTC+{seed}")
        assert (result.status, result.out, result.err) == (0, "", "")


def test_what_has_no_doc_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Printed) -> None:
    command = operations.find("vbd-create")
    assert command is not None
    for owner, name in (
        (command, "the command vbd-create"),
        (command.required[1], "the parameter device of vbd-create"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(owner, "doc", " ")
            assert check(tmp_path, capsys) == (1, f"{name} has no doc.\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", CURRENT.values(), ids=CURRENT)
def test_a_generated_file_is_clean_text(text: str) -> None:
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert [line for line in text.splitlines() if line != line.rstrip()] == []
    assert "python -m xe_py.reference" in text
