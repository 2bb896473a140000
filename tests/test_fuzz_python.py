"""Whatever a Python program gives to a command: it is refused clearly and changes nothing, or what is made is sound."""

import math
import os
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from test_fuzz_command_line import ODD
from torture import draws, furnish, in_time

from xe_py import classes, operations
from xe_py.errors import Failure, Misuse
from xe_py.host import open_host
from xe_py.schema.command import STORE, Command
from xe_py.schema.fields import Ref, Refs
from xe_py.store import store_for

if TYPE_CHECKING:
    from xe_py.host import Host

pytestmark = pytest.mark.slow

COMMANDS = [command for name in operations.names() if (command := operations.find(name)) and command.kind.gets != STORE]
# Texts of which one makes a file that no test wants to wait for are left to the command line.
TEXTS = [text for text in ODD if len(text) < 1000]
OTHERS = (
    None,
    True,
    False,
    0,
    -1,
    7,
    1 << 70,
    0.5,
    math.nan,
    b"x",
    [],
    (),
    {},
    [1],
    ["a"],
    {"a": "b"},
    {1: 2},
    {"": []},
)


def given(draw: Random, objects: dict[str, list[Any]], to: str = "") -> object:
    """A value for a keyword that takes an object of the class, or any value."""
    of = to if to in objects and draw.random() < 0.8 else draw.choice(list(objects))
    obj = draw.choice(objects[of])
    chance = draw.random() if to else draw.uniform(0.4, 1.5)
    if chance < 0.6:
        return obj
    if chance < 0.8:
        return draw.choice((obj["uuid"], [obj], [obj, obj], obj["uuid"].upper(), obj.get("name-label", "")))
    return draw.choice(TEXTS) if chance < 1.2 else draw.choice(OTHERS)


def keywords(draw: Random, command: Command, objects: dict[str, list[Any]]) -> dict[str, object]:
    """Keywords for the command: most of what it asks for, some of what it may have, now and then another."""
    targets = {command.argument(each): each.to for each in command.parameters() if isinstance(each, (Ref, Refs))}
    asked = [command.argument(each) for each in command.required if draw.random() < 0.95]
    names = [command.argument(each) for each in command.parameters()]
    chosen = [*asked, *draw.sample(names, min(len(names), draw.choice((0, 1, 2))))]
    if command.selector and draw.random() < 0.9:
        chosen.append(command.selector.name)
        targets[command.selector.name] = command.selector.name
    if draw.random() < 0.1:
        chosen.append(draw.choice(("nonsense", "multiple", "force", "uuid", "name_label", "params", "VM")))
    return {name: given(draw, objects, targets.get(name, "")) for name in chosen}


def everything(host: "Host") -> dict[str, list[Any]]:
    """The objects of each class that has one."""
    return {name: found for name in classes.names() if (found := host.find(name))}


def walk(path: Path, seed: int, rounds: int = 1) -> tuple[int, int]:
    """All commands with drawn keywords, on a pool with an object of each class; how many there were and were accepted."""
    furnish(path)
    data, draw, accepted = path.read_bytes(), draws(seed), 0
    with open_host(str(path)) as before:
        gone = everything(before)
    for _ in range(rounds):
        for command in COMMANDS:
            with open_host(str(path)) as host:
                objects = {name: found + gone[name][:1] for name, found in everything(host).items()}
                done = _attempt(host, command, keywords(draw, command, objects))
            accepted += done
            if path.read_bytes() != data:
                assert done, command.name
                assert not store_for(str(path), os.environ).read().findings, command.name
                path.write_bytes(data)
    return rounds * len(COMMANDS), accepted


def _attempt(host: "Host", command: Command, values: dict[str, object]) -> bool:
    with in_time((command.name, values)):
        try:
            host.run(command.name, **values)
        except (Misuse, Failure) as error:
            refusal = str(error)
        else:
            return True
    assert refusal, (command.name, values)
    assert not host.state.changes(), (command.name, values)
    return False


@pytest.mark.parametrize("seed", range(3))
def test_any_keywords_on_every_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.chdir(tmp_path)  # Some of the words are names of files that are made.
    tried, accepted = walk(tmp_path / "host.toml", seed)
    assert 0 < accepted < tried
