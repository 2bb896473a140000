"""Long rows of numbers in a file of `xe_py.store.cache`, of which only the pages that are looked at are read."""

from __future__ import annotations

from xe_py.store.cache import CHECK, read_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator

_PAGE = 512
_WIDTH = 8


def pages(numbers: array[int]) -> Iterator[bytes]:
    """The parts in which the row is written, one right behind the other."""
    for first in range(0, len(numbers), _PAGE):
        yield numbers[first : first + _PAGE].tobytes()


class Numbers:
    """A row of unsigned 64-bit numbers whose first part is at `start`; DamagedIndexError where it is not as written."""

    __slots__ = ("_count", "_handle", "_pages", "_start")

    def __init__(self, handle: int, start: int, count: int) -> None:
        self._handle = handle
        self._start = start
        self._count = count
        self._pages: dict[int, memoryview] = {}

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, position: int) -> int:
        number, within = divmod(position, _PAGE)
        page = self._pages.get(number)
        if page is None:
            start = self._start + number * (CHECK + _PAGE * _WIDTH)
            length = min(_PAGE, self._count - number * _PAGE) * _WIDTH
            page = self._pages[number] = read_part(self._handle, start, length).cast("Q")
        return page[within]
