"""Which files are generated, and which are there."""

from __future__ import annotations

import os

from xe_py.reference import (
    api_coverage,
    bash,
    coverage,
    fish,
    man_family,
    man_state_file,
    man_xe,
    markdown,
    summary,
    table,
    zsh,
)
from xe_py.reference.declared import families

FOLDERS = ("completions", "man", "docs/reference")
MODULES = ("xe_py/classes/_summary.py", "xe_py/operations/_table.py")
# The generated files in folders that have others too.
SINGLE = ("docs/api-coverage.md", "docs/coverage.md", *MODULES)


def generated() -> dict[str, str]:
    """The text of every generated file by its path in the repository; UndocumentedError where a doc is missing."""
    written = modules()  # first, for what follows asks the summary
    return {
        "completions/xe.bash": bash.script(),
        "completions/_xe": zsh.script(),
        "completions/xe.fish": fish.script(),
        "man/man1/xe.1": man_xe.page(),
        "man/man5/xe-state.5": man_state_file.page(),
        **{f"man/man1/xe-{family.name}.1": man_family.page(family) for family in families()},
        "docs/api-coverage.md": api_coverage.page(),
        "docs/coverage.md": coverage.page(),
        "docs/reference/commands.md": markdown.commands(),
        "docs/reference/classes.md": markdown.classes_and_fields(),
        "docs/reference/rules.md": markdown.rules(),
        "docs/reference/errors.md": markdown.errors(),
        **written,
    }


def modules() -> dict[str, str]:
    """The text of the generated modules, which the program believes."""
    return dict(zip(MODULES, (summary.module(), table.module()), strict=True))


def present(repository: str) -> dict[str, str | None]:
    """The text of every file in the folders of generated files, by its path; None for what is no text."""
    walked = [os.walk(os.path.join(repository, top)) for top in FOLDERS]
    places = [os.path.join(folder, name) for walk in walked for folder, _, names in walk for name in names]
    places += [place for path in SINGLE if os.path.exists(place := os.path.join(repository, path))]
    return {os.path.relpath(place, repository).replace(os.sep, "/"): _text_of(place) for place in places}


def _text_of(place: str) -> str | None:
    try:
        with open(place, encoding="utf-8", newline="") as file:
            return file.read()
    except UnicodeDecodeError:
        return None
