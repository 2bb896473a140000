"""Torture the program and count what it survives: `python benchmarks/reliability.py` writes docs/reliability.md.

It drives what the tests drive (`tests/torture.py` and the tests of fuzz, crashes and concurrency), for longer, and real
processes besides. It needs what the tests need. As root, and with strace, it does more.
"""

# ruff: noqa: S101 - what must hold is asserted, as in the tests

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests")]

import test_concurrency as concurrency  # noqa: E402 - the path comes first
import test_crash_writes as crashes  # noqa: E402
import test_fuzz_command_line as command_lines  # noqa: E402
import test_fuzz_index as index_fuzz  # noqa: E402
import test_fuzz_state_file as state_files  # noqa: E402
import test_random_walks as walks  # noqa: E402
from conftest import Process  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402
from hypothesis.stateful import run_state_machine_as_test  # noqa: E402
from torture import Contract, draws, furnish  # noqa: E402

from xe_py import classes, operations  # noqa: E402
from xe_py.store import reader  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = HERE.parent / "docs" / "reliability.md"
# The system calls by which a command changes anything.
CHANGING = (
    "write", "pwrite64", "fsync", "rename", "link", "unlink", "mkdir", "ftruncate", "fchmod", "fchown", "utimensat",
    "flock",
)  # fmt: skip
LARGE = 100 << 20
MEMORY = 8 << 30


class Torture:
    """A folder to work in, a file in it, how much is to be done (1: all of it), and chance."""

    def __init__(self, folder: Path, share: float) -> None:
        self.folder = folder
        self.share = share
        self.process = Process(folder)
        self.process.environment["PYTHONPATH"] = str(HERE.parent)
        self.state = folder / "host.toml"
        self.process.environment |= {
            "XE_STATE": str(self.state), "PYTHON": sys.executable, "XDG_CACHE_HOME": str(folder / "cache"),
        }  # fmt: skip
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        self.draw = random.Random(1)

    def times(self, number: int) -> int:
        """So many, or its share."""
        return max(1, round(number * self.share))

    def fresh(self) -> bytes:
        """Put a fresh host in the file; its bytes."""
        shutil.rmtree(f"{self.state}.d", ignore_errors=True)
        assert self.process.xe("state-init", "--force").status == 0
        return self.state.read_bytes()

    def holds(self, *, serial: int, vms: int) -> None:
        """Hold that the file is sound and nothing in it is lost or made twice."""
        state, findings = reader.load(reader.read(str(self.state)))
        assert not findings
        assert (state.header["serial"], state.count("vm")) == (serial, vms)

    def swept(self) -> None:
        """Hold that the next command works and leaves nothing behind."""
        assert self.process.xe("vm-create", "name-label=next", XE_LOCK_TIMEOUT="0").status == 0
        assert {*os.listdir(f"{self.state}.d")} <= {"lock", "history", ".gitignore"}


def kills_at_random(torture: Torture) -> str:
    """Processes killed at a random moment."""
    torture.fresh()
    start, before = time.monotonic(), reader.load(reader.read(str(torture.state)))[0]
    assert torture.process.xe("vm-create", "name-label=first").status == 0
    takes = time.monotonic() - start
    number, done = torture.times(400), 1
    for turn in range(number):
        victim = torture.process.start("vm-create", f"name-label=vm{turn}")
        time.sleep(torture.draw.uniform(0, takes * 1.2))
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
        state = reader.load(reader.read(str(torture.state)))[0]
        done = state.header["serial"] - before.header["serial"]
        torture.holds(serial=before.header["serial"] + done, vms=before.count("vm") + done)
    torture.swept()
    return f"{number} killed, {done - 1} of them after their commit; each time the old file or the new one"


def kills_at_calls(torture: Torture) -> str:
    """Processes killed at each system call that changes anything."""
    return _injected(torture, ["signal=SIGKILL"])


def failing_calls(torture: Torture) -> str:
    """Processes in which each system call that changes anything fails."""
    return _injected(torture, [f"error={name}" for name in ("ENOSPC", "EIO", "EDQUOT", "EACCES", "EINTR")])


def _injected(torture: Torture, faults: list[str]) -> str:
    if not shutil.which("strace"):
        return "not done: there is no strace"
    torture.fresh()
    torture.process.xe("vm-create", "name-label=warm")
    number = 0
    for fault in faults[: torture.times(len(faults))]:
        for call in CHANGING[: torture.times(len(CHANGING))]:
            place = 1
            while _inject(torture, call, f"{fault}:when={place}"):
                place += 1
            number += place - 1
    torture.swept()
    return f"{number} faults; each time the old file or the new one, and the next command works"


def _inject(torture: Torture, call: str, fault: str) -> bool:
    """Make an object with a fault in one system call; whether it came to that."""
    before = torture.state.read_bytes()
    log = torture.folder / "strace.log"
    strace = ["strace", "-qq", "-o", str(log), "-e", f"trace={call}", "-e", f"inject={call}:{fault}"]
    done = torture.process.run([*strace, sys.executable, "-m", "xe_py", "vm-create", "name-label=x"])
    state, findings = reader.load(reader.read(str(torture.state)))
    assert not findings, (call, fault)
    assert state.header["serial"] == state.count("vm"), (call, fault)
    assert "Traceback" not in done.err, (call, fault, done)
    assert "INTERNAL_ERROR" not in done.err, (call, fault, done)
    assert done.status or torture.state.read_bytes() != before, (call, fault, done)
    return "INJECTED" in log.read_text() or "killed by" in log.read_text()


def failing_calls_in_process(torture: Torture) -> str:
    """Every call of the operating system, the reading ones too, fails or is the last."""
    data = torture.fresh()
    tried = done = killed = 0
    for line in crashes.COMMANDS.values():
        victim = crashes.Victim(torture.folder / "victim.toml", data)
        for error in crashes.ERRORS[: torture.times(len(crashes.ERRORS))]:
            more = crashes.fail(victim, line, error)
            tried, done = tried + more[0], done + more[1]
        for before in (True, False):
            killed += crashes.kill(victim, line, before=before)[0]
    return (
        f"{tried} failures ({done} commands done all the same) and {killed} kills; the file is old or new, never else"
    )


def full_disks(torture: Torture) -> str:
    """A disk that is full, or a file that may not grow, at any point."""
    data = torture.fresh()
    disk = torture.folder / "disk"
    disk.mkdir()
    sizes = range(0, 64, 1 if torture.share == 1 else 16)
    mounted = not torture.process.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]).status
    if mounted:
        try:
            for left in sizes:
                crashes.fill(torture.process, disk, data, left)
        finally:
            torture.process.run(["umount", "-l", str(disk)])
    for limit in (blocks := range(14)):
        torture.fresh()
        before = torture.state.read_bytes()
        script = f"trap '' XFSZ; ulimit -f {limit}; exec '{sys.executable}' -m xe_py vm-create name-label=x"
        done = torture.process.run(["bash", "-c", script])
        assert done.status in {0, 3, 4}, done
        assert (torture.state.read_bytes() == before) == (done.status not in {0, 4}), done
        torture.swept()
    disks = f"{len(sizes)} full disks" if mounted else "no full disks (mounting is not permitted)"
    return f"{disks} and {len(blocks)} file limits; the file is old or new, and the next command works"


def storm(torture: Torture) -> str:
    """Sixteen processes change one file while others read it."""
    torture.fresh()
    changes = torture.times(50)
    start = time.monotonic()
    reads = concurrency.storm(torture.process, torture.state, 16, changes, 4)
    seconds = time.monotonic() - start
    return f"{16 * changes} changes, {reads} reads meanwhile, {seconds:.0f} s; none lost, no gap, no half state seen"


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
    return (
        f"{tried} files, and {understood} more read alike by both readers; no bug shows, none is changed unless sound"
    )


def index_walks(torture: Torture) -> str:
    """Commands on a file by its index, each compared with the same on the file read as a whole."""
    commands = changed = 0
    for seed in range(torture.times(60)):
        more = index_fuzz.walk(torture.folder / f"walk{seed}.toml", seed + 100, 120)
        commands, changed = commands + more[0], changed + more[1]
    return f"{commands} commands, {changed} of which changed something; each ended alike, with the same state behind it"


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
    return f"{tried} lines, {furnished.accepted} of them accepted; no bug shows, what is accepted is sound"


def large_files(torture: Torture) -> str:
    """Files of 100 MB of one thing."""
    size = LARGE if torture.share == 1 else LARGE // 100
    head = '\n[state]\nformat = 1\nlineage = "x"\nserial = 1\nrules = "strict"\n'
    table = '\n[vm.%08x-0000-4000-8000-000000000000]\nname-label = "x"\n'
    contents: dict[str, Callable[[], str]] = {
        "zeros": lambda: "\0" * size,
        "a comment": lambda: head + "#" * size,
        "lines": lambda: head + "".join(f"k{number} = 1\n" for number in range(size // 13)),
        "a text": lambda: f'{head}\n[vm.{state_files.UUID}]\nname-label = "{"x" * size}"\n',
        "brackets": lambda: head + "x = " + "[" * size,
        "VMs": lambda: head + "".join(table % number for number in range(size // 62)),
    }
    slowest = most = 0.0
    for what, content in contents.items():
        torture.state.write_text(content())
        for line in (["vm-list", "--minimal"], ["vm-create", "name-label=x"]):
            start = time.monotonic()
            done = _limited(torture, line)
            slowest = max(slowest, time.monotonic() - start)
            assert done.returncode in {0, 1, 3}, (what, line, done.stderr[:500])
            assert b"Traceback" not in done.stderr, (what, line, done.stderr[:500])
            most = max(most, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
    torture.fresh()
    return f"{2 * len(contents)} commands on {size >> 20} MB; at most {slowest:.0f} s and {most:.0f} MiB, no bug shows"


def _limited(torture: Torture, line: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "xe_py", *line],
        env=torture.process.environment,
        capture_output=True,
        check=False,
        timeout=900,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
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
    """What the tests provoke of all rules, guards and codes."""
    if torture.share < 1:
        return "not counted in the short form"
    line = [sys.executable, "-m", "pytest", "--figures", "tests"]
    done = subprocess.run(line, cwd=HERE.parent, capture_output=True, text=True, check=False)
    figures = [line for line in done.stdout.splitlines() if line.startswith("provoked: ")]
    assert done.returncode == 0, done.stdout[-2000:]
    return figures[0].removeprefix("provoked: ")


PARTS: dict[str, Callable[[Torture], str]] = {
    "kill": kills_at_random,
    "kill-at-calls": kills_at_calls,
    "fail-calls": failing_calls,
    "fail-all-calls": failing_calls_in_process,
    "full": full_disks,
    "storm": storm,
    "files": broken_files,
    "index": index_walks,
    "lines": odd_lines,
    "large": large_files,
    "walks": random_walks,
    "coverage": coverage,
}


def main() -> None:
    """Do the parts, show the table, write the page."""
    parser = argparse.ArgumentParser(description="Torture the program, and count what it survives.")
    parser.add_argument(
        "--only", choices=PARTS, action="append", help="only this part (may be repeated); writes no page"
    )
    parser.add_argument("--short", action="store_true", help="a little of each: only try whether all works; no page")
    arguments = parser.parse_args()
    rows, failed = [], False
    for name in arguments.only or PARTS:
        part = PARTS[name]
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="xe-reliability-") as folder:
            try:
                found = part(Torture(Path(folder), 0.01 if arguments.short else 1))
            except AssertionError as error:
                traceback.print_exc()
                found, failed = f"FAILED: {str(error)[:1000]}", True
        rows.append((name, (part.__doc__ or "").rstrip("."), found, time.monotonic() - start))
        print(f"{name:<15} {found}  ({rows[-1][3]:.0f} s)", flush=True)
    if not arguments.only and not arguments.short and not failed:
        PAGE.write_text(page(rows), encoding="utf-8")
    sys.exit(1 if failed else 0)


def page(rows: list[tuple[str, str, str, float]]) -> str:
    """The page with the table."""
    lines = "".join(f"| {what} | {found} | `--only {name}` | {took:.0f} s |\n" for name, what, found, took in rows)
    python = ".".join(map(str, sys.version_info[:3]))
    machine = f"{os.cpu_count()} CPUs, {os.uname().sysname} {os.uname().release}, Python {python}"
    return TEXT.format(lines=lines, machine=machine, date=time.strftime("%Y-%m-%d"))


TEXT = """\
# Reliability

What was done to the program, and what became of it. Written by `python benchmarks/reliability.py` on {date}
({machine}); each row can be repeated alone with the words in its third column. Every command line was held to
one contract (`tests/torture.py`): it ends in time, with a status that is documented, without a bug showing; a refusal
prints no result and leaves the file byte for byte; what is accepted leaves a state in which the full check finds
nothing.

| What | Result | Again with | Took |
| --- | --- | --- | --- |
{lines}
The tests do the same in a short form with every run: `pytest tests/test_fuzz_*.py tests/test_crash_*.py
tests/test_concurrency.py tests/test_random_walks.py`.

## What holds

- **Crashes.** The next version is written beside the file and flushed, then renamed over it, then the folder is
  flushed. Whoever dies in between leaves the old file or the new one; the lock goes with the process, and the next
  command sweeps up. Only an error in the last flush is told after the file is new: "is written, but its folder is not
  flushed".
- **Concurrency.** One writer at a time; a reader takes no lock and sees one version. A writer waits ten seconds, or
  `XE_LOCK_TIMEOUT`, and then says for whom.
- **Bad input.** A state file is an ordinary file; a pipe, a device, a folder or a link in a circle is told at once. A
  file that is no state is refused with its line; one that is unsound can be listed and is changed by nothing.
- **Other people's folders.** What is planted beside the file or in the cache (links, pipes, files with two names,
  folders of others) is neither followed nor written to.
- **Secrets.** What is made is for its owner alone. Passwords in `device-config` stand in the state file and its earlier
  versions. What xe prints about a change, the logs and the index are without them.
- **Paths in the file.** Only plugging or scanning an ISO SR reads a folder, the one in its `device-config`.

## What does not

- A disk that says it has flushed and has not.
- An editor that writes into the file, instead of replacing it, in the instant between the last look at the file and the
  rename: its change is lost, as with any two programs that do not share a lock.
- `kill -9` while the index is written may leave a file in the cache folder; nothing reads it, and whoever makes the
  index anew removes it.
"""


if __name__ == "__main__":
    main()
