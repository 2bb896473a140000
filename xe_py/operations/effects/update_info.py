"""What an update says of itself: `update.xml` on its ISO image."""

from __future__ import annotations

from xml.parsers.expat import ExpatError, ParserCreate

from xe_py.errors import Failure
from xe_py.operations.effects.iso_image import file_in
from xe_py.schema.numbers import integer_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.store.promise import Content

_ABOUT = "update.xml"
# The files that are signed; the signature of each is beside it.
_SIGNED = (_ABOUT, "repodata/repomd.xml")
_GUIDANCE = frozenset(("restartHVM", "restartPV", "restartHost", "restartXAPI"))
_NEEDED = ("uuid", "name-label", "version")
_DESCRIPTION = "name-description"


class _Reader:
    """Takes the attributes of the document, and the text of its description."""

    def __init__(self) -> None:
        self.name = ""
        self.attributes: dict[str, str] = {}
        self.description = ""
        self._open: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._open:
            self.name, self.attributes = name, attributes
        self._open.append(name)

    def end(self, _name: str) -> None:
        self._open.pop()

    def text(self, text: str) -> None:
        if self._open[1:] == [_DESCRIPTION]:
            self.description += text


def info_of(content: Content) -> dict[str, Any]:
    """The fields of the update on the image, its uuid among them; INVALID_UPDATE if there is none."""
    try:
        about = file_in(content, _ABOUT)
    except ValueError:
        raise Failure("INVALID_UPDATE", "This is no ISO 9660 image.") from None
    reader = None if about is None else _read(about)
    if reader is None:
        raise Failure("INVALID_UPDATE", f"The image has no file {_ABOUT} that can be read.")
    info = _fields(reader)
    for name in _SIGNED:
        if file_in(content, name) is None or file_in(content, f"{name}.asc") is None:
            raise Failure("INVALID_UPDATE", f"The image lacks {name} or its signature, {name}.asc.")
    return info


def _read(about: bytes) -> _Reader | None:
    """The document; None if it is not well formed, or declares a type, which could define entities of any size."""
    reader, parser = _Reader(), ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(about, True)
    except (ExpatError, LookupError, ValueError):
        return None
    return reader


def _refuse(*_: object) -> None:
    raise ValueError("A document type is declared.")


def _fields(reader: _Reader) -> dict[str, Any]:
    given = reader.attributes
    if reader.name != "update":
        raise Failure("INVALID_UPDATE", f"{_ABOUT} is not about an update.")
    for name in _NEEDED:
        if name not in given:
            raise Failure("INVALID_UPDATE", f"{_ABOUT} lacks the attribute {name}.")
    if not reader.description:
        raise Failure("INVALID_UPDATE", f"{_ABOUT} lacks a {_DESCRIPTION}.")
    guidance = [word for word in given.get("after-apply-guidance", "").split(",") if word]
    return {
        "uuid": given["uuid"],
        "name-label": given["name-label"],
        "name-description": reader.description,
        "version": given["version"],
        "installation-size": integer_of(given.get("installation-size", "")) or 0,
        "after-apply-guidance": list(dict.fromkeys(guidance)) if _GUIDANCE.issuperset(guidance) else [],
        "enforce-homogeneity": given.get("enforce-homogeneity") in {"true", "1"},
    }
