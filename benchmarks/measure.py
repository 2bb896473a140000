"""Measuring whole processes: a bench with its states, rows of commands, rounds in which each row runs once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from statistics import median

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Words = Callable[[int], list[str]]

SLOW, ROUNDS_OF_SLOW_ROWS = 2.0, 3
_STATES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "states.py")


class MissingError(Exception):
    """A program that was to be measured is not on this machine."""


class FailedError(Exception):
    """A process that was to be measured did not do what it should."""


# A process counts the memory of the one that spawned it as its own, so what is weighed is spawned by a small one.
_SCALES = """
import os, sys
_, status, usage = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)
print(status, usage.ru_maxrss)
"""


@dataclass
class Run:
    """How one process went: the seconds from spawn to end, and how often a bare `pass` fits in."""

    seconds: float
    ratio: float


@dataclass
class Row:
    """A command that is measured.

    `prepare` makes what it needs and hands back what gives its words in each round; `before` is done before each run.
    Neither is timed. `needs` is a program without which there is nothing to measure. `weighed` asks for the peak
    memory too, in MiB.
    """

    name: str
    prepare: Callable[[], Words]
    before: Callable[[], object] = lambda: None
    stdin: str = os.devnull
    needs: str = ""
    weighed: bool = False
    peak: float = 0
    runs: list[Run] = field(default_factory=list)
    absent: str = ""
    failed: bool = False

    @property
    def seconds(self) -> float:
        """The median of the times."""
        return median(run.seconds for run in self.runs)

    @property
    def ratio(self) -> float:
        """The median of the times in `pass` of the same round."""
        return median(run.ratio for run in self.runs)


class Bench:
    """The program to measure, the states to measure it on, and the environment that all processes get.

    `sizes` says how many objects a state really has that is asked for by a number of objects.
    """

    def __init__(self, xe: str, folder: str, sizes: dict[int, int]) -> None:
        self.xe, self.folder, self.sizes = xe, folder, sizes
        self.python = _interpreter(xe)
        self.environment = {
            "PATH": os.defpath,
            "HOME": folder,
            "LANG": "C.UTF-8",
            "XDG_CACHE_HOME": os.path.join(folder, "cache"),
            **{name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ},
        }

    def file(self, name: str) -> str:
        """The path of a file of this name on the bench."""
        return os.path.join(self.folder, name)

    def state(self, objects: int, use: str = "read") -> str:
        """The state with so many objects for this use; only uses that do not change it may share it."""
        made, path = self.file(f"{objects}.toml"), self.file(f"{objects}-{use}.toml")
        if not os.path.exists(made):
            maker = [self.python, _STATES, str(self.sizes[objects]), made]
            subprocess.run(maker, env=self.environment, cwd=self.folder, check=True)
        if not os.path.exists(path):
            shutil.copyfile(made, path)
        return path

    def line(self, path: str, *words: str) -> list[str]:
        """The command line that does the words on this state."""
        return [self.xe, "--state", path, *words]

    def ask(self, path: str, *words: str) -> list[str]:
        """What a list on this state prints with `--minimal`."""
        line = [*self.line(path, *words), "--minimal"]
        done = subprocess.run(line, env=self.environment, cwd=self.folder, check=False, capture_output=True, text=True)
        if done.returncode or done.stderr:
            raise FailedError(_summary(done.stderr, done.returncode))
        return done.stdout.strip().split(",")

    def spawn(self, words: list[str], stdin: str = os.devnull) -> float:
        """Run the process to its end: the seconds it took. Words on standard error are a failure."""
        errors = self.file("stderr")
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        ]
        start = time.perf_counter()
        process = os.posix_spawn(words[0], words, self.environment, file_actions=actions)
        _, status = os.waitpid(process, 0)
        seconds = time.perf_counter() - start
        with open(errors, encoding="utf-8", errors="replace") as file:
            said = file.read()
        if status or said:
            raise FailedError(_summary(said, os.waitstatus_to_exitcode(status)))
        return seconds

    def bare(self) -> float:
        """The seconds that the interpreter of the program takes to do nothing."""
        return self.spawn([self.python, "-c", "pass"])

    def weigh(self, words: list[str]) -> float:
        """Run the process to its end: its peak memory in MiB."""
        line = [self.python, "-S", "-E", "-c", _SCALES, *words]
        done = subprocess.run(line, env=self.environment, cwd=self.folder, check=True, capture_output=True, text=True)
        status, peak = map(int, done.stdout.splitlines()[-1].split())
        if status or done.stderr:
            raise FailedError(_summary(done.stderr, os.waitstatus_to_exitcode(status)))
        return peak / 1024


def measure(bench: Bench, rows: list[Row], rounds: int) -> None:
    """Run every row once in each round, in another order each time, behind an untimed run and a `pass` of its own.

    A slow row takes part in the first rounds only; one that cannot be measured says why in `absent`.
    """
    ready = []
    for row in rows:
        _tell(f"preparing: {row.name}")
        with _marked(row):
            ready.append((row, *_ready(bench, row, rounds)))
    shuffle = Random(0).shuffle
    for number in range(1, rounds + 1):
        _tell(f"round {number} of {rounds}")
        shuffle(ready)
        for row, words, most in ready:
            if number <= most and not row.absent:
                with _marked(row):
                    if most == rounds:
                        row.before()
                        bench.spawn(words(-number), row.stdin)
                    row.before()
                    floor = bench.bare()
                    seconds = bench.spawn(words(number), row.stdin)
                    row.runs.append(Run(seconds, seconds / floor))


def _ready(bench: Bench, row: Row, rounds: int) -> tuple[Words, int]:
    """Prepare the row, run it once, and weigh it if wanted; its words, and in how many rounds it takes part."""
    if row.needs and not shutil.which(row.needs):
        raise MissingError(f"{row.needs} is not installed")
    words = row.prepare()
    row.before()
    first = bench.spawn(words(0), row.stdin)
    if row.weighed:
        row.peak = median(bench.weigh(words(turn)) for turn in (-1, -2, -3))
    return words, ROUNDS_OF_SLOW_ROWS if first > SLOW else rounds


@contextmanager
def _marked(row: Row) -> Iterator[None]:
    """Let the row say in `absent` why it could not be measured, if it could not."""
    try:
        yield
    except (FailedError, MissingError) as error:
        row.absent, row.failed = str(error), isinstance(error, FailedError)


def _summary(said: str, status: int) -> str:
    return "; ".join(said.split("\n")).strip("; ") or f"exit status {status}"


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text:<78.78}")


def _interpreter(script: str) -> str:
    """The interpreter that runs the script, from its first line."""
    with open(script, "rb") as file:
        first = file.readline(1000).decode(errors="replace").split()
    if not first or not first[0].startswith("#!/") or len(first) > 1:
        sys.exit(f"{script} does not begin with the path of an interpreter.")
    return first[0].removeprefix("#!")
