"""The disks in an archive: blocks of 1 MiB, each followed by a member with its checksum.

The first and the last block of a disk are always there; blocks of zeros between them are left out.
"""

from __future__ import annotations

import os

from xe_py.errors import Failure
from xe_py.schema.numbers import decimal_of
from xe_py.xva import checksums
from xe_py.xva.tape import header, member, padding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol, Self

    from xe_py.xva.tape import Members

    class Source(Protocol):
        """The bytes of a disk."""

        def spans(self, start: int = 0) -> Iterator[range]:
            """Where there is data, in order; everywhere else are zeros."""

        def read(self, span: range) -> bytes:
            """The bytes of the span."""


BLOCK = 1 << 20
# XAPI has never written larger blocks. A block is in memory as a whole.
_LARGEST = 16 * BLOCK
_ZEROS = bytes(BLOCK)
_DIGITS = 8


def write(id: str, content: Source, size: int, put: Callable[[bytes], None]) -> None:
    """Write the blocks of a disk of this size."""
    for number in _numbers(content, size):
        data = content.read(range(number * BLOCK, min((number + 1) * BLOCK, size)))
        if 0 < number < (size - 1) // BLOCK and data == _ZEROS:
            continue
        name = f"{id}/{number:0{_DIGITS}}"
        put(header(name, len(data)))
        put(data)  # By itself, so that it is not copied.
        put(padding(len(data)))
        put(member(name + checksums.SHA1, checksums.sha1(data)))


def _numbers(content: Source, size: int) -> Iterator[int]:
    """The blocks that have data, the first and the last one among them, in order."""
    if size <= 0:
        return
    last = (size - 1) // BLOCK
    yield (done := 0)
    for span in content.spans():
        for number in range(max(span.start // BLOCK, done + 1), min((span.stop - 1) // BLOCK, last) + 1):
            yield (done := number)
    if done < last:
        yield last


class Disk:
    """The content of a disk in an archive, to be read once, from its beginning to its end.

    The numbers of blocks are no offsets: an empty block, which XAPI writes when nothing was sent for a while, has a
    number but takes no room. With `forced`, checksums do not count.
    """

    def __init__(self, members: Members, id: str, size: int, *, forced: bool) -> None:
        self._members = members
        self._id = id
        self._size = size
        self._forced = forced
        self._data = b""
        self._spans = self._blocks()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def spans(self, start: int = 0) -> Iterator[range]:
        """Where there is data; each span can be copied until the next one is asked for."""
        del start  # A disk that is read once has one beginning.
        return self._spans

    def read(self, span: range) -> bytes:
        """The bytes of the span that came last."""
        del span
        return self._data

    def copy_to(self, file: int, span: range) -> None:
        """Write the data of the span that came last to its place in the file."""
        view, place = memoryview(self._data), span.start
        while view:
            written = os.pwrite(file, view, place)
            view, place = view[written:], place + written

    def finish(self) -> None:
        """Read what nobody has asked for, so that all of it is checked."""
        for _ in self._spans:
            pass

    def _blocks(self) -> Iterator[range]:
        place, last, step = 0, -1, 0
        while place < self._size:
            number, self._data = self._block(last)
            step = step or len(self._data)
            start = place + (number - last - 1) * step
            place, last = start + len(self._data), number
            if place > self._size:
                raise Failure("IMPORT_ERROR", f"The disk {self._id} is longer than the {self._size} bytes that it has.")
            if self._data != _ZEROS[: len(self._data)]:
                yield range(start, place)

    def _block(self, last: int) -> tuple[int, bytes]:
        """The number of the next block, and its data, whose checksum was right."""
        name, size = self._next()
        id, slash, digits = name.partition("/")
        number = decimal_of(digits)
        if id != self._id or not slash or number is None:
            raise Failure(
                "IMPORT_ERROR", f"The archive should go on with the disk {self._id}, but it has {_shown(name)}."
            )
        if number <= last:
            raise Failure(
                "IMPORT_ERROR", f"The blocks of the disk {self._id} are not in order: {_shown(name)} is late."
            )
        if size > _LARGEST:
            raise Failure("IMPORT_ERROR", f"The block {name} has {size} bytes, and a block has at most {_LARGEST}.")
        data = self._members.read(size)
        self._check(name, data)
        return number, data

    def _check(self, block: str, data: bytes) -> None:
        name, size = self._next()
        checksum = checksums.of(name.removeprefix(block)) if name.startswith(block) else None
        if checksum is None or size > checksums.LONGEST:
            raise Failure("IMPORT_ERROR", f"The block {block} has no checksum.")
        said = self._members.read(size)
        if not self._forced and said != checksum(data):
            raise Failure("IMPORT_ERROR", f"The block {block} is damaged: its checksum is wrong.")

    def _next(self) -> tuple[str, int]:
        found = self._members.next()
        if found is None:
            raise Failure("IMPORT_ERROR_PREMATURE_EOF")
        return found


def _shown(name: str) -> str:
    return ascii(name)[:100]
