"""Torture the program and count what it survives: `python benchmarks/reliability.py` writes docs/reliability.md.

It drives what the tests drive (`tests/torture.py` and the tests of fuzz, crashes, streams, styles and concurrency), for
longer, and real processes besides. It needs what the tests need. As root, and with strace, it does more.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import torments_of_input as inputs  # noqa: E402 - the path comes first
import torments_of_processes as processes  # noqa: E402 - the path comes first
from torments import Torture  # noqa: E402 - the path comes first

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = ROOT / "docs" / "reliability.md"

PARTS: dict[str, Callable[[Torture], str]] = {
    "kill": processes.kills_at_random,
    "interrupt": processes.interrupts,
    "kill-at-calls": processes.kills_at_calls,
    "fail-calls": processes.failing_calls,
    "fail-all-calls": processes.failing_calls_in_process,
    "full": processes.full_disks,
    "streams": processes.broken_streams,
    "storm": processes.storm,
    "files": inputs.broken_files,
    "styles": inputs.written_styles,
    "index": inputs.index_walks,
    "lines": inputs.odd_lines,
    "python": inputs.odd_keywords,
    "large": processes.large_files,
    "walks": inputs.random_walks,
    "coverage": inputs.coverage,
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
tests/test_concurrency.py tests/test_streams.py tests/test_toml_styles.py tests/test_random_walks.py`.

## What holds

- **Crashes.** The next version is written beside the file and flushed, then renamed over it, then the folder is
  flushed. Whoever dies in between leaves the old file or the new one; the lock goes with the process, and the next
  command sweeps up. What fails after the file is new (its folder is not flushed, the output cannot be printed, an
  interrupt) is told as such: the change was made.
- **Concurrency.** One writer at a time; a reader takes no lock and sees one version. A writer waits ten seconds, or
  `XE_LOCK_TIMEOUT`, and then says for whom.
- **Bad input.** A state file is an ordinary file; a pipe, a device, a folder or a link in a circle is told at once. A
  file that is no state is refused with its line; one that is unsound can be listed and is changed by nothing.
- **Other people's folders.** What is planted beside the file or in the cache (links, pipes, files with two names,
  folders of others) is neither followed nor written to.
- **Secrets.** What is made is for its owner alone. Passwords in `device-config` stand in the state file and its earlier
  versions. What xe prints about a change, the logs and the index are without them.
- **Paths in the file.** Only the folder in the `device-config` of an ISO SR is looked at: when the SR is plugged or
  scanned, and when a guest comes to see one of its files.

## What does not

- A disk that says it has flushed and has not.
- An editor that writes into the file, instead of replacing it, in the instant between the last look at the file and the
  rename: its change is lost, as with any two programs that do not share a lock.
- `kill -9` while the index is written may leave a file in the cache folder; nothing reads it, and whoever makes the
  index anew removes it.
"""


if __name__ == "__main__":
    main()
