"""Numbers as XAPI reads them from a word: whole ones of 64 bits, and sizes with a suffix."""

from __future__ import annotations

LARGEST = (1 << 63) - 1
SMALLEST = -1 - LARGEST
_WRAP = 1 << 64
_BASES = {"0x": 16, "0o": 8, "0b": 2, "0u": 10}
_UNITS = {
    unit.encode(): 1 << shift
    for shift, units in ((0, " b bytes"), (10, "k kb kib"), (20, "m mb mib"), (30, "g gb gib"), (40, "t tb tib"))
    for unit in units.split(" ")
}


def integer(text: str) -> int | None:
    """The number that OCaml reads from the text, where 64 bits hold it; None for any other text.

    Signs, underscores and prefixes are taken: `-1`, `+1_000`, `0xff`, `0o17`, `0b1`, `0u9`. A number with a prefix has
    64 bits without a sign: what is above the largest comes out as negative.
    """
    digits = text[1:] if text.startswith(("-", "+")) else text
    base = _BASES.get(digits[:2].lower())
    if base is not None:
        digits = digits[2:]
    plain = digits.replace("_", "")
    # Python would also take blanks at the ends, digits of other scripts, and a second sign or prefix.
    if not (plain.isascii() and plain.isalnum() and digits[0] != "_"):
        return None
    try:
        number = int(plain, base or 10)
    except ValueError:
        return None
    if number >= _WRAP or (base is None and number > LARGEST + text.startswith("-")):
        return None
    return _wrapped(-number if text.startswith("-") else number)


def size(text: str) -> int | None:
    """The bytes that the text stands for; None where it stands for none.

    A suffix in any case multiplies by powers of 1024, and the product goes round in 64 bits. What follows a blank
    behind the suffix is not read.
    """
    unsigned = text.removeprefix("+")
    behind = unsigned.lstrip("0123456789_")
    number = integer(unsigned[: len(unsigned) - len(behind)])
    # As bytes, so that only the blanks and the letters of ASCII count.
    unit = _UNITS.get((behind.encode(errors="replace").split() or [b""])[0].lower())
    return None if number is None or unit is None else _wrapped(number * unit)


def _wrapped(number: int) -> int:
    """The number as 64 bits with a sign hold it."""
    return (number - SMALLEST) % _WRAP + SMALLEST
