"""Which files are generated, and which are there."""

from __future__ import annotations

import os

from xe_py.reference import bash, fish, man_family, man_state_file, man_xe, markdown, zsh
from xe_py.reference.declared import families

FOLDERS = ("completions", "man", "docs/reference")


def generated() -> dict[str, str]:
    """The text of every generated file by its path in the repository; UndocumentedError where a doc is missing."""
    return {
        "completions/xe.bash": bash.script(),
        "completions/_xe": zsh.script(),
        "completions/xe.fish": fish.script(),
        "man/xe.1": man_xe.page(),
        "man/xe-state.5": man_state_file.page(),
        **{f"man/xe-{family.name}.1": man_family.page(family) for family in families()},
        "docs/reference/commands.md": markdown.commands(),
        "docs/reference/classes.md": markdown.classes_and_fields(),
        "docs/reference/rules.md": markdown.rules(),
        "docs/reference/errors.md": markdown.errors(),
    }


def present(repository: str) -> dict[str, str | None]:
    """The text of every file in the folders of generated files, by its path; None for what is no text."""
    found: dict[str, str | None] = {}
    for top in FOLDERS:
        for folder, _, names in os.walk(os.path.join(repository, top)):
            for name in names:
                place = os.path.join(folder, name)
                try:
                    with open(place, encoding="utf-8", newline="") as file:
                        text: str | None = file.read()
                except UnicodeDecodeError:
                    text = None
                found[os.path.relpath(place, repository).replace(os.sep, "/")] = text
    return found
