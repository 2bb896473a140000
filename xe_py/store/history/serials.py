"""The serial of a file that nobody has read yet, and that may be broken."""

from __future__ import annotations

import re
import tomllib

from xe_py.schema.fields import LARGEST

_HEADER = re.compile(rb"^[ \t]*\[[ \t]*state[ \t]*\]", re.MULTILINE)
_NEXT = re.compile(rb"\n[ \t]*\[")
_LINE = re.compile(rb"^[ \t]*(?:state[ \t]*\.[ \t]*)?serial[ \t]*=[ \t]*([0-9]{1,19})[ \t]*(?:#.*)?\r?$", re.MULTILINE)


def serial_in(data: bytes) -> int:
    """The serial in the text; in a broken text the one that its lines seem to have, or else 0."""
    for text in (_table(data), data):
        try:
            serial = tomllib.loads(text.decode())["state"]["serial"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if type(serial) is int and 0 <= serial <= LARGEST:
            return serial
    line = _LINE.search(data)
    return min(int(line[1]), LARGEST) if line else 0


def _table(data: bytes) -> bytes:
    """The lines of the table [state], if no line can be inside a text; else none."""
    header = None if b'"""' in data or b"'''" in data else _HEADER.search(data)
    if header is None:
        return b""
    end = _NEXT.search(data, header.end())
    return data[header.start() : end.start() + 1 if end else len(data)]
