"""The local cache of a host: an SR of its own, where it caches disks that lie on shared storage."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.xapi.drivers import capabilities
from xe_py.xapi.hosts import answers, serves_nobody

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


def can_enable(state: State, host: Record, sr: Record) -> Iterator[Failure]:
    """Why the host cannot cache disks on the SR."""
    yield from can_disable(state, host)
    pbds = state.pointing_at(sr, "pbd.sr-uuid")
    if not can_hold_a_cache(state, sr):
        yield Failure("SR_OPERATION_NOT_SUPPORTED", blockers=(sr,))
    elif pbds[0]["host-uuid"] != host["uuid"]:
        yield Failure("HOST_CANNOT_SEE_SR", host, sr)


def can_disable(state: State, host: Record) -> Iterator[Failure]:
    """Why the cache of the host cannot be turned on or off."""
    yield from answers(state, host)
    yield from serves_nobody(state, host)


def can_hold_a_cache(state: State, sr: Record) -> bool:
    """Whether the SR belongs to one host, and its driver can keep a cache on it."""
    is_local = not sr["shared"] and len(state.pointing_at(sr, "pbd.sr-uuid")) == 1
    return is_local and "SR_SUPPORTS_LOCAL_CACHING" in capabilities(sr["type"])


def enable(state: State, host: Record, sr: Record) -> None:
    """Let the host cache disks on the SR, and on no other SR any more."""
    disable(state, host)
    state.update(host, {"local-cache-sr": sr["uuid"]})
    state.update(sr, {"local-cache-enabled": True})


def disable(state: State, host: Record) -> None:
    """Let the host cache no disks."""
    sr = state.ref_or_none(host, "local-cache-sr")
    state.update(host, {"local-cache-sr": None})
    if sr is not None:
        state.update(sr, {"local-cache-enabled": False})
