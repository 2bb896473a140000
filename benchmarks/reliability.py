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

`python benchmarks/reliability.py` tries to break xe_py, and writes this page with the results. It ran last on {date}
({machine}). To repeat one row alone, add the words in its third column.

Every command line had to keep one contract (`tests/torture.py`):

- It ends in time, with a documented exit status, and no bug shows.
- A refused command prints no result, and does not change a byte of the file.
- After an accepted command, the full check finds nothing wrong in the state.

| What | Result | Again with | Took |
| --- | --- | --- | --- |
{lines}
Every test run does the same in a short form: `pytest tests/test_fuzz_*.py tests/test_crash_*.py
tests/test_concurrency.py tests/test_streams.py tests/test_toml_styles.py tests/test_random_walks.py`.

## What holds

- **Crashes.** A command writes the next version beside the file and flushes it. Then it renames it over the file and
  flushes the folder. If the process dies in between, the file is either the old version or the new one. The lock ends
  with the process, and the next command removes what was left. If something fails after the file is new (the folder is
  not flushed, the output cannot be printed, an interrupt comes), the command says that it made the change.
- **Concurrency.** One process writes at a time. A reader takes no lock and sees one version. A writer waits ten
  seconds, or as long as `XE_LOCK_TIMEOUT` says, and then names the process that holds the lock.
- **Bad input.** A state file must be an ordinary file. xe refuses a pipe, a device, a folder or a circle of links at
  once. If a file is no state file, xe names the line. If the state in a file is unsound, commands can list it, and none
  changes it.
- **Other people's files.** Somebody may plant links, pipes, files with two names, or folders beside the file or in the
  cache. xe does not follow them, and does not write to them.
- **Secrets.** Only the owner may read the files that xe makes. Passwords in `device-config` are in the state file and
  in its earlier versions. They are not in the index, in the logs, or in what xe prints about a change.
- **Paths in the file.** xe looks only at the folder that the `device-config` of an ISO SR names. It looks when the SR
  is plugged or scanned, and when a guest gets one of its files.

## What does not hold

- A disk may say that it has flushed data when it has not. xe cannot know.
- An editor may write into the file, instead of replacing it, in the instant between xe's last look at the file and the
  rename. Then the change of the editor is lost, as with any two programs that do not share a lock.
- An interrupt in the first milliseconds, while Python itself starts and before a line of xe runs, ends as Python ends
  it: with a traceback and the status 1, or not at all. Nothing was changed then.
- `kill -9` while xe writes the index may leave a file in the cache folder. No command reads it, and a later command
  that makes an index removes it.
"""


if __name__ == "__main__":
    main()
