"""The declarations as the generated files show them: families of commands, classes, and every doc in its place."""

from __future__ import annotations

from importlib import import_module

from xe_py import classes, operations
from xe_py.operations.effects.wording import family_name
from xe_py.schema.description import description

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.command import Command
    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import Rule, XenClass


class UndocumentedError(Exception):
    """A declaration says nothing about itself; its text names the declaration."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has no doc.")


class Family:
    """The commands whose names begin with the same class or, where that is none, with the same word.

    `view` and `cls` are the class behind it, None where there is none.
    """

    __slots__ = ("cls", "commands", "doc", "name", "view")

    def __init__(self, name: str, commands: list[Command]) -> None:
        self.name = name
        self.commands = commands
        self.view = classes.view(name) if name in classes.names() else None
        self.cls = None if self.view is None else classes.get(self.view.of)
        if self.view is None:
            about = (import_module(f"{operations.__name__}.{name.replace('-', '_')}").__doc__ or "").splitlines()
            self.doc = documented(about[0] if about else "", f"the family {name}")
        else:
            self.doc = documented(self.view.doc, f"the class {name}")

    @property
    def is_view(self) -> bool:
        """Whether the fields are those of another class."""
        return self.cls is not None and self.cls.name != self.name


def all_commands() -> list[Command]:
    """All commands, hidden ones included, sorted by name."""
    return [command for command in map(operations.find, operations.names()) if command is not None]


def families() -> list[Family]:
    """All families, sorted by name; a class is a family even where it has no commands."""
    groups: dict[str, list[Command]] = {name: [] for name in classes.names()}
    for command in all_commands():
        groups.setdefault(family_name(command.name), []).append(command)
    return [Family(name, commands) for name, commands in sorted(groups.items())]


def command_doc(command: Command) -> str:
    """What the command does and how it chooses objects."""
    documented(command.doc, f"the command {command.name}")
    return description(command)


def parameter_doc(command: Command, parameter: Field) -> str:
    """What the parameter says."""
    return documented(parameter.doc, f"the parameter {parameter.name} of {command.name}")


def field_doc(cls: XenClass, field: Field) -> str:
    """What the field says."""
    return documented(field.doc, f"the field {field.name} of {cls.name}")


def rule_doc(rule: Rule) -> str:
    """The truth that the rule keeps."""
    return documented(rule.doc, f"the rule {rule.name}")


def visible(cls: XenClass) -> list[Field]:
    """The fields that are shown."""
    return [field for field in cls.fields if not field.hidden]


def documented(doc: str, name: str) -> str:
    """The doc on one line; UndocumentedError where there is none."""
    text = " ".join(doc.split())
    if not text:
        raise UndocumentedError(name)
    return text
