"""XML-RPC as XAPI speaks it: whole numbers go out without a type, and a refusal is no fault but a `Status`."""

from __future__ import annotations

import re
from xml.parsers import expat

from xe_py.serve.wire import Count, Time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

TYPE = "text/xml"

_DEEPEST = 64
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
# What XML has no characters for.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_NUMBER = re.compile(r"\s*[+-]?\d{1,20}\s*")
_TEXTS = frozenset(("string", "base64"))
_NUMBERS = frozenset(("int", "i4", "i8"))
_SCALARS = _TEXTS | _NUMBERS | {"double", "boolean", "dateTime.iso8601", "nil"}


class BadCallError(Exception):
    """The bytes are no call."""


# Reading


class _Call:
    """Takes the events of the parser and makes a call of them. `method` and `params` are the result."""

    def __init__(self) -> None:
        self.method = ""
        self.params: list[Any] = []
        self._path: list[str] = []
        self._text: list[str] = []
        # The lists and dicts that are being filled; of a dict, the name of the member at hand too.
        self._open: list[Any] = [self.params]
        self._names: list[str] = []
        self._has_value: list[bool] = []

    def start(self, tag: str, _attributes: object) -> None:
        if len(self._path) > _DEEPEST * 4:
            raise BadCallError("it is nested too deep")
        if not self._path and tag != "methodCall":
            raise BadCallError("it is no methodCall")
        self._path.append(tag)
        self._text.clear()
        if tag == "value":
            self._has_value.append(False)
        elif tag in {"array", "struct"}:
            self._open.append([] if tag == "array" else {})

    def data(self, text: str) -> None:
        self._text.append(text)

    def end(self, tag: str) -> None:
        self._path.pop()
        text = "".join(self._text)
        if tag == "methodName":
            self.method = text.strip()
        elif tag == "name":
            self._names.append(text)
        elif tag == "member" and self._names:
            self._names.pop()
        elif tag in {"array", "struct"}:
            self._put(self._open.pop())
        elif tag in _SCALARS:
            self._put(_scalar(tag, text))
        elif tag == "value":
            if not self._has_value[-1]:
                self._put(text)
            self._has_value.pop()
        self._text.clear()

    def _put(self, value: Any) -> None:
        if not self._has_value:
            raise BadCallError("a value stands outside of <value>")
        self._has_value[-1] = True
        target = self._open[-1]
        if isinstance(target, list):
            target.append(value)
        elif self._names:
            target[self._names[-1]] = value
        else:
            raise BadCallError("a member has no name")


def call_in(body: bytes) -> tuple[str, list[Any]]:
    """The name and the parameters of the call; BadCallError for bytes that are none."""
    call = _Call()
    parser = expat.ParserCreate()
    parser.StartElementHandler = call.start
    parser.EndElementHandler = call.end
    parser.CharacterDataHandler = call.data
    parser.StartDoctypeDeclHandler = _no_document_type
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, IndexError, LookupError) as error:
        raise BadCallError(str(error)) from None
    if not call.method:
        raise BadCallError("it names no method")
    return call.method, call.params


def _no_document_type(*_: object) -> None:
    raise BadCallError("it has a document type")


def _scalar(tag: str, text: str) -> Any:
    if tag in _NUMBERS:
        if not _NUMBER.fullmatch(text):
            raise BadCallError("a whole number is none")
        return int(text)
    if tag == "double":
        return float(text)
    if tag == "boolean":
        return text.strip() == "1"
    if tag == "nil":
        return None
    return Time(text.strip()) if tag == "dateTime.iso8601" else text


# Writing


def value(of: Any) -> str:
    """The value in its element."""
    made: list[str] = []
    _write(of, made.append)
    return "".join(made)


def answer(of: Any) -> bytes:
    """The answer to a call that was done."""
    return _response(f"{_STATUS}<value>Success</value></member><member><name>Value</name>{value(of)}{_END}")


def refusal(description: Sequence[str]) -> bytes:
    """The answer to a call that was refused."""
    texts = value(list(description))
    return _response(f"{_STATUS}<value>Failure</value></member><member><name>ErrorDescription</name>{texts}{_END}")


def bare(of: Any) -> bytes:
    """The answer without a status, as the calls about the system have it."""
    return _response(value(of))


_STATUS, _END = "<value><struct><member><name>Status</name>", "</member></struct></value>"


def _response(text: str) -> bytes:
    whole = f'<?xml version="1.0"?><methodResponse><params><param>{text}</param></params></methodResponse>'
    return whole.encode()


def _write(of: Any, put: Any) -> None:
    kind = type(of)
    if kind is str:
        put(f"<value>{escaped(of)}</value>")
    elif kind is dict:
        put("<value><struct>")
        for name, each in of.items():
            put(f"<member><name>{escaped(str(name))}</name>")
            _write(each, put)
            put("</member>")
        put("</struct></value>")
    elif kind is list:
        put("<value><array><data>")
        for each in of:
            _write(each, put)
        put("</data></array></value>")
    else:
        put(f"<value>{_plain(of)}</value>")


def _plain(of: Any) -> str:
    if isinstance(of, bool):
        return f"<boolean>{of:d}</boolean>"
    if isinstance(of, Time):
        return f"<dateTime.iso8601>{escaped(of)}</dateTime.iso8601>"
    if isinstance(of, Count):
        return f"<i4>{of:d}</i4>"
    if isinstance(of, float):
        return f"<double>{of:.16g}</double>"
    return "" if of is None else escaped(str(of))


def escaped(text: str) -> str:
    """The text with what XML would take for its own, and without what it cannot hold."""
    if text.isalnum() and text.isascii():
        return text
    return _CONTROL.sub("", text).translate(_ESCAPED)
