"""Blobs: which objects can have some, what these know of theirs, and whether hosts keep them."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.derived import Computed
from xe_py.schema.fields import Map
from xe_py.xapi.hosts import coordinator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

OWNERS = ("vm", "pool", "sr", "host", "network")
"""The classes whose objects have blobs, in the order in which xe looks for one of them."""
NO_STORAGE = "no_local_storage"
"""The key in other-config of a host that keeps no binary data."""


def of(what: str) -> Computed:
    """The field with the blobs of an object."""
    return Computed("blobs", Map, _by_name, doc=f"The blobs of the {what}, by their names: data that clients keep.")


def _by_name(state: State, owner: Record) -> dict[str, str]:
    return {blob["name"]: blob["uuid"] for blob in state.pointing_at(owner, f"blob.{owner.cls.name}-uuid")}


def can_be_kept(state: State) -> Iterator[Failure]:
    """Why nobody can read or write a blob: the coordinator, which keeps all, keeps none."""
    host = coordinator(state)
    if host["other-config"].get(NO_STORAGE) == "true":
        reason = "The hosts keep no binary data: see pool-enable-binary-storage."
        yield Failure("INTERNAL_ERROR", reason, blockers=(host,))
