"""The kinds of row that say which command does what a message asks for."""

from __future__ import annotations

from xe_py import operations, running
from xe_py.operations.effects.writing import write
from xe_py.running import Call
from xe_py.schema.fields import Text
from xe_py.serve import wire
from xe_py.serve.generic import inward, object_of
from xe_py.serve.model import MAP, NULL, REF, SET, inner, outer
from xe_py.serve.records import empty_of, outward_of
from xe_py.state.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from xe_py.schema.command import Command
    from xe_py.serve.generic import Implied
    from xe_py.serve.model import Message
    from xe_py.state.state import State

_UUID = "uuid"


class Row:
    """A message that the command of this name does.

    `takes` has the keyword of the command for each parameter that it gets; a parameter that is not named has no effect.
    `always` are arguments that the command gets in any case.
    """

    def __init__(self, command: str, always: Mapping[str, Any] | None = None, /, **takes: str) -> None:
        self._name = command
        self._always = always or {}
        self._takes = takes

    @property
    def command(self) -> Command:
        """The command."""
        found = operations.find(self._name)
        assert found is not None, self._name  # noqa: S101 - the rows are tested
        return found

    @property
    def parameters(self) -> Mapping[str, str]:
        """The keyword of the command for each parameter that it gets."""
        return self._takes

    @property
    def reads(self) -> bool:
        """Whether the command leaves everything as it is."""
        return self.command.kind.reads

    def run(self, of: Implied, state: State, arguments: list[Any]) -> Any:
        """Run the command; what the message gives."""
        named = {
            parameter.name: _argument(of, state, parameter.type, value, needed=not place)
            for place, (parameter, value) in enumerate(zip(of.message.parameters, arguments, strict=True))
            if parameter.name in self._takes
        }
        return _result(of, self._call(state, {self._takes[name]: value for name, value in named.items()}))

    def _call(self, state: State, given: Mapping[str, Any]) -> Any:
        texts = {keyword for keyword, field in self.command.by_argument().items() if isinstance(field, Text)}
        named = {
            keyword: value["uuid"] if keyword in texts and isinstance(value, Record) else value
            for keyword, value in given.items()
        }
        return running.run(state, Call(self.command, {**named, **self._always}))


class Alike(Row):
    """A message that the command of the same name does: its first parameter is what that is about, others are alike."""

    def run(self, of: Implied, state: State, arguments: list[Any]) -> Any:
        """Run the command; what the message gives."""
        if not self._takes:
            self._takes = self.found(of.message)
        return super().run(of, state, arguments)

    def found(self, message: Message) -> dict[str, str]:
        """The keyword of the command for each parameter that it has."""
        command = self.command
        keywords = command.by_argument()
        takes = {}
        for place, parameter in enumerate(message.parameters):
            if not place and command.about is not None and outer(parameter.type) == REF:
                takes[parameter.name] = command.argument(command.about)
            elif parameter.name.lower() in keywords:
                takes[parameter.name] = parameter.name.lower()
            elif not place and (named := {_UUID, parameter.type.split()[-1].lower()} & keywords.keys()):
                takes[parameter.name] = named.pop()
        return takes


class Makes(Row):
    """A message that makes an object of a record; the members that the command does not take are written afterwards."""

    def run(self, of: Implied, state: State, arguments: list[Any]) -> Any:
        """Run the command with the members of the record; the reference to what it makes."""
        given = arguments[0]
        fields = of.model.classes[of.kind.label].fields
        members: dict[str, Any] = {}
        for name in of.model.classes[of.kind.label].takes:
            field = name.removesuffix("*")
            if field in given:
                members[field] = wire.reader(of.model, fields[field].type)(given[field])
            elif name != field and field in self._takes:
                raise wire.internal(f"Dispatcher_FieldNotFound({field})")
        call = {
            self._takes[name]: _argument(of, state, fields[name].type, value)
            for name, value in members.items()
            if name in self._takes
        }
        obj = self._call(state, call)
        for name, value in members.items():
            place = of.kind.part.places.get(name)
            if name not in self._takes and place is not None and place.field.stored and fields[name].is_writable:
                made = inward(of.kinds, state, place, value)
                if made != obj[place.field.name] and made is not None:
                    write(state, obj, place.field, made)
        return of.kind.ref(obj)


class Shows:
    """A message that reads what xe has as a field of the object."""

    reads = True

    def __init__(self, field: str) -> None:
        self._field = field

    def run(self, of: Implied, state: State, arguments: list[Any]) -> Any:
        """The value of the field of the object that comes first."""
        obj = of.kind.find(state, arguments[0])
        empty = empty_of(of.model, of.message.result)
        return outward_of(of.model, of.message.result, empty)(state.value(obj, self._field))


class Does:
    """A message that a function does: it gets the state, the objects for references, and the other arguments."""

    def __init__(self, function: Callable[..., Any], *, reads: bool = False) -> None:
        self._function = function
        self.reads = reads

    def run(self, of: Implied, state: State, arguments: list[Any]) -> Any:
        """Call the function; what the message gives."""
        given = [
            _argument(of, state, parameter.type, value, needed=True)
            for parameter, value in zip(of.message.parameters, arguments, strict=True)
        ]
        return _result(of, self._function(state, *given))


def _argument(of: Implied, state: State, type: str, value: Any, *, needed: bool = False) -> Any:
    """The argument of the command for one of the message: objects for references."""
    kind = outer(type)
    if kind == REF:
        if value in {NULL, ""} and not needed:
            return None
        return object_of(of.kinds, state, type, value)
    if kind == SET and outer(inner(type)[0]) == REF:
        return [object_of(of.kinds, state, inner(type)[0], each) for each in value]
    return value


def _result(of: Implied, made: Any) -> Any:
    """What the message gives for what the command makes."""
    type = of.message.result
    kind = outer(type)
    if kind == REF and isinstance(made, Record):
        return of.kinds[type.split()[1]].ref(made)
    if kind == SET:
        label = inner(type)[0].split()[-1]
        return [of.kinds[label].ref(each) if isinstance(each, Record) else str(each) for each in _each(made)]
    convert: Callable[[Any], Any] = _RESULTS.get(kind, _text)
    return convert(made)


def _text(made: Any) -> str:
    return "" if made is None else str(made["uuid"] if isinstance(made, Record) else made)


_RESULTS: Mapping[str, Callable[[Any], Any]] = {
    "": lambda _made: "",
    "int": int,
    "bool": lambda made: made if isinstance(made, bool) else str(made) == "true",
    MAP: lambda made: dict(made) if isinstance(made, dict) else {},
}


def _each(made: Any) -> list[Any]:
    return made if isinstance(made, list) else [] if made is None else [made]
