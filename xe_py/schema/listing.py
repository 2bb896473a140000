"""What a command returns to be printed: records with the fields to show, trees, and tables."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, Self

    from xe_py.errors import UnsoundStateError
    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import XenClass


ALL = "all"
"""What `params=` says for all fields."""


class Value(str):
    """What one field holds, as xe prints it; `data` is the value itself."""

    __slots__ = ("data",)
    data: Any

    def __new__(cls, text: str, data: Any) -> Self:
        """The text with the value."""
        made = super().__new__(cls, text)
        made.data = data
        return made


class Plan(Value):
    """What would change, or did: the text for a person, the `full` text, and the `data` for a program.

    `summary` are the counts, in a line; empty if nothing changes.
    """

    __slots__ = ("full", "summary")
    full: str
    summary: str

    def __new__(cls, text: str, full: str, data: dict[str, Any], summary: str) -> Self:
        """The plan in its forms."""
        made = super().__new__(cls, text, data)
        made.full = full
        made.summary = summary
        return made

    def in_full(self) -> Plan:
        """The plan whose text leaves nothing out."""
        return Plan(self.full, self.full, self.data, self.summary)


class Listing:
    """Records of a class and the fields to show of each, under a head (empty: none).

    `chosen` is the text of `params=` from which the fields come. `one` says that it is about one object; then
    expensive fields show their values instead of `<expensive field>`. `rows`, which one iterates over, are for a
    program: what each record prints, by field.
    """

    __slots__ = ("chosen", "cls", "fields", "head", "one", "records", "rows")

    def __init__(
        self,
        cls: XenClass,
        records: list[Any],
        fields: tuple[Field, ...],
        *,
        chosen: str | None = None,
        head: str = "",
        one: bool = False,
    ) -> None:
        self.cls = cls
        self.records = records
        self.fields = fields
        self.chosen = chosen
        self.head = head
        self.one = one
        self.rows: list[dict[str, str]] = []

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[dict[str, str]]:
        return iter(self.rows)

    def __getitem__(self, place: int) -> dict[str, str]:
        return self.rows[place]

    def __repr__(self) -> str:
        return f"<Listing of {len(self.records)}: {', '.join(field.name for field in self.fields)}>"


def columns(cls: XenClass, chosen: str | None, otherwise: tuple[str, ...]) -> tuple[Field, ...]:
    """The fields that `params=` chooses (`all` or names with commas), in the order of the class; hidden ones never.

    None chooses those of `otherwise` or, if there are none, all. Names that the class does not have are ignored.
    """
    if chosen == ALL or (chosen is None and not otherwise):
        return tuple(field for field in cls.fields if not field.hidden)
    names = otherwise if chosen is None else chosen.split(",")
    return tuple(field for field in cls.fields if field.name in names and not field.hidden)


def first_steps(cls: XenClass, chosen: str | None) -> list[Field]:
    """The fields at which the names of `params=` begin that follow references, such as `vdi.sr.name-label`."""
    words = [name.partition(".")[0] for name in chosen.split(",") if "." in name] if chosen else []
    return [field for word in words if (field := step(cls, word)) is not None]


def step(cls: XenClass, word: str) -> Field | None:
    """The field that a word of such a name means: `vdi-uuid` may be called `vdi`."""
    return next((cls.by_name[name] for name in (word, f"{word}-uuid", f"{word}-uuids") if name in cls.by_name), None)


class Note:
    """A message about what was done, for a person; it is not a result for a script."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Texts:
    """Texts that belong together, a line for each; with `--minimal` in the same order."""

    __slots__ = ("texts",)

    def __init__(self, *texts: str) -> None:
        self.texts = texts

    def __repr__(self) -> str:
        return f"<Texts {self.texts}>"


class Facts:
    """Records that are not of objects: names and texts, printed like the fields of one."""

    __slots__ = ("records",)

    def __init__(self, *records: list[tuple[str, str]]) -> None:
        self.records = records

    def __repr__(self) -> str:
        return f"<Facts {', '.join(str(dict(rows)) for rows in self.records)}>"


class Sentence:
    """A line for a person on standard output, which `--minimal` leaves out."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Sentence {self.text!r}>"


class Compared:
    """A result about two states, the unsound ones among them, and the exit status that says whether they differ."""

    __slots__ = ("result", "status", "unsound")

    def __init__(self, result: Any, unsound: list[UnsoundStateError], *, status: int = 0) -> None:
        self.result = result
        self.status = status
        self.unsound = unsound


class Node:
    """A line of a tree and the lines below it; `obj` is the object that it is about, which a program is told."""

    __slots__ = ("below", "obj", "text")

    def __init__(self, text: str, below: Sequence[Node] = (), obj: Any = None) -> None:
        self.text = text
        self.below = below
        self.obj = obj

    def __repr__(self) -> str:
        return f"<Node {self.text!r} with {len(self.below)} below>"


class Page:
    """What there is to know of one thing, for a person: a line of text, facts, and sections of lines under heads.

    A line that is several texts has the others below it. A program gets `data`.
    """

    __slots__ = ("data", "facts", "sections", "text")

    def __init__(self, text: str, facts: list[tuple[str, str]], data: dict[str, Any]) -> None:
        self.text = text
        self.facts = facts
        self.sections: list[tuple[str, tuple[str | tuple[str, ...], ...]]] = []
        self.data = data

    def __repr__(self) -> str:
        return f"<Page {self.text!r}>"

    def __str__(self) -> str:
        width = max((len(name) for name, _ in self.facts), default=0)
        lines = [self.text, *(f"  {name.ljust(width)}  {text}" for name, text in self.facts)]
        for head, texts in self.sections:
            lines += ["", head]
            for text in texts:
                first, *below = (text,) if isinstance(text, str) else text
                lines += [f"  {first}", *(f"    {each}" for each in below)]
        return "".join(f"{line}\n" for line in lines)

    def add(self, head: str, *lines: str | tuple[str, ...], **data: Any) -> None:
        """Add a section, which is left out if it has no lines, and what it is to a program."""
        self.data.update(data)
        if lines:
            self.sections.append((head, lines))


class Table:
    """Rows of texts under a head, in columns, and a line below; with `--minimal`, only the first text of each row.

    A program gets `data`, an object for each row; by default the texts by their heads.
    """

    __slots__ = ("below", "data", "head", "rows")

    def __init__(
        self,
        head: tuple[str, ...],
        rows: Sequence[tuple[str, ...]],
        below: str = "",
        *,
        data: list[dict[str, Any]] | None = None,
    ) -> None:
        self.head = head
        self.rows = rows
        self.below = below
        self.data = [dict(zip(head, row, strict=True)) for row in rows] if data is None else data

    def __str__(self) -> str:
        rows = [self.head, *self.rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        return "".join(f"{line}\n" for line in [*lines, *filter(None, [self.below])])
