"""The commands as click sees them: their names, options and help. click itself runs none of them."""

from __future__ import annotations

import click

from xe_py import __version__, operations
from xe_py.cli.binding import binding_of
from xe_py.cli.help import help_text
from xe_py.errors import DONE
from xe_py.schema.description import description
from xe_py.schema.fields import Bool, Choice, Int, Map, Ref, Refs
from xe_py.schema.values import Size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.cli.environment import Environment
    from xe_py.cli.words import Line
    from xe_py.schema.command import Command
    from xe_py.schema.fields import Field

_VERSION = f"xe_py, version {__version__}"
_METAVARS: dict[type[Field], str] = {Map: "KEY=VALUE", Ref: "UUID", Refs: "UUID,…", Size: "BYTES", Int: "NUMBER"}


class OptionsCommand(click.Command):
    """One command; its options are the parameters that it declares."""

    def __init__(self, command: Command) -> None:
        options = [_option(field, required=True) for field in command.required]
        options += [_option(field, required=False) for field in command.optional]
        super().__init__(command.name, params=[*options], help=description(command), hidden=command.hidden)


class OptionsGroup(click.Group):
    """All commands; each is built when it is asked for, as one of `kind`."""

    kind: type[OptionsCommand] = OptionsCommand

    def __init__(self) -> None:
        options = [
            click.Option(["--state"], metavar="FILE", help="The state file; else XE_STATE, else the default file."),
            click.Option(["--minimal"], is_flag=True, help="Print bare values, with commas between them."),
            click.Option(["--dry-run"], is_flag=True, help="Say what would change, and change nothing."),
            click.Option(["--explain"], is_flag=True, help="Say how the words are read and what they act on."),
            click.Option(["--version"], is_flag=True, help="Show the version and exit."),
        ]
        super().__init__(
            "xe",
            params=[*options],
            help="Run xe, the command line of XenServer and XCP-ng, over a host that lives in one TOML file.",
            context_settings={"max_content_width": 100},
        )

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click hands it over
        """The names of the commands that are not hidden."""
        return [name for name, (_, mark, _) in operations.table().items() if mark != operations.HIDDEN]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands with what they do, from the table: none of them is imported for it."""
        table = operations.table()
        with formatter.section("Commands"):
            formatter.write_dl([(name, table[name][-1]) for name in self.list_commands(ctx)])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """The command of this name, if there is one."""
        command = operations.find(cmd_name)
        return None if command is None else self.kind(command)


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
    """The context in which click shows the help of a command, or of all if the name is empty; Misuse for no command."""
    commands = OptionsGroup()
    group = click.Context(commands, info_name="xe", **commands.context_settings)
    return click.Context(OptionsCommand(binding_of(name).command), parent=group, info_name=name) if name else group


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
