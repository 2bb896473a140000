"""Certificates (X.509) and private keys in PEM files: what they say, as far as XAPI asks for it.

Nothing here trusts a certificate: XAPI too leaves that to the connections that use it. Whatever is malformed is a
ValueError.
"""

from __future__ import annotations

import binascii
from datetime import UTC, datetime
from hashlib import sha1, sha256

from xe_py.xapi import der

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xe_py.xapi.der import Element

_CERTIFICATE = "CERTIFICATE"
RSA = "rsa"
SHORTEST, LONGEST = 2048, 4096
"""How many bits an RSA key may have in XAPI."""
_RSA, _CURVE, _ED25519 = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1", "1.3.101.112"
_CURVES = {"1.2.840.10045.3.1.7": "p256", "1.3.132.0.34": "p384", "1.3.132.0.35": "p521"}
# The signatures with SHA-256 or SHA-512, which XAPI takes: of RSA, of elliptic curves, and Ed25519.
_STRONG = frozenset(
    ("1.2.840.113549.1.1.11", "1.2.840.113549.1.1.13", "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.4", _ED25519)
)
_BEGIN, _END, _DASHES, _WIDTH = "-----BEGIN ", "-----END ", "-----", 64
# The parts of a certificate that may be left out: its version, and its extensions.
_VERSION, _EXTENSIONS = 0xA0, 0xA3
# The part of the key of an elliptic curve that names the curve.
_CURVE_OF_KEY = 0xA0
# A year of two digits from here on is of the last century.
_LAST_CENTURY = "50"
_TWO_PRIMES, _MORE_PRIMES = 0, 1


class KeyAlgorithmError(Exception):
    """The private key is of an unknown algorithm, whose name is the argument."""


class MultiPrimeError(Exception):
    """The private key is an RSA key with more than two primes."""


class Certificate:
    """What a certificate says: from when to when it is valid, its RSA key if it has one, and how it is signed."""

    __slots__ = ("data", "is_signed_well", "key", "not_after", "not_before")

    def __init__(self, data: bytes) -> None:
        self.data = data
        signed, algorithm, signature = der.only(data).members()
        der.bits(signature)
        self.is_signed_well = _first_name(algorithm) in _STRONG
        version, *parts = signed.members()
        serial, _, issuer, validity, subject, key, *rest = parts if version.tag == _VERSION else (version, *parts)
        der.number(serial)
        issuer.members()
        subject.members()
        self.not_before, self.not_after = map(_moment, validity.members())
        self.key = _public_key(key)
        for part in rest:
            for extension in der.only(part.content).members() if part.tag == _EXTENSIONS else ():
                _first_name(extension)

    def fields(self) -> dict[str, str]:
        """What the record of a certificate has of this."""
        digest = _fingerprint(sha256(self.data).digest())
        return {
            "not-before": in_xapi(self.not_before),
            "not-after": in_xapi(self.not_after),
            "fingerprint": digest,
            "fingerprint_sha256": digest,
            # It protects nothing: clients only compare it.
            "fingerprint_sha1": _fingerprint(sha1(self.data, usedforsecurity=False).digest()),
        }


class Key:
    """A private key: its kind and, for RSA, the public key that belongs to it."""

    __slots__ = ("kind", "public")

    def __init__(self, kind: str, public: tuple[int, int] = (0, 0)) -> None:
        self.kind = kind
        self.public = public

    @property
    def bits(self) -> int:
        """How many bits the modulus has."""
        return self.public[0].bit_length()


def certificate_in(text: str) -> Certificate:
    """The one certificate in the text of a PEM file."""
    [found] = certificates_in(text)
    return found


def certificates_in(text: str) -> list[Certificate]:
    """The certificates in the text of a PEM file."""
    return [Certificate(data) for label, data in blocks(text) if label == _CERTIFICATE]


def key_in(text: str) -> Key:
    """The one private key in the text of a PEM file; KeyAlgorithmError or MultiPrimeError if XAPI knows none such."""
    keys = [_KEYS[label](der.only(data)) for label, data in blocks(text) if label in _KEYS]
    if len(keys) != 1:
        raise ValueError(len(keys))
    return keys[0]


def pem(certificate: bytes) -> str:
    """The certificate as the block of a PEM file, without a line break at the end."""
    digits = binascii.b2a_base64(certificate, newline=False).decode()
    lines = [digits[place : place + _WIDTH] for place in range(0, len(digits), _WIDTH)]
    return "\n".join((f"{_BEGIN}{_CERTIFICATE}{_DASHES}", *lines, f"{_END}{_CERTIFICATE}{_DASHES}"))


# PEM


def blocks(text: str) -> Iterator[tuple[str, bytes]]:
    """The blocks of a PEM file, each with its label; what stands between them does not count."""
    lines = iter([line.strip() for line in text.splitlines()])
    for line in lines:
        if line.startswith(_BEGIN) and line.endswith(_DASHES):
            label = line[len(_BEGIN) : -len(_DASHES)]
            yield label, binascii.a2b_base64(_until(lines, f"{_END}{label}{_DASHES}"), strict_mode=True)


def _until(lines: Iterator[str], last: str) -> str:
    found: list[str] = []
    for line in lines:
        if line == last:
            return "".join(found)
        found.append(line)
    raise ValueError(last)


# Parts


def _first_name(element: Element) -> str:
    first, *_ = element.members()
    return der.name(first)


def _moment(element: Element) -> datetime:
    text = element.of(element.tag).decode("ascii")
    if element.tag == der.UTC_TIME:
        text = f"{'19' if text[:2] >= _LAST_CENTURY else '20'}{text}"
    elif element.tag != der.TIME:
        raise ValueError(text)
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def in_xapi(moment: datetime) -> str:
    """The moment as XAPI prints it in a field."""
    return f"{moment:%Y}".zfill(4) + f"{moment:%m%dT%H:%M:%SZ}"


def in_refusal(moment: datetime) -> str:
    """The moment as XAPI prints it in the refusals of certificates."""
    return f"{moment:%Y}".zfill(4) + f"{moment:-%m-%dT%H:%M:%SZ}"


def _fingerprint(digest: bytes) -> str:
    return digest.hex(":").upper()


# Keys


def _public_key(element: Element) -> tuple[int, int] | None:
    """The RSA key; None for one of another kind that XAPI knows."""
    algorithm, key = element.members()
    kind = _kind(algorithm)
    if not kind:
        raise ValueError(kind)
    if kind != RSA:
        return None
    modulus, exponent = map(der.number, der.only(der.bits(key)).members())
    return modulus, exponent


def _kind(algorithm: Element) -> str:
    """The kind of a key; nothing for one that XAPI does not know."""
    name, *parameters = algorithm.members()
    dotted = der.name(name)
    if dotted == _CURVE:
        [curve] = parameters
        return _on_curve(curve)
    return {_RSA: RSA, _ED25519: "ed25519"}.get(dotted, "")


def _on_curve(element: Element) -> str:
    name = der.name(element)
    if name not in _CURVES:
        raise ValueError(name)
    return _CURVES[name]


def _pkcs8(element: Element) -> Key:
    """A private key of any kind, with its kind before it."""
    version, algorithm, key, *_ = element.members()
    der.number(version)
    kind = _kind(algorithm)
    if kind == RSA:
        return _rsa(der.only(key.of(der.OCTETS)))
    if not kind:
        raise KeyAlgorithmError(_first_name(algorithm))
    der.only(key.of(der.OCTETS))
    return Key(kind)


def _sec1(element: Element) -> Key:
    """The key of an elliptic curve."""
    version, key, *rest = element.members()
    der.number(version)
    key.of(der.OCTETS)
    [curve] = [part for part in rest if part.tag == _CURVE_OF_KEY]
    return Key(_on_curve(der.only(curve.content)))


def _rsa(element: Element) -> Key:
    """An RSA key, whose numbers must belong together; of one that is too long for XAPI, nobody looks at them."""
    version, *numbers = element.members()
    if der.number(version) == _MORE_PRIMES:
        raise MultiPrimeError
    n, e, d, p, q, d_p, d_q, inverse = parts = tuple(map(der.number, numbers))
    if der.number(version) != _TWO_PRIMES or min(parts) <= 0 or max(parts) != n or min(p, q) == 1:
        raise ValueError(version)
    if n.bit_length() <= LONGEST and not (
        n == p * q
        and (d_p, d_q, inverse * q % p) == (d % (p - 1), d % (q - 1), 1)
        and all(pow(2, prime - 1, prime) == 1 and d * e % (prime - 1) == 1 for prime in (p, q))
    ):
        raise ValueError(version)
    return Key(RSA, (n, e))


_KEYS: dict[str, Callable[[Element], Key]] = {"PRIVATE KEY": _pkcs8, "RSA PRIVATE KEY": _rsa, "EC PRIVATE KEY": _sec1}
