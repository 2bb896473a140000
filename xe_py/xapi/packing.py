"""Packing VMs onto hosts by memory alone, as XAPI does for evacuations and for high availability.

Sizes and room are bytes by name. Where two are equal, the first one counts, so a plan is always the same.
"""

from __future__ import annotations

from itertools import permutations
from math import perm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Up to so many orders of failure, in a pool of up to so many hosts, XAPI tries each of them.
_MANY_ORDERS, _MANY_HOSTS = 3500, 32


def spread(sizes: Mapping[str, int], room: Mapping[str, int]) -> dict[str, str]:
    """The host for each VM: the biggest VM first, each onto the host with most room. What does not fit is left out."""
    left = sorted(room.items(), key=lambda host: -host[1])
    found = {}
    for vm, size in sorted(sizes.items(), key=lambda vm: -vm[1]):
        if left and size <= left[0][1]:
            host, free = left.pop(0)
            found[vm] = host
            behind = sum(other > free - size for _, other in left)
            left.insert(behind, (host, free - size))
    return found


def less(room: Mapping[str, int], sizes: Mapping[str, int], moved: Mapping[str, str]) -> dict[str, int]:
    """The room that is left when the VMs are on their hosts."""
    return {host: free - sum(sizes[vm] for vm, to in moved.items() if to == host) for host, free in room.items()}


def survives(
    room: Mapping[str, int], sizes: Mapping[str, int], placed: Mapping[str, str], *, hosts: int, failures: int
) -> bool:
    """Whether every VM can start again, whichever of the hosts fail, one after the other.

    `room` has the hosts that run, `hosts` counts all of them. `placed` says on which host each VM runs.
    """
    if not 0 <= failures <= len(room) or (failures == len(room) and sizes):
        return False
    if hosts <= _MANY_HOSTS and perm(hosts, failures) < _MANY_ORDERS:
        return all(_restarts(room, sizes, placed, order) for order in permutations(room, failures))
    return not sizes or _restarts_at_worst(room, sizes, placed, failures)


def _restarts(
    room: Mapping[str, int], sizes: Mapping[str, int], placed: Mapping[str, str], order: Sequence[str]
) -> bool:
    """Whether every VM starts again each time when the hosts fail in this order."""
    for dead in order:
        room = {host: free for host, free in room.items() if host != dead}
        failed = {vm: sizes[vm] for vm, host in placed.items() if host == dead}
        moved = spread(failed, room)
        if len(moved) < len(failed):
            return False
        room, placed = less(room, sizes, moved), {**placed, **moved}
    return True


def _restarts_at_worst(
    room: Mapping[str, int], sizes: Mapping[str, int], placed: Mapping[str, str], failures: int
) -> bool:
    """The same by an estimate: all VMs are as big as the biggest, and the roomiest and the fullest hosts fail."""
    biggest = max(sizes.values())
    places = sorted(_places(room, biggest), reverse=True)
    running = sorted((list(placed.values()).count(host) for host in room), reverse=True)
    return sum(running[:failures]) <= sum(places[failures:])


def _places(room: Mapping[str, int], size: int) -> Iterator[int]:
    """For how many VMs of the size each host has room; for how many it has too little, as a negative number."""
    for free in room.values():
        yield free // size if free >= 0 else -(-free // size)
