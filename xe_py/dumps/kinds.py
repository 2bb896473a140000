"""Which kind of file it is, and what in an archive or a compressed file is the capture."""

from __future__ import annotations

import io
import zlib

from xe_py.dumps import database, listing, records
from xe_py.dumps.capture import DumpError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from xe_py.dumps.capture import Capture

    Reader = Callable[[bytes], Capture]

LARGEST = 256 << 20
"""The bytes that a file may have, also those that come out of a compressed file."""

DATABASE, JSON, XML_RPC, TEXT, REPORT = "database", "json", "xml-rpc", "text", "report"
KINDS = (DATABASE, REPORT, JSON, XML_RPC, TEXT)

_READERS: dict[str, Reader] = {
    DATABASE: database.read,
    JSON: records.read_json,
    XML_RPC: records.read_xml,
    TEXT: listing.read,
}
_GZIP, _BZIP2, _XZ, _ZIP = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"PK\x03\x04"
_USTAR = slice(257, 262)
_LOOKED_AT = 4096
# What a status report has of the database: what the host saved, and what it dumped when it was asked.
_DATABASES = ("xapi-db.xml", "xapi-db-dumped.xml")
_ROLE = "etc/xensource/pool.conf"
_MEMBER = b"slave:"
_MOST_MEMBERS = 200_000
_LARGE = f"it has more than {LARGEST >> 20} MiB"


def read(source: BinaryIO, kind: str | None) -> Capture:
    """The capture in the file, of this kind or, for None, of the kind that it looks like; DumpError if it is none."""
    data = source.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise DumpError(_LARGE)
    if not data.strip():
        raise DumpError("it is empty")
    data = _unpacked(data)
    wanted = kind or _kind_of(data)
    if wanted == REPORT:
        return _of_report(data)
    return _READERS[wanted](data)


def _kind_of(data: bytes) -> str:
    begin = data[:_LOOKED_AT].lstrip(b"\xef\xbb\xbf \t\r\n")
    if data[_USTAR] == b"ustar" or data.startswith(_ZIP):
        return REPORT
    if begin.startswith(b"{") or begin.replace(b"\n", b"").replace(b" ", b"")[:2] in {b"[{", b"[["}:
        return JSON
    if not begin.startswith(b"<"):
        return TEXT
    return XML_RPC if b"<methodResponse" in begin else DATABASE


def _unpacked(data: bytes) -> bytes:
    """What is in the compressed file; other data as it is."""
    from bz2 import BZ2File
    from gzip import GzipFile
    from lzma import LZMADecompressor, LZMAError

    try:
        if data.startswith(_GZIP):
            return _inflated(GzipFile(fileobj=io.BytesIO(data)).read(LARGEST + 1))
        if data.startswith(_BZIP2):
            return _inflated(BZ2File(io.BytesIO(data)).read(LARGEST + 1))
        if data.startswith(_XZ):
            return _inflated(LZMADecompressor(memlimit=LARGEST).decompress(data, LARGEST + 1))
    except (zlib.error, OSError, EOFError, LZMAError) as error:
        raise DumpError(f"it cannot be decompressed: {error}") from None
    return data


def _inflated(data: bytes) -> bytes:
    if len(data) > LARGEST:
        raise DumpError(f"{_LARGE} when it is decompressed")
    return data


# Status reports


def _of_report(data: bytes) -> Capture:
    """The database in the archive of a status report."""
    found = _of_zip(data) if data.startswith(_ZIP) else _of_tar(data)
    text, name = next(((found[name], name) for name in _DATABASES if found.get(name, b"").strip()), (b"", ""))
    if not text:
        raise DumpError(f"it is an archive without {' or '.join(_DATABASES)}, as a status report has them")
    capture = database.read(text)
    capture.title = f"{name} in a status report: {capture.title}"
    if found.get(_ROLE, b"").startswith(_MEMBER):
        capture.remarks.append(
            "The status report is of a member of the pool, so its database is an older copy. "
            "Take a report of the coordinator for the present one."
        )
    return capture


def _is_wanted(name: str) -> str:
    """The name inside the folder of the report, if it is one of the files that count."""
    inside = name.removeprefix("./").partition("/")[2]
    return next((each for each in (*_DATABASES, _ROLE) if each in {name, inside}), "")


def _of_tar(data: bytes) -> dict[str, bytes]:
    import tarfile

    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for number, member in enumerate(archive):
                if number > _MOST_MEMBERS:
                    break
                name = _is_wanted(member.name)
                file = archive.extractfile(member) if name and member.isreg() else None
                if file is not None:
                    found[name] = file.read(LARGEST)
    except (tarfile.TarError, ValueError, OSError, EOFError, OverflowError) as error:
        if not found:
            raise DumpError(f"it is an archive that cannot be read: {error}") from None
    return found


def _of_zip(data: bytes) -> dict[str, bytes]:
    import zipfile

    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                name = _is_wanted(member.filename)
                if name:
                    with archive.open(member) as file:
                        found[name] = _inflated(file.read(LARGEST + 1))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError, EOFError) as error:
        raise DumpError(f"it is an archive that cannot be read: {error}") from None
    return found
