"""Real processes that are killed, starved, interrupted, or many at once."""

# ruff: noqa: S101 - what must hold is asserted, as in the tests

from __future__ import annotations

import resource
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import test_concurrency as concurrency
import test_crash_writes as crashes
import test_fuzz_state_file as state_files
import test_streams as streams
from conftest import Result

from xe_py.store.files.document import Site
from xe_py.store.toml import reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from torments import Torture

# The system calls by which a command changes anything.
CHANGING = (
    "write", "pwrite64", "fsync", "rename", "link", "unlink", "mkdir", "ftruncate", "fchmod", "fchown", "utimensat",
    "flock",
)  # fmt: skip
LARGE = 100 << 20
MEMORY = 8 << 30
INTERRUPTED = 130
# What may stand for standard input, output and error.
STREAMS = (
    ("", "<&-", "</dev/null", "</dev/full"),
    ("", ">&-", ">/dev/full", "1</dev/null"),
    ("", "2>&-", "2>/dev/full"),
)


def kills_at_random(torture: Torture) -> str:
    """Processes killed at a random moment."""
    torture.fresh()
    start, before = time.monotonic(), reader.judge(reader.read(Site(str(torture.state))))[0]
    assert torture.process.xe("vm-create", "name-label=first").status == 0
    takes = time.monotonic() - start
    number, done = torture.times(400), 1
    for turn in range(number):
        victim = torture.process.start("vm-create", f"name-label=vm{turn}")
        time.sleep(torture.draw.uniform(0, takes * 1.2))
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
        state = reader.judge(reader.read(Site(str(torture.state))))[0]
        done = state.header["serial"] - before.header["serial"]
        torture.holds(serial=before.header["serial"] + done, vms=before.count("vm") + done)
    torture.swept()
    return f"{number} killed, {done - 1} of them after their commit; each time the old file or the new one"


def interrupts(torture: Torture) -> str:
    """Processes interrupted (Ctrl-C) at a random moment."""
    torture.fresh()
    start = time.monotonic()
    assert torture.process.xe("vm-create", "name-label=first").status == 0
    takes = time.monotonic() - start
    number, told, before_us = torture.times(400), 0, 0
    for turn in range(number):
        before = torture.state.read_bytes()
        victim = torture.process.start("vm-create", f"name-label=vm{turn}")
        time.sleep(torture.draw.uniform(0, takes * 1.2))
        victim.send_signal(signal.SIGINT)
        out, err = victim.communicate()
        changed = torture.state.read_bytes() != before
        done = Result(out, err, victim.returncode)
        if streams.came_too_early(done):
            assert done.status == 0 or not changed, done
            before_us += 1
        else:
            streams.ended_well(done, changed=changed)
            told += victim.returncode == INTERRUPTED
    torture.swept()
    return (
        f"{number} interrupted: {told} ended with 130 and said what was done, {before_us} while Python itself started; "
        "what they say is always true"
    )


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
    state, findings = reader.judge(reader.read(Site(str(torture.state))))
    assert not findings, (call, fault)
    assert state.header["serial"] == state.count("vm"), (call, fault)
    assert "Traceback" not in done.err, (call, fault, done)
    assert "INTERNAL_ERROR" not in done.err, (call, fault, done)
    assert done.status or torture.state.read_bytes() != before, (call, fault, done)
    return "INJECTED" in log.read_text() or "killed by" in log.read_text()


def failing_calls_in_process(torture: Torture) -> str:
    """Each call of the operating system, reading calls too, fails or is the last one."""
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
        f"{tried} failures ({done} commands done all the same) and {killed} kills; "
        "the file is always the old one or the new one"
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


def broken_streams(torture: Torture) -> str:
    """Processes whose standard streams are closed, full, broken or of another encoding."""
    shell = streams.Shell(torture.process)
    number = changed = 0
    for line in streams.COMMANDS[:: 1 if torture.share == 1 else 10]:
        for _ in range(torture.times(12)):
            redirected = " ".join(torture.draw.choice(each) for each in STREAMS)
            before = shell.state.read_bytes()
            done = shell(line, redirected, **torture.draw.choice(streams.ENCODINGS))
            new = shell.state.read_bytes() != before
            number, changed = number + 1, changed + new
            lost = streams.status_of(line) or (4 if new else 1)
            assert done.status in {streams.status_of(line), lost}, (line, redirected, done)
            assert done.status in {0, 4} or not new, (line, redirected, done)
    return f"{number} commands, {changed} of them changed the file; the exit status always says which"


def storm(torture: Torture) -> str:
    """Sixteen processes change one file while others read it."""
    torture.fresh()
    changes = torture.times(50)
    start = time.monotonic()
    reads = concurrency.storm(torture.process, torture.state, 16, changes, 4)
    seconds = time.monotonic() - start
    return (
        f"{16 * changes} changes, {reads} reads meanwhile, {seconds:.0f} s; "
        "no change is lost, no serial is missing, no reader sees half a change"
    )


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
