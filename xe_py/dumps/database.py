"""Reading a dump of XAPI's database, as `pool-dump-database`, `state.db` and status reports have it."""

from __future__ import annotations

from xml.parsers.expat import ExpatError, ParserCreate

from xe_py.dumps.capture import Capture, DumpError, Row, refuse_too_many
from xe_py.dumps.texts import unprotected
from xe_py.schema.numbers import decimal_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

MAJOR, MINOR, GENERATION = "schema_major_vsn", "schema_minor_vsn", "generation_count"
"""The keys of the manifest."""
_AGE = "__ctime"
_ELEMENTS = {"database": 0, "manifest": 1, "table": 1, "pair": 2, "row": 2}


def read(data: bytes) -> Capture:
    """The objects in the dump; DumpError if it is none."""
    refuse_too_many(data, b"=")
    reader = _Reader()
    parser = ParserCreate()
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(data, True)
    except ExpatError as error:
        raise DumpError(f"it is not well-formed XML: {error}") from None
    capture = reader.capture
    if not capture.complete:
        raise DumpError("it has no tables, as the database of a pool has")
    schema = f"{capture.manifest.get(MAJOR, '?')}.{capture.manifest.get(MINOR, '?')}"
    capture.title = f"a dump of XAPI's database (schema {schema})"
    return capture


def _refuse_doctype(*_: object) -> NoReturn:
    raise DumpError("it declares a document type, which could define entities of any size; XAPI writes none")


class _Reader:
    """Takes the elements as they come."""

    def __init__(self) -> None:
        self.capture = Capture("")
        self._depth = 0
        self._table = ""

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        if _ELEMENTS.get(tag) != self._depth:
            raise DumpError(f"it has an element <{tag[:40]}> where the database of a pool has none")
        self._depth += 1
        if tag == "row":
            self._row(attributes)
        elif tag == "pair":
            self.capture.manifest[attributes.get("key", "")] = unprotected(attributes.get("value", ""))
        elif tag == "table":
            self._table = attributes.get("name", "")
            self.capture.complete.add(self._table)

    def end(self, _tag: str) -> None:
        """End an element."""
        self._depth -= 1

    def _row(self, attributes: dict[str, str]) -> None:
        ref, age = attributes.pop("ref", "") or attributes.get("_ref", ""), attributes.get(_AGE, "")
        fields = {
            column.replace("__", "_"): unprotected(text) if "%" in text else text
            for column, text in attributes.items()
            if column[0] != "_"
        }
        self.capture.add(Row(self._table, ref, fields, decimal_of(age) or 0))
