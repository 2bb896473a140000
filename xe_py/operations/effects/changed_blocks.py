"""Which blocks of a disk differ from those of an earlier snapshot, and what is kept of a snapshot to tell."""

from __future__ import annotations

from hashlib import blake2b
from tempfile import TemporaryFile

from xe_py.errors import NoRoomError
from xe_py.operations.effects.disk_data import content_of, is_full

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State
    from xe_py.store.promise import Content

BLOCK = 64 << 10
_DIGEST = 16
METADATA = "CBT metadata"


def forget_data(state: State, vdi: Record) -> None:
    """Keep of the content only a digest of each block, so that later changes can still be told."""
    name = None
    if vdi["content"] is not None:
        name, draft = state.draft()
        with TemporaryFile() as file:
            for number, digest in _digests(state, vdi):
                file.seek(number * _DIGEST)
                file.write(digest)
            size = file.seek(0, 2)
            file.seek(0)
            try:
                draft.take(file, size, lambda _: None)
            except NoRoomError:
                raise is_full(state, vdi) from None
    state.update(vdi, {"type": METADATA, "content": name})


def changed(state: State, before: Record, after: Record) -> bytes:
    """A bit for each block of the later VDI, the first one in the highest bit: whether it differs from the earlier."""
    blocks = -(-after["virtual-size"] // BLOCK)
    bits = bytearray(-(-blocks // 8))
    if before["content"] == after["content"] and before["type"] == after["type"]:
        return bytes(bits)
    for number in _differing(_digests(state, before), _digests(state, after)):
        if number < blocks:
            bits[number // 8] |= 0x80 >> number % 8
    return bytes(bits)


def _differing(before: Iterator[tuple[int, bytes]], after: Iterator[tuple[int, bytes]]) -> Iterator[int]:
    """The numbers that only one has, or that have other digests; both are in order."""
    end = (1 << 62, b"")
    old, new = next(before, end), next(after, end)
    while old != new or old is not end:
        number = min(old[0], new[0])
        if old != new:
            yield number
        if old[0] == number:
            old = next(before, end)
        if new[0] == number:
            new = next(after, end)


def _digests(state: State, vdi: Record) -> Iterator[tuple[int, bytes]]:
    """The number and the digest of each block that is not all zeros, in order."""
    with content_of(state, vdi) as content:
        if vdi["type"] == METADATA:
            for place, data in _blocks(content):
                for start in range(0, BLOCK, _DIGEST):
                    digest = data[start : start + _DIGEST]
                    if any(digest):
                        yield (place + start) // _DIGEST, digest
        else:
            for place, data in _blocks(content):
                yield place // BLOCK, blake2b(data, digest_size=_DIGEST).digest()


def _blocks(content: Content) -> Iterator[tuple[int, bytes]]:
    """The place and the bytes of each block that is not all zeros."""
    zeros = bytes(BLOCK)
    following = 0
    for span in content.spans():
        for place in range(max(following, span.start // BLOCK * BLOCK), span.stop, BLOCK):
            following = place + BLOCK
            data = content.read(range(place, following))
            if data != zeros:
                yield place, data
