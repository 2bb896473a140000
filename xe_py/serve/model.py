"""The model of XenAPI: its classes, their fields, and all messages with their parameters.

`model.json` has what is written out in XenAPI; `xe_py.reference.api_model` makes it. The messages that classes and
fields imply follow by rule here.
"""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

REF, SET, MAP, ENUM, RECORD = "ref", "set", "map", "enum", "record"
RW = "RW"
NULL = "OpaqueRef:NULL"
ASYNC = "Async."

_SELF, _RECORDS_BY_REF = "self", "map(ref {0},record {0})"
# The parameters and results of the messages that classes imply.
_OF_CLASS: Mapping[str, tuple[tuple[tuple[str, str], ...], str]] = {
    "get_record": (((_SELF, "ref {0}"),), "record {0}"),
    "get_by_uuid": ((("uuid", "string"),), "ref {0}"),
    "get_by_name_label": ((("label", "string"),), "set(ref {0})"),
    "get_all": ((), "set(ref {0})"),
    "get_all_where": ((("expr", "string"),), "set(ref {0})"),
    "get_all_records_where": ((("expr", "string"),), _RECORDS_BY_REF),
    "get_all_records": ((), _RECORDS_BY_REF),
    "create": ((("args", "record {0}"),), "ref {0}"),
    "destroy": (((_SELF, "ref {0}"),), ""),
}
# The only implied messages that may be called with `Async.`, and those that exist for every class with a getter.
_ASYNC = frozenset(("create", "destroy"))
GETTER, SETTER, ADD, REMOVE = "get", "set", "add", "remove"
# How messages that write a field are spelt: what stands before the field, what they do, how many parameters they have.
_WRITERS = (
    ("set_", SETTER, 2),
    ("add_to_", ADD, 3),
    ("remove_from_", REMOVE, 2),
    ("add_", ADD, 2),
    ("remove_", REMOVE, 2),
)


class Parameter:
    """A parameter of a message: its name, its type, and its default, if it may be left out."""

    __slots__ = ("default", "is_optional", "name", "type")

    def __init__(self, name: str, type: str, *default: Any) -> None:
        self.name = name
        self.type = type
        self.is_optional = bool(default)
        self.default = default[0] if default else None


class Message:
    """A message: of which class, what it takes and gives.

    `verb` says what a message does that is implied, or that is like one that is, and `field` with which field.
    `needs_session` is false for those by which a client logs in.
    """

    __slots__ = (
        "cls",
        "field",
        "is_async",
        "is_implied",
        "is_internal",
        "is_removed",
        "name",
        "needs_session",
        "parameters",
        "result",
        "verb",
    )

    def __init__(self, cls: str, name: str, parameters: Sequence[Parameter], result: str) -> None:
        self.cls = cls
        self.name = name
        self.parameters = parameters
        self.result = result
        self.verb = ""
        self.field = ""
        self.is_implied = False
        self.is_async = False
        self.is_removed = False
        self.is_internal = False
        self.needs_session = True

    @property
    def full_name(self) -> str:
        """The name by which it is called."""
        return f"{self.cls}.{self.name}"

    def as_writer(self, fields: Mapping[str, ModelField]) -> Message:
        """The same message as one that only writes a field, if it is spelt like one; else as it is."""
        for prefix, verb, parameters in _WRITERS:
            field = self.name.removeprefix(prefix)
            if field != self.name and field in fields and len(self.parameters) == parameters and not self.verb:
                made = Message(self.cls, self.name, self.parameters, self.result)
                made.verb, made.field = verb, field
                return made
        return self


class ModelField:
    """A field of a class: its name, type and default, the column that the database has for it."""

    __slots__ = ("column", "default", "is_removed", "is_writable", "name", "type")

    def __init__(self, of: Mapping[str, Any]) -> None:
        self.name: str = of["name"]
        self.type: str = of["type"]
        self.default = of.get("default")
        self.column = of.get("path", self.name).replace("/", "__")
        self.is_removed = bool(of.get("removed"))
        self.is_writable = of["q"] == RW


class ModelClass:
    """A class: its public fields in their order, and the names of the members that `create` takes."""

    __slots__ = ("fields", "has_events", "in_database", "is_removed", "label", "takes")

    def __init__(self, label: str, of: Mapping[str, Any]) -> None:
        self.label = label
        self.in_database: bool = of["database"]
        self.has_events: bool = of["events"]
        self.is_removed = bool(of.get("removed"))
        self.takes: list[str] = of["takes"]
        self.fields = {field["name"]: ModelField(field) for field in of["fields"] if not field.get("internal")}


class Model:
    """The whole model. `relations` are the fields that follow from others: by class and field, class and field."""

    def __init__(self, of: Mapping[str, Any]) -> None:
        self.enums: dict[str, list[str]] = of["enums"]
        self.relations = {(to, many): (cls, field) for cls, field, to, many in of["relations"]}
        self.classes = {label: ModelClass(label, each) for label, each in of["classes"].items()}
        self.messages: dict[str, Message] = {}
        for label, each in of["classes"].items():
            for message in (*_written(label, each["messages"]), *_implied(self.classes[label], each["implied"])):
                message.is_removed |= self.classes[label].is_removed
                self.messages[message.full_name] = message

    def message(self, name: str) -> Message | None:
        """The message of this name, which may also have `_` between class and message; None if there is none."""
        if name in self.messages:
            return self.messages[name]
        classes = (label for label in self.classes if name.startswith(f"{label}_"))
        spelt = (f"{label}.{name[len(label) + 1 :]}" for label in classes)
        return next((self.messages[each] for each in spelt if each in self.messages), None)


def read_model() -> Model:
    """The model in the package."""
    with open(os.path.join(os.path.dirname(__file__), "model.json"), encoding="utf-8") as source:
        return Model(json.load(source))


def inner(type: str) -> list[str]:
    """The types inside of a set or map: `map(string,set(int))` has `string` and `set(int)`."""
    whole = type.partition("(")[2][:-1]
    depth, begin, found = 0, 0, []
    for place, letter in enumerate(whole):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            found.append(whole[begin:place])
            begin = place + 1
    return [*found, whole[begin:]]


def outer(type: str) -> str:
    """The first word of a type: `map`, `ref`, `int`."""
    return type.partition("(")[0].partition(" ")[0]


def _written(label: str, messages: Sequence[Mapping[str, Any]]) -> Iterator[Message]:
    for of in messages:
        message = Message(label, of["name"], [Parameter(*each) for each in of["params"]], of["result"] or "")
        message.is_async = of.get("async", True)
        message.is_removed = bool(of.get("removed"))
        message.is_internal = bool(of.get("pool_internal"))
        message.needs_session = of.get("session", True)
        if message.name in _OF_CLASS and message.name not in _ASYNC:
            message.verb = message.name
        yield message


def _implied(cls: ModelClass, of_class: Sequence[str]) -> Iterator[Message]:
    for name in of_class:
        parameters, result = _OF_CLASS[name]
        made = [Parameter(each, type.format(cls.label)) for each, type in parameters]
        message = Message(cls.label, name, made, result.format(cls.label))
        message.verb = name
        message.is_implied = True
        message.is_async = name in _ASYNC
        yield message
    if cls.in_database:
        for field in cls.fields.values():
            yield from _of_field(cls.label, field)


def _of_field(label: str, field: ModelField) -> Iterator[Message]:
    """The messages that a field implies: one that gets it, and those that write it."""
    me = Parameter(_SELF, f"ref {label}")

    def message(verb: str, name: str, *parameters: Parameter, result: str = "") -> Message:
        made = Message(label, name, [me, *parameters], result)
        made.verb, made.field, made.is_removed = verb, field.name, field.is_removed
        made.is_implied = True
        return made

    yield message(GETTER, f"get_{field.name}", result=field.type)
    if not field.is_writable:
        return
    yield message(SETTER, f"set_{field.name}", Parameter("value", field.type))
    if outer(field.type) == MAP:
        key, value = inner(field.type)
        yield message(ADD, f"add_to_{field.name}", Parameter("key", key), Parameter("value", value))
        yield message(REMOVE, f"remove_from_{field.name}", Parameter("key", key))
    elif outer(field.type) == SET:
        member = Parameter("value", inner(field.type)[0])
        yield message(ADD, f"add_{field.name}", member)
        yield message(REMOVE, f"remove_{field.name}", member)
