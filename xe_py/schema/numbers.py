"""Numbers as xe reads them: whole ones of 64 bits, sizes with a unit, and uuids."""

from __future__ import annotations

_ALL = 1 << 64
_HALF = _ALL >> 1
_BASES = {"0x": (16, "0123456789abcdef"), "0o": (8, "01234567"), "0b": (2, "01")}
_DECIMAL = 10, "0123456789"
# How many digits a number may have, underscores and leading zeros included, before it is read at all.
_LONGEST = 200
# So many decimal digits always fit into 64 bits.
_DIGITS = 18
_UNITS = {"": 1, "b": 1, "bytes": 1}
for _power, _letter in enumerate("kmgt", 1):
    _UNITS |= dict.fromkeys((_letter, f"{_letter}b", f"{_letter}ib"), 1 << 10 * _power)
_NO_UUID = "00000000-0000-0000-0000-000000000000"
_AS_ZERO = str.maketrans("123456789abcdefABCDEF", "0" * 21)


def integer_of(text: str) -> int | None:
    """The whole number in the text: with a sign, decimal or after 0x, 0o or 0b, `_` between digits; or None."""
    sign, digits = (text[0], text[1:]) if text[:1] in {"-", "+"} else ("", text)
    base, letters = _BASES.get(digits[:2].lower(), _DECIMAL)
    plain = base == _DECIMAL[0]
    digits = digits if plain else digits[2:]
    if not digits or len(digits) > _LONGEST or digits[0] == "_" or set(digits.lower()) - {*letters, "_"}:
        return None
    number = int(digits.replace("_", ""), base)
    if not plain:  # It counts as its 64 bits, so the highest one is the sign.
        if number >= _ALL:
            return None
        number = wrapped(number)
    number = -number if sign == "-" else number
    return number if -_HALF <= number < _HALF else None


def decimal_of(text: str) -> int | None:
    """The number that the text is, of up to 18 decimal digits and nothing else; None for any other text."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else None


def size_of(text: str) -> int | None:
    """The bytes that the text stands for: a number, and K, M, G or T for powers of 1024, in any of its spellings.

    None for any other text. The rest after a unit and a blank is ignored; a product beyond 64 bits wraps round.
    """
    digits = len(text) - len(text.lstrip("0123456789_+"))
    number = integer_of(text[:digits])
    if number is None:
        return None
    unit, *_ = text[digits:].split(maxsplit=1) or [""]
    factor = _UNITS.get(unit.lower())
    return None if factor is None else wrapped(number * factor)


def wrapped(number: int) -> int:
    """The number cut to 64 bits."""
    return (number + _HALF) % _ALL - _HALF


def is_uuid(text: str) -> bool:
    """Whether the text has the form of a uuid."""
    return text.translate(_AS_ZERO) == _NO_UUID


def size_in_words(size: int) -> str:
    """A number of bytes as a person reads it: `20 GiB`, `58.8 GiB`, `512 bytes`; `unknown` for a negative one."""
    if size < 0:
        return "unknown"
    for power, unit in ((4, "TiB"), (3, "GiB"), (2, "MiB"), (1, "KiB")):
        if size >= 1 << 10 * power:
            return f"{size / (1 << 10 * power):.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} bytes"
