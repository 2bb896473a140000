"""DER, the form of certificates and keys: elements, each with a tag and a content that may be further elements.

Whatever is malformed is a ValueError.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

INTEGER, BITS, OCTETS, NULL, OBJECT, TEXT, UTC_TIME, TIME = 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31
_LONG = 0x80
_MORE = 0x80
# The largest length that is read: of a length in four bytes.
_LENGTHS = range(1, 5)
# In the first byte of a name, two numbers are together.
_FIRST = 40
_TWO = 2


def _malformed() -> ValueError:
    return ValueError("The bytes are not what they should be.")


class Element:
    """One element: its tag, its content, and all its bytes."""

    __slots__ = ("content", "tag", "whole")

    def __init__(self, tag: int, content: bytes, whole: bytes) -> None:
        self.tag = tag
        self.content = content
        self.whole = whole

    def of(self, tag: int) -> bytes:
        """The content, if the element has this tag."""
        if self.tag != tag:
            raise _malformed()
        return self.content

    def members(self, tag: int = SEQUENCE) -> list[Element]:
        """The elements in the content, if the element has this tag."""
        return list(elements(self.of(tag)))


def elements(data: bytes) -> Iterator[Element]:
    """The elements that the bytes consist of."""
    place = 0
    while place < len(data):
        start = place
        tag, length, place = data[place], *_length(data, place + 1)
        end = place + length
        if end > len(data):
            raise _malformed()
        yield Element(tag, data[place:end], data[start:end])
        place = end


def only(data: bytes) -> Element:
    """The one element that the bytes are."""
    found = list(elements(data))
    if len(found) != 1:
        raise _malformed()
    return found[0]


def _length(data: bytes, place: int) -> tuple[int, int]:
    """The length that stands at the place, and the place behind it."""
    if place >= len(data):
        raise _malformed()
    first = data[place]
    if first < _LONG:
        return first, place + 1
    count = first - _LONG
    digits = data[place + 1 : place + 1 + count]
    if count not in _LENGTHS or len(digits) != count:
        raise _malformed()
    return int.from_bytes(digits), place + 1 + count


def number(element: Element) -> int:
    """The number that an INTEGER holds."""
    content = element.of(INTEGER)
    if not content:
        raise _malformed()
    return int.from_bytes(content, signed=True)


def name(element: Element) -> str:
    """The name that an OBJECT IDENTIFIER holds, with points between its numbers."""
    content = element.of(OBJECT)
    if not content or content[-1] & _MORE:
        raise _malformed()
    numbers, value = [], 0
    for byte in content:
        value = value << 7 | byte & ~_MORE
        if not byte & _MORE:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // _FIRST, _TWO)
    return ".".join(map(str, (first, numbers[0] - first * _FIRST, *numbers[1:])))


def bits(element: Element) -> bytes:
    """The bytes that a BIT STRING holds."""
    content = element.of(BITS)
    if content[:1] != b"\0":
        raise _malformed()
    return content[1:]


# Writing


def element(tag: int, *parts: bytes) -> bytes:
    """An element of these parts."""
    content = b"".join(parts)
    length = len(content)
    if length < _LONG:
        return bytes((tag, length)) + content
    digits = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((tag, _LONG + len(digits))) + digits + content


def integer(value: int) -> bytes:
    """An INTEGER that is not negative."""
    return element(INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def named(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *rest = map(int, dotted.split("."))
    return element(OBJECT, *map(_in_base_128, (first * _FIRST + second, *rest)))


def _in_base_128(value: int) -> bytes:
    digits = [value & ~_MORE & 0xFF]
    while value := value >> 7:
        digits.append(value & ~_MORE & 0xFF | _MORE)
    return bytes(reversed(digits))


def sequence(parts: Iterable[bytes]) -> bytes:
    """A SEQUENCE of the parts."""
    return element(SEQUENCE, *parts)
