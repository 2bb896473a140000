"""Any words, files, values and orders of commands."""

# ruff: noqa: S101 - what must hold is asserted, as in the tests

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import test_fuzz_command_line as command_lines
import test_fuzz_index as index_fuzz
import test_fuzz_python as pythons
import test_fuzz_state_file as state_files
import test_random_walks as walks
import test_toml_styles as styles
from conftest import REPOSITORY
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from torture import Contract, draws, furnish

from xe_py import classes, operations

if TYPE_CHECKING:
    from torments import Torture


def broken_files(torture: Torture) -> str:
    """State files in disorder: damaged, cut off, with any value in any field."""
    path = torture.folder / "broken.toml"
    contract, tried = Contract(path), 0
    for rules in ("strict", "xapi"):
        made = furnish(path, rules)
        text = path.read_text()
        for seed in range(torture.times(2000)):
            data = state_files.damaged(draws(seed), text)
            contract.torment(data.encode())
            state_files.lists(data)
            tried += 1
        for end in range(0, len(text), 37 if torture.share == 1 else 999):
            contract.torment(text.encode()[:end])
            tried += 1
        for cls in classes.sections()[: torture.times(12)]:
            tried += state_files.torment_fields(contract, (text, made), cls, lambda: [*state_files.VALUES.values()])
    understood = state_files.compare_readers(draws(2), torture.times(1_000_000))
    return f"{tried} files, and {understood} more read alike by both readers; no bug shows, and only sound files change"


def written_styles(torture: Torture) -> str:
    """State files in any style that TOML has, changed by commands and edits."""
    seeds = torture.times(600)
    done = sum(styles.walk(seed + 1000, 20) for seed in range(seeds))
    return f"{seeds} files, {done} changes; tomllib always reads what was meant, and no comment elsewhere is lost"


def index_walks(torture: Torture) -> str:
    """Commands that use the index, each compared with the same command on the whole file."""
    commands = changed = 0
    for seed in range(torture.times(60)):
        more = index_fuzz.walk(torture.folder / f"walk{seed}.toml", seed + 100, 120)
        commands, changed = commands + more[0], changed + more[1]
    return f"{commands} commands, {changed} of which changed something; each pair ends alike and leaves the same state"


def odd_lines(torture: Torture) -> str:
    """Command lines of any words."""
    furnished = command_lines.Furnished(torture.folder)
    names = [name for name in operations.names() if not name.startswith(("batch", "state-"))]
    tried = 0
    for seed in range(torture.times(100)):
        draw = draws(seed + 1000)
        for name in names:
            command = operations.find(name)
            assert command is not None
            furnished.attempt(command_lines.likely_words(draw, command, furnished.made))
            tried += 1
    return (
        f"{tried} lines, {furnished.accepted} of them accepted; no bug shows, and accepted commands leave a sound state"
    )


def odd_keywords(torture: Torture) -> str:
    """Calls from Python with any values: objects of other classes, of another block, texts, numbers."""
    tried = accepted = 0
    for seed in range(torture.times(60)):
        more = pythons.walk(torture.folder / "python.toml", seed + 1000)
        tried, accepted = tried + more[0], accepted + more[1]
    return (
        f"{tried} calls, {accepted} of them accepted; a refusal changes nothing, and accepted calls leave a sound state"
    )


def random_walks(torture: Torture) -> str:
    """Random walks over all commands, and edits by hand, under both sets of rules."""

    class Counted(walks.Walk):
        accepted = steps = 0

        def run(self, command: operations.Command) -> None:
            Counted.steps += 1
            before = self.text
            super().run(command)
            Counted.accepted += self.text != before

    chosen = settings(
        max_examples=torture.times(150), stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Counted, settings=chosen)
    return f"{Counted.steps} commands, {Counted.accepted} accepted; after each of them the full check finds nothing"


def coverage(torture: Torture) -> str:
    """How many of all rules, guards and codes the tests provoke."""
    if torture.share < 1:
        return "not counted in the short form"
    line = [sys.executable, "-m", "pytest", "--figures", "tests"]
    done = subprocess.run(line, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    figures = [line for line in done.stdout.splitlines() if line.startswith("provoked: ")]
    assert done.returncode == 0, done.stdout[-2000:]
    return figures[0].removeprefix("provoked: ")
