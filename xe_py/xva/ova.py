"""The first member of an archive, `ova.xml`: the objects as values of XenAPI, written as XML-RPC does."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.numbers import decimal_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

NAME = "ova.xml"
NULL = "OpaqueRef:NULL"
_VERSION, _OBJECTS = "version", "objects"
# The archives of which only the members that follow say more than ova.xml, and the API that this program knows.
_FORMAT = 2
_MAJOR, _MINOR = 2, 23
# A VM has some hundred KiB at most; a value of XenAPI is not nested deeper.
LARGEST = 32 << 20
_DEEPEST = 64


class Moment(str):
    """A time, as XAPI writes it."""

    __slots__ = ()


class Entry:
    """An object in an archive: its class in XenAPI, its id there, and its fields."""

    __slots__ = ("cls", "id", "snapshot")

    def __init__(self, cls: str, id: str, snapshot: dict[str, Any]) -> None:
        self.cls = cls
        self.id = id
        self.snapshot = snapshot


# Writing


def write(entries: list[Entry], version: Mapping[str, str], now: str) -> bytes:
    """The text of ova.xml for these objects; `version` is what a host says of its software, `now` the time."""
    about = {
        "hostname": "localhost",
        "date": now,
        "product_version": version.get("product_version", ""),
        "product_brand": version.get("product_brand", ""),
        "build_number": version.get("build_number", ""),
        "xapi_major": _MAJOR,
        "xapi_minor": _MINOR,
        "export_vsn": _FORMAT,
    }
    objects = [{"class": entry.cls, "id": entry.id, "snapshot": entry.snapshot} for entry in entries]
    return "".join(_written({_VERSION: about, _OBJECTS: objects})).encode()


def _written(value: Any) -> Iterator[str]:
    yield "<value>"
    if isinstance(value, bool):
        yield f"<boolean>{value:d}</boolean>"
    elif isinstance(value, float):
        yield f"<double>{value:.16g}</double>"
    elif isinstance(value, Moment):
        yield f"<dateTime.iso8601>{value}</dateTime.iso8601>"
    elif isinstance(value, dict):
        yield "<struct>"
        for key, member in value.items():
            yield f"<member><name>{_escaped(key)}</name>"
            yield from _written(member)
            yield "</member>"
        yield "</struct>"
    elif isinstance(value, list):
        yield "<array><data>"
        for member in value:
            yield from _written(member)
        yield "</data></array>"
    else:
        yield _escaped(str(value))
    yield "</value>"


def _escaped(text: str) -> str:
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(sign, name)
    return "".join(sign for sign in text if sign >= " " or sign in "\t\n\r")


# Reading


def read(text: bytes) -> list[Entry]:
    """The objects in the text; IMPORT_ERROR if it is no ova.xml, IMPORT_INCOMPATIBLE_VERSION if it is a newer one."""
    found = _parsed(text)
    version, objects = _member(found, _VERSION, dict), _member(found, _OBJECTS, list)
    if (_number(version, "xapi_major"), _number(version, "xapi_minor")) > (_MAJOR, _MINOR):
        raise Failure("IMPORT_INCOMPATIBLE_VERSION")
    if _number(version, "export_vsn") != _FORMAT:
        raise _wrong(f"it has the form {_number(version, 'export_vsn')}, which is older than 2008")
    return [
        Entry(_member(each, "class", str), _member(each, "id", str), _member(each, "snapshot", dict))
        for each in objects
    ]


def _number(version: dict[str, Any], name: str) -> int:
    text = version.get(name, "0")
    number = decimal_of(text) if isinstance(text, str) else None
    if number is None:
        raise _wrong(f"its {name} is no number")
    return number


def _member(value: Any, name: str, kind: type) -> Any:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, kind):
        raise _wrong(f"it has no {name}")
    return found


def _wrong(why: str) -> Failure:
    return Failure("IMPORT_ERROR", f"{NAME} in the archive cannot be used: {why}.")


def _parsed(text: bytes) -> Any:
    from xml.parsers.expat import ExpatError, ParserCreate

    reader = _Reader()
    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.say
    parser.StartDoctypeDeclHandler = reader.declare
    try:
        parser.Parse(text, True)
    except ExpatError as error:
        raise _wrong(f"it is not well-formed XML: {error}") from None
    return reader.value


class _Reader:
    """Makes the value of the elements as they come: all scalars are texts but `boolean`."""

    def __init__(self) -> None:
        self.value: Any = None
        self._open: list[tuple[str, Any]] = []
        self._texts: list[str] = []

    def declare(self, *_: object) -> None:
        """Refuse a document type: it may define entities of any size."""
        raise _wrong("it declares a document type")

    def begin(self, tag: str, _attributes: object) -> None:
        """Begin an element."""
        if len(self._open) >= _DEEPEST:
            raise _wrong("its values are nested too deeply")
        self._open.append((tag, {} if tag == "struct" else [] if tag in {"array", "member"} else None))
        self._texts.clear()

    def say(self, text: str) -> None:
        """Go on with the text of the element."""
        self._texts.append(text)

    def end(self, tag: str) -> None:
        """End an element: what it holds belongs to the one around it."""
        _, held = self._open.pop()
        said = "".join(self._texts)
        if tag == "value":
            self._give(said if held is None else held)
        elif tag == "member":
            self._end_member(held)
        elif tag == "name":
            self._around("member").append(said)
        elif tag == "boolean":
            self._hold(said == "1")
        elif tag in {"struct", "array"}:
            self._hold(held)
        elif tag != "data":
            self._hold(said)

    def _hold(self, value: Any) -> None:
        self._around("value")
        self._open[-1] = ("value", value)

    def _give(self, value: Any) -> None:
        if not self._open:
            self.value = value
        elif self._open[-1][0] == "member":
            self._open[-1][1].append(value)
        else:
            self._around("data")
            if len(self._open) < 2 or self._open[-2][0] != "array":  # noqa: PLR2004 - the array around its data
                raise _wrong("its values are not as XML-RPC has them")
            self._open[-2][1].append(value)

    def _end_member(self, held: list[Any]) -> None:
        if [type(part) for part in held[:1]] != [str] or len(held) != 2:  # noqa: PLR2004 - a name and a value
            raise _wrong("its values are not as XML-RPC has them")
        self._around("struct")[held[0]] = held[1]

    def _around(self, tag: str) -> Any:
        """What the element around holds, which must be one of these."""
        if not self._open or self._open[-1][0] != tag:
            raise _wrong("its values are not as XML-RPC has them")
        return self._open[-1][1]
