"""The stretches of a plain state file: by their checksums an index knows which parts of an edited file are as before.

A stretch is some tables of the file, one after the other, and begins with a header. It is kept as three numbers: its
length and a checksum, another checksum and a number for its first header, and a sum of numbers for all its headers.
"""

from __future__ import annotations

import sys
from _bisect import bisect_left, bisect_right
from itertools import accumulate
from zlib import adler32, crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from mmap import mmap

    from xe_py.store.files.delta import Part

# About how many stretches a large file has, and how long one is at least.
_MOST, _LEAST = 512, 4096
_NUMBERS = 3
_WIDTH = 8 * _NUMBERS
_HALF = 32
_LOWER, _ALL = (1 << 32) - 1, (1 << 64) - 1


class Gap:
    """A part of a new version that differs, and the sum of the headers of the old version in its place."""

    __slots__ = ("end", "headers", "start")

    def __init__(self, start: int, end: int, headers: int) -> None:
        self.start = start
        self.end = end
        self.headers = headers


class Comparison:
    """A new version, compared with an old one: the gaps, the new stretches, and the content as parts of the old one."""

    __slots__ = ("gaps", "parts", "stretches")

    def __init__(self) -> None:
        self.gaps: list[Gap] = []
        self.parts: list[Part] = []
        self.stretches = b""


def of(data: bytes | mmap, start: int = 0, end: int | None = None) -> bytes:
    """The stretches of a file, or of a part of it."""
    end = len(data) if end is None else end
    size = max(_LEAST, len(data) // _MOST)
    found: list[int] = []
    while start < end:
        # What is shorter than two stretches is one, so that changes do not make ever more of them.
        following = data.find(b"\n[", start + size, end) + 1 if end - start >= 2 * size else 0
        found += _numbers(bytes(data[start : following or end]))
        start = following or end
    return b"".join([number.to_bytes(8, sys.byteorder) for number in found])


def after(old: bytes, parts: Iterable[Part], data: bytes | mmap) -> bytes:
    """The stretches of the next version, which has the content `data`: new bytes, and ranges of the old version."""
    starts = _starts(old)
    found, fresh, place = b"", 0, 0
    for part in parts:
        if isinstance(part, range):
            first, last = bisect_left(starts, part.start), bisect_right(starts, part.stop) - 1
            if first < last:
                found += of(data, fresh, place + starts[first] - part.start)
                found += old[_WIDTH * first : _WIDTH * last]
                fresh = place + starts[last] - part.start
        place += len(part)
    return found + of(data, fresh)


def compared(old: bytes, data: bytes | mmap) -> Comparison:
    """The new version with this content, compared with the one that has the old stretches."""
    numbers, starts = memoryview(old).cast("Q"), _starts(old)
    count = len(starts) - 1
    firsts = {numbers[_NUMBERS * number + 1] & _LOWER: number for number in range(count)}
    view = memoryview(data)
    found = Comparison()
    number = place = 0
    while number < count or place < len(data):
        first = number
        while number < count and _is_at(numbers, number, view, place):
            place += starts[number + 1] - starts[number]
            number += 1
        if first < number:
            found.parts.append(range(starts[first], starts[number]))
            found.stretches += old[_WIDTH * first : _WIDTH * number]
            continue
        end, following = len(data), count
        for at, header in headers(data, place):
            candidate = firsts.get(crc32(header), -1)
            if candidate >= number and _is_at(numbers, candidate, view, at):
                end, following = at, candidate
                break
        there = joined(numbers[_NUMBERS * each + 2] for each in range(number, following))
        found.gaps.append(Gap(place, end, there))
        found.parts.append(bytes(data[place:end]))
        found.stretches += of(data, place, end)
        place, number = end, following
    return found


def headers(data: bytes | mmap, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """The headers from the beginning of a line on: the offset of each, and the line without its first bracket."""
    place = start if data[start : start + 1] == b"[" else data.find(b"\n[", start) + 1
    while place > start or data[place : place + 1] == b"[":
        end = data.find(b"\n", place)
        yield place, data[place + 1 : len(data) if end < 0 else end]
        start, place = place, data.find(b"\n[", place) + 1
        if not place:
            return


def number_of(header: bytes) -> int:
    """The number that stands for a header, written without its first bracket."""
    return crc32(header) << _HALF | adler32(header)


def joined(numbers: Iterable[int]) -> int:
    """The sum of the numbers of headers, in 64 bits."""
    return sum(numbers) & _ALL


def _numbers(stretch: bytes) -> tuple[int, int, int]:
    found = [header for _, header in headers(stretch)]
    first = crc32(found[0]) if stretch[:1] == b"[" else 0
    return (
        len(stretch) << _HALF | crc32(stretch),
        adler32(stretch) << _HALF | first,
        joined(map(number_of, found)),
    )


def _is_at(numbers: memoryview, number: int, view: memoryview, place: int) -> bool:
    """Whether the stretch is at this place of the new version."""
    length, check, other = _halves(numbers[_NUMBERS * number]) + _halves(numbers[_NUMBERS * number + 1])[:1]
    part = view[place : place + length]
    return len(part) == length and crc32(part) == check and adler32(part) == other


def _halves(number: int) -> tuple[int, int]:
    return number >> _HALF, number & _LOWER


def _starts(stretches: bytes) -> list[int]:
    """Where each stretch begins, and where the last one ends."""
    lengths = (number >> _HALF for number in memoryview(stretches).cast("Q")[::_NUMBERS])
    return [0, *accumulate(lengths)]
