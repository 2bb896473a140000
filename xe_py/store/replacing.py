"""Replacing a file safely: whatever happens, either the old or the new version is there, also on the disk."""

from __future__ import annotations

import os

from xe_py.errors import StateFileError, on_file
from xe_py.store.files.access import DISK, NEW, copy, left_behind, neighbour, open_file, put, sync_folder
from xe_py.store.files.attributes import set_back, take_after
from xe_py.store.files.delta import joined
from xe_py.store.files.document import changed_meanwhile, identity
from xe_py.store.files.interrupts import uninterrupted
from xe_py.store.history import keeping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from xe_py.store.files.delta import Part
    from xe_py.store.files.document import Site


@uninterrupted
def replace(
    site: Site,
    parts: Iterable[Part],
    expected: tuple[int, ...] | None,
    serial: int,
    command: str,
    *,
    anew: bool = False,
) -> tuple[int, ...] | None:
    """Replace the file with the parts, durably and all at once.

    Returns what identifies the new version; None if someone has already written to it.

    `expected` identifies the version that is replaced; None means that there is no file. `serial` and `command`
    describe the new version for the history, where `anew` begins a new chain. StateFileError leaves the file as it was.
    The caller holds the lock.
    """
    target = site.target
    temporary = os.path.join(neighbour(target), f"{NEW}{os.getpid()}")
    try:
        parts = list(joined(parts))
        written = _write(temporary, parts, site)
        _expect(target, expected)
        entry = keeping.entry_of(written, serial, command)
        kept = keeping.keep(site, temporary, parts, expected, entry, anew=anew)
        _expect(target, expected)
        os.replace(temporary, target)
        site.outcome.replaced = True
    except OSError as error:
        raise StateFileError(
            f"The state file {target} cannot be written: {error.strerror}.\nNothing was changed."
        ) from None
    finally:
        _discard(target, temporary)
    try:
        sync_folder(os.path.dirname(target))
        found = identity(os.stat(target))
    except FileNotFoundError:
        raise StateFileError(
            f"The state file {target} was written, but somebody has removed it since then.",
            on_file(target, "state-undo"),
        ) from None
    except OSError as error:
        raise StateFileError(
            f"The state file {target} was written, but its folder could not be flushed to the disk: {error.strerror}.\n"
            "After a power cut, the file may be the version before this command."
        ) from None
    # A rename changes only the last of the file's times.
    if found[:-1] != written[:-1]:
        return None
    if kept is not None:
        keeping.confirm(target, kept, found[-1])
    return found


@uninterrupted
def lead_to(site: Site, place: str, expected: tuple[int, ...]) -> None:
    """Replace the file with a link to the file at the place; the history keeps the version that is expected there.

    StateFileError leaves the file as it was. The caller holds the lock.
    """
    target = site.target
    folder, temporary = os.path.dirname(target), os.path.join(neighbour(target), f"{NEW}{os.getpid()}")
    try:
        _expect(target, expected)
        keeping.keep_present(site, expected)
        os.symlink(os.path.basename(place) if os.path.dirname(place) == folder else place, temporary)
        _expect(target, expected)
        os.replace(temporary, target)
        site.outcome.replaced = True
        sync_folder(folder)
    except OSError as error:
        raise StateFileError(f"The state file {target} cannot lead to {place}: {error.strerror}.") from None
    finally:
        _discard(target, temporary)


def sweep(target: str) -> None:
    """Remove what a killed writer has left; the caller holds the lock, so nobody else is writing."""
    left = left_behind(target)
    drafts = [path for path in left if os.path.basename(path).startswith(DISK)]
    for path in left:
        if path not in drafts:
            _discard(target, path)
    if drafts:
        from xe_py.store.contents.disks import settle

        settle(target)  # Now nothing in the history names a draft that no version has.


def _discard(target: str, path: str) -> None:
    """Remove a file that never became the state file, and its entry in the history before it."""
    try:
        keeping.withdraw(target, os.lstat(path))
        os.unlink(path)
    except OSError:
        return


def _write(path: str, parts: Iterable[Part], site: Site) -> tuple[int, ...]:
    """A new file with the parts, flushed to the disk, with the mode and owner of the present file, if there is one.

    Returns what identifies the new file.
    """
    model = site.target
    file = open_file(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        if os.path.exists(model):
            take_after(file, model, site.outcome)
        for part in parts:
            if isinstance(part, range):
                _copy(model, part, file)
            else:
                put(part, file)
        set_back(file)
        os.fsync(file)
        return identity(os.fstat(file))
    finally:
        os.close(file)


def _copy(model: str, span: range, file: int) -> None:
    """Add a part of the model to the file."""
    source = os.open(model, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if copy(source, span, file) < span.stop:
            raise changed_meanwhile(model)
    finally:
        os.close(source)


def _expect(target: str, expected: tuple[int, ...] | None) -> None:
    try:
        found: tuple[int, ...] | None = identity(os.stat(target))
    except FileNotFoundError:
        found = None
    if found != expected:
        raise changed_meanwhile(target)
