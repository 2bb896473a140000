"""A session: running commands on a state, each of them whole or not at all.

This is what the command line and Python programs share. A command gets its arguments, does its work, and is kept only
if the validation core finds the result sound.
"""

from __future__ import annotations

from xe_py.errors import Misuse, SeveralFailed, XeError
from xe_py.schema.fields import Ref, Refs
from xe_py.state.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from xe_py.schema.command import Command
    from xe_py.schema.fields import Field
    from xe_py.state.state import State


def run(
    state: State,
    command: Command,
    arguments: Mapping[str, Any] | None = None,
    *,
    words: list[tuple[str, str]] | None = None,
) -> Any:
    """Run the command on the state; one that is refused leaves the state as it was.

    `arguments` are named as the function names them, and that of a selector by its class: objects as records or uuids,
    other values as their own kind or as the words of the command line. A record need not be the state's own: it is
    followed by its uuid. A command that takes words gets `words` instead.
    """
    mark = state.mark()
    try:
        if command.takes_words:
            result = command.run(state, words)
        else:
            result = command.run(state, **bind(state, command, arguments or {}))
        if state.mark() > mark:
            from xe_py.state.core import verify

            verify(state, state.changes(mark), everything=state.rules_changed(mark))
    except BaseException as error:
        state.rollback(mark)
        if isinstance(error, XeError):
            error.state = state
        raise
    return result


def run_on_chosen(
    state: State,
    command: Command,
    arguments: Mapping[str, Any],
    filters: Iterable[tuple[str, str]],
    *,
    among: list[Record] | None = None,
    multiple: str | bool = False,
) -> list[Any]:
    """Run a command with selectors on each of the objects that the filters choose, `among` these; the result of each.

    Misuse for a filter that is none, and where none or too many are chosen: then nothing is done. Of several objects
    each is done or refused by itself; SeveralFailed tells of those that are refused, and the others stay done.
    """
    from xe_py.operations.select import chosen

    try:
        objects = chosen(state, command, filters, among=among, multiple=multiple)
    except Misuse as refusal:
        refusal.state = state
        raise
    results = []
    refusals: list[tuple[str, XeError]] = []
    for obj in objects:
        try:
            results.append(run(state, command, {**arguments, command.selectors: obj}))
        except XeError as refusal:
            if len(objects) == 1:
                raise
            refusals.append((obj["uuid"], refusal))
    if refusals:
        raise SeveralFailed(refusals)
    return results


def parts_of(results: list[Any]) -> list[Any]:
    """What a command has made of several objects, in one list: nothing, one thing or several of each."""
    parts = [part for result in results for part in (result if isinstance(result, list) else [result])]
    return [part for part in parts if part is not None]


def bind(state: State, command: Command, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as values of the declared kinds, uuids replaced by their objects; raises Misuse and Failure.

    None stands for what is not given.
    """
    parameters = command.by_argument()
    bound = {}
    for name, value in arguments.items():
        if name in parameters:
            parameter = parameters[name]
        elif name == command.selectors:
            parameter = Ref(name, name)
        else:
            from xe_py.schema.arguments import unknown

            raise unknown(command.name, name, [*filter(None, [command.selectors]), *parameters])
        if value is not None:
            bound[name] = _value(state, name, parameter, value)
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
    if isinstance(parameter, Ref) and isinstance(given, Record):
        return own(state, keyword, parameter.to, given)
    if isinstance(parameter, Refs) and isinstance(given, (list, tuple)):
        found = [own(state, keyword, parameter.to, each) for each in given]
        return list({obj["uuid"]: obj for obj in found}.values())
    value = _plain(keyword, parameter, given)
    if isinstance(parameter, Ref):
        return None if value is None else state.need(parameter.to, value)
    if isinstance(parameter, Refs):
        return [state.need(parameter.to, uuid) for uuid in value]
    return value


def _plain(keyword: str, parameter: Field, given: Any) -> Any:
    if type(given) is str and given.isascii():
        return parameter.parse(given)
    from xe_py.schema import arguments

    return arguments.value(keyword, parameter, given)
