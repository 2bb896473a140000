"""Write the generated files, or check that they are current."""

from __future__ import annotations

import argparse
import os
import sys

from xe_py.reference.declared import UndocumentedError
from xe_py.reference.files import generated, present

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def main(argv: list[str]) -> int:
    """Do what the words say; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m xe_py.reference",
        description="Write the generated pages, completions and modules from the declarations of commands and classes.",
    )
    parser.add_argument("--check", action="store_true", help="change nothing, and fail if a file is not current")
    parser.add_argument("--into", metavar="FOLDER", default=".", help="the repository (default: the current folder)")
    given = parser.parse_args(argv)
    try:
        files = generated()
    except UndocumentedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    found = present(given.into)
    if not given.check:
        _write(given.into, {path: text for path, text in files.items() if found.get(path) != text})
    problems = [f"superfluous: {path}" for path in found if path not in files]
    if given.check:
        problems += [f"stale: {path}" for path, text in files.items() if found.get(path) != text]
    sys.stdout.write("".join(f"{problem}\n" for problem in sorted(problems)))
    return 1 if problems else 0


def _write(folder: str, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        place = os.path.join(folder, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
