"""What is unsound in a state, as an index keeps it: data, in which an object is its class, uuid and name."""

from __future__ import annotations

from xe_py import classes
from xe_py.errors import Failure
from xe_py.state.core import Finding
from xe_py.state.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    Row = tuple[Any, ...]


def packed(findings: Iterable[Finding]) -> list[Row]:
    """The findings as data."""
    return [
        (
            (each.cls, each.uuid, each.field),
            {name: getattr(each, name) for name in ("name", "rule", "spoils", "text")},
            (each.failure.code, *map(_packed, each.failure.values)),
            tuple(map(_packed, each.failure.blockers)),
            each.failure.profile,
        )
        for each in findings
    ]


def unpacked(rows: Iterable[Row]) -> list[Finding]:
    """The findings that the data stand for."""
    found = []
    for where, words, failure, blockers, profile in rows:
        code, *values = map(_unpacked, failure)
        refusal = Failure.restored(code, values, map(_unpacked, blockers))
        refusal.profile = profile
        cls, uuid, field = where
        found.append(Finding(cls, uuid, field, refusal, **words))
    return found


def _packed(value: Any) -> Any:
    return (value.cls.name, value["uuid"], value.name) if isinstance(value, Record) else str(value)


def _unpacked(value: Any) -> Any:
    if type(value) is not tuple:
        return value
    cls, uuid, name = value
    return Record(classes.get(cls), {"uuid": uuid, **({"name-label": name} if name else {})})
