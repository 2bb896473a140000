"""What the manual pages and tables show: everything that is declared, in clean roff and Markdown."""

import ast
import re
import shutil
import subprocess
import tomllib
from functools import cache
from operator import attrgetter
from pathlib import Path

import pytest
from conftest import REPOSITORY, Xe

import xe_py
from xe_py import __date__, classes
from xe_py.cli.words import split
from xe_py.codes import CODES, UNLISTED
from xe_py.errors import DONE, INTERRUPTED, REFUSED, STATE_FILE_UNUSABLE, UNDELIVERED
from xe_py.operations.effects.wording import family_name, toml_type
from xe_py.reference import roff
from xe_py.reference.completion import SWITCHES
from xe_py.reference.declared import all_commands, families, visible
from xe_py.reference.files import generated
from xe_py.schema.command import Command
from xe_py.schema.values import Absent
from xe_py.schema.xenclass import XenClass

files = cache(generated)
PAGES = sorted(path for path in files() if path.startswith("man/"))
MACROS = {r".\"", ".TH", ".nh", ".ad", ".SH", ".SS", ".PP", ".TP", ".RS", ".RE", ".nf", ".fi"}
SCRIPTS = ("completions/xe.bash", "completions/_xe", "completions/xe.fish")


def shown(page: str) -> str:
    """The words of a page as its reader sees them."""
    text = re.sub(r"\\f[BIR]|\\&|^\.\w+ ?", "", files()[page], flags=re.MULTILINE)
    for escaped, letter in ((r"\-", "-"), (r"\(aq", "'"), (r"\(dq", '"'), (r"\(ti", "~"), (r"\(rs", "\\")):
        text = text.replace(escaped, letter)
    return " ".join(text.split())


# What is declared is shown


@pytest.mark.slow
@pytest.mark.parametrize("command", all_commands(), ids=lambda command: str(command.name))
def test_a_command_is_shown_with_its_parameters(command: Command) -> None:
    page = shown(f"man/man1/xe-{family_name(command.name)}.1")
    table = files()["docs/reference/commands.md"].partition(f"### {command.name}\n")[2].partition("###")[0]
    assert command.doc in page
    assert f"xe {command.name}" in table
    for field in command.required:
        assert f"{field.name}" in page.partition(f"xe {command.name} ")[2]
        assert f"`{field.name}" in table
    # Of a hidden command only the words behind it are completed.
    completes = not command.hidden or any(command.parameters()) or command.selector is not None
    for script in SCRIPTS:
        assert (command.name in files()[script]) == completes


def test_what_help_lists_has_a_heading_on_a_page(xe: Xe) -> None:
    for name in xe.do("help --all --minimal").split(","):
        assert f'.SS "{roff.plain(name)}"\n' in files()[f"man/man1/xe-{family_name(name)}.1"]


@pytest.mark.parametrize("cls", classes.everything(), ids=lambda cls: str(cls.name))
def test_a_class_is_shown_with_its_fields_and_rules(cls: XenClass) -> None:
    has_commands = cls.name in classes.names()
    page, state_file = shown(f"man/man1/xe-{cls.name}.1") if has_commands else "", shown("man/man5/xe-state.5")
    table = files()["docs/reference/classes.md"].partition(f"## {cls.name}\n")[2].partition("\n## ")[0]
    rules = files()["docs/reference/rules.md"].partition(f"## {cls.name}\n")[2].partition("\n## ")[0]
    state_file = state_file.partition(f" {cls.name.upper()} ")[2]
    for field in visible(cls):
        assert not has_commands or f"{field.name} ({field.mode})" in page
        assert f"| `{field.name}` | {field.mode} |" in table
    for name in cls.stored if cls.follows is None else ():
        assert name == "uuid" or f"{name} (" in state_file
    for rule in cls.rules:
        assert rule.name in state_file
        assert f"| `{rule.name}` | " in rules


def test_every_family_has_a_page_and_is_named_in_the_first_one() -> None:
    for family in families():
        assert f"man/man1/xe-{family.name}.1" in PAGES
        assert f"xe-{family.name}(1)" in shown("man/man1/xe.1")


def test_every_code_is_in_its_table() -> None:
    for code, (_, parameters) in (CODES | UNLISTED).items():
        row = re.search(rf"^\| `{code}` \|.*$", files()["docs/reference/errors.md"], re.MULTILINE)
        assert row is not None
        assert all(f"`{name}`" in row[0] for name in parameters)


def test_every_exit_status_is_shown() -> None:
    for status in (DONE, REFUSED, STATE_FILE_UNUSABLE, UNDELIVERED, INTERRUPTED):
        assert f".TP\n\\fB{status}\\fR\n" in files()["man/man1/xe.1"]


def test_every_variable_that_is_read_is_shown() -> None:
    texts = [
        node.value
        for path in Path(xe_py.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    variables = {text for text in texts if re.fullmatch(r"(XE|XDG)_[A-Z_]+", text)}
    assert variables
    for variable in variables:
        assert f".TP\n\\fB{variable}\\fR\n" in files()["man/man1/xe.1"]


def test_the_switches_with_a_value_are_those_of_the_command_line() -> None:
    for switch in SWITCHES:
        assert split([switch, "value", "command"]).command == "command"


# Roff


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("read-only", r"read\-only"),
        (".TH is shown", r"\&.TH is shown"),
        ("'quoted'", r"\(aqquoted\(aq"),
        (r"a \ stays", r"a \(rs stays"),
        ("~/.local", r"\(ti/.local"),
        ("0, 1, …", "0, 1, ..."),
        ("é", r"\[u00E9]"),
    ],
)
def test_text_is_escaped(text: str, escaped: str) -> None:
    assert roff.plain(text) == escaped


def test_wrapped_lines_are_escaped_each() -> None:
    lines = roff.paragraphs(" ".join([".x"] * 60)).splitlines()
    assert len(lines) > 2
    assert all(line == ".PP" or line.startswith(r"\&.x") for line in lines)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_the_form_of_one(page: str) -> None:
    text = files()[page]
    lines = text.splitlines()
    assert text.isascii()
    assert {line.split()[0] for line in lines if line.startswith(".")} <= MACROS
    assert not [line for line in lines if line.startswith("'")]
    assert re.findall(r"\\(?!f[BIR]|-|&|:|\(|\[u[0-9A-F]+\]|\")", text) == []
    assert lines.count(".nf") == lines.count(".fi")
    assert lines.count(".RS 4") == lines.count(".RE")
    heads = [line.removeprefix(".SH ") for line in lines if line.startswith(".SH ")]
    assert heads[0] == "NAME"
    assert heads[-1] == "SEE ALSO"
    assert len(set(heads)) == len(heads)
    for name, section in re.findall(r"\\fB((?:\\-|\w)+)\\fR\((\d)\)", text):
        assert f"man/man{section}/{name.replace(chr(92), '')}.{section}" in PAGES


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
@pytest.mark.parametrize("page", PAGES)
def test_groff_has_nothing_to_say(page: str) -> None:
    done = subprocess.run(
        ["groff", "-man", "-ww", "-z", "-Tutf8"], input=files()[page], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
@pytest.mark.parametrize("page", PAGES)
def test_mandoc_has_nothing_to_say(page: str) -> None:
    line = ["mandoc", "-T", "lint", "-W", "warning"]
    done = subprocess.run(line, input=files()[page], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_page_is_installed_in_its_section() -> None:
    data = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    folders = {folder: place for folder, place in data["shared-data"].items() if place.startswith("share/man")}
    for page in PAGES:
        folder, _, name = page.rpartition("/")
        assert folders[folder] == f"share/man/man{name[-1]}"
        assert re.match(rf'\.TH "[^"]+" {name[-1]} "{__date__}" ', files()[page].splitlines()[1])


@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed")
@pytest.mark.parametrize(
    ("words", "head"), [(["5", "xe-state"], "XE-STATE(5)"), (["xe-state"], "XE-STATE(1)"), (["xe"], "XE(1)")]
)
def test_man_finds_the_pages(words: list[str], head: str) -> None:
    line = ["man", "-M", str(REPOSITORY / "man"), *words]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.stdout.startswith(head), done


def test_batch_is_called_as_the_readme_calls_it() -> None:
    assert "SYNOPSIS xe batch FILE [--keep-going] DESCRIPTION" in shown("man/man1/xe-batch.1").replace(".SH ", "")


# Markdown


@pytest.mark.parametrize("path", sorted(path for path in files() if path.endswith(".md")))
def test_the_rows_of_a_table_have_as_many_cells_as_its_head(path: str) -> None:
    cells = 0
    for line in files()[path].splitlines():
        if line.startswith("| "):
            here = len(re.findall(r"(?<!\\)\|", line))
            assert here == (cells or here), line
            cells = here
        else:
            cells = 0


@pytest.mark.parametrize("cls", classes.sections(), ids=attrgetter("name"))
def test_a_field_that_the_file_may_hold_has_a_type(cls: XenClass) -> None:
    """Whatever kind of field it is; what has no other value than its default is never in the file."""
    absent = [field.name for field in cls.stored.values() if toml_type(field) == "never in the file"]
    assert absent == [field.name for field in cls.stored.values() if isinstance(field, Absent)]
