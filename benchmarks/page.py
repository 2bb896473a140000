"""What is shown: the table of figures and bounds, and docs/performance.md around it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess

from measure import ROUNDS_OF_SLOW_ROWS, SLOW

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from measure import Bench
    from rows import Line

_THREE_DIGITS = 100
_HEAD = ("what", "figure", "must", "worth", "kept", "ms", "× pass")
_PAGE = """\
# What a command costs

Written by `python benchmarks/run.py`, which makes its states (`benchmarks/states.py`), measures, and writes this page;
`--only`, `--rounds` and `--help` say the rest.{short}
{table}
`figure` is what the bound is about, `must` and `worth` are the bounds, `kept` is the better one of them that holds.
`pass` is `python -c pass` of the interpreter that runs `xe`; peak memory is that of the whole process.

## How it is measured

- Only whole processes, from spawn to end, `xe` as pip installs it; standard output goes to `/dev/null`.
- Each row runs once in every round, in another order each time: untimed, then a `pass`, then timed. So it is measured
  as the second of two commands, with memory and disk as the first left them. `× pass` is the median of the pairs, so a
  machine that changes its speed does not show; `ms` is the median too. Rows over {slow:g} s run {rounds_of_slow} times,
  without the untimed run.
- "n objects" counts all classes. Of ten objects nine belong to a VM: the VM, two disks with a snapshot each, three
  VBDs, a VIF; the rest are hosts, SRs, PBDs, networks, VLANs. So 100 000 objects have 10 000 VMs, half of which run.
- A changing command changes another object, or to another value, each time, on a state that only its row uses and
  that has a history. It is durable: the file and its folder are flushed before it ends.
- After an edit by hand, nothing that was derived from the file holds: it is read, checked as a whole, and indexed.
- Peak memory is the highest that a process of its own reached, started by a small one; the median of three.
- virsh drives libvirt's test driver, which reads its node from XML in each process and keeps nothing; a domain has two
  disks and a network card. `define and start` is compared with a batch of seven commands that make the same VM.

## What is behind the figures

- What a small command takes beyond `pass` is for the most part the loading of this program's own modules by Python
  (`python -X importtime .venv/bin/xe …` shows them), and not its work: one that changes something loads more of them
  than one that reads, and one that starts a VM most of all. What changes something flushes twice besides.
- In a large state a change costs what the system takes to copy the file and to flush it; what is looked up and checked
  does not grow with the state.
- What is read in full (`state-check`, after an edit by hand) is read, taken in and checked object by object, in Python;
  that is linear, and no part of it stands out. The bounds in seconds and microseconds are of a machine: `× pass` beside
  them says how fast this one was.
- A row near its bound falls on either side of it from run to run.

## Where it was measured

{machine}
"""


def table(lines: Iterable[Line]) -> str:
    """The lines as a table in Markdown that reads well as plain text too."""
    cells = [_HEAD, *map(_cells, lines)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEAD))]
    shown = [
        "| " + " | ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) + " |\n" for row in cells
    ]
    rule = "|" + "|".join(["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])]) + "|\n"
    return shown[0] + rule + "".join(shown[1:])


def page(shown: str, bench: Bench, *, short: bool) -> str:
    """The whole page."""
    return _PAGE.format(
        table=shown,
        short=" This is the short form on tiny states: the figures mean nothing.\n" if short else "\n",
        slow=SLOW,
        rounds_of_slow=ROUNDS_OF_SLOW_ROWS,
        machine="\n".join(f"- {item}" for item in _machine(bench)),
    )


def _cells(line: Line) -> tuple[str, ...]:
    bounds = [_number(bound) if bound else "" for bound in (line.must, line.worth)]
    if line.absent:
        return (line.what, line.absent, *bounds, "", "", "")
    whole = _number(line.row.seconds * 1e3), _number(line.row.ratio)
    return (line.what, f"{_number(line.figure)} {line.unit}", *bounds, line.verdict, *whole)


def _number(value: float) -> str:
    """Three digits that count."""
    return f"{value:.3g}" if value < _THREE_DIGITS else f"{value:.0f}"


def _machine(bench: Bench) -> list[str]:
    def said(*words: str) -> str:
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()

    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)
    found = [
        f"{os.cpu_count()} CPUs ({_cpu()}), {memory:.0f} GiB; the states on "
        + said("df", "--output=fstype", bench.folder).splitlines()[-1],
        f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}",
        said(bench.python, "-c", "import platform; print(platform.python_implementation(), platform.python_version())"),
        said(bench.xe, "--version"),
    ]
    if virsh := shutil.which("virsh"):
        found.append(f"virsh {said(virsh, '--version')}")
    return found


def _cpu() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()
