"""The reference tables under docs/reference/."""

from __future__ import annotations

from xe_py import classes
from xe_py.codes import CODES, UNLISTED
from xe_py.operations.effects.wording import (
    default_of,
    fields_as,
    notes,
    on_delete,
    own_parameters,
    plain_list,
    rule_set,
    standing,
    takes_fields,
    toml_type,
    unique_doc,
    usage,
)
from xe_py.reference.declared import command_doc, documented, families, field_doc, parameter_doc, rule_doc, visible
from xe_py.reference.gfm import code, plain, table, title
from xe_py.schema.fields import Map

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.command import Command
    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import View, XenClass

_COMMANDS = "You can leave out the parameters in brackets. The words of a command line stand in any order."
_FIELDS = """\
xe prints the fields in this order. In a mode, `R` is a single value, `S` is a set, `M` is a map; `O` means that you can
only read the field, `W` that you can also write it. xe computes a field without a type; it is not in the state file."""
_RULES = """\
These rules hold in every state, even in a file that you edited by hand. Types, required fields and references must be
right as well. Choose the set of rules with `xe state-init rules=`, and change it with `xe state-set rules=`."""
_ERRORS = """\
A refusal prints on standard error the sentence, a line for each parameter, and the code. The codes are those of XAPI,
except codes that begin with `STATE_`: these name what only a state file can have wrong. The sentences are xe_py's own
words."""
_UNLISTED = """\
The real xe has no sentence for these codes. It prints `Error code:` with the code and `Error parameters:` with all
values, and so does this xe. Below, xe prints the sentence of the code in a note."""


def commands() -> str:
    """Every command with its parameters."""
    parts = [title("Commands", _COMMANDS)]
    for family in families():
        parts.append(f"## {family.name}\n\n{plain(family.doc)}\n")
        parts += [_command(command, family.cls) for command in family.commands]
    return "\n".join(parts)


def classes_and_fields() -> str:
    """Every class with its fields."""
    parts = [title("Classes and their fields", _FIELDS)]
    for cls in classes.everything():
        rows = [(code(field.name), field.mode, _type(cls, field), _field(cls, field)) for field in visible(cls)]
        parts.append(_view(classes.view(cls.name)))
        parts.append(table(("Field", "Mode", "Type in the file", "What it says"), rows))
    views = [view for view in map(classes.view, classes.names()) if view.of != view.name]
    parts += [f"{_view(view)}\nThe fields are those of {view.of}.\n" for view in views]
    return "\n".join(parts)


def rules() -> str:
    """Every rule of every class."""
    parts = [title("Rules", _RULES)]
    for cls in classes.sections():
        rows = [("unique", plain(unique_doc(cls, unique)), "both sets") for unique in cls.unique]
        rows += [(code(rule.name), plain(rule_doc(rule)), rule_set(rule)) for rule in cls.rules]
        if rows:
            parts += [f"## {cls.name}\n", table(("Rule", "What is true", "In force in"), rows)]
    return "\n".join(parts)


def errors() -> str:
    """Every code that a refusal may have."""
    listed, unlisted = _codes(CODES), _codes(UNLISTED)
    return "\n".join([title("Error codes", _ERRORS), listed, f"## Codes without an entry\n\n{_UNLISTED}\n", unlisted])


def _codes(codes: dict[str, tuple[str, tuple[str, ...]]]) -> str:
    rows = [
        (code(name), plain(documented(sentence, f"the code {name}")), ", ".join(map(code, parameters)))
        for name, (sentence, parameters) in codes.items()
    ]
    return table(("Code", "Sentence", "Parameters"), rows)


def _view(view: View) -> str:
    hidden = view.name in classes.HIDDEN
    shown = "No command shows these objects; they are only in the state file." if hidden else plain_list(view)
    return f"## {view.name}\n\n{plain(documented(view.doc, f'the class {view.name}'))}\n\n{plain(shown)}\n"


def _command(command: Command, cls: XenClass | None) -> str:
    line = " ".join([f"xe {command.name}", *usage(command, cls)])
    parts = [f"### {command.name}\n", f"```\n{line}\n```\n", f"{plain(command_doc(command))}\n"]
    rows = [_parameter(command, field, "yes") for field in command.required]
    rows += [_parameter(command, field, "") for field in own_parameters(command, cls)]
    if rows:
        parts.append(table(("Parameter", "Required", "What it says"), rows))
    if takes_fields(command, cls):
        parts.append(f"{plain(fields_as(command))}\n")
    return "\n".join([*parts, *(f"{plain(note)}\n" for note in standing(command))])


def _parameter(command: Command, field: Field, required: str) -> tuple[str, str, str]:
    name = field.name + ":" * isinstance(field, Map)
    return code(name), required, plain(parameter_doc(command, field))


def _type(cls: XenClass, field: Field) -> str:
    if cls.follows is not None:
        return ""
    if field.name == "uuid":
        return "part of the table's name"
    return plain(f"{toml_type(field)}; {default_of(field)}") if field.stored else ""


def _field(cls: XenClass, field: Field) -> str:
    text = f"{field_doc(cls, field)} {on_delete(field)}".rstrip()
    return plain(text) + (f" *({notes(field)})*" if notes(field) else "")
