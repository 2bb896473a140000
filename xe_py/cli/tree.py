"""The click tree over all commands, built from the declarations when it is asked for.

`xe` is a click group that another click program can mount and that click's `CliRunner` can drive. It understands xe's
words and click's options alike, and does a command as the command line of this program does it.
"""

from __future__ import annotations

import click

from xe_py import __version__, operations
from xe_py.cli import words
from xe_py.cli.answer import answer, do
from xe_py.cli.binding import Binding, binding_of
from xe_py.cli.environment import Environment, of_process
from xe_py.cli.help import description, help_text
from xe_py.errors import DONE, XeError
from xe_py.schema.fields import Bool, Choice, Int, Map, Ref, Refs
from xe_py.schema.values import Size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from xe_py.cli.words import Line
    from xe_py.schema.command import Command
    from xe_py.schema.fields import Field

_VERSION = f"xe_py, version {__version__}"
# Where a context has what the words in front of the command say, and the environment.
_SHARED, _ENVIRONMENT = f"{__name__}.shared", f"{__name__}.environment"
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
            _end(ctx, _raising(refusal))
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
        _end(context, lambda environment: do(line, environment))


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
        given = [self.name or "", *context.meta["words"]]
        _end(context, lambda environment: do(_line(context, given), environment))


def _line(context: click.Context, argv: list[str]) -> words.Line:
    """The words taken apart, with the switches that stand in front of the command; Misuse."""
    line = words.split(argv, _environment(context).extra)
    shared = context.meta.get(_SHARED, words.Line())
    line.minimal |= shared.minimal
    line.dry_run |= shared.dry_run
    line.state = line.state or shared.state
    return line


def _environment(context: click.Context) -> Environment:
    """The environment that was handed to click as its object, or that of the process."""
    found: Environment = context.meta.setdefault(_ENVIRONMENT, context.find_object(Environment) or of_process())
    return found


def _end(context: click.Context, work: Callable[[Environment], int]) -> NoReturn:
    """Do the work, and leave click with its exit status."""
    environment = _environment(context)
    context.exit(answer(lambda: work(environment), environment))


def _raising(refusal: XeError) -> Callable[[Environment], int]:
    def refuse(_environment: Environment) -> int:
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
@click.version_option(message=_VERSION)
@click.pass_context
def xe(context: click.Context, state: str | None, *, minimal: bool, dry_run: bool) -> None:
    """Run xe, the command line of XenServer and XCP-ng, over a host that lives in one TOML file."""
    line = context.meta[_SHARED] = words.Line()
    line.state, line.minimal, line.dry_run = state, minimal, dry_run


def show_help(line: Line, environment: Environment) -> int:
    """Answer a line that asks for help or for the version; the exit status."""
    if not (line.command or line.help or line.version):
        environment.err(help_text([], minimal=False, plain=True))
    elif line.command == "help":
        environment.out(help_text([], minimal=line.minimal, plain=True))
    elif line.version:
        environment.out(f"{_VERSION}\n")
    else:
        environment.out(f"{_context_of(line.command).get_help()}\n")
    return DONE


def _context_of(name: str) -> click.Context:
    """What click knows of the command of this name, or of all if that is empty; Misuse where there is none."""
    group = click.Context(xe, info_name="xe")
    return click.Context(XeCommand(binding_of(name).command), parent=group, info_name=name) if name else group
