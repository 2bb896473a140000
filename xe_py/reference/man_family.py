"""The manual page of one family of commands: what each takes, and the fields of the class."""

from __future__ import annotations

from xe_py.operations.effects.wording import (
    fields_as,
    is_flag,
    notes,
    own_parameters,
    plain_list,
    standing,
    takes_fields,
    usage,
)
from xe_py.reference.declared import command_doc, field_doc, parameter_doc, visible
from xe_py.reference.roff import bold, head, italic, item, pages, paragraphs, plain, section, subsection
from xe_py.schema.fields import Map

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.reference.declared import Family
    from xe_py.schema.command import Command
    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import XenClass


def page(family: Family) -> str:
    """The whole page."""
    name = f"xe-{family.name}"
    also = [("xe", 1), ("xe-state", 5)]
    text = head(name, 1, family.doc)
    text += section("SYNOPSIS", _synopsis(family))
    text += section("DESCRIPTION", paragraphs(family.doc))
    text += section("COMMANDS", *(_command(command, family.cls) for command in family.commands))
    if family.view is not None and family.cls is not None:
        text += section("FIELDS", paragraphs(plain_list(family.view)), *_fields(family, family.cls))
        if family.is_view:
            also.insert(1, (f"xe-{family.cls.name}", 1))
    return text + section("SEE ALSO", pages(also))


_MODES = """\
xe prints the fields in this order. The mode behind a name is the one that xe prints: R is a single value, S is a set, M
is a map; O means that you can only read the field, W that you can also write it."""


def _synopsis(family: Family) -> str:
    """How the commands are called; in full where there is but one, whose name is that of the family."""
    if [command.name for command in family.commands] == [family.name]:
        words = "".join(f" {plain(word)}" for word in usage(family.commands[0], family.cls))
        return f"{bold(f'xe {family.name}')}{words}\n"
    return f"{bold(f'xe {family.name}-')}{italic('command')} [{italic('name=value')} ...]\n"


def _command(command: Command, cls: XenClass | None) -> str:
    words = "".join(f" {plain(word)}" for word in usage(command, cls))
    text = subsection(command.name, f"{bold(f'xe {command.name}')}{words}\n")
    text += paragraphs(command_doc(command))
    for field in command.required:
        text += _parameter(command, cls, field, "Required.")
    for field in own_parameters(command, cls):
        text += _parameter(command, cls, field, "")
    if takes_fields(command, cls):
        text += paragraphs(fields_as(command))
    return text + "".join(paragraphs(note) for note in standing(command))


def _parameter(command: Command, cls: XenClass | None, field: Field, mark: str) -> str:
    name = f"--{field.name}" if is_flag(command, cls, field) else field.name + (":" if isinstance(field, Map) else "=")
    return item(bold(name), f"{parameter_doc(command, field)} {mark}")


def _fields(family: Family, cls: XenClass) -> list[str]:
    if family.is_view:
        return [paragraphs(f"The fields are those of {cls.label}, in xe-{cls.name}(1).")]
    return [paragraphs(_MODES), *(_field(cls, field) for field in visible(cls))]


def _field(cls: XenClass, field: Field) -> str:
    mark = f" [{notes(field)}]" if notes(field) else ""
    return item(f"{bold(field.name)} ({plain(field.mode)}){plain(mark)}", field_doc(cls, field))
