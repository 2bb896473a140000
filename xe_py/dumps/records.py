"""Reading answers of XenAPI: JSON and XML-RPC texts of `get_all_records`, `get_record` and `event.from`.

Several answers may stand in one file, behind each other or in one JSON text, by class or in lists.
"""

from __future__ import annotations

from xe_py.dumps.capture import REFERENCE, Capture, DumpError, Row, refuse_too_many

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, NoReturn

_END = b"</methodResponse>"
# The keys around records that do not name a class.
_AROUND = frozenset(("result", "Value", "events", "records", "data"))
_CALLS = (".get_all_records", ".get_all_records_where")
_DEEP = "it is nested too deeply"


def read_json(data: bytes) -> Capture:
    """The records in JSON texts; DumpError if there are none."""
    refuse_too_many(data, b"{", b"[", b",")
    try:
        return _capture("records of XenAPI as JSON", _documents(data.decode("utf-8-sig")))
    except RecursionError:
        raise DumpError(_DEEP) from None
    except ValueError as error:
        raise DumpError(f"it is not valid JSON: {error}") from None


def read_xml(data: bytes) -> Capture:
    """The records in answers of XML-RPC; DumpError if there are none."""
    refuse_too_many(data, b"<")
    parts = [part[part.index(b"<") :] + _END for part in data.split(_END) if b"<" in part]
    try:
        return _capture("records of XenAPI as XML-RPC", map(_response, parts))
    except RecursionError:
        raise DumpError(_DEEP) from None


def _documents(text: str) -> Iterator[Any]:
    import json
    import re

    blanks = re.compile(r"\s*").match
    decoder, place = json.JSONDecoder(), 0
    while (place := blanks(text, place).end()) < len(text):  # type: ignore[union-attr] # it matches everywhere
        found, place = decoder.raw_decode(text, place)
        yield found


def _response(text: bytes) -> Any:
    from xml.parsers.expat import ExpatError, ParserCreate
    from xmlrpc.client import DateTime, Fault, ResponseError, Unmarshaller

    unmarshaller = Unmarshaller()
    unmarshaller.xml("", None)  # Its texts are texts already.
    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = unmarshaller.start
    parser.EndElementHandler = unmarshaller.end
    parser.CharacterDataHandler = unmarshaller.data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(text, True)
        found = list(unmarshaller.close())
    except ExpatError as error:
        raise DumpError(f"it is not well-formed XML: {error}") from None
    except (Fault, ResponseError, ValueError, TypeError, LookupError, ArithmeticError) as error:
        raise DumpError(f"it is no answer of XML-RPC with records: {error}") from None
    return _plain(found, DateTime)


def _refuse_doctype(*_: object) -> NoReturn:
    raise DumpError("it declares a document type, which could define entities of any size; XenAPI writes none")


def _plain(value: Any, moment: type) -> Any:
    """The value with texts in the place of times."""
    if isinstance(value, dict):
        return {name: _plain(each, moment) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, moment) for each in value]
    return str(value) if isinstance(value, moment) else value


def _capture(title: str, documents: Iterator[Any]) -> Capture:
    capture = Capture(title)
    for document in documents:
        _refuse_error(document)
        _gather(capture, document, "", "")
    if not capture.rows:
        raise DumpError("it has no records, which are objects with a uuid")
    return capture


def _refuse_error(document: Any) -> None:
    if isinstance(document, dict):
        error = document.get("error") or document.get("ErrorDescription")
        if error:
            raise DumpError(f"it is an error that XenAPI has answered, not records: {str(error)[:200]}")


def _gather(capture: Capture, value: Any, cls: str, ref: str) -> None:
    """Add the records in the value, which are of this class, if it is known."""
    if isinstance(value, list):
        for each in value:
            _gather(capture, each, cls, "")
    elif not isinstance(value, dict):
        return
    elif isinstance(value.get("uuid"), str):
        capture.add(Row(cls, ref or value["uuid"], value))
    elif isinstance(value.get("snapshot"), dict):
        _gather(capture, value.get("snapshot"), str(value.get("class", "")), str(value.get("ref", "")))
    else:
        for key, each in value.items():
            if key.startswith(REFERENCE):
                _gather(capture, each, cls, key)
            else:
                _gather(capture, each, cls if key in _AROUND else _class_in(key), "")


def _class_in(key: str) -> str:
    """The class that a key names: `VM`, or the call `VM.get_all_records`."""
    for call in _CALLS:
        key = key.removesuffix(call)
    return key
