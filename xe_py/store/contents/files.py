"""A content that is a sparse file, and one that is being written."""

from __future__ import annotations

import errno
import os
from functools import partial

from xe_py.errors import NoRoomError
from xe_py.store.contents.sparse import copy_span, filled, pieces, put_at, read_all, regular, spans
from xe_py.store.files.access import begin_flush, close, open_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO, Protocol, Self

    class Copyable(Protocol):
        """Another content, of any store."""

        def spans(self, start: int = 0) -> Iterator[range]:
            """Where there is data."""

        def copy_to(self, file: int, span: range) -> None:
            """Copy the span to the same place in an open file."""


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class FileContent:
    """The bytes of a disk in an open file; all zeros if there is none."""

    def __init__(self, file: int | None) -> None:
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            close(self._file)

    def spans(self, start: int = 0) -> Iterator[range]:
        """Where there is data, in pieces, in order; everywhere else are zeros."""
        for span in () if self._file is None else spans(self._file, start):
            yield from pieces(span)

    def read(self, span: range) -> bytes:
        """The bytes of the span."""
        data = b"" if self._file is None else os.pread(self._file, len(span), span.start)
        return data.ljust(len(span), b"\0")

    def copy_to(self, file: int, span: range) -> None:
        """Copy the span to the same place in an open file."""
        if self._file is not None:
            copy_span(self._file, span, file)


class FileDraft:
    """A content that is being written into a new file, which may take so many bytes as there is `room`."""

    def __init__(self, path: str, room: int) -> None:
        self._file = open_file(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        self._room = room

    def take(self, source: BinaryIO, most: int, done: Callable[[int], None]) -> int:
        """Take all that the source has, from its beginning; how many bytes, which are too many if more than `most`.

        `done` is told how far it is. Raises NoRoomError.
        """
        file = regular(source)
        if file is None:
            return read_all(source, most, lambda data, place: self._put(data, place, done))
        size = os.fstat(file).st_size
        for span in spans(file) if size <= most else ():
            for piece in pieces(span):
                self._write(piece, partial(copy_span, file, piece, self._file))
                done(piece.stop)
        return size

    def follow(self, content: Copyable, start: int) -> None:
        """Go on with what another content has from the start on; raises NoRoomError."""
        for piece in content.spans(start):
            self._write(piece, partial(content.copy_to, self._file, piece))

    def flush(self) -> None:
        """Put it on the disk."""
        os.fsync(self._file)

    def close(self) -> None:
        """End the writing."""
        close(self._file)

    def _put(self, data: bytes, place: int, done: Callable[[int], None]) -> None:
        for run in filled(data):
            self._write(run, partial(put_at, data[run.start : run.stop], self._file, place + run.start))
        done(place + len(data))

    def _count(self, span: range) -> None:
        self._room -= len(span)
        if self._room < 0:
            raise NoRoomError

    def _write(self, span: range, write: Callable[[], None]) -> None:
        self._count(span)
        try:
            write()
            begin_flush(self._file, span)
        except OSError as error:
            if error.errno in _FULL:
                raise NoRoomError from None
            raise


class CountedDraft(FileDraft):
    """A draft that only counts what would be written."""

    def __init__(self, room: int) -> None:
        self._file = -1
        self._room = self._first = room

    @property
    def taken(self) -> int:
        """How many bytes would be written so far."""
        return self._first - self._room

    def _write(self, span: range, write: Callable[[], None]) -> None:
        del write
        self._count(span)
