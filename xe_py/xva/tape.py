"""The tar layout of an archive: members as XAPI writes them, and as any tar writes them."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.numbers import decimal_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Stream

SECTOR = 512
END = bytes(2 * SECTOR)
_NAME, _MODE, _SIZE, _SUM, _TYPE, _PREFIX = (
    slice(0, 100),
    slice(100, 108),
    slice(124, 136),
    slice(148, 156),
    slice(156, 157),
    slice(345, 500),
)
_USTAR = slice(257, 262)
_PLAIN = {b"\0", b"0", b"7"}
_PAX, _PAX_OF_ALL, _LONG_NAME = b"x", b"g", b"L"
# No tar needs more to say a name or a size, and nothing else that is no file has more data.
_LONGEST_EXTENSION = 1 << 16
# So many members that are no files stand in a row: a header for the name, one for what a link points to, and so on.
_MOST_IN_A_ROW = 100
_SAID = frozenset(("path", "size"))
_BASE_256 = 0x80


def member(name: str, data: bytes, time: int = 0) -> bytes:
    """A member, as XAPI writes it: a header, the data, and zeros up to the next sector."""
    return b"".join((header(name, len(data), time), data, padding(len(data))))


def padding(size: int) -> bytes:
    """The zeros behind data of this size, up to the next sector."""
    return bytes(-size % SECTOR)


def header(name: str, size: int, time: int = 0) -> bytes:
    """The header of a member, in the oldest form."""
    fields = f"{name.encode().decode('latin-1'):\0<100}0000400\0" + "0000000\0" * 2 + f"{size:011o}\0{time:011o}\0"
    made = bytearray(fields.encode("latin-1").ljust(SECTOR, b"\0"))
    made[_SUM] = b" " * 8
    made[_SUM] = f"{sum(made):06o}\0 ".encode()
    return bytes(made)


class Members:
    """The members of an archive, one after the other: `next` gives the name and the size, `read` then the data."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._left = 0

    def next(self) -> tuple[str, int] | None:
        """The name and the size of the next plain member; None at the end."""
        said: dict[str, str] = {}
        for _ in range(_MOST_IN_A_ROW):
            self._skip()
            header = self._exactly(SECTOR)
            if header == bytes(SECTOR):
                return None
            if not is_header(header):
                raise Failure(
                    "IMPORT_ERROR", "The archive is damaged: a header of its tar format has a wrong checksum."
                )
            kind, size = header[_TYPE], _number(header[_SIZE])
            self._left = size + -size % SECTOR
            if kind in _PLAIN:
                return self._plain(header, said, size)
            if size > _LONGEST_EXTENSION:
                raise Failure("IMPORT_ERROR", f"The archive has a member of {size} bytes that is no file.")
            if kind in {_PAX, _LONG_NAME}:
                said |= self._extension(kind, size)
            elif kind != _PAX_OF_ALL:
                said = {}
        raise Failure("IMPORT_ERROR", f"The archive has {_MOST_IN_A_ROW} members in a row that are no files.")

    def read(self, size: int) -> bytes:
        """The data of the member that `next` has told of."""
        data = self._exactly(size)
        self._left -= size
        return data

    def _plain(self, header: bytes, said: dict[str, str], size: int) -> tuple[str, int]:
        if "size" in said:
            size = _decimal(said["size"])
            self._left = size + -size % SECTOR
        prefix = _text(header[_PREFIX]) if header[_USTAR] == b"ustar" and header[262:263] == b"\0" else ""
        name = said.get("path") or (f"{prefix}/" if prefix else "") + _text(header[_NAME])
        return name.removeprefix("./"), size

    def _extension(self, kind: bytes, size: int) -> dict[str, str]:
        data = self.read(size)
        if kind == _LONG_NAME:
            return {"path": _text(data)}
        said = {}
        while data:
            length = _decimal(_text(data.partition(b" ")[0]))
            record, data = data[:length], data[length:]
            key, _, value = record.partition(b" ")[2].partition(b"=")
            if not length or not record.endswith(b"\n"):
                raise Failure(
                    "IMPORT_ERROR", "The archive is damaged: an extended header of its tar format is not valid."
                )
            if (name := _text(key)) in _SAID:
                said[name] = _text(value[:-1])
        return said

    def _skip(self) -> None:
        while self._left:
            self._left -= len(self._exactly(min(self._left, 1 << 20)))

    def _exactly(self, size: int) -> bytes:
        """So many bytes; IMPORT_ERROR_PREMATURE_EOF if there are less."""
        parts = []
        while size:
            data = self._stream.read(size)
            if not data:
                raise Failure("IMPORT_ERROR_PREMATURE_EOF")
            parts.append(data)
            size -= len(data)
        return b"".join(parts)


def is_header(sector: bytes) -> bool:
    """Whether the sector is the header of a member: its checksum is right."""
    said = sector[_SUM].strip(b" \0")
    try:
        return int(said, 8) == sum(sector) - sum(sector[_SUM]) + 8 * ord(" ")
    except ValueError:
        return False


def _number(field: bytes) -> int:
    if field[0] & _BASE_256:
        return int.from_bytes(bytes([field[0] & ~_BASE_256]) + field[1:], "big")
    try:
        number = int(field.strip(b" \0") or b"0", 8)
    except ValueError:
        number = -1
    if number < 0:
        raise Failure("IMPORT_ERROR", "The archive is damaged: a header of its tar format has no size.")
    return number


def _decimal(text: str) -> int:
    number = decimal_of(text)
    if number is None:
        raise Failure("IMPORT_ERROR", "The archive is damaged: an extended header of its tar format has no size.")
    return number


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode(errors="surrogateescape")
