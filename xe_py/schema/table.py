"""A table of texts, which a command hands on to be shown."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Table:
    """Rows of texts under a head, in columns; bare, it is the first text of each row."""

    __slots__ = ("head", "rows")

    def __init__(self, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
        self.head = head
        self.rows = rows

    def __str__(self) -> str:
        rows = [self.head, *self.rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "".join("  ".join(map(str.ljust, row, widths)).rstrip() + "\n" for row in rows)
