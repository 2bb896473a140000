"""Replacing a file safely: the old version or the new one is there, whatever happens, and the disk has it."""

from __future__ import annotations

import os

from xe_py.errors import StateFileError, on_file
from xe_py.store.files.access import NEW, copy, left_behind, neighbour, open_file, put
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
    site: Site, parts: Iterable[Part], expected: tuple[int, ...] | None, serial: int, command: str
) -> tuple[int, ...] | None:
    """Put the parts in the place of the file, durably and all at once.

    What identifies the new version; None where someone has written to it already.

    `expected` identifies the version that is replaced, None a file that is not there; `serial` is that of the new
    version, `command` is who asks for it: these are for the history. StateFileError leaves the file as it was. The lock
    is held.
    """
    target = site.target
    temporary = os.path.join(neighbour(target), f"{NEW}{os.getpid()}")
    try:
        parts = list(parts)
        written = _write(temporary, parts, site)
        _expect(target, expected)
        entry = keeping.entry_of(written, serial, command)
        kept = keeping.keep(site, temporary, parts, expected, entry)
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
        _sync_folder(os.path.dirname(target))
        found = identity(os.stat(target))
    except FileNotFoundError:
        raise StateFileError(
            f"The state file {target} is written, but somebody has removed it since.",
            on_file(target, "state-undo"),
        ) from None
    except OSError as error:
        raise StateFileError(
            f"The state file {target} is written, but its folder is not flushed to the disk: {error.strerror}.\n"
            "After a power cut the file may be the one before this command."
        ) from None
    # Putting a file in place changes nothing of it but the last of its times.
    if found[:-1] != written[:-1]:
        return None
    if kept is not None:
        keeping.confirm(target, kept, found[-1])
    return found


def sweep(target: str) -> None:
    """Remove what a writer that was killed has left; under the lock nobody else is writing."""
    for path in left_behind(target):
        _discard(target, path)


def _discard(target: str, path: str) -> None:
    """Take away what never became the state file, if there is such a file, and its entry in the history before it."""
    try:
        keeping.withdraw(target, os.lstat(path))
        os.unlink(path)
    except OSError:
        return


def _write(path: str, parts: Iterable[Part], site: Site) -> tuple[int, ...]:
    """A new file with the parts, flushed to the disk, with the mode and the owner of the present one if there is one.

    What identifies it.
    """
    model = site.target
    file = open_file(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        if os.path.exists(model):
            take_after(file, model, site.outcome)
        for part in joined(parts):
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


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
