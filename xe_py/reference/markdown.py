"""The reference tables under docs/reference/."""

from __future__ import annotations

from xe_py import __version__, classes
from xe_py.codes import CODES, UNLISTED
from xe_py.reference.declared import command_doc, documented, families, field_doc, parameter_doc, rule_doc, visible
from xe_py.reference.wording import (
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
from xe_py.schema.fields import Map

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xe_py.schema.command import Command
    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import View, XenClass

_SPECIAL = str.maketrans({letter: f"\\{letter}" for letter in "\\`*_{}[]<>|"})


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
    parts = [_title("Commands", _COMMANDS)]
    for family in families():
        parts.append(f"## {family.name}\n\n{_plain(family.doc)}\n")
        parts += [_command(command, family.cls) for command in family.commands]
    return "\n".join(parts)


def classes_and_fields() -> str:
    """Every class with its fields."""
    parts = [_title("Classes and their fields", _FIELDS)]
    for cls in classes.every():
        rows = [(_code(field.name), field.mode, _type(cls, field), _field(cls, field)) for field in visible(cls)]
        parts.append(_view(classes.view(cls.name)))
        parts.append(_table(("Field", "Mode", "Type in the file", "What it says"), rows))
    views = [view for view in map(classes.view, classes.names()) if view.of != view.name]
    parts += [f"{_view(view)}\nThe fields are those of {view.of}.\n" for view in views]
    return "\n".join(parts)


def rules() -> str:
    """Every rule of every class."""
    parts = [_title("Rules", _RULES)]
    for cls in classes.sections():
        rows = [("unique", _plain(unique_doc(cls, unique)), "both sets") for unique in cls.unique]
        rows += [(_code(rule.name), _plain(rule_doc(rule)), rule_set(rule)) for rule in cls.rules]
        if rows:
            parts += [f"## {cls.name}\n", _table(("Rule", "What is true", "In force in"), rows)]
    return "\n".join(parts)


def errors() -> str:
    """Every code that a refusal may have."""
    listed, unlisted = _codes(CODES), _codes(UNLISTED)
    return "\n".join([_title("Error codes", _ERRORS), listed, f"## Codes without an entry\n\n{_UNLISTED}\n", unlisted])


def _codes(table: dict[str, tuple[str, tuple[str, ...]]]) -> str:
    rows = [
        (_code(code), _plain(documented(sentence, f"the code {code}")), ", ".join(map(_code, parameters)))
        for code, (sentence, parameters) in table.items()
    ]
    return _table(("Code", "Sentence", "Parameters"), rows)


def _view(view: View) -> str:
    shown = [plain_list(view)]
    if view.name in classes.HIDDEN:
        shown = ["No command shows these objects; they are only in the state file."]
    elif view.name in classes.STANDING:
        shown.append("The package knows these objects; they are the same in every state and not in the file.")
    return f"## {view.name}\n\n{_plain(documented(view.doc, f'the class {view.name}'))}\n\n{_plain(' '.join(shown))}\n"


def _command(command: Command, cls: XenClass | None) -> str:
    line = " ".join([f"xe {command.name}", *usage(command, cls)])
    parts = [f"### {command.name}\n", f"```\n{line}\n```\n", f"{_plain(command_doc(command))}\n"]
    rows = [_parameter(command, field, "yes") for field in command.required]
    rows += [_parameter(command, field, "") for field in own_parameters(command, cls)]
    if rows:
        parts.append(_table(("Parameter", "Required", "What it says"), rows))
    if takes_fields(command, cls):
        parts.append(f"{_plain(fields_as(command))}\n")
    return "\n".join([*parts, *(f"{_plain(note)}\n" for note in standing(command))])


def _parameter(command: Command, field: Field, required: str) -> tuple[str, str, str]:
    name = field.name + ":" * isinstance(field, Map)
    return _code(name), required, _plain(parameter_doc(command, field))


def _type(cls: XenClass, field: Field) -> str:
    if cls.standing is not None or not field.stored:
        return ""
    return "part of the table's name" if field.name == "uuid" else _plain(f"{toml_type(field)}; {default_of(field)}")


def _field(cls: XenClass, field: Field) -> str:
    text = f"{field_doc(cls, field)} {on_delete(field)}".rstrip()
    return _plain(text) + (f" *({notes(field)})*" if notes(field) else "")


def _title(title: str, text: str) -> str:
    return (
        f"# {title}\n\n<!-- Generated by python -m xe_py.reference from the declarations. -->\n\n"
        f"The reference of xe_py {__version__}. {text}\n"
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _code(text: str) -> str:
    return f"`{text}`"


def _plain(text: str) -> str:
    return text.translate(_SPECIAL)
