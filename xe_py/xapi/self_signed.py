"""Certificates that simulated hosts make for themselves.

No host here serves TLS, so all have the same key: to make one for each would cost much, and nobody could use it.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from ipaddress import ip_address

from xe_py.xapi import der
from xe_py.xapi.x509 import Certificate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

VALID_FOR = timedelta(days=3650)
_NAMES = {"CN": "2.5.4.3", "serialNumber": "2.5.4.5"}
_ALTERNATIVE_NAMES = "2.5.29.17"
_RSA, _SHA256_WITH_RSA, _SHA256 = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11", "2.16.840.1.101.3.4.2.1"
_NULL = der.element(der.NULL)
_ALGORITHM = der.sequence((der.named(_SHA256_WITH_RSA), _NULL))
# The parts of a certificate, and the kinds of alternative names.
_VERSION, _EXTENSIONS, _DNS, _ADDRESS = 0xA0, 0xA3, 0x82, 0x87
_THIRD_VERSION = 2
# From this year on, a time has a year of four digits.
_CENTURY = 2050
# The two primes of the key.
_P = int(
    "f294a026678b5a65d58faf8a7ad6bbb0bd339daf319ebbf9806426639fc35bdb"
    "3be557a859bb73c30b33033f96c9a9d786b5978f816ba352835229d23c5b6a65"
    "5f5d28781138d1214f4808d51d663d27fcd010a7384551a34dd4539aa0188f27"
    "1a7355fdef82a5d398291484b55395a81b8cbabcd2d770c467ddb4a5bb82b0a1",
    16,
)
_Q = int(
    "ce7443494c70c120cf6ed395d24ce0d44f3ee597fc853c135b02d1c3885fd11d"
    "18d5b016c59ffc67715ba50ff91710ac7bc0e3a69a8f66bdc66663d8520cfec2"
    "6994b6ff1f101078512369fd9d1dd41695827ebe6c71e4aa7a95dcdb67eac537"
    "38fc7b2425aa290245a353fa4eed3ce2317be8c7ae238e80eba670df4a0fb305",
    16,
)
_E = 65537


def self_signed(
    subject: Mapping[str, str], start: datetime, names: Sequence[str] = (), addresses: Sequence[str] = ()
) -> Certificate:
    """A certificate of the subject that is valid from the start on, for ten years."""
    who = der.sequence(der.element(der.SET, _named(name, text)) for name, text in subject.items())
    alternatives = [der.element(_DNS, name.encode()) for name in names]
    alternatives += [der.element(_ADDRESS, ip_address(address).packed) for address in addresses]
    parts = (
        der.element(_VERSION, der.integer(_THIRD_VERSION)),
        # Two certificates differ if their subjects or their times do.
        der.integer(int.from_bytes(sha256(who + start.isoformat().encode()).digest()[:8])),
        _ALGORITHM,
        who,
        der.sequence(map(_moment, (start, start + VALID_FOR))),
        who,
        der.sequence((der.sequence((der.named(_RSA), _NULL)), _bits(der.sequence(map(der.integer, (_P * _Q, _E)))))),
        *([_extension(alternatives)] if alternatives else ()),
    )
    signed = der.sequence(parts)
    return Certificate(der.sequence((signed, _ALGORITHM, _bits(_signature(signed)))))


def _named(name: str, text: str) -> bytes:
    return der.sequence((der.named(_NAMES[name]), der.element(der.TEXT, text.encode())))


def _extension(alternatives: Sequence[bytes]) -> bytes:
    octets = der.element(der.OCTETS, der.sequence(alternatives))
    return der.element(_EXTENSIONS, der.sequence((der.sequence((der.named(_ALTERNATIVE_NAMES), octets)),)))


def _moment(moment: datetime) -> bytes:
    text = f"{moment:%Y%m%d%H%M%SZ}"
    return (
        der.element(der.TIME, text.encode())
        if moment.year >= _CENTURY
        else der.element(der.UTC_TIME, text[2:].encode())
    )


def _bits(data: bytes) -> bytes:
    return der.element(der.BITS, b"\0", data)


def _signature(data: bytes) -> bytes:
    """The signature of the data: PKCS #1, version 1.5, with SHA-256."""
    n = _P * _Q
    length = (n.bit_length() + 7) // 8
    digest = der.sequence((der.sequence((der.named(_SHA256), _NULL)), der.element(der.OCTETS, sha256(data).digest())))
    padded = b"\0\1" + b"\xff" * (length - len(digest) - 3) + b"\0" + digest
    return pow(int.from_bytes(padded), pow(_E, -1, (_P - 1) * (_Q - 1)), n).to_bytes(length)
