"""The compression of an archive as a whole: gzip by the standard library, zstd by what the machine has."""

from __future__ import annotations

import zlib
from contextlib import contextmanager, suppress

from xe_py.errors import Failure
from xe_py.xva.tape import SECTOR, is_header

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from subprocess import Popen
    from typing import IO, Any

    from xe_py.schema.client import Stream

    Put = Callable[[bytes], None]

GZIP, ZSTD = "gzip", "zstd"
_MAGIC = {GZIP: b"\x1f\x8b", ZSTD: b"\x28\xb5\x2f\xfd"}
# The level that costs the least time.
_LEVEL = 1
_WITH_HEADER = 31
_PIECE = 1 << 20


# Packing


@contextmanager
def packing(way: str, put: Put) -> Iterator[Put]:
    """What takes the archive piece by piece, packs it in this way, and puts it; another word packs nothing.

    INTERNAL_ERROR if this machine cannot pack in this way.
    """
    if way not in _MAGIC:
        yield put
        return
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WITH_HEADER) if way == GZIP else _packer_of_package()
    if packer is None:
        with _packing_program(put) as put_on:
            yield put_on
        return
    yield lambda data: put(packer.compress(data))
    put(packer.flush())


def _packer_of_package() -> Any:
    try:
        import zstandard
    except ImportError:
        return None
    return zstandard.ZstdCompressor(level=_LEVEL).compressobj()


@contextmanager
def _packing_program(put: Put) -> Iterator[Put]:
    """Let the program zstd pack: a thread puts what the program makes."""
    from threading import Thread

    errors: list[BaseException] = []

    def collect() -> None:
        try:
            while data := program.stdout.read1(_PIECE):
                put(data)
        except BaseException as error:  # noqa: BLE001 - whoever packs gets it
            errors.append(error)
            program.kill()

    def give(data: bytes) -> None:
        try:
            program.stdin.write(data)
        except BrokenPipeError:
            raise _failed() from None

    with _zstd("-c") as program:
        thread = Thread(target=collect)
        thread.start()
        try:
            yield give
            program.stdin.close()
            thread.join()
            if program.process.wait() and not errors:
                raise _failed()
        finally:
            if thread.is_alive():
                program.kill()
                thread.join()
            if errors:
                raise errors[0]


def _failed() -> Failure:
    return Failure("INTERNAL_ERROR", "The program zstd has failed.")


# Unpacking


@contextmanager
def unpacked(source: Stream) -> Iterator[Stream]:
    """The archive, whatever it is packed with; IMPORT_ERROR_PREMATURE_EOF if it is no archive."""
    stream = _Again(source)
    if is_header(stream.head.ljust(SECTOR, b"\0")):
        yield stream
    elif stream.head.startswith(_MAGIC[GZIP]):
        from gzip import BadGzipFile, GzipFile

        packed: Any = stream  # It is only read.
        yield _Unpacked(GzipFile(fileobj=packed, mode="rb"), (zlib.error, BadGzipFile))
    elif not stream.head.startswith(_MAGIC[ZSTD]):
        raise Failure("IMPORT_ERROR_PREMATURE_EOF")
    else:
        with _unpacked_zstd(stream) as plain:
            yield plain


class _Again:
    """A stream whose first sector was looked at, and is read again."""

    def __init__(self, source: Stream) -> None:
        self._source = source
        self.head = self._before = self._first()

    def read(self, size: int = _PIECE, /) -> bytes:
        """At most so many bytes; none at the end."""
        if not self._before:
            return self._source.read(size)
        data, self._before = self._before[:size], self._before[size:]
        return data

    def _first(self) -> bytes:
        head = b""
        while len(head) < SECTOR and (data := self._source.read(SECTOR - len(head))):
            head += data
        return head


class _Unpacked:
    """A stream that is unpacked, of which some errors say that it is damaged."""

    def __init__(self, stream: Stream, errors: tuple[type[Exception], ...]) -> None:
        self._stream = stream
        self._errors = errors

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end, nor where the stream breaks off."""
        try:
            return self._stream.read(size)
        except EOFError:
            return b""
        except self._errors as error:
            raise Failure("IMPORT_ERROR", f"The compressed data is damaged: {error}.") from None


@contextmanager
def _unpacked_zstd(stream: Stream) -> Iterator[Stream]:
    try:
        import zstandard
    except ImportError:
        with _unpacking_program(stream) as plain:
            yield plain
        return
    packed: Any = stream  # It is only read.
    reader = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True, closefd=False)
    yield _Unpacked(reader, (zstandard.ZstdError,))


@contextmanager
def _unpacking_program(stream: Stream) -> Iterator[Stream]:
    """Let the program zstd unpack: a thread hands it the stream. The thread may wait for more when nobody needs it."""
    from threading import Thread

    def give() -> None:
        try:
            while data := stream.read(_PIECE):
                program.stdin.write(data)
            program.stdin.close()
        except (OSError, ValueError):
            return  # The program wants no more, or the stream has ended early, which the program finds.

    with _zstd("-dc") as program:
        Thread(target=give, daemon=True).start()
        yield program.stdout


class _Zstd:
    """The running program zstd and its two pipes."""

    def __init__(self, process: Popen[bytes]) -> None:
        self.process = process
        self.stdin, self.stdout = _there(process.stdin), _there(process.stdout)

    def kill(self) -> None:
        """End it."""
        self.process.kill()


def _there(pipe: IO[bytes] | None) -> Any:
    return pipe


@contextmanager
def _zstd(words: str) -> Iterator[_Zstd]:
    """The program zstd, which ends with the context; INTERNAL_ERROR if it is not installed."""
    from subprocess import DEVNULL, PIPE, Popen

    try:
        process = Popen(  # noqa: S603 - the words are of this module
            ["zstd", "-q", words],  # noqa: S607 - it is wherever the user has installed it
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
        )
    except FileNotFoundError:
        raise Failure(
            "INTERNAL_ERROR",
            "An archive with zstd needs the package zstandard (pip install 'xe_py[xva]') or the program zstd (the "
            "package zstd on Debian), and neither is installed. Install one, or use gzip.",
        ) from None
    try:
        yield _Zstd(process)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(BrokenPipeError):
                _there(pipe).close()
