"""Binding the arguments of a call: values of the declared kinds, and the state's own objects for uuids and records."""

from __future__ import annotations

from xe_py.errors import Misuse
from xe_py.schema.fields import Map, Ref, Refs
from xe_py.schema.values import Named
from xe_py.state.record import Record, in_order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from xe_py.schema.command import Command, Selector
    from xe_py.schema.fields import Field
    from xe_py.state.state import State


def named(state: State, selector: Selector, name: str) -> list[Record]:
    """The objects that have this name or uuid, in order of creation."""
    one = state.get(selector.name, name)
    found = {} if one is None else {name: one}
    for field in selector.named_by:
        if field != "uuid":
            found |= {obj["uuid"]: obj for obj in state.having(selector.name, field, name)}
    return sorted(found.values(), key=in_order)


def bind(state: State, command: Command, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as values of the declared kinds, uuids replaced by their objects; raises Misuse and Failure.

    None stands for what is not given.
    """
    parameters = command.by_argument()
    if command.selector is not None and command.about is not None:
        parameters = {**parameters, command.argument(command.about): command.about}
    bound = {}
    for name, value in arguments.items():
        if name not in parameters:
            from xe_py.schema.arguments import unknown

            raise unknown(command.name, name, parameters)
        if value is not None:
            bound[name] = _value(state, name, parameters[name], value)
    for name, parameter in zip(parameters, command.required, strict=False):
        if name not in bound:
            raise Misuse(f"Required parameter not found: {parameter.name}")
        if bound[name] is None and isinstance(parameter, Ref):
            state.need(parameter.to, "")
    return bound


def own(state: State, keyword: str, to: str, given: Any) -> Record:
    """The state's own object of the class `to` that a record or a uuid stands for.

    Misuse for a record of another class, UUID_INVALID where there is no such object, or no more.
    """
    if isinstance(given, Record) and given.cls.name == to:
        return state.need(to, given["uuid"])
    from xe_py.schema import arguments

    if isinstance(given, Record):
        raise arguments.wrong_class(keyword, to, given)
    if not isinstance(given, str):
        raise arguments.wrong_kind(keyword, Ref(keyword, to), given)
    return state.need(to, arguments.text(keyword, given))


def _value(state: State, keyword: str, parameter: Field, given: Any) -> Any:
    if type(given) is not str:
        if isinstance(parameter, Ref) and isinstance(given, Record):
            return own(state, keyword, parameter.to, given)
        if isinstance(parameter, Refs) and isinstance(given, (list, tuple)):
            found = [own(state, keyword, parameter.to, each) for each in given]
            return list({obj["uuid"]: obj for obj in found}.values())
    value = _plain(keyword, parameter, given)
    if isinstance(parameter, Ref):
        return None if value is None else _object(state, parameter, value)
    if isinstance(parameter, Refs) and parameter.selector is not None:
        return [_only(state, parameter.selector, name) for name in value]
    if isinstance(parameter, Refs):
        return [state.need(parameter.to, uuid) for uuid in value]
    return value


def _only(state: State, selector: Selector, name: str) -> Record:
    """The only object of this name or uuid; Misuse if there is none, or if there are several."""
    found = named(state, selector, name)
    if not found:
        raise _not_found(selector, name)
    if len(found) > 1:
        uuids = ", ".join(obj["uuid"] for obj in found)
        raise Misuse(f"Error: {len(found)} {selector.label}s are called {name}; give the uuid: {uuids}")
    return found[0]


def _not_found(selector: Selector, name: str) -> Misuse:
    label = selector.label
    return Misuse(f"Error: {label[0].upper()}{label[1:]} {name} not found")


def _object(state: State, parameter: Ref, word: str) -> Record:
    if isinstance(parameter, Named):
        found = named(state, parameter.selector, word)
        if not found:
            raise _not_found(parameter.selector, word)
        return found[0]
    return state.need(parameter.to, word)


def _plain(keyword: str, parameter: Field, given: Any) -> Any:
    if type(given) is str and given.isascii() and not isinstance(parameter, Map):
        return parameter.parse(given)
    from xe_py.schema import arguments

    return arguments.value(keyword, parameter, given)
