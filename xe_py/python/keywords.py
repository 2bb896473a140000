"""Keywords and values of a Python program, as the words that a command or a filter takes."""

from __future__ import annotations

from xe_py import classes
from xe_py.errors import Misuse
from xe_py.schema.arguments import called, kind_of, text, value, wrong_class
from xe_py.schema.command import argument
from xe_py.schema.fields import Derived, Ref, Refs, show
from xe_py.schema.similar import did_you_mean, nearest
from xe_py.schema.xenclass import split_key
from xe_py.state.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from xe_py.schema.command import Command
    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import View, XenClass

    Words = list[tuple[str, str]]


def view_of(name: str) -> View:
    """The class or view of this name; Misuse with the nearest if there is none."""
    if text("the class", name) not in classes.names():
        raise _unlike("class", name, classes.names())
    return classes.view(name)


def field_of(cls: XenClass, name: str) -> Field:
    """The field of this name, `_` standing for `-` where that helps; Misuse with the nearest if there is none."""
    found = _meant(cls, text("the field", name))
    if found is None or found[0] not in cls.by_name:
        raise _unlike(f"field of a {cls.name}", name, cls.by_name)
    return cls.by_name[found[0]]


def filters_of(view: View, keywords: Mapping[str, Any], command: Command | None = None) -> Words:
    """The filters that the keywords are, those of a view included; Misuse for what is no field.

    `command` is the one that has these filters besides its parameters.
    """
    cls = classes.get(view.of)
    words = {} if view.name == view.of else dict(view.filters)
    for keyword, given in keywords.items():
        meant = _meant(cls, text("a keyword", keyword))
        if meant is None and command is not None:
            own = [cls.name, *command.by_argument(), "multiple"]
            raise Misuse(
                f"Error: Unknown field '{keyword}'", *did_you_mean(keyword, [*own, *map(_as_keyword, cls.fields)])
            )
        if meant is None:
            raise _unlike(f"field of a {cls.name}", keyword, cls.by_name)
        words |= _pairs(cls, keyword, meant[0], given, setting=False)
    return list(words.items())


def as_words(command: Command, words: Mapping[str, Any], keywords: Mapping[str, Any]) -> Words:
    """The words for a command that takes any field: `words` under their own names, and the keywords.

    Misuse where a name is there twice, a value is of a kind that no word stands for, or a required word is missing.
    """
    obj = command.about
    cls = classes.get(view_of(_family(command, words, keywords)).of if obj is None else obj.to)
    named = [(text("a word", name), name, given) for name, given in words.items()]
    named += [(keyword, _name(command, cls, keyword), given) for keyword, given in keywords.items()]
    found: dict[str, str] = {}
    for keyword, name, given in named:
        if obj is not None and name == obj.name:
            pairs = {} if given is None else {name: _object(command.argument(obj), obj, given)}
        else:
            pairs = _pairs(cls, keyword, name, given, setting=obj is not None)
        for word, each in pairs.items():
            if found.setdefault(word, each) is not each:
                raise Misuse(f"Error: {word} is given twice.")
    for parameter in command.required:
        if parameter.name not in found:
            raise Misuse(f"Required parameter not found: {parameter.name}")
    return list(found.items())


def _family(command: Command, words: Mapping[str, Any], keywords: Mapping[str, Any]) -> str:
    """The class whose fields the words of a command without an object are."""
    if not command.kind.waits:
        return command.name.removesuffix("-list")
    parameter = command.required[0].name
    name: str | None = keywords.get(parameter, words.get(parameter))
    if name is None:
        raise Misuse(f"Required parameter not found: {parameter}")
    return name


def _object(keyword: str, parameter: Ref, given: Any) -> str:
    """The uuid of the object that a command is about."""
    if not isinstance(given, Record):
        return str(_of_kind(keyword, parameter, given))
    if given.cls.name != parameter.to:
        raise wrong_class(called(keyword, parameter), parameter.to, given)
    return str(given["uuid"])


def _name(command: Command, cls: XenClass, keyword: str) -> str:
    """The word that a keyword stands for."""
    declared = {command.argument(parameter): parameter.name for parameter in command.required}
    declared |= {_as_keyword(parameter): parameter.name for parameter in command.optional}
    if keyword in declared:
        return declared[keyword]
    # What is no field is the key of a map, or refused by the command; a list of nothing would not look at it.
    meant = None if command.name.endswith("-param-add") else _meant(cls, keyword)
    if meant is None and command.kind.reads:
        raise Misuse(f"Error: Unknown field '{keyword}'", *did_you_mean(keyword, map(_as_keyword, cls.fields)))
    return keyword if meant is None else meant[0]


def _pairs(cls: XenClass, keyword: str, name: str, given: Any, *, setting: bool) -> dict[str, str]:
    """The words for a value; of a dict, one for each key. What a field is set to must be of the field's kind.

    An empty dict is a filter as well, for a map without keys: a filter that is none would choose everything.
    """
    field, key = split_key(cls, name) or (None, None)
    if isinstance(given, Record):
        return {name: _reference(cls, keyword, field, given)}
    if isinstance(field, Refs) and isinstance(given, (list, tuple)):
        given = [_reference(cls, keyword, field, each) if isinstance(each, Record) else each for each in given]
    if isinstance(given, dict) and (given or setting):
        return {
            f"{name}:{text(f'a key of {keyword}', key)}": text(f"{keyword}[{key!a}]", each)
            for key, each in given.items()
        }
    if isinstance(field, Refs) and isinstance(given, (list, tuple)):
        given = [_reference(cls, keyword, field, each) if isinstance(each, Record) else each for each in given]
    if given is None and not setting:
        return {} if field is None else {name: field.unknown}
    if setting:
        given = text(keyword, given) if field is None or key is not None else _of_kind(keyword, field, given)
    return {name: _word(keyword, given, setting=setting)}


def _of_kind(keyword: str, field: Field, given: Any) -> Any:
    """A word as it stands, which the command reads; any other value as one of the field's kind, None as no word."""
    if isinstance(given, str):
        return text(keyword, given)
    found = value(keyword, field, given)
    return "" if found is None else found


def _word(keyword: str, given: Any, *, setting: bool) -> str:
    """The word that stands for a value."""
    if isinstance(given, (list, tuple, dict)):  # Of dicts only one that is empty comes here.
        members = [text(keyword, member) for member in given]
        if any("," in member for member in members):
            raise Misuse(f"Error: {keyword} cannot have a member with a comma in it here.")
        return ",".join(members)
    if isinstance(given, float) and setting:
        return repr(given)  # More digits than are printed.
    if isinstance(given, (bool, int, float)):
        return show(given)
    return text(keyword, given)


def _reference(cls: XenClass, keyword: str, field: Field | None, obj: Record) -> str:
    """The uuid by which a field of the class refers to the object."""
    to = field.to if isinstance(field, (Ref, Refs)) else cls.name if field is cls.by_name["uuid"] else obj.cls.name
    if to != obj.cls.name:
        raise wrong_class(keyword, to, obj)
    if not isinstance(field, (Ref, Refs, Derived)) and field is not cls.by_name["uuid"]:
        raise Misuse(f"Error: {keyword} must be a text, not {kind_of(obj)}.")
    return str(obj["uuid"])


def _meant(cls: XenClass, keyword: str) -> tuple[str, Field] | None:
    """The word and the field that a keyword means; None if it means none."""
    meant = split_key(cls, keyword)
    if meant is not None:
        return keyword, meant[0]
    for spelling in (_as_keyword, argument):
        for field in cls.fields:
            if spelling(field) == keyword:
                return field.name, field
    return None


def _as_keyword(field: Field) -> str:
    return field.name.replace("-", "_")


def _unlike(what: str, name: str, known: Iterable[str]) -> Misuse:
    near = nearest(name, known)
    return Misuse(f"Error: There is no {what} {name!a}" + (f" (did you mean {near[0]}?)" if near else "."))
