"""Files with holes: where their data is, and copying that without filling the holes."""

from __future__ import annotations

import errno
import os
from stat import S_ISREG

from xe_py.store.files.access import copy, put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

PIECE = 4 << 20
# A block of so many zeros becomes a hole.
_BLOCK = 64 << 10
_ZEROS = bytes(_BLOCK)


def spans(file: int, start: int = 0) -> Iterator[range]:
    """Where the file has data, from the start on and in order; between are only zeros."""
    size = os.fstat(file).st_size
    while start < size:
        try:
            start = os.lseek(file, start, os.SEEK_DATA)
            end = os.lseek(file, start, os.SEEK_HOLE)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return  # Behind the start is only a hole.
            end = size  # This file system does not tell where holes are.
        yield range(start, min(end, size))
        start = end


def pieces(span: range) -> Iterator[range]:
    """The span in pieces of a size that shows progress."""
    for start in range(span.start, span.stop, PIECE):
        yield range(start, min(start + PIECE, span.stop))


def copy_span(source: int, span: range, file: int) -> None:
    """Copy the span to the same place in the other file; the system shares or copies it by itself if it can."""
    os.lseek(file, span.start, os.SEEK_SET)
    copy(source, span, file)


def put_at(data: bytes, file: int, place: int) -> None:
    """Write the data at the place."""
    os.lseek(file, place, os.SEEK_SET)
    put(data, file)


def filled(data: bytes) -> Iterator[range]:
    """Where the data has blocks that are not all zeros."""
    start = None
    for place in range(0, len(data), _BLOCK):
        if data.startswith(_ZEROS[: len(data) - place], place):
            if start is not None:
                yield range(start, place)
            start = None
        elif start is None:
            start = place
    if start is not None:
        yield range(start, len(data))


def regular(stream: BinaryIO) -> int | None:
    """The handle of the stream if it is a regular file that is read from its beginning."""
    try:
        file = stream.fileno()
        if S_ISREG(os.fstat(file).st_mode) and stream.tell() == 0:
            return file
    except (OSError, ValueError):
        pass
    return None


def read_all(stream: BinaryIO, most: int, use: Callable[[bytes, int], None]) -> int:
    """Read the stream and hand over its pieces, each with its place; how long it is, at most a bit over `most`."""
    place = 0
    while place <= most and (data := stream.read(PIECE)):
        use(data, place)
        place += len(data)
    return place
