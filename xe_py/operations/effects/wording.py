"""How declarations are put into words: the parameters as they are written, and what the state file holds."""

from __future__ import annotations

from inspect import signature

from xe_py import classes
from xe_py.schema.collections import Choices
from xe_py.schema.command import LINES, WORDS
from xe_py.schema.fields import (
    CASCADE,
    CLEAR,
    KEYS,
    KEYS_TOGETHER,
    REFUSE,
    WHOLE,
    Bool,
    Choice,
    Int,
    Map,
    Ref,
    Refs,
    Set,
    Text,
)
from xe_py.schema.values import BareInt, Called, Float, Named, Size, Time, Uuid
from xe_py.schema.xenclass import plural
from xe_py.store.toml.render import pair, pair_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.command import Command
    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import Rule, Unique, View, XenClass

_VALUES: dict[type[Field], str] = {
    Text: "text",
    Int: "number",
    BareInt: "number",
    Size: "bytes",
    Float: "number",
    Bool: "true|false",
    Time: "time",
    Set: "text,...",
    Ref: "uuid",
    Named: "name or uuid",
    Called: "name or uuid",
    Refs: "uuid,...",
}
_TYPES: dict[type[Field], str] = {
    Text: "string",
    Int: "integer",
    BareInt: "integer",
    Uuid: "string, a uuid",
    Size: "integer, in bytes",
    Float: "float",
    Bool: "boolean",
    Time: "date-time with an offset",
    Set: "array of strings",
    Map: "table of strings",
}
_PARAM_SET = {
    WHOLE: "param-set takes the whole set",
    KEYS: "param-set sets single keys",
    KEYS_TOGETHER: "param-set takes all keys together, as the whole map",
}
_ON_DELETE = {
    CASCADE: "If the {label} is removed, this object is removed too.",
    CLEAR: "If the {label} is removed, the field becomes empty.",
    REFUSE: "The {label} cannot be removed while this object refers to it.",
}


# Parameters


def family_name(command: str) -> str:
    """The longest class name that the command's begins with, or its first word."""
    of_class = [name for name in classes.names() if command.startswith(f"{name}-")]
    return max(of_class, key=len, default=command.partition("-")[0])


def own_parameters(command: Command, cls: XenClass | None) -> list[Field]:
    """The optional parameters, without those that are simply the fields of the class."""
    if command.kind.gets != WORDS or cls is None:
        return list(command.optional)
    return [field for field in command.optional if field.name.partition(":")[0] not in cls.by_name]


def takes_fields(command: Command, cls: XenClass | None) -> bool:
    """Whether fields of the class are parameters of the command."""
    return command.selector is not None or len(own_parameters(command, cls)) < len(command.optional)


def is_flag(command: Command, cls: XenClass | None, parameter: Field) -> bool:
    """Whether the parameter is written alone, as `--name`: it sets no field, and left out it means false."""
    if not isinstance(parameter, Bool) or parameter not in command.optional or (cls and parameter.name in cls.by_name):
        return False
    named = signature(command.run).parameters.get(command.argument(parameter))
    return parameter.default is not True and (named is None or named.default is not True)


def fields_as(command: Command) -> str:
    """What the fields of the class are to a command that takes them, in a sentence."""
    if command.kind.reads or command.selector:
        return "Every field can be a filter: field=value, map:key=value, set:contains=member."
    return "The command sets fields with the mode RW and, key by key, fields with the mode MRW."


def usage(command: Command, cls: XenClass | None) -> list[str]:
    """The parameters as they are written, those that may be left out in brackets."""
    words = [field.name.upper() if command.kind.gets == LINES else written(field) for field in command.required]
    words += [
        f"[--{field.name}]" if is_flag(command, cls, field) else f"[{written(field)}]"
        for field in own_parameters(command, cls)
    ]
    if command.selector:
        words += [f"[{command.selector.name}=name or uuid]", "[--multiple]"]
    if takes_fields(command, cls):
        words.append("[field=value ...]")
    return words


def written(field: Field) -> str:
    """A parameter with a word for its value."""
    if isinstance(field, Map):
        return f"{field.name}:key=value"
    if isinstance(field, Choice):
        return f"{field.name}={'|'.join(field.options)}"
    return f"{field.name}={_of_kind(_VALUES, field)}"


# Fields and rules


def plain_list(view: View) -> str:
    """What the list command of a class shows unasked, in a sentence."""
    shown = [field.name for field in classes.get(view.of).fields if field.name in view.list_fields]
    only = [f"{name}={value}" for name, value in view.filters.items()]
    where = f" It lists only objects with {' and '.join(only)}." if only else ""
    return f"Without params=, {view.name}-list shows {', '.join(shown) or 'all fields'}.{where}"


def _of_kind(words: dict[type[Field], str], field: Field) -> str:
    """The word for the nearest kind of field that this one is; empty if there is none."""
    return next((words[kind] for kind in type(field).__mro__ if kind in words), "")


def notes(field: Field) -> str:
    """What else there is to know of a field, in a few words."""
    marks = (
        ("deprecated", field.deprecated),
        ("expensive, so lists do not show its value", field.expensive),
        (_PARAM_SET.get(field.param_set), field.param_set),
        ("param-clear empties it", field.clears),
    )
    return ", ".join(note for note, applies in marks if applies and note)


def standing(command: Command) -> list[str]:
    """How the command stands to the real xe and to its help, in sentences."""
    ours = "Only xe_py has this command; the real xe does not have it."
    hidden = f"xe help{' --all' if command.standard else ''} does not list this command."
    return [note for note, applies in ((ours, command.ours), (hidden, command.hidden)) if applies]


def rule_set(rule: Rule) -> str:
    """The sets of rules that have the rule, in words."""
    return "both sets" if rule.profile is None else f"{rule.profile} only"


def toml_type(field: Field) -> str:
    """The kind of TOML value that the file holds for the field; none where the only value is the default."""
    if isinstance(field, Choices):
        return "array of " + ", ".join(f'"{option}"' for option in field.options)
    if isinstance(field, Choice):
        return "one of " + ", ".join(f'"{option}"' for option in field.options)
    if isinstance(field, Ref):
        return f"string, uuid of class {field.to}"
    if isinstance(field, Refs):
        return f"array of strings, uuids of class {field.to}"
    return _of_kind(_TYPES, field) or "never in the file"


def default_of(field: Field) -> str:
    """What a field is that is left out."""
    if field.required:
        return "required"
    if isinstance(field.default, list):
        members = [_value(pair_of("x", member)) for member in field.default]
        return f"by default [{', '.join(members)}]"
    return "no value by default" if field.default is None else f"by default {_value(pair(field, field.default))}"


def _value(pair: str) -> str:
    return pair.partition(" = ")[2].rstrip("\n")


def on_delete(field: Field) -> str:
    """What happens to the reference when its object is removed; nothing for a field that is no reference."""
    if isinstance(field, Refs):
        return "A removed object leaves this list."
    return _ON_DELETE[field.on_delete].format(label=classes.get(field.to).label) if isinstance(field, Ref) else ""


def unique_doc(cls: XenClass, unique: Unique) -> str:
    """What no two objects share."""
    return f"No two {plural(cls.label)} have the same {' and '.join(unique.fields)} ({unique.refusal})."
