"""Arguments from a Python program: Python values of the right kind, or the texts that the command line takes."""

from __future__ import annotations

from xe_py.errors import Failure, Misuse
from xe_py.schema.fields import LARGEST, Bool, Choice, Int, Map, Ref, Refs, Set
from xe_py.schema.values import Float

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from xe_py.schema.fields import Field

_KINDS: tuple[tuple[type[Field], str], ...] = (
    (Bool, "True or False"),
    (Int, "a whole number of at most 64 bits"),
    (Float, "a number"),
    (Set, "a list of texts"),
    (Map, "a dict of texts"),
)


def value(keyword: str, parameter: Field, given: Any) -> Any:
    """The value that the parameter takes; Misuse or FIELD_TYPE_ERROR if the argument stands for none."""
    found = given
    if isinstance(given, str):
        found = parameter.parse(text(keyword, given))
    elif isinstance(parameter, Set) and isinstance(given, (list, tuple)):
        found = list(dict.fromkeys(text(keyword, member) for member in given))
    elif isinstance(parameter, Map) and isinstance(given, dict) and not hasattr(given, "cls"):
        found = {text(f"a key of {keyword}", key): text(f"{keyword}[{key!a}]", each) for key, each in given.items()}
    elif isinstance(given, int) and not isinstance(given, bool):
        found = int(given)
    if not parameter.accepts(found):
        raise wrong_kind(keyword, parameter, given)
    return found


def text(keyword: str, given: Any) -> str:
    """The text as a plain str; Misuse if it is not a text, or has a lone surrogate, which UTF-8 cannot write."""
    if not isinstance(given, str):
        raise Misuse(f"Error: {keyword} must be a text, not {kind_of(given)}.")
    plain = str.__str__(given)
    try:
        plain.encode()
    except UnicodeEncodeError as error:
        raise Misuse(f"Error: {keyword} is not UTF-8 text: it has a lone surrogate at {error.start}.") from None
    return plain


def wrong_kind(keyword: str, parameter: Field, given: Any) -> Failure:
    """The refusal of an argument of the wrong kind. It does not repeat the argument, which may be a secret."""
    failure = Failure("FIELD_TYPE_ERROR", parameter.name)
    failure.notes = (f"{called(keyword, parameter)} must be {_expected(parameter)}, not {kind_of(given)}.",)
    return failure


def wrong_class(keyword: str, to: str, given: Any) -> Misuse:
    """The refusal of an object that is not of the class `to`."""
    return Misuse(f"Error: {keyword} must be an object of class {to}, not the {given}.")


def unknown(command: str, keyword: str, known: Iterable[str]) -> Misuse:
    """The refusal of an unknown keyword, with the nearest one that the command takes, or else all of them."""
    from xe_py.schema.similar import nearest

    names = list(known)
    near = nearest(keyword, names, likeness=0.4)
    takes = f"did you mean {near[0]}?" if near else f"it takes: {', '.join(names)}" if names else "it takes none"
    return Misuse(f"Error: {command} does not know the parameter {keyword!a}; {takes}")


def called(keyword: str, parameter: Field) -> str:
    """The parameter by its keyword and, if that differs, its name on the command line."""
    return keyword if keyword == parameter.name else f"{keyword} ({parameter.name})"


def kind_of(given: Any) -> str:
    """How a message names the argument: an object by itself, anything else by its kind."""
    if hasattr(given, "cls"):
        return f"the {given}"
    if type(given) is int and abs(given) > LARGEST:
        return f"a number of {given.bit_length()} bits"
    return "None" if given is None else f"a value of type {type(given).__name__}"


def _expected(parameter: Field) -> str:
    if isinstance(parameter, Choice):
        return f"one of {', '.join(parameter.options)}"
    if isinstance(parameter, Refs):
        return f"a list of objects of class {parameter.to}, or of their uuids"
    if isinstance(parameter, Ref):
        return f"an object of class {parameter.to}, or its uuid"
    return next((words for kind, words in _KINDS if isinstance(parameter, kind)), "a text")
