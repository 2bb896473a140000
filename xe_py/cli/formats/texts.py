"""Values in the forms that programs read: JSON, YAML, CSV, and assignments for a shell.

All four are plain text: a control character in a value is written out where the form allows that.
"""

from __future__ import annotations

from xe_py.cli.in_json import in_json
from xe_py.errors import Misuse
from xe_py.quoting import quoted
from xe_py.schema.fields import show

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
_NO_NAMES = frozenset(("y", "n", "yes", "no", "true", "false", "on", "off", "null"))
# The name of the one value of a result that is no record.
_VALUE = "value"


def json(data: Any) -> str:
    """The value as JSON; of a list, each member has a line of its own."""
    if isinstance(data, list) and data:
        return "[\n" + ",\n".join(in_json(each) for each in data) + "\n]\n"
    return in_json(data) + "\n"


def yaml(data: Any) -> str:
    """The value as YAML: each field of a record has a line, with its value in the form of JSON, which is YAML too."""
    if isinstance(data, dict) and data:
        return "".join(f"{_key(name)}: {in_json(value)}\n" for name, value in data.items())
    if isinstance(data, list) and data:
        return "".join(_indented(yaml(each)) for each in data)
    return in_json(data) + "\n"


def csv(data: Any, *, head: bool = True) -> str:
    """The records as CSV, with or without a line of names: sets and maps as JSON, and nothing for no value."""
    from csv import writer
    from io import StringIO

    records = _records(data)
    names = list(dict.fromkeys(name for record in records for name in record))
    rows = [[_cell(record.get(name)) for name in names] for record in records]
    text = StringIO()
    writer(text, lineterminator="\n").writerows([names, *rows] if head and names else rows)
    return text.getvalue()


def shell(data: Any) -> str:
    """The one record as assignments for `eval`, with the texts that xe prints; Misuse if there are several or none."""
    records = _records(data)
    if len(records) != 1:
        found = f"{len(records)} records" if records else "no record"
        raise Misuse(f"Error: --shell needs exactly one record, and the command found {found}.")
    return "".join(f"{_variable(name)}={quoted(show(value, ''))}\n" for name, value in records[0].items())


def _key(name: str) -> str:
    """The name as a key of YAML, without quotes if it cannot be taken for anything else."""
    is_plain = name[:1].isalpha() and not set(name) - _PLAIN and name.lower() not in _NO_NAMES
    return name if is_plain else in_json(name)


def _indented(text: str) -> str:
    first, *rest = text.splitlines(keepends=True)
    return "".join([f"- {first}", *(f"  {line}" for line in rest)])


def _records(data: Any) -> list[dict[str, Any]]:
    values = data if isinstance(data, list) else [data]
    return [value if isinstance(value, dict) else {_VALUE: value} for value in values]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else in_json(value)


def _variable(name: str) -> str:
    return "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in name)
