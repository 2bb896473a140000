"""The public click group of all commands, which another click program can mount and click's `CliRunner` can drive.

Its words go to the command line of this program as they are, so both do the same. click reads them only to complete
them. An `Environment` that is handed to click as its object counts instead of that of the process.
"""

from __future__ import annotations

import click

from xe_py.cli.environment import Environment, of_process
from xe_py.cli.main import run
from xe_py.cli.options import OptionsCommand, OptionsGroup
from xe_py.cli.words import WITH_EQUALS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


class _AsWritten(click.Command):
    """A click command that leaves its words as they are and runs them as a command line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the words; click parses them only for a completion."""
        if ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        ctx.args = list(args)
        return []

    def invoke(self, ctx: click.Context) -> NoReturn:
        """Run the command line, and leave click with its exit status."""
        environment = ctx.find_object(Environment) or of_process()
        ctx.exit(run([*self.front(), *map(_word, ctx.args)], environment))

    def front(self) -> list[str]:
        """The words that stand in front of those given to click."""
        return []


class XeCommand(_AsWritten, OptionsCommand):
    """One command."""

    def front(self) -> list[str]:
        """The name of the command."""
        return [self.name or ""]


class XeGroup(_AsWritten, OptionsGroup):
    """All commands."""

    kind = XeCommand


def _word(given: str) -> str:
    """The word of xe for a word given to click, to which `--name=value` is the same as `name=value`."""
    name, equals, _ = given.partition("=")
    return given[2:] if equals and name.startswith("--") and name not in WITH_EQUALS else given


xe = XeGroup()
