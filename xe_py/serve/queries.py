"""The expressions of `get_all_where` and `get_all_records_where`: `field "name__label"="web" and not (true)`.

`and` and `or` bind equally, from the left. `not` binds weakest: it takes all that follows it.
"""

from __future__ import annotations

import re

from xe_py.dumps.texts import text_of_map, text_of_set
from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from xe_py.serve.model import ModelField

    Text = Callable[[str], str]
    Holds = Callable[[Text], bool]

_TOKEN = re.compile(r'\s*(?:(true|false|and|or|not|field)\b|("[^"]*")|([=()]))')
_DEEPEST = 100
_AND, _OR, _NOT, _FIELD = "and", "or", "not", "field"


def holds(expression: str) -> Holds:
    """Whether the expression holds for an object whose columns a function tells; INVALID_VALUE if it is none."""
    return _Parser(expression).whole()


def fulfilling(expression: str, fields: Mapping[str, ModelField]) -> Callable[[str, Mapping[str, Any]], bool]:
    """Whether a reference with its record fulfils the expression, for a class with these fields.

    INTERNAL_ERROR for a column that the class does not have.
    """
    test = holds(expression)
    names = {field.column: name for name, field in fields.items()}

    def fulfils(ref: str, record: Mapping[str, Any]) -> bool:
        def column(name: str) -> str:
            if name == "_ref":
                return ref
            if name not in names:
                raise Failure("INTERNAL_ERROR", "missing field", name, "")
            return stored(record[names[name]])

        return test(column)

    return fulfils


def stored(value: Any) -> str:
    """The value as the database has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return text_of_set(map(stored, value))
    if isinstance(value, dict):
        return text_of_map({stored(key): stored(each) for key, each in value.items()})
    return str(value)


class _Parser:
    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._tokens = self._split()
        self._place = 0
        self._depth = 0

    def whole(self) -> Holds:
        found = self._expr()
        if self._place < len(self._tokens):
            raise self._refused()
        return found

    def _split(self) -> list[str]:
        found, place, end = [], 0, len(self._expression.rstrip())
        while place < end:
            match = _TOKEN.match(self._expression, place)
            if match is None:
                raise self._refused()
            found.append(next(filter(None, match.groups())))
            place = match.end()
        return found

    def _refused(self) -> Failure:
        return Failure("INVALID_VALUE", self._expression, "Parsing.Parse_error")

    def _next(self, wanted: str = "") -> str:
        token = self._tokens[self._place] if self._place < len(self._tokens) else ""
        if not token or (wanted and token != wanted):
            raise self._refused()
        self._place += 1
        return token

    def _follows(self, *tokens: str) -> bool:
        return self._place < len(self._tokens) and self._tokens[self._place] in tokens

    def _expr(self) -> Holds:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._refused()
        terms = [(_AND, self._term())]
        while self._follows(_AND, _OR):
            terms.append((self._next(), self._term()))
        self._depth -= 1
        return terms[0][1] if len(terms) == 1 else lambda text: _all(terms, text)

    def _term(self) -> Holds:
        word = self._next()
        if word == _NOT:
            inner = self._expr()
            return lambda text: not inner(text)
        if word == "(":
            inner = self._expr()
            self._next(")")
            return inner
        if word in {"true", "false"}:
            return lambda _text: word == "true"
        one = self._value(word)
        self._next("=")
        other = self._value(self._next())
        return lambda text: one(text) == other(text)

    def _value(self, token: str) -> Callable[[Text], str]:
        quoted = self._next() if token == _FIELD else token
        if not quoted.startswith('"'):
            raise self._refused()
        word = quoted[1:-1]
        return (lambda text: text(word)) if token == _FIELD else lambda _text: word


def _all(terms: list[tuple[str, Holds]], text: Text) -> bool:
    result = True
    for operator, term in terms:
        result = (result and term(text)) if operator == _AND else (result or term(text))
    return result
