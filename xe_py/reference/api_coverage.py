"""docs/api-coverage.md: what `xe-py serve` does with each message of XenAPI, with counts."""

from __future__ import annotations

from xe_py.reference.gfm import code, table, title
from xe_py.schema.command import MODELLED, RECORDED, REFUSED
from xe_py.serve.directory import Directory
from xe_py.serve.rows import Row
from xe_py.serve.written import WRITTEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.serve.model import Message

_INTRODUCTION = """\
This page lists the messages of XenAPI (XAPI 26, API 2.23) and says what `xe-py serve` does with each. The messages of
fields and classes follow from the model; all others are written out."""
_REMOVED, _INTERNAL = "removed", "internal"
_MEANINGS = {
    MODELLED: "The message does what it does on a real pool, on the state.",
    RECORDED: "The state keeps the call, as of the command of this name. Nothing else follows.",
    _REMOVED: "XenAPI has no such message any more, so the answer is `MESSAGE_REMOVED`, as on a real pool.",
    _INTERNAL: "Only the hosts of a pool send the message to each other. A client is refused, as on a real pool.",
    REFUSED: "The server checks the parameters and the session, and then answers `NOT_IMPLEMENTED`.",
}


def page() -> str:
    """The whole page."""
    directory = Directory()
    found: dict[str, list[Message]] = {kind: [] for kind in _MEANINGS}
    for message in directory.model.messages.values():
        found[_kind(directory, message)].append(message)
    rows = [_count(kind, messages) for kind, messages in found.items()]
    every = _count("all", list(directory.model.messages.values()))
    parts = [
        title("Coverage of XenAPI", _INTRODUCTION),
        table(("Kind", "Written out", "Implied", "All"), [*rows, every]),
    ]
    return "\n".join([*parts, *(_listed(kind, messages) for kind, messages in found.items())])


def _kind(directory: Directory, message: Message) -> str:
    if message.is_removed:
        return _REMOVED
    if message.is_internal:
        return _INTERNAL
    row = WRITTEN.get(message.full_name)
    if isinstance(row, Row):
        return row.command.coverage
    return MODELLED if directory.can_do(message) else REFUSED


def _count(label: str, messages: list[Message]) -> tuple[str, ...]:
    implied = sum(message.is_implied for message in messages)
    return label, str(len(messages) - implied), str(implied), str(len(messages))


def _listed(kind: str, messages: list[Message]) -> str:
    """The messages by their classes; of those that fields imply, which are many and alike, only the refused ones."""
    by_class: dict[str, list[str]] = {}
    for message in messages:
        if kind != MODELLED or not message.field:
            by_class.setdefault(message.cls, []).append(code(message.name))
    rows = [(label, ", ".join(names)) for label, names in by_class.items()]
    note = " Those that read or write a field are not listed." if kind == MODELLED else ""
    return f"## {kind.capitalize()}\n\n{_MEANINGS[kind]}{note}\n\n{table(('Class', 'Messages'), rows)}"
