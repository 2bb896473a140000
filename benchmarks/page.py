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

`python benchmarks/run.py` writes this page. It makes the states (`benchmarks/states.py`) and measures the commands on
them. `python benchmarks/run.py --help` shows how to measure single rows, or more rounds.{short}
{table}
`figure` is the value that the bounds limit. `must` is the bound that the figure has to keep, `worth` is the bound to
aim for. `kept` is the better one of the bounds that the figure keeps. `pass` is the time of `python -c pass` with the
interpreter that runs `xe`.

## How it is measured

- The benchmark measures whole processes, from spawn to end. It runs `xe` as pip installs it, and sends standard output
  to `/dev/null`.
- Each round runs each row once, and each round has another order. A row runs three processes: the command untimed, then
  `pass`, then the command timed. So the timed command finds memory and disk as a first command left them. `× pass` is
  the time of the command divided by the time of `pass`, as the median of all rounds; so it does not matter if the
  machine changes its speed between rounds. `ms` is a median too. A row that takes more than {slow:g} s runs only
  {rounds_of_slow} times, without the untimed command.
- "n objects" counts the objects of all classes. Of ten objects, nine belong to one VM: the VM, two disks with a
  snapshot each, three VBDs and a VIF. The others are hosts, SRs, PBDs, networks and VLANs. A state of 100 000 objects
  has 10 000 VMs, and half of them run.
- A command that changes something changes another object, or writes another value, in each round. Its state has a
  history, and no other row uses this state. The change is durable: the command flushes the file and its folder before
  it ends.
- The edit by hand changes the name of one VM in the middle of the file. The command reads and checks what differs, and
  brings the index up to date.
- Peak memory is the most memory that the whole process had at once. The page shows the median of three processes. A
  small program starts them, because a process counts the memory of the program that starts it.
- A VM that is exported or imported has one disk of random data. `cp` copies a file with the same data. What they
  write is flushed: vm-import does that by itself, `sync` does it for the others.
- virsh drives libvirt's test driver. In each process, the driver reads its node from XML, and it keeps nothing. A
  domain has two disks and a network card. For `define and start`, xe runs a batch of seven commands that make and start
  the same VM.

## What is behind the figures

- A small command spends most of its time beyond `pass` on loading the modules of xe_py (`python -X importtime
  .venv/bin/xe …` shows them). A command that changes something loads more modules than a command that only reads, and
  `vm-start` loads the most. A command that changes something also flushes twice.
- In a large state, a change costs the time in which the system copies and flushes the file. The time for looking up and
  checking does not grow with the state.
- The first command on a file, and `state-check full=true`, read and check it object by object, in Python. This time is
  proportional to the number of objects, and no single step takes most of it. The bounds in seconds and microseconds
  depend on the machine: `× pass` beside them shows how fast this machine was.
- After an edit by hand, the time goes into the checksums of the file.
- A figure near its bound may keep it in one run and miss it in the next.

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
