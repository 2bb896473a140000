"""What lies on a storage though no VDI tells of it: disks that were forgotten, until a scan finds them again.

The pool keeps them in its hidden field `forgotten-disks`: by `<uuid of the SR>/<location>`, what the storage itself
knows of the disk, as JSON.
"""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.uuids import is_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State

FIELD = "forgotten-disks"
_KINDS = {"uuid": str, "virtual-size": int, "type": str, "name-label": str, "name-description": str}
_NEEDED = {"uuid", "virtual-size"}


def key_of(sr: str, location: str) -> str:
    """Under which key the disk of the SR is kept."""
    return f"{sr}/{location}"


def written(disk: Mapping[str, Any]) -> str:
    """The disk as it is kept."""
    from json import dumps  # noqa: PLC0415 - few disks are forgotten

    return dumps({name: disk[name] for name in _KINDS if name in disk}, ensure_ascii=False)


def read(text: str) -> dict[str, Any] | None:
    """The fields of the disk; None where the text is not what `written` makes."""
    from json import loads  # noqa: PLC0415 - as above

    try:
        disk = loads(text)
    except (ValueError, RecursionError):
        return None
    if type(disk) is not dict or not _NEEDED <= disk.keys() <= _KINDS.keys():
        return None
    return disk if all(type(value) is _KINDS[name] for name, value in disk.items()) else None


def of_sr(state: State, sr: Record) -> dict[str, dict[str, Any]]:
    """The disks on the SR that no VDI tells of, by their keys; `location` is among the fields of each."""
    prefix = key_of(sr["uuid"], "")
    found = {}
    for pool in state.all("pool"):
        for key, text in pool[FIELD].items():
            if key.startswith(prefix):
                found[key] = {**(read(text) or {}), "location": key.removeprefix(prefix)}
    return found


def are_known(kept: Mapping[str, str]) -> Iterator[Failure]:
    """What is wrong with the disks as they are kept: one is not of an SR, or does not tell its size and uuid."""
    for key, text in kept.items():
        sr, slash, _ = key.partition("/")
        disk = read(text)
        if not slash or not is_uuid(sr) or disk is None or not is_uuid(disk["uuid"]) or disk["virtual-size"] < 0:
            yield Failure("INVALID_VALUE", FIELD, f"{key} = {text}")
