"""What a snapshot says of the VM as it was: one text in XenAPI, which has the VM's row of XAPI's database."""

from __future__ import annotations

import re

from xe_py.errors import Failure
from xe_py.xva.ova import NULL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

# Fields whose columns have a prefix, the name of their group: name__label.
_GROUPS = frozenset(("name", "memory", "VCPUs", "actions", "PV", "HVM"))
_TOKEN = re.compile(r"\s*(?:([()])|'((?:[^'\\]|\\.)*)')", re.DOTALL)
# A row has columns, a column a name and a text.
_DEEPEST = 2


def column(field: str) -> str:
    """The column of a field of XenAPI."""
    group, _, rest = field.partition("_")
    return f"{group}__{rest}" if group in _GROUPS and rest else field


def write(fields: Iterable[tuple[str, str, Any]]) -> str:
    """The text for these fields of XenAPI, each with its type and its value there."""
    return _listed([_listed([column(name), _value(type, value)]) for name, type, value in fields], quoted=False)


def read(text: str) -> dict[str, str]:
    """The columns of the row, each as a text; IMPORT_ERROR if the text is no row."""
    found = {}
    for pair in _parsed(text):
        if len(pair) != 2 or not all(isinstance(part, str) for part in pair):  # noqa: PLR2004 - a name and a text
            raise _wrong()
        found[pair[0]] = pair[1]
    return found


def value_of(type: str, text: str) -> Any:
    """The value of XenAPI that the text of a column stands for."""
    if type == "bool":
        return text == "true"
    if type.startswith("set("):
        return _parsed(text)
    if type.startswith("map("):
        pairs = _parsed(text)
        if not all(isinstance(pair, list) and [*map(_is_text, pair)] == [True, True] for pair in pairs):
            raise _wrong()
        return dict(pairs)
    return text


def _is_text(part: Any) -> bool:
    return isinstance(part, str)


def _value(type: str, value: Any) -> str:
    if type == "bool":
        return str(value).lower()
    if type == "float":
        return f"{value:.12g}" if value % 1 else f"{value:.0f}."
    if type.startswith("set("):
        return _listed(value)
    if type.startswith("map("):
        return _listed([_listed([str(key), str(text)]) for key, text in value.items()], quoted=False)
    return NULL if value is None else str(value)


def _listed(parts: Iterable[str], *, quoted: bool = True) -> str:
    return f"({' '.join(map(_quoted, parts) if quoted else parts)})"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _parsed(text: str) -> list[Any]:
    """The list that the text is: of texts, and of lists of texts."""
    around: list[list[Any]] = [[]]
    place, end = 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None:
            raise _wrong()
        place = found.end()
        if found[1] == "(":
            around.append([])
            if len(around) > _DEEPEST + 1:
                raise _wrong()
        elif found[1] == ")":
            closed = around.pop()
            if not around:
                raise _wrong()
            around[-1].append(closed)
        else:
            around[-1].append(re.sub(r"\\(.)", r"\1", found[2], flags=re.DOTALL))
    if len(around) != 1 or len(around[0]) != 1 or not isinstance(around[0][0], list):
        raise _wrong()
    whole: list[Any] = around[0][0]
    return whole


def _wrong() -> Failure:
    return Failure("IMPORT_ERROR", "The field VM.snapshot_metadata in the archive cannot be used: it is no row.")
