"""A state that the index hands over piece by piece and the same one read as a whole: every command ends alike on both."""

import os
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
import test_random_walks as walks
from torture import draws

from xe_py import operations, running
from xe_py.errors import Failure, XeError
from xe_py.fresh.host import fresh_host
from xe_py.running import Call
from xe_py.schema.command import WORDS, Command
from xe_py.state.state import State
from xe_py.store import store_for
from xe_py.store.files.document import Site
from xe_py.store.index import making
from xe_py.store.index.reading import look
from xe_py.store.state_file import OpenedFile
from xe_py.store.toml import reader
from xe_py.store.toml.render import canonical

pytestmark = pytest.mark.slow

NEW_YEAR = time.gmtime(1_767_225_600)
FIRST = ("vm-create", "vdi-create", "vbd-create", "vif-create") * 3
OFTEN = (
    "vm-start", "vm-shutdown", "vm-destroy", "vbd-create", "vbd-plug", "vbd-unplug", "vdi-create", "vdi-destroy", "vif-create",
    "vif-plug", "sr-create", "sr-forget", "pbd-unplug", "bond-create", "vlan-create", "network-create", "network-destroy",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
def test_the_index_is_never_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(making, "_ROOM", (2, 64)[seed % 2])
    monkeypatch.setattr(making, "_SHARE", (50, 1 << 20)[seed % 2])
    assert walk(tmp_path / "host.toml", seed, 80, commits=(1, 9)[seed % 2])[1] > 10


def walk(path: Path, seed: int, steps: int, commits: int = 4) -> tuple[int, int]:
    """Do commands on the file, by its index and read as a whole; how many, and how many of them changed something.

    Each is committed; the file is opened anew after as many `commits`.
    """
    draw = draws(seed)
    path.write_text(canonical(fresh_host(name_label="xen", hosts=2, nics=3, rules=draw.choice(("strict", "xapi")))))
    os.utime(path, ns=(10**18, 10**18))
    store_for(str(path), os.environ).read()
    changed = 0
    for first in range(0, steps, commits):
        with store_for(str(path), os.environ).write("walk") as opened:
            for step in range(first, min(first + commits, steps)):
                known = FIRST[step] if step < len(FIRST) else draw.choice(OFTEN) if draw.random() < 0.5 else None
                command = draw.choice(walks.COMMANDS) if known is None else operations.find(known)
                assert command is not None
                changed += _step(opened, draw, command)
    return steps, changed


def _step(opened: OpenedFile, draw: Random, command: Command) -> bool:
    """Do one command on the state that came in pieces and on the whole one, and commit it; whether it changed it."""
    before, pieces = opened.document, opened.state
    assert before.head is not None
    whole = _whole(before.path)
    given = _given(draw, whole, command)
    seed = draw.random()
    ended = [_run(state, command, given, seed) for state in (pieces, whole)]
    assert ended[0] == ended[1], (command.name, given)
    changes = [{(change.uuid, change.after is None) for change in state.changes()} for state in (pieces, whole)]
    assert changes[0] == changes[1], (command.name, given)
    committed = opened.commit()
    if opened.document is not before:  # What is set to what it was is no change.
        assert whole.settle().serial == committed.serial
    after, found = _whole(before.path), look(opened.index, before.target, opened.document.identity)
    assert found is not None, (command.name, given)
    assert found.plain, (command.name, given)
    expected = canonical(whole)
    assert canonical(after) == canonical(found.state()) == expected, (command.name, given)
    return opened.document is not before


def _whole(path: str) -> State:
    state, findings = reader.judge(reader.read(Site(path)))
    assert not findings
    return state


def _given(draw: Random, state: State, command: Command) -> dict[str, Any]:
    """What a call is given: arguments that could be right, objects as their uuids."""
    if command.kind.gets == WORDS:
        return {"words": walks.words(draw, state, command)}
    if "-param-" in command.name:
        (_, uuid), (_, field), (_, key), _ = walks.words(draw, state, command)
        given = {command.argument(command.required[0]): uuid, "param_name": field, "param_key": key}
        asked = {command.argument(parameter) for parameter in command.required}
        return {"arguments": {name: text for name, text in given.items() if name in asked}}
    fields = [*command.required, *(field for field in command.optional if draw.random() < 0.4)]
    arguments = {command.argument(field): walks.value(draw, state, field) for field in fields}
    if command.selector:
        name = command.selector.name
        arguments[name] = (name, draw.choice(state.all(name))["uuid"])
    return {"arguments": arguments}


def _run(state: State, command: Command, given: dict[str, Any], seed: float) -> tuple[Any, ...]:
    """Run the command; how it ended. What it takes by chance or from the clock comes from the seed."""
    chance = Random(seed)  # noqa: S311 - made alike for both
    if "arguments" in given:
        arguments = {
            name: state.need(*value) if type(value) is tuple else value for name, value in given["arguments"].items()
        }
        given = {"arguments": arguments}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "urandom", chance.randbytes)
        patch.setattr(time, "gmtime", lambda: NEW_YEAR)
        try:
            running.run(state, Call(command, **given))
        except Failure as refusal:
            shown = [value["uuid"] if isinstance(value, dict) else value for value in refusal.values]
            return refusal.code, shown, [blocker["uuid"] for blocker in refusal.blockers], refusal.profile
        except XeError as refusal:
            return (str(refusal),)
    return ()
