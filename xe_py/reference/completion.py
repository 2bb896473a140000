"""What can be completed, in a notation that the scripts of all shells share.

A command is written as words with blanks between them, one for each parameter, required ones first:

    name=VALUES    a parameter; VALUES say what is known of its value, nothing if nothing is known
    --name         a flag
    name:          a map, to be followed by a key
    +TABLE         all words of the table, which holds the fields of a class

VALUES are alternatives with `|` between them: a text (with `%20` for a blank), `%TABLE` for the field names of a
table, or `@CLASS:FIELDS` for what `xe CLASS-list params=FIELDS` knows, the first field being the value and the others
what describes it. A comma before VALUES says that several may be given, with commas between them.
"""

from __future__ import annotations

from xe_py import classes
from xe_py.cli.words import FORMATS, WITH_VALUE
from xe_py.operations.effects.wording import family_name, is_flag
from xe_py.reference.declared import all_commands, command_doc, visible
from xe_py.schema.command import WORDS
from xe_py.schema.fields import Bool, Choice, Map, Ref, Refs
from xe_py.schema.values import Called, Named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.command import Command
    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import XenClass

SWITCHES = sorted({*WITH_VALUE, "--state"})
"""The switches whose value is the next word."""
_FORMATS = [f"--{name}" for name in FORMATS]
FOR_COMMAND = " ".join(["--minimal", *_FORMATS, "--dry-run", "--explain", "--state", "--help"])
"""The switches that are offered behind every command."""
FOR_NONE = f"{FOR_COMMAND} --version"
"""The switches that are offered where there is no command yet."""

_BOOLEAN = "true|false"
_NAME, _PLACES = "name-label", ("device", "VLAN", "tag")
_LIST, _NEW = "-list", "-introduce"
_MEMBERS, _CLEAR = ("-param-add", "-param-remove"), "-param-clear"


def command_docs() -> dict[str, str]:
    """What each command does that is to be offered, `help` among them, by its name."""
    docs = {command.name: command_doc(command) for command in all_commands() if not command.hidden}
    return dict(sorted({**docs, "help": "Show what commands there are, and what they take."}.items()))


def command_words() -> dict[str, str]:
    """The words of each command."""
    return {command.name: " ".join(_words(command)) for command in all_commands()}


def tables() -> dict[str, str]:
    """The fields of each class, as words that filter a list."""
    return {cls.name: " ".join(_filter(cls, field) for field in visible(cls)) for cls in classes.everything()}


def alternatives(words: dict[str, str]) -> dict[str, list[str]]:
    """The names that have the same words, by these words."""
    grouped: dict[str, list[str]] = {}
    for name, text in words.items():
        grouped.setdefault(text, []).append(name)
    return grouped


def cases(words: dict[str, str]) -> str:
    """The branches of a shell's `case` (that of bash and zsh) which put the words into REPLY."""
    return "\n".join(
        f"    {'|'.join(names)}) REPLY={quoted(text)} ;;" for text, names in alternatives(words).items() if text
    )


def quoted(text: str) -> str:
    """The text in quotes that every shell understands alike."""
    if "'" in text or "\\" in text:
        raise ValueError(f"no plain text for a shell: {text}")
    return f"'{text}'"


# The words of a command


def _words(command: Command) -> list[str]:
    family = family_name(command.name)
    cls = classes.get(classes.view(family).of) if family in classes.names() else None
    if command.kind.gets == WORDS and command.name.endswith(_LIST) and cls is not None:
        return [f"params=,all|%{cls.name}", f"+{cls.name}"]
    words = [_word(command, family, cls, parameter) for parameter in command.parameters()]
    words = [word for word in words if word != "database:"]
    if command.selector:
        name = command.selector.name
        words += [f"{name}=@{name}:name-label", f"+{name}", "--multiple"]
    return words


def _word(command: Command, family: str, cls: XenClass | None, parameter: Field) -> str:
    name = parameter.name
    if isinstance(parameter, Map):
        return name + parameter.mark
    if is_flag(command, cls, parameter):
        return f"--{name}"
    if name == "param-name" and cls is not None:
        return f"{name}={_field_names(command, cls)}"
    if name == "uuid" and family in classes.names() and not command.name.endswith(_NEW):
        return f"{name}={_known(family)}"
    return f"{name}={_values(parameter, family)}"


def _field_names(command: Command, cls: XenClass) -> str:
    if command.name.endswith(_MEMBERS):
        return "|".join(field.name for field in visible(cls) if field.has_adder)
    if command.name.endswith(_CLEAR):
        return "|".join(field.name for field in visible(cls) if field.can_be_cleared)
    return f"%{cls.name}"


def _values(parameter: Field, family: str) -> str:
    if isinstance(parameter, Bool):
        return _BOOLEAN
    if isinstance(parameter, Choice):
        return "|".join(option.replace(" ", "%20") for option in parameter.options)
    if isinstance(parameter, Refs):
        return "," + _known(parameter.to)
    if isinstance(parameter, (Named, Called)):
        return _called(parameter.to)
    if isinstance(parameter, Ref):
        return _known(_more_exact(parameter.name, parameter.to))
    return _by_name(parameter.name, family)


def _filter(cls: XenClass, field: Field) -> str:
    """The word of a field as a filter."""
    if field.name == "uuid":
        return f"uuid={_known(cls.name)}"
    if field.mode.startswith("M"):
        return f"{field.name}:"
    if field.mode.startswith("S"):
        return f"{field.name}:contains={_by_name(field.name.removesuffix('s'), cls.name)}"
    return f"{field.name}={_values(field, cls.name)}"


def _more_exact(name: str, to: str) -> str:
    """The view of the class `to` that the parameter is named after, or the class itself."""
    stem = name.removesuffix("-uuid")
    return stem if stem in classes.names() and classes.view(stem).of == to else to


def _by_name(name: str, family: str) -> str:
    """What a parameter or field means by its name alone: `vm-uuid`, `PBD-uuid`, `vbd-params`, `on`."""
    stem, dash, last = name.lower().rpartition("-")
    if last == "params" and (shown := stem or family) in classes.names():
        return f",all|%{classes.view(shown).of}"
    return _known(stem) if dash and last == "uuid" and stem in classes.names() else ""


def _called(family: str) -> str:
    """The names of the objects of a class or view; their uuids if they have no names."""
    has_names = _NAME in classes.get(classes.view(family).of).by_name
    return f"@{family}:{_NAME}" if has_names else _known(family)


def _known(family: str) -> str:
    fields = [field.name for field in visible(classes.get(classes.view(family).of))]
    describing = [name for name in fields if name.endswith(_NAME) or name in _PLACES]
    return f"@{family}:{','.join(['uuid', *([_NAME] if _NAME in describing else describing)])}"
