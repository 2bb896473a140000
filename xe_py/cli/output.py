"""Results as xe prints them, byte for byte, in full or with `--minimal`."""

from __future__ import annotations

from xe_py.cli.environment import Drawn, clean, is_terminal
from xe_py.schema.listing import Facts, Listing, Node, Page, Plan, Sentence, Table, Texts
from xe_py.state.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, TextIO

    from xe_py.cli.environment import Environment
    from xe_py.schema.fields import Field
    from xe_py.state.state import State

_INDENT = 4
_MANY_STEPS = 200


def text_of(state: State, result: Any, *, minimal: bool, output: TextIO | None = None) -> str:
    """What to print for the result of a command: a record, texts, listings, or a list of these; None is nothing.

    `output` is where it goes: on a terminal it is drawn.
    """
    if result is None:
        return "\n" if minimal else ""
    parts = result if isinstance(result, list) else [result]
    if minimal:
        return ",".join([value for part in reversed(parts) for value in _first_values(state, part)]) + "\n"
    return "".join(_full(state, part, output) for part in parts)


def label(field: Field) -> str:
    """The name of a field with its mode, as it stands before the value."""
    return f"{field.name} ({field.mode:>3})" + (" [DEPRECATED]" if field.deprecated else "")


def progress(steps: list[Any], what: str, environment: Environment) -> Iterable[Any]:
    """The steps, one after the other; if there are many, a terminal shows how far they are."""
    if len(steps) <= _MANY_STEPS or not is_terminal(environment.errors):
        return steps
    from rich.console import Console
    from rich.progress import track

    return track(steps, clean(what), console=Console(file=environment.errors), transient=True)


def _full(state: State, part: Any, output: TextIO | None) -> str:
    if isinstance(part, Record):
        return f"{part['uuid']}\n"
    if isinstance(part, Listing):
        head = part.head + "\n" if part.head else ""
        return head + _listed(state, part)
    if isinstance(part, Facts):
        return "".join(f"{layout(rows)}\n\n" for rows in part.records)
    if isinstance(part, Texts):
        return "".join(f"{text}\n" for text in part.texts)
    if isinstance(part, Node):
        return _drawn(part, output) if is_terminal(output) else _indented(part)
    text = str(part)
    return text if isinstance(part, (Page, Plan, Table)) else text + "\n"


def _indented(node: Node, depth: int = 0) -> str:
    below = "".join(_indented(child, depth + 1) for child in node.below)
    return "  " * depth + node.text + "\n" + below


def _drawn(node: Node, terminal: TextIO | None) -> str:
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    def branch(node: Node) -> Tree:
        tree = Tree(Text(clean(node.text)))
        tree.children = [branch(child) for child in node.below]
        return tree

    console = Console(file=terminal)
    with console.capture() as captured:
        console.print(branch(node), soft_wrap=True)
    return captured.get()


def drawn_table(table: Table, colours: Mapping[str, Mapping[str, str]], terminal: TextIO | None) -> Drawn:
    """The table on a terminal, as wide as that; `colours` are those of some texts, by the head of their column."""
    from rich.console import Console
    from rich.table import Table as Drawing
    from rich.text import Text

    drawing = Drawing(box=None, pad_edge=False, header_style="bold")
    for name in table.head:
        drawing.add_column(Text(name), no_wrap=name == "uuid", overflow="fold")
    for row in table.rows:
        styles = [colours.get(name, {}).get(text, "") for name, text in zip(table.head, row, strict=True)]
        drawing.add_row(*[Text(clean(text), style=style) for text, style in zip(row, styles, strict=True)])
    console = Console(file=terminal)
    with console.capture() as captured:
        console.print(drawing)
    return Drawn(captured.get() + (f"{clean(table.below)}\n" if table.below else ""))


def _listed(state: State, listing: Listing) -> str:
    """All records, each in the form that the labels give; one without fields is an empty line like any other."""
    if not listing.fields:
        return "\n\n\n" * len(listing.records)
    form = layout([(label(field), "%s") for field in listing.fields]) + "\n\n"
    columns = [_column(state, listing, field) for field in listing.fields]
    return "".join([form % row for row in zip(*columns, strict=True)])


def _column(state: State, listing: Listing, field: Field) -> list[str]:
    """What a field holds, record by record."""
    if field.expensive and not listing.one:
        return ["<expensive field>"] * len(listing.records)
    values = state.values(listing.records, field)
    return [value if type(value) is str else field.show(field.shown(value)) for value in values]


def layout(rows: list[tuple[str, str]]) -> str:
    """Labels and values in xe's columns: the first label to the left, the others to the right, all of one width."""
    width = _INDENT + max((len(name) for name, _ in rows), default=0)
    padded = [name.rjust(width) if place else name.ljust(width) for place, (name, _) in enumerate(rows)]
    return "".join(f"{name}: {value}\n" for name, (_, value) in zip(padded, rows, strict=True))


def _first_values(state: State, part: Any) -> list[str]:
    """What `--minimal` prints of a part: of each record the first field, and nothing if there is no record or field."""
    if isinstance(part, Record):
        return [part["uuid"]]
    if isinstance(part, Table):
        return [_escaped(row[0]) for row in part.rows]
    if isinstance(part, Listing):
        values = _column(state, part, part.fields[0]) if part.fields else []
        return list(map(_escaped, values))
    if isinstance(part, Facts):
        return [_escaped(text) for rows in part.records for _, text in rows[:1]]
    if isinstance(part, (Sentence, Texts)):
        return list(map(_escaped, part.texts)) if isinstance(part, Texts) else []
    return [_escaped(part.text if isinstance(part, (Node, Page)) else str(part))]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(",", "\\,") if "," in text or "\\" in text else text
