"""Results as xe prints them, byte for byte, in full or with `--minimal`."""

from __future__ import annotations

import sys

from xe_py.schema.fields import Derived, show
from xe_py.schema.listing import Listing, Node
from xe_py.state.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.schema.fields import Field
    from xe_py.state.state import State

_INDENT = 4
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}


def text_of(state: State, result: Any, *, minimal: bool) -> str:
    """What to print for the result of a command: a record, texts, listings, or a list of these; None is nothing."""
    if result is None:
        return "\n" if minimal else ""
    parts = result if isinstance(result, list) else [result]
    if minimal:
        groups = [",".join(_first_values(state, part)) for part in reversed(parts)]
        return ",".join(groups) + "\n"
    return "".join(_full(state, part) for part in parts)


def clean(text: str) -> str:
    """The text with control characters written out, so that no name can steer a terminal."""
    return text if text.isprintable() else text.translate(_CONTROL)


def label(field: Field) -> str:
    """The name of a field with its mode, as it stands before the value."""
    return f"{field.name} ({field.mode:>3})" + (" [DEPRECATED]" if field.deprecated else "")


def _full(state: State, part: Any) -> str:
    if isinstance(part, Record):
        return f"{part['uuid']}\n"
    if isinstance(part, Listing):
        head = part.head + "\n" if part.head else ""
        return head + "".join(_record(state, part, obj) for obj in part.records)
    if isinstance(part, Node):
        return _drawn(part) if sys.stdout.isatty() else _indented(part)
    return clean(str(part)) + "\n"


def _indented(node: Node, depth: int = 0) -> str:
    below = "".join(_indented(child, depth + 1) for child in node.below)
    return "  " * depth + clean(node.text) + "\n" + below


def _drawn(node: Node) -> str:
    from rich.console import Console  # noqa: PLC0415 - rich costs several times the interpreter's start
    from rich.text import Text  # noqa: PLC0415 - the same
    from rich.tree import Tree  # noqa: PLC0415 - the same

    def branch(node: Node) -> Tree:
        tree = Tree(Text(clean(node.text)))
        tree.children = [branch(child) for child in node.below]
        return tree

    console = Console()
    with console.capture() as captured:
        console.print(branch(node), soft_wrap=True)
    return captured.get()


def _record(state: State, listing: Listing, obj: Record) -> str:
    rows = [(label(field), clean(_shown(state, listing, obj, field))) for field in listing.fields]
    return layout(rows) + "\n\n"


def layout(rows: list[tuple[str, str]]) -> str:
    """Labels and values in xe's columns: the first label to the left, the others to the right, all of one width."""
    width = _INDENT + max((len(name) for name, _ in rows), default=0)
    padded = [name.rjust(width) if place else name.ljust(width) for place, (name, _) in enumerate(rows)]
    return "".join(f"{name}: {value}\n" for name, (_, value) in zip(padded, rows, strict=True))


def _first_values(state: State, part: Any) -> list[str]:
    if isinstance(part, Record):
        return [part["uuid"]]
    if isinstance(part, Listing):
        if not part.fields:
            return []
        first = part.fields[0]
        return [_escaped(_shown(state, part, obj, first)) for obj in part.records]
    return [_escaped(part.text if isinstance(part, Node) else str(part))]


def _shown(state: State, listing: Listing, obj: Record, field: Field) -> str:
    if field.expensive and not listing.costly:
        return "<expensive field>"
    value = field.compute(state, obj) if isinstance(field, Derived) else obj[field.name]
    return show(value, field.unknown)


def _escaped(text: str) -> str:
    return clean(text.replace("\\", "\\\\").replace(",", "\\,"))
