"""VHDs of differences, which `qemu-img` can neither write nor read: what a disk has that its parent has not."""

from __future__ import annotations

import os
import struct
from itertools import groupby
from uuid import UUID

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from xe_py.schema.client import Target
    from xe_py.state.record import Record
    from xe_py.store.promise import Content

SECTOR = 512
_BLOCK = 2 << 20
# The sectors of a block are compared, and marked, in groups of so many bytes.
_GROUP = 64 << 10
_BITMAP = _BLOCK // SECTOR // 8
_UNUSED = 0xFFFFFFFF
_NOWHERE = 0xFFFFFFFFFFFFFFFF
_VERSION = 0x10000
_DIFFERENCE = 4
# Cookie, features, version, place of the header, time, creator and its version, system, both sizes, geometry, kind,
# checksum, and the uuid of the image.
_FOOTER = struct.Struct(">8sIIQI4sI4sQQIII16s")
# Cookie, a place that is not used, place of the table, version, entries of the table, size of a block, checksum, uuid
# and time of the parent, and its name.
_HEADER = struct.Struct(">8sQQIIII16sI4x512s")
_HEADER_SIZE = 1024
_CHECKSUM_IN = {_FOOTER: 64, _HEADER: 36}
# The largest disk that the format can describe in cylinders, heads and sectors.
_HEADS = 16
_LARGEST_GEOMETRY = 65535 * _HEADS * 255


def is_difference(image: BinaryIO) -> bool:
    """Whether the file is a VHD of differences."""
    image.seek(max(0, image.seek(0, os.SEEK_END) - SECTOR))
    footer = image.read().ljust(SECTOR, b"\0")
    return footer.startswith(b"conectix") and _FOOTER.unpack_from(footer)[11] == _DIFFERENCE


def write_difference(
    content: Content, vdi: Record, parent: tuple[Content, Record], target: Target, done: Callable[[int], None]
) -> None:
    """Write what the content of the VDI has that the one of its parent has not."""
    size, (below, base) = vdi["virtual-size"], parent
    entries = -(-size // _BLOCK)
    differing = [number for number in range(entries) if any(_groups(content, below, number, size))]
    first = (SECTOR + _HEADER_SIZE) // SECTOR + -(-4 * entries // SECTOR)
    places = {number: first + turn * (_BLOCK + SECTOR) // SECTOR for turn, number in enumerate(differing)}
    table = b"".join(struct.pack(">I", places.get(number, _UNUSED)) for number in range(entries))
    footer = _footer(vdi, size)
    target.write(footer + _header(base, entries) + table.ljust(-(-len(table) // SECTOR) * SECTOR, b"\xff"))
    for number in differing:
        bits = b"".join(
            (b"\xff" if each else b"\0") * (_GROUP // SECTOR // 8) for each in _groups(content, below, number, size)
        )
        target.write(bits.ljust(_BITMAP, b"\0") + content.read(range(number * _BLOCK, (number + 1) * _BLOCK)))
        done((number + 1) * _BLOCK)
    target.write(footer)
    done(size)


def apply_difference(image: BinaryIO, raw: BinaryIO, size: int) -> None:
    """Write the blocks of the image into the raw file, which has the parent's; INTERNAL_ERROR for a broken image."""
    for span, place in _marked(image, size):
        raw.seek(span.start)
        raw.write(_read(image, place, len(span)))


def _marked(image: BinaryIO, size: int) -> Iterator[tuple[range, int]]:
    """The spans of the disk that the image has, each with its place in the image."""
    footer = _FOOTER.unpack_from(_read(image, 0, SECTOR))
    header = _HEADER.unpack_from(_read(image, footer[3], _HEADER_SIZE))
    if header[0] != b"cxsparse" or header[5] != _BLOCK:
        raise _broken("its header is none that this xe knows")
    if footer[9] > size:
        raise _broken(f"it is for a disk of {footer[9]} bytes, and this one has {size}")
    entries = -(-footer[9] // _BLOCK)
    if header[4] < entries:
        raise _broken("its table is too short")
    table = _read(image, header[2], 4 * entries)
    for number, (sector,) in enumerate(struct.iter_unpack(">I", table)):
        if sector != _UNUSED:
            yield from _in_block(image, number, sector * SECTOR, footer[9])


def _in_block(image: BinaryIO, number: int, place: int, size: int) -> Iterator[tuple[range, int]]:
    bits = int.from_bytes(_read(image, place, _BITMAP), "big")
    sectors = _BLOCK // SECTOR
    marked = (bits >> (sectors - 1 - sector) & 1 for sector in range(sectors))
    for is_marked, run in groupby(enumerate(marked), key=lambda each: each[1]):
        if is_marked:
            (first, _), *_ = found = list(run)
            start = number * _BLOCK + first * SECTOR
            stop = min(start + len(found) * SECTOR, size)
            yield range(start, stop), place + _BITMAP + first * SECTOR


def _read(image: BinaryIO, place: int, length: int) -> bytes:
    """So many bytes of the image."""
    if place + length > image.seek(0, os.SEEK_END):
        raise _broken("it ends too early")
    image.seek(place)
    return image.read(length)


def _groups(content: Content, below: Content, number: int, size: int) -> Iterator[bool]:
    """Whether each group of sectors of the block differs."""
    start = number * _BLOCK
    for place in range(start, min(start + _BLOCK, size), _GROUP):
        span = range(place, min(place + _GROUP, size))
        yield content.read(span) != below.read(span)


def _footer(vdi: Record, size: int) -> bytes:
    fields = (
        b"conectix",
        2,
        _VERSION,
        SECTOR,
        0,
        b"xepy",
        _VERSION,
        b"\0" * 4,
        size,
        size,
        _geometry(size),
        _DIFFERENCE,
    )
    return _sealed(_FOOTER, (*fields, 0, UUID(vdi["uuid"]).bytes), SECTOR)


def _header(base: Record, entries: int) -> bytes:
    name = f"{base['uuid']}.vhd".encode("utf-16-be")
    fields = (
        b"cxsparse",
        _NOWHERE,
        SECTOR + _HEADER_SIZE,
        _VERSION,
        entries,
        _BLOCK,
        0,
        UUID(base["uuid"]).bytes,
        0,
        name,
    )
    return _sealed(_HEADER, fields, _HEADER_SIZE)


def _sealed(form: struct.Struct, fields: tuple[object, ...], size: int) -> bytes:
    """The fields with their checksum: the complement of the sum of all bytes."""
    data = bytearray(form.pack(*fields).ljust(size, b"\0"))
    struct.pack_into(">I", data, _CHECKSUM_IN[form], ~sum(data) & _UNUSED)
    return bytes(data)


def _geometry(size: int) -> int:
    """Cylinders, heads and sectors of a track, as the format counts them."""
    sectors = min(size // SECTOR, _LARGEST_GEOMETRY)
    if sectors >= 65535 * _HEADS * 63:
        heads, track = _HEADS, 255
    else:
        track = 17
        heads = max(4, -(-(sectors // track) // 1024))
        for more in (31, 63):
            if sectors // track >= heads * 1024 or heads > _HEADS:
                heads, track = _HEADS, more
    return sectors // track // heads << 16 | heads << 8 | track


def _broken(detail: str) -> Failure:
    return Failure("INTERNAL_ERROR", f"The image cannot be read: {detail}.")
