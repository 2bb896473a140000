"""Schedules for snapshots: which keys a schedule has, and what may stand there."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.numbers import decimal_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from xe_py.state.record import Record
    from xe_py.state.state import State

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MINUTES = ("0", "15", "30", "45")
_HOURS = range(24)
# The keys by frequency, in XAPI's order.
KEYS = {"hourly": ("min",), "daily": ("hour", "min"), "weekly": ("hour", "min", "days")}
FREQUENCIES = tuple(KEYS)
QUIESCED = "snapshot_with_quiesce"
TYPES = ("snapshot", "checkpoint", QUIESCED)
_DEFAULTS = {"min": "0", "hour": "0", "days": _DAYS[0]}
_FEWEST, _MOST = 1, 10


def _minute(text: str) -> str | None:
    return text if text in _MINUTES else None


def _hour(text: str) -> str | None:
    return text if decimal_of(text) in _HOURS else None


def _days(text: str) -> str | None:
    """The days, in the spelling of XAPI; None if a word is no day or stands there twice."""
    by_word = {day.lower(): day for day in _DAYS}
    days = [by_word.get(word.lower()) for word in text.split(",")]
    named = [day for day in days if day is not None]
    return ",".join(named) if len(set(named)) == len(days) else None


_PARSE: dict[str, Callable[[str], str | None]] = {"min": _minute, "hour": _hour, "days": _days}


def wrong(schedule: Mapping[str, str], keys: tuple[str, ...]) -> Iterator[Failure]:
    """Why the schedule is refused: a key that is not among these, or a value that the key does not take."""
    for key, text in schedule.items():
        if key not in keys or _PARSE[key](text) is None:
            yield Failure("INVALID_VALUE", f"schedule:{key}", text)


def completed(schedule: Mapping[str, str], frequency: str) -> dict[str, str]:
    """The keys of the frequency, each with the value of the schedule or else the default."""
    return {key: _PARSE[key](schedule.get(key, "")) or _DEFAULTS[key] for key in KEYS[frequency]}


def kept_snapshots(_state: State, _schedule: Record, value: int) -> Iterator[Failure]:
    """Why a schedule cannot keep this number of snapshots."""
    if not _FEWEST <= value <= _MOST:
        yield Failure("INVALID_VALUE", "retained_snapshots", str(value))


def keys(_state: State, _schedule: Record, value: Mapping[str, str]) -> Iterator[Failure]:
    """Why a schedule cannot have these keys; those of another frequency are allowed."""
    yield from wrong(value, tuple(_PARSE))


def frequency_was_set(state: State, schedule: Record, value: str) -> None:
    """The schedule has exactly the keys of its frequency."""
    state.update(schedule, {"schedule": completed(schedule["schedule"], value)})


def keys_were_set(state: State, schedule: Record, value: Mapping[str, str]) -> None:
    """The days are spelt as XAPI spells them."""
    state.update(schedule, {"schedule": {key: _PARSE[key](text) or text for key, text in value.items()}})


def type_fits(state: State, schedule: Record, value: str) -> Iterator[Failure]:
    """Why the schedule cannot take this type of snapshot: no guest here pauses its writes for one."""
    if value == QUIESCED:
        for vm in state.pointing_at(schedule, "vm.snapshot-schedule"):
            yield Failure("VM_SNAPSHOT_WITH_QUIESCE_NOT_SUPPORTED", vm)
