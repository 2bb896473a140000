"""Disk images: raw ones are copied as they are, and `qemu-img` converts between these and most others."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from contextlib import contextmanager

from xe_py.errors import Failure
from xe_py.operations.effects import vhd
from xe_py.xapi.drivers import LARGEST_VHD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from xe_py.schema.client import Target
    from xe_py.state.record import Record
    from xe_py.store.promise import Content
    from xe_py.xva.blocks import Disk

RAW, VHD, QCOW2, TAR = "raw", "vhd", "qcow2", "tar"
# What qemu-img calls them, and the options with which it writes an image of exactly the size of the disk.
_FORMATS = {VHD: ("vpc", ["-o", "subformat=dynamic,force_size=on"]), QCOW2: ("qcow2", [])}
_PIECE = 4 << 20
# The folder of the one disk in an archive.
_DISK = "vdi"


def format_of(word: str) -> str:
    """The format that the word names, in capitals or not; INTERNAL_ERROR, as in the real xe, if there is none."""
    if word.lower() not in {RAW, TAR, *_FORMATS}:
        raise Failure("INTERNAL_ERROR", f"Unknown format {word}")
    return word.lower()


def fits(vdi: Record, format: str) -> Iterator[Failure]:
    """Why the VDI cannot be exported in the format."""
    if format == VHD and vdi["virtual-size"] > LARGEST_VHD:
        yield Failure("VDI_TOO_LARGE", vdi, LARGEST_VHD)


def export_raw(content: Content, size: int, target: Target, done: Callable[[int], None]) -> None:
    """Write so many bytes of the content; what is not data becomes a hole in a file."""
    if target.file is None:
        _stream(content, size, target, done)
        return
    os.ftruncate(target.file, size)
    for span in content.spans():
        if span.start < size:
            content.copy_to(target.file, range(span.start, min(span.stop, size)))
            done(span.stop)
    done(size)


def export_as(format: str, content: Content, size: int, target: Target, done: Callable[[int], None]) -> None:
    """Write so many bytes of the content as an image."""
    name, options = _FORMATS[format]
    with tempfile.TemporaryDirectory() as folder:
        raw, image = os.path.join(folder, "raw"), os.path.join(folder, "image")
        _as_file(raw, content, size, done)
        _qemu_img(format, "convert", "-f", RAW, "-O", name, *options, raw, image)
        _send(image, target)


def export_tar(content: Content, size: int, target: Target, done: Callable[[int], None]) -> None:
    """Write so many bytes of the content as an archive of blocks, each with its checksum, as in an archive of a VM."""
    from xe_py.xva.blocks import write
    from xe_py.xva.tape import END

    write(_DISK, content, size, target.write)
    target.write(END)
    done(size)


def disk_in_tar(source: BinaryIO, size: int) -> Disk:
    """The disk of this size in such an archive, to be read once."""
    from xe_py.xva.blocks import Disk
    from xe_py.xva.tape import Members

    return Disk(Members(source), _DISK, size, forced=False)


def export_difference(
    content: Content, size: int, base: tuple[Content, int], target: Target, done: Callable[[int], None]
) -> None:
    """Write a qcow2 image of what differs from a base. The image names no file: whoever reads it knows the base."""
    with tempfile.TemporaryDirectory() as folder:
        raw, below, image = (os.path.join(folder, name) for name in ("raw", "base", "image"))
        _as_file(raw, content, size, done)
        _as_file(below, *base, lambda _: None)
        _qemu_img(QCOW2, "create", "-f", QCOW2, "-b", raw, "-F", RAW, image)
        _qemu_img(QCOW2, "rebase", "-f", QCOW2, "-b", below, "-F", RAW, image)
        _qemu_img(QCOW2, "rebase", "-u", "-f", QCOW2, "-b", "", image)
        _send(image, target)


@contextmanager
def as_raw(format: str, source: BinaryIO, before: Content, size: int) -> Iterator[BinaryIO]:
    """The data of an image as a raw image, for a while; a vhd of differences is applied to what was there before."""
    name, _ = _FORMATS[format]
    with tempfile.TemporaryDirectory() as folder:
        image, raw = os.path.join(folder, "image"), os.path.join(folder, "raw")
        with open(image, "w+b") as file:
            while data := source.read(_PIECE):
                file.write(data)
            if is_difference := format == VHD and vhd.is_difference(file):
                _as_file(raw, before, size, lambda _: None)
                with open(raw, "r+b") as patched:
                    vhd.apply_difference(file, patched, size)
        if not is_difference:
            _check(format, name, image)
            _qemu_img(format, "convert", "-f", name, "-O", RAW, image, raw)
        with open(raw, "rb") as file:
            yield file


def _check(format: str, name: str, image: str) -> None:
    """Refuse an image that names other files: nobody asked to read those."""
    about = json.loads(_qemu_img(format, "info", "--output=json", "-f", name, image))
    data = about.get("format-specific", {}).get("data", {})
    if about.get("backing-filename") or data.get("data-file"):
        raise Failure("INTERNAL_ERROR", "The image is not complete: it names another file, which has the rest.")


def _qemu_img(format: str, *words: str) -> str:
    """What qemu-img prints; INTERNAL_ERROR with its complaint, or if it is not installed."""
    try:
        done = subprocess.run(  # noqa: S603 - the words are formats and paths of this module, never a shell's
            ["qemu-img", *words],  # noqa: S607 - it is wherever the user has installed it
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise Failure(
            "INTERNAL_ERROR",
            f"format={format} needs the program qemu-img, which is not installed. "
            "Install it (the package qemu-utils on Debian), or use format=raw.",
        ) from None
    if done.returncode:
        raise Failure("INTERNAL_ERROR", f"qemu-img: {done.stderr.strip()}")
    return done.stdout


def _send(image: str, target: Target) -> None:
    with open(image, "rb") as file:
        while data := file.read(_PIECE):
            target.write(data)


def _as_file(path: str, content: Content, size: int, done: Callable[[int], None]) -> None:
    with open(path, "wb") as file:
        export_raw(content, size, _File(file.fileno()), done)


class _File:
    """A file that is only written with copies of spans."""

    def __init__(self, file: int) -> None:
        self.file = file

    def write(self, data: bytes) -> None:
        """Write the bytes."""
        os.write(self.file, data)


def _stream(content: Content, size: int, target: Target, done: Callable[[int], None]) -> None:
    for start in range(0, size, _PIECE):
        piece = range(start, min(start + _PIECE, size))
        target.write(content.read(piece))
        done(piece.stop)
