"""What a version of a file consists of: new bytes, and ranges of the previous version."""

from __future__ import annotations

from _bisect import bisect_right
from itertools import accumulate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    # New bytes, or the span of bytes to take from the previous version.
    Part = bytes | range

_BLOCK = 1 << 16
# From this many equal bytes at the start of a line on, two texts count as the same there.
_ALIKE = 128
_LINES = 200


def joined(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts, with adjacent bytes joined."""
    near: list[bytes] = []
    for part in parts:
        if isinstance(part, range):
            if near:
                yield b"".join(near)
            yield part
            near.clear()
        else:
            near.append(part)
    if near:
        yield b"".join(near)


def pack(parts: Iterable[Part]) -> bytes:
    """The parts as a line that describes them, followed by the new bytes."""
    words = []
    new = []
    for part in parts:
        if isinstance(part, range):
            words.append(f"{part.start}-{part.stop}")
        elif part:
            words.append(f"+{len(part)}")
            new.append(part)
    return " ".join(words).encode() + b"\n" + b"".join(new)


def unpack(data: bytes) -> list[Part]:
    """The packed parts; ValueError for data that was never packed."""
    line, _, new = data.partition(b"\n")
    parts: list[Part] = []
    offset = 0
    for word in line.decode().split():
        start, dash, stop = word.partition("-")
        if dash:
            parts.append(range(int(start), int(stop)))
        else:
            parts.append(new[offset : offset + int(word)])
            offset += int(word)
    return parts


def composed(before: list[Part], parts: Iterable[Part]) -> list[Part]:
    """The parts of a version, rewritten for the version that `before` refers to; IndexError if that is too short."""
    ends = list(accumulate(map(len, before)))
    found: list[Part] = []
    for part in parts:
        if not isinstance(part, range):
            found.append(part)
            continue
        place, number = part.start, bisect_right(ends, part.start)
        while place < part.stop:
            piece = before[number]
            start = ends[number] - len(piece)
            found.append(piece[place - start : part.stop - start])
            place = ends[number]
            number += 1
    return found


def difference(old: bytes, new: bytes, offset: int) -> list[Part]:
    """The new bytes, relative to a file that has the old ones at the offset: unchanged lines become ranges."""
    tail = _common(old[::-1], new[::-1], 0, 0)
    old_end, new_end = len(old) - tail, len(new) - tail
    parts: list[Part] = []
    i = j = 0
    while j < new_end:
        same = min(_common(old, new, i, j), old_end - i, new_end - j)
        parts.append(range(offset + i, offset + i + same))
        i, j = i + same, j + same
        if j == new_end:
            break
        back = j - (new.rfind(b"\n", j - same, j) + 1 or j)
        i, line = _next_alike(old, new, (i - back, old_end), (j - back, new_end))
        parts.append(new[j:line] if line >= j else b"")
        i, j = i + max(0, j - line), max(j, line)
    return [part for part in (*parts, range(offset + old_end, offset + len(old))) if part]


def _next_alike(old: bytes, new: bytes, here: tuple[int, int], there: tuple[int, int]) -> tuple[int, int]:
    """Where both continue with the same line: the next such line of the new bytes, or both ends."""
    line = there[0]
    for _ in range(_LINES):
        line = new.find(b"\n", line, there[1]) + 1
        if not line:
            break
        sample = new[line : line + _ALIKE]
        place = old.find(sample, here[0], min(here[0] + _BLOCK, here[1]))
        if place >= 0:
            return place, line
    return here[1], there[1]


def _common(old: bytes, new: bytes, i: int, j: int) -> int:
    """How many bytes are the same from these places on."""
    same = 0
    size = min(len(old) - i, len(new) - j)
    block = min(_BLOCK, size)
    while block:
        if same + block <= size and old[i + same : i + same + block] == new[j + same : j + same + block]:
            same += block
        else:
            block //= 2
    return same
