"""Reading what xe prints of objects: `xe vm-list params=all`, `xe vm-param-list`, as they stand on a terminal.

Prompts, command lines and other words between the lists do no harm; a command line above a list says of which class
it is. The form does not tell values of several lines from others for sure, and nothing is escaped in it.
"""

from __future__ import annotations

import re

from xe_py.dumps.capture import MOST_ROWS, Capture, DumpError, Listed, refuse_too_many

_FIELD = re.compile(r"\s*(?P<name>[A-Za-z][\w-]*) \((?: |[SM])R[OW]\)(?: \[DEPRECATED\])?\s*:(?: (?P<text>.*))?\s*")
# A prompt, and a list or one record that xe is asked for.
_HEADING = re.compile(r"(?:.*[#$>]\s*)?xe (?:.*? )??(?P<cls>[a-z][a-z-]*?)-(?:param-)?list(?: .*)?")
_LONGEST_HEADING = 1000
# What stands around a list in a page.
_FENCE = "```"
_FIRST = "uuid"
# The empty lines behind a record.
_PARTED_BY = 2


def read(data: bytes) -> Capture:
    """The records in the text; DumpError if there are none."""
    refuse_too_many(data, b"\n")
    capture = Capture("what xe prints of objects")
    reader = _Reader()
    for line in data.decode("utf-8-sig", errors="replace").splitlines():
        reader.take(line.rstrip("\r"))
        if len(reader.found) > MOST_ROWS:
            raise DumpError(f"it has more than {MOST_ROWS} objects")
    capture.listed = [each for each in reader.found if each.fields]
    if not capture.listed:
        raise DumpError("it has no record as xe prints them, with lines such as `uuid ( RO): …`")
    return capture


class _Reader:
    """Takes the lines as they come."""

    def __init__(self) -> None:
        self.found: list[Listed] = []
        self._heading = ""
        self._name = ""
        self._empty = _PARTED_BY

    def take(self, line: str) -> None:
        """Take one more line."""
        if not line.strip():
            self._empty += 1
            return
        if line.lstrip().startswith(_FENCE):
            self._name = ""
            return
        field = _FIELD.fullmatch(line)
        heading = None if field or len(line) > _LONGEST_HEADING else _HEADING.fullmatch(line)
        if field:
            self._take_field(field["name"], field["text"] or "")
        elif heading and (self._empty or not self._name):
            self._heading, self._name = heading["cls"], ""
        elif self._name and self._empty < _PARTED_BY:
            self._go_on(line)
        else:
            self._name = ""
        self._empty = 0

    def _take_field(self, name: str, text: str) -> None:
        if name == _FIRST or not self.found or not self._name or name in self.found[-1].fields:
            self.found.append(Listed(self._heading))
        elif self._empty:
            if self._empty >= _PARTED_BY:
                self.found.append(Listed(self._heading))
            else:
                self._go_on("")
        self._name = name
        self.found[-1].fields[name] = text

    def _go_on(self, line: str) -> None:
        """Go on with the value, which has several lines."""
        fields = self.found[-1].fields
        fields[self._name] += "\n" * (self._empty + 1) + line if line else "\n" * self._empty
