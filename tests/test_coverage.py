"""How much there is of each command: the page counts it, and every command behaves as the page says."""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from torture import Contract, Ended, furnish

from xe_py import operations
from xe_py.cli.help import help_text
from xe_py.reference.files import generated
from xe_py.schema.command import MODELLED, RECORDED, REFUSED, Command
from xe_py.schema.fields import Bool, Choice, Field, Int, Map, Ref, Refs
from xe_py.schema.values import Float, Size

FACTS = Path(__file__).parent / "facts"
EXPLICIT = set(json.loads((FACTS / "commands.json").read_text()))
# 330 of the 387 explicit commands must do something.
MOST_REFUSED = len(EXPLICIT) - 330
PAGE = "docs/coverage.md"

COMMANDS = {name: command for name in operations.names() if (command := operations.find(name)) is not None}


# The page


def section(kind: str) -> set[str]:
    """The commands that the page names under a kind."""
    text = generated()[PAGE].partition(f"## {kind.capitalize()}\n")[2].partition("\n## ")[0]
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    return {name for row in rows[2:] for name in re.findall(r"`([a-z0-9-]+)`", row) if "-" in name or name == "console"}


def kind_of(name: str) -> str:
    return COMMANDS[name].coverage


def test_the_page_names_every_explicit_command_under_its_kind() -> None:
    named = {kind: section(kind) & EXPLICIT for kind in (MODELLED, RECORDED, REFUSED)}
    assert named == {kind: {name for name in EXPLICIT if kind_of(name) == kind} for kind in named}


def test_the_page_counts_the_explicit_commands() -> None:
    counted = {
        kind: int(number) for kind, number in re.findall(r"^\| (\w+) \| (\d+) \|", generated()[PAGE], re.MULTILINE)
    }
    assert counted.pop("all") == len(EXPLICIT) == 387
    assert counted == {MODELLED: 0, RECORDED: 0, REFUSED: 0} | Counter(map(kind_of, EXPLICIT))


def test_few_commands_are_refused() -> None:
    assert len(section(REFUSED)) <= MOST_REFUSED


def test_a_refused_command_says_why_and_only_a_refused_one() -> None:
    for command in COMMANDS.values():
        assert bool(command.why) == (command.coverage == REFUSED), command.name


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: str(command.name))
def test_help_says_what_is_not_modelled(command: Command) -> None:
    told = help_text([command.name], minimal=False, plain=True)
    assert ("Only the call is recorded." in told) == (command.coverage == RECORDED)
    assert told.rstrip().endswith(f" Always refused. {command.why}") == (command.coverage == REFUSED)


# The commands

TEXTS = {
    "class": "vm",
    "param-name": "other-config",
    "param-key": "x",
    "mac": "random",
    "vlan": "9",
    "device": "autodetect",
    "type": "ext",
    "data-source": "memory",
}


# What a command needs although help calls it optional.
NEEDED = {"host-crashdump-upload": ["url=https://192.0.2.1/"]}


def word(parameter: Field, made: dict[str, str], folder: Path) -> str:
    """A word for the parameter that could be right."""
    if isinstance(parameter, (Ref, Refs)):
        return made[parameter.to]
    if isinstance(parameter, Choice):
        return parameter.options[0]
    for kind, text in ((Bool, "true"), (Size, "1GiB"), (Int, "1"), (Float, "1"), (Map, "x")):
        if isinstance(parameter, kind):
            return text
    if "file" in parameter.name:
        return str(folder / "file")
    return TEXTS.get(parameter.name, "x")


def words(command: Command, made: dict[str, str], folder: Path) -> list[str]:
    """The command with all that it requires."""
    given = [f"{each.name}={word(each, made, folder)}" for each in command.required]
    if command.selector is not None:
        given.append(f"{command.selector.name}={made[command.selector.name]}")
    return [command.name, *given, *NEEDED.get(command.name, []), *(["force=true"] if command.asks else [])]


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, dict[str, str]]:
    """A pool with an object of every class, and the uuid of one of each."""
    path = tmp_path_factory.mktemp("furnished") / "pool.toml"
    made = furnish(path)
    return path.read_bytes(), made


@pytest.fixture
def call(tmp_path: Path, furnished: tuple[bytes, dict[str, str]]) -> Callable[[Command], Ended]:
    """Calls a command with all that it requires, on a pool with an object of every class."""
    data, made = furnished
    path = tmp_path / "pool" / "pool.toml"
    path.parent.mkdir()
    path.write_bytes(data)
    return lambda command: Contract(path)(*words(command, made, tmp_path))


# A server waits to be ended; `test_serve_doors.py` has it.
ANSWERING = [command for name, command in COMMANDS.items() if name != "serve"]


@pytest.mark.slow
@pytest.mark.parametrize("command", ANSWERING, ids=lambda command: str(command.name))
def test_every_command_answers_as_its_kind_says(
    call: Callable[[Command], Ended],
    furnished: tuple[bytes, dict[str, str]],
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = furnished[1]
    if command.kind.files and not command.kind.reads:
        (tmp_path / "file").write_text("x")
    monkeypatch.setattr(sys.stdin, "read", lambda *_: "", raising=False)
    ended = call(command)
    assert "Unknown command" not in ended.err
    assert (f"function: {command.name}\nCode: NOT_IMPLEMENTED\n" in ended.err) == (command.coverage == REFUSED)
    if command.coverage == REFUSED:
        assert ended.status == 1
        assert f"Note: {command.why}\n" in ended.err
        assert [path.name for path in tmp_path.iterdir()] == ["pool"], "a refused command leaves no file"
    if command.coverage == RECORDED:
        assert ended.status == 0, ended.err
        pool = Contract(tmp_path / "pool" / "pool.toml")
        uuid = pool("pool-list", "params=uuid", "--minimal").out.strip()
        kept = pool("pool-param-get", f"uuid={uuid}", "param-name=recorded", f"param-key={command.name}")
        assert kept.out.split() == words(command, made, tmp_path)[1:]
