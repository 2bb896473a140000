"""The history of a state file: every version that a commit wrote or replaced, and who wrote each by which command line.

It is in `host.toml.d/history`: `log` has an entry for each version (see `entries.py`), and `000012.toml` is a full copy
of the version at this place. A chain of versions begins with a full copy; of each later version only the differences
from the previous one are kept. A version is kept before it becomes the file, and marked afterwards. Nothing in the
history is needed to read the state, and a commit continues if the history cannot be written.
"""

from __future__ import annotations

import os

from xe_py.store.files.access import close, is_file, make_folder
from xe_py.store.files.delta import difference, pack
from xe_py.store.history.entries import Chain, Entry
from xe_py.store.history.logbook import LOG, Limits, add, append, copy_of, folder_of, last_mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xe_py.store.files.delta import Part
    from xe_py.store.files.document import Site


def entry_of(written: tuple[int, ...], serial: int, command: str) -> Entry:
    """The entry of the version that this process has written: its identity, its serial, and the command."""
    _, inode, size, time_written, _ = written
    return Entry(0, serial, (inode, size, time_written), (os.getuid(), os.getpid(), command))


def keep(
    site: Site, new: str, parts: Iterable[Part], present: tuple[int, ...] | None, entry: Entry, *, anew: bool = False
) -> Chain | None:
    """Keep the version in `new`, made of the joined parts, which is about to replace the file; the mark for `confirm`.

    `present` identifies the file; if the history does not have it, it is kept first. `anew` begins a new chain with it.
    Failures here are warnings in the
    outcome; only a bad setting is a StateFileError.
    """
    target, limits = site.target, Limits(site.settings)
    folder = folder_of(target)
    try:
        if not limits.number:
            _clear(folder)
            return None
        make_folder(folder)
        chain = None if present is None or anew else _going_on(folder, present, limits)
        if chain is None:
            from xe_py.store.history import chains

            if present is None:
                return chains.begin_with(folder, new, entry)
            chain = chains.go_on(target, folder, present, limits, anew=anew)
        entry.place, entry.after = chain.place + 1, chain.seal
        entry.changes = pack(_changes(target, parts))
        length = chain.bytes + append(folder, entry)
        return Chain(entry.place, entry.seal, entry.file, first=chain.first, since=chain.since, length=length)
    except OSError as error:
        _warn(site, folder, error)
        return None


def keep_present(site: Site, present: tuple[int, ...]) -> None:
    """Keep the present file, if the history does not have it; nothing takes its place as a version."""
    limits, folder = Limits(site.settings), folder_of(site.target)
    try:
        if limits.number:
            make_folder(folder)
            if _going_on(folder, present, limits) is None:
                from xe_py.store.history import chains

                chains.go_on(site.target, folder, present, limits)
    except OSError as error:
        _warn(site, folder, error)


def _warn(site: Site, folder: str, error: OSError) -> None:
    site.outcome.warn(
        f"the history in {folder} cannot be written: {error.strerror}. To work without a history, set XE_BACKUPS=0."
    )


def confirm(target: str, chain: Chain, changed: int) -> None:
    """Note that the version is the file now, and when the file was last touched."""
    chain.changed = changed
    try:
        add(os.path.join(folder_of(target), LOG), chain.line)
    except OSError:
        return  # The next commit must compare the contents of the file.


def withdraw(target: str, left: os.stat_result) -> None:
    """Remove the entry of a version that never became the file: `left` is the file that a writer left."""
    folder = folder_of(target)
    try:
        if last_mark(folder) is None:
            from xe_py.store.history import chains

            chains.withdraw(folder, (left.st_ino, left.st_size, left.st_mtime_ns))
    except OSError:
        return


def _going_on(folder: str, present: tuple[int, ...], limits: Limits) -> Chain | None:
    """The chain that ends with the present file, if that chain may continue."""
    chain = last_mark(folder)
    if chain is None or (*chain.file, chain.changed) != present[1:] or limits.exceeded_by(chain, present[2]):
        return None
    return chain if is_file(copy_of(folder, chain.first)) else None


def _changes(target: str, parts: Iterable[Part]) -> Iterator[Part]:
    """The parts; of new bytes, only what differs from the present file."""
    handle = os.open(target, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        size = os.fstat(handle).st_size
        place = 0
        new = b""
        for part in (*parts, range(size, size)):
            if isinstance(part, range):
                if new:
                    yield from difference(os.pread(handle, part.start - place, place), new, place)
                if part:
                    yield part
                place, new = part.stop, b""
            else:
                new = part
    finally:
        close(handle)


def _clear(folder: str) -> None:
    """Drop all versions, if there are any."""
    if os.path.lexists(folder):
        from xe_py.store.history import chains

        chains.clear(folder)
