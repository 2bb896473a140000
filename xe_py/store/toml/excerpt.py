"""Changing a large file without reading it all: an excerpt of the tables concerned, and where it lies in the file.

Works on files of the plain form (see `xe_py.store.toml.plain`): every object is a table of its own whose header stands
alone on its line, as `[vm.<uuid>]`, and no text runs over lines. A header is then found by its bytes, near where the
index says.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from mmap import mmap

    from xe_py.store.files.delta import Part
    from xe_py.store.toml.plain import Path
    from xe_py.store.toml.splice import Edit

# How far from its expected place a table is first searched for, and by what factor the search then grows.
_NEAR = 1 << 18
_WIDER = 8
# An unchanged part that is longer than this is copied from file to file without being read.
_LONG = 1 << 16
# Keeps the tables of an excerpt apart, so that no edit reaches over the end of one.
_BETWEEN = "#\n"


class NotFoundError(Exception):
    """A table is not where a plain file has it, so the file must be read in full."""


class Excerpt:
    """Some tables of a file, in the order of the file: their text, and the offsets of each table in both."""

    def __init__(self, data: bytes | mmap, tables: Iterable[tuple[Path, int]]) -> None:
        spans = sorted({_span(data, path, near) for path, near in tables})
        self._data = data
        self._pieces: list[tuple[int, int, str]] = []
        offset = 0
        for start, end in spans:
            text = data[start:end].decode()
            self._pieces.append((offset, start, text))
            offset += len(text) + len(_BETWEEN)
        self.text = "".join(text + _BETWEEN for _, _, text in self._pieces)

    def apply(self, edits: list[Edit]) -> Iterator[Part]:
        """The content of the whole file, in parts, with these edits of the excerpt's text."""
        done = 0
        for start, end, new in edits:
            offset, base, text = next(piece for piece in reversed(self._pieces) if piece[0] <= start)
            yield self._as_it_was(done, base + len(text[: start - offset].encode()))
            yield new.encode()
            done = base + len(text[: end - offset].encode())
        yield self._as_it_was(done, len(self._data))

    def _as_it_was(self, start: int, end: int) -> Part:
        return range(start, end) if end - start > _LONG else self._data[start:end]


def _span(data: bytes | mmap, path: Path, near: int) -> tuple[int, int]:
    """Where a table is: from its header, or the empty line before it, to the next table or its empty line."""
    header = f"\n[{'.'.join(path)}]\n".encode()
    if data[: len(header) - 1] == header[1:]:
        return 0, _end(data, 0)
    reach = _NEAR
    while (start := data.find(header, max(0, near - reach), near + reach)) < 0:
        if near <= reach and near + reach >= len(data):
            raise NotFoundError
        reach *= _WIDER
    return _with_empty_line(data, start), _end(data, start + 1)


def _end(data: bytes | mmap, header: int) -> int:
    """Where the table ends whose header begins here."""
    end = data.find(b"\n[", header)
    return len(data) if end < 0 else _with_empty_line(data, end)


def _with_empty_line(data: bytes | mmap, line_break: int) -> int:
    """The offset after a line break, or of the line break itself if it ends an empty line."""
    return line_break if data[line_break - 1 : line_break] == b"\n" else line_break + 1
