"""Statement: a header or a pair of a TOML text, and where it stands."""

from __future__ import annotations

Path = tuple[str, ...]


class Statement:
    """A header or a `key = value`: its whole key path, its line (from 1) and its offsets in the text.

    `start` and `end` enclose whole lines, the last line break included; `value` encloses the value of a pair.
    """

    __slots__ = ("end", "is_header", "line", "path", "start", "value")

    def __init__(self, path: Path, line: int, start: int, end: int, value: tuple[int, int] | None) -> None:
        self.path = path
        self.line = line
        self.start = start
        self.end = end
        self.value = value or (start, end)
        self.is_header = value is None
