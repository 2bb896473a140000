"""What the tests share: a command line to run, in this process or as a real one, on a state file of its own."""

import io
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

from xe_py.cli import main
from xe_py.cli.environment import Environment
from xe_py.reference.files import modules
from xe_py.store import store_for

pytest_plugins = ["exercised"]
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # What a shell starts in the background ignores interrupts, and hands that on to the processes of the tests.
    signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="xe-cache-")
REPOSITORY = Path(__file__).parent.parent


def pytest_configure() -> None:
    """Refuse to test a program that believes generated modules from before the last edit."""
    stale = [path for path, text in modules().items() if (REPOSITORY / path).read_text() != text]
    if stale:
        raise pytest.UsageError(f"{', '.join(stale)}: not current; run python -m xe_py.reference first")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: they may differ from run to run, and the processes of a run must agree on names."""
    return argname if isinstance(val, bytes) else None


@dataclass
class Result:
    """What a command line printed and how it ended."""

    out: str
    err: str
    status: int


def run(argv: list[str], out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Run a command line in this process, on its own streams or others; the exit status."""
    return main.run(argv, Environment(os.environ, (sys.stdin, out or sys.stdout, err or sys.stderr)))


class Xe:
    """Runs command lines on one state file, and holds what is true of all of them.

    A refusal leaves the file byte for byte as it was; what is accepted leaves a state in which the full check finds
    nothing.
    """

    def __init__(self, state: Path) -> None:
        self.state = state

    def __call__(self, line: str, **words: str) -> Result:
        """Run a line, written as a user writes it but without quotes; `{name}` stands for a word given."""
        return self.run([word.format(**words) for word in line.split()])

    def run(self, argv: list[str], *, partial: bool = False) -> Result:
        """Run the words; `partial` says that some objects may be done although others are refused."""
        before = self.state.read_bytes() if self.state.exists() else None
        out, err = io.StringIO(), io.StringIO()
        status = run(["--state", str(self.state), *argv], out, err)
        after = self.state.read_bytes() if self.state.exists() else None
        if status and not partial:
            assert after == before, f"a refusal changed the file: {argv}"
            printed = out.getvalue()
            assert not printed or printed.startswith("operation failed on "), f"a refusal printed a result: {printed}"
        elif after != before:
            findings = store_for(str(self.state), os.environ).read().findings
            assert not findings, [(f.cls, f.uuid, f.field, f.failure) for f in findings]
        return Result(out.getvalue(), err.getvalue(), status)

    def piped(self, line: str, given: bytes = b"") -> tuple[bytes, Result]:
        """Run a line with these bytes on standard input; the bytes that it prints, and how it ended."""
        out, err = io.TextIOWrapper(io.BytesIO()), io.StringIO()
        streams = io.TextIOWrapper(io.BufferedReader(io.BytesIO(given))), out, err
        status = main.run(["--state", str(self.state), *line.split()], Environment(os.environ, streams))
        return out.buffer.getvalue(), Result("", err.getvalue(), status)

    def do(self, line: str, **words: str) -> str:
        """Run a line that must be accepted; what it printed, without the line break."""
        result = self(line, **words)
        assert result.status == 0, f"{line}: {result.err}"
        return result.out.removesuffix("\n")

    def code(self, line: str, **words: str) -> str:
        """Run a line that must be refused; the code, or the first line where there is none."""
        result = self(line, **words)
        assert result.status == 1, f"{line} was not refused: {result.out}"
        codes = [text for text in result.err.splitlines() if text.startswith("Code: ")]
        return codes[0].removeprefix("Code: ") if codes else result.err.splitlines()[0]


@pytest.fixture(scope="session", autouse=True)
def working_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Tests give commands any words, which may be names of files: none of these lands in the checkout."""
    os.chdir(tmp_path_factory.mktemp("working"))


@pytest.fixture(scope="session")
def fresh_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The bytes of a fresh host for each set of rules, made once."""
    files = {}
    for rules in ("strict", "xapi"):
        path = tmp_path_factory.mktemp("fresh") / "host.toml"
        assert run(["--state", str(path), "state-init", "name-label=xen1", f"rules={rules}"]) == 0
        files[rules] = path.read_bytes()
    return files


@pytest.fixture
def xe(tmp_path: Path, fresh_files: dict[str, bytes]) -> Xe:
    """A command line on a fresh host under the strict rules."""
    (tmp_path / "host.toml").write_bytes(fresh_files["strict"])
    return Xe(tmp_path / "host.toml")


@pytest.fixture
def xapi(tmp_path: Path, fresh_files: dict[str, bytes]) -> Xe:
    """A command line on a fresh host under the rules of the real XAPI."""
    (tmp_path / "xapi.toml").write_bytes(fresh_files["xapi"])
    return Xe(tmp_path / "xapi.toml")


@pytest.fixture
def process(tmp_path: Path) -> "Process":
    """The program as a real process, with an environment of its own."""
    return Process(tmp_path)


class Process:
    """Starts real processes of the program."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            # The checkout is what is tested, even where a copy of it is installed.
            "PYTHONPATH": str(REPOSITORY),
        }

    def xe(self, *argv: str, **environment: str) -> Result:
        """Run the program with these words and wait for it."""
        return self.run([sys.executable, "-m", "xe_py", *argv], **environment)

    def run(self, argv: list[str], **environment: str) -> Result:
        """Run any program and wait for it."""
        done = subprocess.run(
            argv, env=self.environment | environment, capture_output=True, text=True, check=False, cwd=self.home
        )
        return Result(done.stdout, done.stderr, done.returncode)

    def start(self, *argv: str, **environment: str) -> "subprocess.Popen[str]":
        """Start the program and do not wait."""
        return subprocess.Popen(
            [sys.executable, "-m", "xe_py", *argv],
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.home,
        )
