"""The checksums of blocks: XAPI has written two kinds, and the suffix of a member tells which one it holds."""

from __future__ import annotations

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SHA1 = ".checksum"
"""The suffix of the kind that every version of XAPI, and every other reader, can check."""
_XXHASH = ".xxhash"
LONGEST = 40


def of(suffix: str) -> Callable[[bytes], bytes] | None:
    """What makes the checksums in members of this suffix; None if no kind has this suffix.

    INTERNAL_ERROR if this machine cannot make them.
    """
    return {SHA1: sha1, _XXHASH: xxhash}.get(suffix)


def sha1(data: bytes) -> bytes:
    """The SHA-1 of the data, in small letters."""
    from hashlib import sha1 as digest

    return digest(data, usedforsecurity=False).hexdigest().encode()


def xxhash(data: bytes) -> bytes:
    """The XXH64 of the data, in capital letters."""
    return b"%016X" % _xxh64()(data)


_found: list[Callable[[bytes], int]] = []


def _xxh64() -> Callable[[bytes], int]:
    """XXH64 with the seed 0, from the package xxhash or else from the library of the system."""
    if not _found:
        _found.append(_of_package() or _of_system())
    return _found[0]


def _of_package() -> Callable[[bytes], int] | None:
    try:
        import xxhash as package
    except ImportError:
        return None
    return lambda data: int(package.xxh64_intdigest(data))


def _of_system() -> Callable[[bytes], int]:
    import ctypes

    try:
        function = ctypes.CDLL("libxxhash.so.0").XXH64
    except OSError:
        raise Failure(
            "INTERNAL_ERROR",
            "The archive has checksums of the kind XXH64, which this machine cannot make. Install the package xxhash "
            "(pip install 'xe_py[xva]') or the library libxxhash (libxxhash0 on Debian), or give force=true.",
        ) from None
    function.restype, function.argtypes = ctypes.c_uint64, (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64)
    return lambda data: int(function(data, len(data), 0))
