"""Lineage: what a VM or VDI is a snapshot of, and what it is based on."""

from __future__ import annotations

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

_LINKS = ("snapshot-of", "parent")


def has_no_loop(state: State, obj: Record) -> Iterator[Failure]:
    """What is wrong if the object, followed along one of its links, comes from itself."""
    for link in _LINKS:
        seen = set()
        before = state.ref_or_none(obj, link)
        while before is not None and before["uuid"] not in seen:
            if before is obj:
                yield Failure("INVALID_VALUE", link, obj[link], blockers=(state.ref(obj, link),))
                break
            seen.add(before["uuid"])
            before = state.ref_or_none(before, link)


def says_that_it_is_a_snapshot(obj: Record) -> Iterator[Failure]:
    """What is wrong with an object that has snapshot-of but not is-a-snapshot."""
    if obj["snapshot-of"] is not None and not obj["is-a-snapshot"]:
        yield Failure("INVALID_VALUE", "is-a-snapshot", "false", blockers=(obj,))
