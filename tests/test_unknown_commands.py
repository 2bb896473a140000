"""A name that is no command: a slip gets the name that was meant, else nothing is guessed."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import REPOSITORY

from xe_py import operations
from xe_py.cli.real_xe import COMMANDS

if TYPE_CHECKING:
    from conftest import Process, Xe

FACTS = Path(__file__).parent / "facts"
HAVE = {name for name in operations.names() if (command := operations.find(name)) and not command.ours}
LAST = "For usage run: 'xe help'"
# Of a bond the real xe can set what it prints as read-only, which its list of names does not tell.
UNLISTED = {"bond-param-set"}


def test_the_names_are_those_of_the_facts() -> None:
    assert len(COMMANDS) == 689
    assert set(json.loads((FACTS / "commands.json").read_text())) <= COMMANDS
    for name in json.loads((FACTS / "classes.json").read_text()):
        assert {f"{name}-list", f"{name}-param-list", f"{name}-param-get"} <= COMMANDS
    assert HAVE - COMMANDS == UNLISTED


def test_readme_says_how_many_are_here() -> None:
    readme = (REPOSITORY / "README.md").read_text()
    assert f"xe_py has {len(COMMANDS & HAVE)} of the real xe's {len(COMMANDS)} commands" in readme


def test_each_of_them_is_here() -> None:
    assert not COMMANDS - HAVE


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("vm-strat", "vm-start"),
        ("vmlist", "vm-list"),
        ("vm_list", "vm-list"),
        ("VM-List", "vm-list"),
        ("vm list", "vm-list"),
        ("vm list params=all", "vm-list"),
        ("vm param list uuid=x", "vm-param-list"),
        ("pool join", "pool-join"),
        ("vm-shutdwon vm=a", "vm-shutdown"),
        ("vbd-plgu", "vbd-plug"),
        ("vm-exprot", "vm-export"),
        ("event-wiat", "event-wait"),
        ("state-int", "state-init"),
    ],
)
def test_a_slip_gets_the_name_that_was_meant(xe: "Xe", line: str, meant: str) -> None:
    first, last, maybe = xe(line).err.splitlines()
    assert (first, last) == (f"Unknown command: {line.split(maxsplit=1)[0]}", LAST)
    assert re.split("[,?]", maybe)[0] == f"Note: did you mean {meant}"


@pytest.mark.parametrize("name", ["foo", "vm-explode", "list", "vm", "xe", "vm-", "ü", "x" * 5000])
def test_where_nothing_is_like_it_nothing_is_guessed(xe: "Xe", name: str) -> None:
    assert xe.run([name]).err.splitlines() == [f"Unknown command: {name}", LAST]


def test_a_script_is_told_the_same(process: "Process", xe: "Xe") -> None:
    (process.home / "script.sh").write_text("xe vm-list\nxe blob-putt uuid=x\n")
    done = process.xe("--state", str(xe.state), "batch", "script.sh")
    assert "Unknown command: blob-putt\nFor usage run: 'xe help'\nNote: did you mean blob-put" in done.err


def test_the_readme_says_how_many_there_are() -> None:
    counted = re.search(r"(\d+) of the real xe's (\d+)\s+commands", (REPOSITORY / "README.md").read_text())
    assert counted is not None
    assert (int(counted[1]), int(counted[2])) == (len(HAVE & COMMANDS), len(COMMANDS)), "correct README.md"
