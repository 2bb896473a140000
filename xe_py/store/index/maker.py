"""Which program made an index: only one with the same declarations and rules may read it."""

from __future__ import annotations

import os
from zlib import crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    # The stamps of the copies of the program that are known, the latest last, and the digest that they have in common.
    Maker = tuple[list[int], bytes]

# The folders of the program that decide what a sound state is and how it is read.
_DECIDING = ("classes", "schema", "state", "store/index", "store/toml", "xapi")
_COPIES = 4
_stamps: list[int] = []
_digests: list[bytes] = []


def this_program() -> Maker:
    """The maker of the indexes that this program makes."""
    return [_stamp()], _digest()


def maker_of(maker: Maker) -> Maker | None:
    """The maker, this copy of the program among its copies; None if it is another program.

    A copy is known by its stamp. The digest, which takes long, is only made for a copy that is not yet known.
    """
    stamps, digest = maker
    if _stamp() in stamps:
        return maker
    return ([*stamps[1 - _COPIES :], _stamp()], digest) if b"" != digest == _digest() else None


def _sources() -> list[str]:
    program = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    folders = [f"{program}/{name}" for name in _DECIDING]
    return [f"{folder}/{name}" for folder in folders for name in sorted(os.listdir(folder)) if name.endswith(".py")]


def _present() -> int:
    paths = _sources()
    found = [number for path in paths for status in (os.stat(path),) for number in (status.st_size, status.st_mtime_ns)]
    return hash((crc32(os.fsencode("\n".join(paths))), *found))  # Numbers have the same hash in every process.


def _stamp() -> int:
    """A number for the names, sizes and times of the program files.

    They count as they were when this process first asked; it does not run what is edited later.
    """
    if not _stamps:
        _stamps.append(_present())
    return _stamps[0]


def _digest() -> bytes:
    """A digest of what the program files say; empty if they were edited before this process first asked for it."""
    if not _digests:
        _digests.append(_made_digest())
    return _digests[0]


def _made_digest() -> bytes:
    from hashlib import sha256

    found = sha256()
    for path in _sources():
        with open(path, "rb") as file:
            data = file.read()
        found.update(f"{os.path.basename(path)} {len(data)}\n".encode() + data)
    return found.digest() if _present() == _stamp() else b""
