"""The click tree over all commands, built from the declarations when it is asked for.

`xe` is a click group that another click program can mount and that click's `CliRunner` can drive. It understands xe's
words and click's options alike, and does a command as the command line of this program does it.
"""

from __future__ import annotations

import io
import os
from contextlib import redirect_stdout

import click

from xe_py import __version__, operations
from xe_py.cli import streams, words
from xe_py.cli.answer import answer, do
from xe_py.cli.binding import Binding, binding_of
from xe_py.cli.help import description, help_text
from xe_py.errors import DONE, XeError
from xe_py.schema.fields import Bool, Choice, Int, Map, Ref, Refs
from xe_py.schema.values import Size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.cli.words import Line
    from xe_py.schema.command import Command
    from xe_py.schema.fields import Field

_METAVARS: dict[type[Field], str] = {Map: "KEY=VALUE", Ref: "UUID", Refs: "UUID,…", Size: "BYTES", Int: "NUMBER"}


class XeGroup(click.Group):
    """All commands; one is built when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click hands it over
        """The names of the commands that are not hidden."""
        return [name for name, (_, mark, _) in operations.table().items() if mark != operations.HIDDEN]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands with what they do, from the table: none of them is imported for it."""
        table = operations.table()
        with formatter.section("Commands"):
            formatter.write_dl([(name, table[name][-1]) for name in self.list_commands(ctx)])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """The command of this name; what is none is one that says so."""
        command = operations.find(cmd_name)
        return Words(cmd_name) if command is None else XeCommand(command)


class XeCommand(click.Command):
    """One command; its options are the parameters that it declares."""

    def __init__(self, command: Command) -> None:
        options: list[click.Parameter] = [_option(field, required=True) for field in command.required]
        options += [_option(field, required=False) for field in command.optional]
        self.names = {_identifier(field): field.name for field in command.parameters()}
        super().__init__(
            command.name,
            callback=self.run,
            params=options,
            help=description(command),
            hidden=command.hidden,
        )
        self.declared = command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take xe's words and click's options apart by xe's grammar; what no option names is kept aside.

        Only to click is `--name=value` the same as `name=value`.
        """
        if "--help" in args:
            return super().parse_args(ctx, ["--help"])
        try:
            line = _line(ctx, [self.declared.name, *args])
            given = [word.removeprefix("--") if "=" in word else word for word in line.words]
            pairs = Binding(self.declared).pairs(given)
        except XeError as refusal:
            ctx.exit(answer(_raising(refusal)))
        ctx.obj = line
        options = set(self.names.values())
        ctx.meta["aside"] = [pair for pair in pairs if pair[0] not in options]
        return super().parse_args(ctx, [f"--{name}={value}" for name, value in pairs if name in options])

    def run(self, **given: Any) -> None:
        """Run the command as the short way in does."""
        context = click.get_current_context()
        line: words.Line = context.obj
        pairs = [(self.names[name], value) for name, value in given.items() if value is not None]
        line.words = [f"{name}={value}" for name, value in [*pairs, *context.meta["aside"]]]
        context.exit(answer(lambda: do(line)))


class Words(click.Command):
    """Any words behind a name that is no command with options: `help`, or a name that there is not."""

    def __init__(self, name: str) -> None:
        super().__init__(name, callback=self.run, add_help_option=False, hidden=True)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the words as they are."""
        ctx.meta["words"] = args
        return []

    def run(self) -> None:
        """Do what the command line does with these words."""
        context = click.get_current_context()
        context.exit(answer(lambda: do(_line(context, [self.name or "", *context.meta["words"]]))))


def _line(context: click.Context, argv: list[str]) -> words.Line:
    """The words taken apart, with the switches that stand in front of the command; Misuse."""
    line = words.split(argv, os.environ.get("XE_EXTRA_ARGS", ""))
    shared = context.find_object(words.Line) or words.Line()
    line.minimal |= shared.minimal
    line.dry_run |= shared.dry_run
    line.state = line.state or shared.state
    return line


def _raising(refusal: XeError) -> Callable[[], int]:
    def refuse() -> int:
        raise refusal

    return refuse


def _option(field: Field, *, required: bool) -> click.Option:
    help_text = f"{field.doc}  [required]" if required else field.doc
    declared = [f"--{field.name}", _identifier(field)]
    if isinstance(field, Bool):
        return click.Option(declared, is_flag=False, flag_value="true", metavar="", help=help_text)
    return click.Option(declared, metavar=_metavar(field), help=help_text)


def _metavar(field: Field) -> str:
    if isinstance(field, Choice):
        return "|".join(field.options)
    return next((word for kind, word in _METAVARS.items() if isinstance(field, kind)), "TEXT")


def _identifier(field: Field) -> str:
    """The name of a parameter as click wants it, an identifier that is unlike any other of the command."""
    return "".join(letter if letter.isalnum() else f"_{ord(letter):x}_" for letter in field.name)


@click.group(cls=XeGroup, context_settings={"max_content_width": 100})
@click.option("--state", metavar="FILE", help="The state file; else XE_STATE, else the default file.")
@click.option("--minimal", is_flag=True, help="Print bare values, with commas between them.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.version_option(__version__, prog_name="xe_py")
@click.pass_context
def xe(context: click.Context, state: str | None, *, minimal: bool, dry_run: bool) -> None:
    """Run xe, the command line of XenServer and XCP-ng, over a host that lives in one TOML file."""
    line = context.ensure_object(words.Line)
    line.state, line.minimal, line.dry_run = state, minimal, dry_run


def show_help(line: Line) -> int:
    """Answer a line that asks for help or for the version; the exit status."""
    if not (line.command or line.help or line.version):
        streams.err(help_text([], minimal=False))
        return DONE
    if line.command == "help":
        streams.out(help_text([], minimal=line.minimal))
        return DONE
    args = ["--version"] if line.version else [*([line.command] if line.command else []), "--help"]
    if line.command:
        binding_of(line.command)
    shown = io.StringIO()
    with redirect_stdout(shown):
        status = int(xe.main(args, prog_name="xe", standalone_mode=False) or DONE)
    streams.out(shown.getvalue())
    return status
