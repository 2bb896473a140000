"""The next text of a state file; a text that is not of the plain form is read back before it is written."""

from __future__ import annotations

from xe_py.errors import StateFileError
from xe_py.state.record import alike
from xe_py.state.state import State
from xe_py.store.toml import plain
from xe_py.store.toml.excerpt import Excerpt, NotFoundError
from xe_py.store.toml.splice import STATE, edits, splice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.state.changes import Change
    from xe_py.state.record import Record
    from xe_py.store.files.document import Document


def rewritten(document: Document, state: State, changes: list[Change], serial: int) -> bytes:
    """The document with the changes and the new serial; apart from them the text stays as it is.

    StateFileError if the new text would not describe the state.
    """
    text = document.text if document.text.endswith("\n") else document.text + "\n"
    found = splice(text, state, _with_upgrade(document, state, changes), serial)
    is_plain = document.is_plain or plain.load(text) is not None
    if not is_plain and not _says(found, document, state, serial):
        raise StateFileError(
            f"The change does not fit into {document.path} as it is written. Nothing was changed.\n"
            "Run the command again. If it fails again, edit the file first: write each object that the command changes "
            "as a table of its own, [class.uuid]."
        )
    if not changes and text is not document.text:
        found = found.removesuffix("\n")
    return document.encoded(found)


def with_serial(document: Document, serial: int) -> bytes | None:
    """The document with another serial, if it is plain; only its header is looked at."""
    if document.is_wrapped or not document.is_plain:
        return None
    data = document.content()
    try:
        excerpt = Excerpt(data, [(STATE, 0)])
    except NotFoundError:
        return None
    header = (plain.load(excerpt.text) or {})[STATE[0]]
    parts = excerpt.apply(edits(excerpt.text, State(header), [], serial))
    return b"".join([data[part.start : part.stop] if isinstance(part, range) else part for part in parts])


def _with_upgrade(document: Document, state: State, changes: list[Change]) -> list[Change]:
    """The changes, plus those that bring the text to the present format."""
    if not document.taken_out:
        return changes
    from xe_py.state.changes import Change

    taken = dict(document.taken_out)
    found = []
    for change in changes:
        before = change.before
        if before is not None:
            before = {**before, **taken.pop((change.cls.name, change.uuid), {})}
        found.append(Change(change.cls, change.uuid, before, change.after))
    untouched = [(obj, fields) for (cls, uuid), fields in taken.items() if (obj := state.get(cls, uuid)) is not None]
    return found + [Change(obj.cls, obj["uuid"], {**obj, **fields}, obj) for obj, fields in untouched]


def _says(text: str, document: Document, state: State, serial: int) -> bool:
    """Whether the text describes exactly this state with this serial."""
    from xe_py.classes import sections
    from xe_py.store.toml.reader import read_back

    again = read_back(text)
    if again is None or not alike(again.header, {**state.header, "serial": serial}):
        return False
    pairs = [(state.all(cls.name), again.all(cls.name)) for cls in sections()]
    if any(meant != said for meant, said in pairs):
        # Otherwise an index would still list the objects in their old order.
        document.reordered = True
    return all(_by_uuid(meant) == _by_uuid(said) for meant, said in pairs)


def _by_uuid(objects: list[Record]) -> dict[str, dict[str, Any]]:
    """The objects in no order, but with their maps as lists, because the order of keys counts."""
    return {
        obj["uuid"]: {name: list(value.items()) if type(value) is dict else value for name, value in obj.items()}
        for obj in objects
    }
