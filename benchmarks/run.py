"""Measure what commands cost and whether the bounds are kept: `python benchmarks/run.py` writes docs/performance.md.

The program is measured as it is installed: `--xe` names it, or it stands beside the Python that runs this.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from fnmatch import fnmatch

import page
from measure import Bench, measure
from rows import lines

_SIZES = {1_000: 1_000, 10_000: 10_000, 100_000: 100_000}
_SHORT_SIZES = {1_000: 250, 10_000: 300, 100_000: 400}
_ROUNDS, _SHORT_ROUNDS = 15, 2
_BATCH, _SHORT_BATCH = 10_000, 100
_DISK, _SHORT_DISK = 1024, 4


def main() -> None:
    """Measure, show the table, write the page."""
    arguments = _arguments()
    short = arguments.short
    with tempfile.TemporaryDirectory(prefix="xe-benchmark-", dir=arguments.on) as folder:
        os.chdir(folder)
        bench = Bench(arguments.xe, folder, _SHORT_SIZES if short else _SIZES)
        table = lines(bench, _SHORT_BATCH if short else _BATCH, _SHORT_DISK if short else _DISK)
        wanted = [line for line in table if fnmatch(line.what, f"*{arguments.only}*")]
        rows = list({id(row): row for line in wanted for row in line.rows}.values())
        measure(bench, rows, arguments.rounds or (_SHORT_ROUNDS if short else _ROUNDS))
        text = page.table(wanted)
        sys.stdout.write(text)
        if arguments.into:
            with open(arguments.into, "w", encoding="utf-8") as file:
                file.write(page.page(text, bench, short=short))
    if any(row.failed for row in rows):
        sys.exit(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what commands cost and whether the bounds are kept.")
    here = os.path.dirname(os.path.abspath(__file__))
    whole = os.path.join(os.path.dirname(here), "docs", "performance.md")
    parser.add_argument("--xe", default=os.path.join(os.path.dirname(sys.executable), "xe"), help="the program")
    parser.add_argument("--rounds", type=int, help=f"how often each row runs ({_ROUNDS})")
    parser.add_argument("--only", default="", metavar="PATTERN", help="only lines with this in them; writes no page")
    parser.add_argument("--short", action="store_true", help="small states: only try whether all works; writes no page")
    parser.add_argument("--into", metavar="PAGE", help="where to write the page (docs/performance.md)")
    parser.add_argument("--on", metavar="FOLDER", help="where to make the states (the folder for temporary files)")
    arguments = parser.parse_args()
    if not arguments.into and not arguments.only and not arguments.short:
        arguments.into = whole
    for name in ("xe", "into", "on"):
        if getattr(arguments, name):
            setattr(arguments, name, os.path.abspath(getattr(arguments, name)))
    if not os.access(arguments.xe, os.X_OK):
        parser.error(f"{arguments.xe} is not there; name the installed xe with --xe")
    return arguments


if __name__ == "__main__":
    main()
