"""The contents of disks: each is a sparse file in `host.toml.d/disks`, and its name is a random uuid.

A content never changes. Whoever writes to a disk makes a new content, and the record of the disk names that one from
then on. So a copy of a disk names the same content, and an older version of the state still has its own.

A draft is a content that is being written: `host.toml.d/new.disk-<name>`. It is on the disk before a version of the
state names it. `settle` asks the versions: a draft that one of them names becomes a content, another one is removed.
"""

from __future__ import annotations

import os

from xe_py.errors import StateFileError
from xe_py.schema.numbers import is_uuid
from xe_py.store.contents.files import CountedDraft, FileContent, FileDraft
from xe_py.store.files.access import DISK, close, left_behind, make_folder, neighbour, sync_folder
from xe_py.store.history.logbook import COPY, LOG
from xe_py.store.history.logbook import folder_of as history_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from mmap import mmap

    from xe_py.store.files.document import Site

# No link is followed, and no pipe that somebody planted is waited for.
_READING = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
# A file where the folder should be holds no contents either.
_NOT_THERE = (FileNotFoundError, NotADirectoryError)
_DIGITS = 18
_SECTOR = 512
# The middle of a name. The history keeps differences, in which a name may lack what it has in common with another one.
_MIDDLE = slice(8, 28)
_MIDDLES = rb"-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{4}"


class Disks:
    """The contents of the disks of a state file. Only a `writer`, who holds the lock, writes; another one counts."""

    def __init__(self, site: Site, *, writer: bool) -> None:
        self._site = site
        self._writer = writer
        self._drafts: dict[str, FileDraft] = {}
        self._counted: dict[str, CountedDraft] = {}

    def open(self, name: str | None) -> FileContent:
        """The content of this name; zeros for None, and, with a warning, for one that is missing."""
        if name is None or name in self._counted:
            return FileContent(None)
        target = self._site.target
        # A draft becomes a content by a rename, which may come between two of these.
        for path in (_path(target, name), _draft(target, name), _path(target, name)):
            try:
                return FileContent(os.open(path, _READING))
            except _NOT_THERE:
                continue
        self._site.outcome.warn(f"the content of a disk is missing, so it reads as zeros: {_path(target, name)}")
        return FileContent(None)

    def draft(self, name: str) -> FileDraft:
        """A new content of this name, to be written; StateFileError if the folder cannot be used."""
        if not self._writer:
            self._counted[name] = CountedDraft(self._room())
            return self._counted[name]
        target = self._site.target
        if not self._drafts:
            settle(target)  # What nobody needs takes no room from what is written now.
        try:
            draft = FileDraft(_draft(target, name), self._room())
        except OSError as error:
            raise _cannot(target, error) from None
        self._drafts[name] = draft
        return draft

    def discard(self, name: str) -> None:
        """Remove a draft."""
        self._counted.pop(name, None)
        draft = self._drafts.pop(name, None)
        if draft is not None:
            draft.close()
            _remove(_draft(self._site.target, name))

    def sizes(self) -> dict[str, int]:
        """The contents that are kept, each with the bytes that it takes on this machine."""
        return {name: _taken(_path(self._site.target, name)) for name in _kept(self._site.target)}

    def past(self) -> dict[str, int]:
        """Those of the contents that only older versions have."""
        return self._but(present)

    def strays(self) -> dict[str, int]:
        """Those of the contents that no version has."""
        return self._but(_named)

    def missing(self, names: Iterable[str]) -> set[str]:
        """Those of the names whose contents are not there."""
        return set(names) - _kept(self._site.target).keys() - _drafts(self._site.target).keys()

    def flush(self, named: set[str | None]) -> None:
        """Put the drafts that the next version names on the disk; StateFileError if that is impossible."""
        try:
            for name, draft in self._drafts.items():
                if name in named:
                    draft.flush()
            if self._drafts:
                sync_folder(neighbour(self._site.target))
        except OSError as error:
            raise _cannot(self._site.target, error) from None

    def settle(self) -> None:
        """Keep the drafts that a version names; remove what no version names. The caller holds the lock."""
        for draft in self._drafts.values():
            draft.close()
        self._drafts.clear()
        settle(self._site.target)

    def _but(self, named_in: Callable[[str], set[bytes]]) -> dict[str, int]:
        sizes = self.sizes()
        named = named_in(self._site.target) if sizes else set()
        return {name: taken for name, taken in sizes.items() if middle_of(name) not in named}

    def _room(self) -> int:
        """How many bytes more the disks may take: up to XE_DISK_LIMIT or, without that, half of what is free."""
        target = self._site.target
        counted = sum(draft.taken for draft in self._counted.values())
        limit = self._site.settings.number("XE_DISK_LIMIT", _DIGITS, -1)
        if limit < 0:
            folder = neighbour(target)
            free = os.statvfs(folder if os.path.isdir(folder) else os.path.dirname(target))
            return (free.f_bavail * free.f_frsize - counted) // 2
        return limit - sum(self.sizes().values()) - sum(map(_taken, _drafts(target).values())) - counted


def settle(target: str) -> None:
    """Keep the drafts that the file or its history names; remove the others, and the contents that neither names."""
    drafts, kept = _drafts(target), _kept(target)
    if not drafts and not kept:
        return
    try:
        named = _named(target)
        make_folder(_folder(target))
    except OSError:
        return  # Nobody knows what is needed, so everything stays.
    for name, path in {**kept, **drafts}.items():
        if middle_of(name) not in named:
            _remove(path)
        elif name in drafts:
            _keep(path, _path(target, name))


def _named(target: str) -> set[bytes]:
    """The middles of all uuids in the file and in its history."""
    history = history_of(target)
    names = os.listdir(history) if os.path.isdir(history) else []
    versions = [os.path.join(history, name) for name in names if name == LOG or name.endswith(COPY)]
    return present(target).union(*map(middles_in, versions))


def present(target: str) -> set[bytes]:
    """The middles of all uuids in the file, if there is one."""
    return middles_in(target) if os.path.exists(target) else set()


def middles(data: bytes | mmap) -> set[bytes]:
    """The middles of all uuids in the data."""
    import re

    return set(re.findall(_MIDDLES, data))


def middles_in(path: str) -> set[bytes]:
    """The middles of all uuids in the file."""
    from mmap import ACCESS_READ, mmap

    file = os.open(path, _READING)
    try:
        if not os.fstat(file).st_size:
            return set()
        with mmap(file, 0, access=ACCESS_READ) as data:
            return middles(data)
    finally:
        close(file)


def middle_of(name: str) -> bytes:
    """The middle of the name of a content, by which its versions are found."""
    return name[_MIDDLE].encode()


def sizes_in(target: str) -> dict[bytes, int]:
    """The bytes that each content takes, by the middle of its name."""
    return {middle_of(name): _taken(path) for name, path in _kept(target).items()}


def _folder(target: str) -> str:
    return os.path.join(neighbour(target), "disks")


def _path(target: str, name: str) -> str:
    return os.path.join(_folder(target), name)


def _draft(target: str, name: str) -> str:
    return os.path.join(neighbour(target), DISK + name)


def _kept(target: str) -> dict[str, str]:
    """The paths of the contents, by name."""
    try:
        return {name: _path(target, name) for name in os.listdir(_folder(target)) if is_uuid(name)}
    except _NOT_THERE:
        return {}


def _drafts(target: str) -> dict[str, str]:
    """The paths of the drafts, by name."""
    paths = {os.path.basename(path): path for path in left_behind(target)}
    return {name.removeprefix(DISK): path for name, path in paths.items() if name.startswith(DISK)}


def _taken(path: str) -> int:
    try:
        return os.lstat(path).st_blocks * _SECTOR
    except FileNotFoundError:
        return 0


def _keep(draft: str, path: str) -> None:
    try:
        os.rename(draft, path)
    except OSError:
        return  # The draft is read as well, and the next writer tries again.


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def _cannot(target: str, error: OSError) -> StateFileError:
    return StateFileError(
        f"The contents of disks cannot be written in {neighbour(target)}: {error.strerror}.\nNothing was changed."
    )
