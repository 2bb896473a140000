"""What the history takes, chain by chain, with the contents that only its versions need; and how much that may be.

A content that the present file does not name counts for the newest chain that names it: it goes when that chain does.
"""

from __future__ import annotations

import os

from xe_py.store.contents.disks import middle_of, middles, middles_in, present, sizes_in
from xe_py.store.history import chains
from xe_py.store.history.logbook import Limits, folder_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xe_py.store.files.document import Site
    from xe_py.store.history.chains import Held


def fills_the_chain(site: Site, contents: Iterable[str]) -> bool:
    """Whether these contents, which are about to go, would let the newest chain take over half of all that may be."""
    sizes = sizes_in(site.target)
    try:
        _, taken = next(_weights(site, sizes), (None, 0))
        return taken + sum(sizes.get(middle_of(name), 0) for name in contents) > _most(site) // 2
    except OSError:
        return False  # Then the history cannot be written either, which its writer tells.


def keep_within(site: Site) -> None:
    """Drop the oldest chains until the history takes no more than it may; the newest one always stays."""
    try:
        room, kept = _most(site), None
        for held, taken in _weights(site, sizes_in(site.target)):
            room -= taken
            if room < 0 and kept is not None:
                chains.drop_before(folder_of(site.target), kept)
                return
            kept = held
    except OSError:
        return  # It is tried again when the next content goes.


def _most(site: Site) -> int:
    free = os.statvfs(os.path.dirname(site.target))
    return Limits(site.settings).with_contents(free.f_bavail * free.f_frsize)


def _weights(site: Site, sizes: dict[bytes, int]) -> Iterator[tuple[Held, int]]:
    """The chains, the newest first, each with the bytes that would be free without it and those before it."""
    counted = present(site.target)
    for held in reversed(chains.held(folder_of(site.target))):
        named = middles(held.log) | middles_in(held.copy)
        taken = sum(sizes.get(middle, 0) for middle in named - counted)
        yield held, len(held.log) + os.stat(held.copy).st_size + taken
        counted |= named
