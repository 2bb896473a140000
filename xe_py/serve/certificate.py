"""The certificates of the doors: those in files, or one that signs itself."""

from __future__ import annotations

import os
import ssl
import tempfile

from xe_py.errors import Misuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.service import Service

# Some clients take only RSA.
_BITS, _EXPONENT = 2048, 65537
_DAYS = 3650


def context_for(service: Service) -> tuple[ssl.SSLContext, str]:
    """What a server needs for TLS 1.2 and later, and the SHA-256 fingerprint of its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if service.certificate:
        _load(context, service.certificate, service.key or service.certificate)
        with open(service.certificate, encoding="ascii") as source:
            return context, _fingerprint(source.read())
    names = list(dict.fromkeys(["localhost", *(door.host for door in service.doors if door.host)]))
    text = _made(names)
    # The library reads certificates only from files.
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(text)
        file.flush()
        context.load_cert_chain(file.name)
    return context, _fingerprint(text.decode())


def _load(context: ssl.SSLContext, certificate: str, key: str) -> None:
    try:
        context.load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        raise Misuse(f"Error: {certificate} and {key} are no certificate with its key: {error.reason}.") from None
    except OSError as error:
        name = certificate if not os.path.exists(certificate) else key
        raise Misuse(f"Error: {name} cannot be read: {error.strerror}.") from None


def _fingerprint(text: str) -> str:
    from hashlib import sha256

    begin = text.index("-----BEGIN CERTIFICATE-----")
    end = text.index("-----END CERTIFICATE-----", begin) + len("-----END CERTIFICATE-----")
    return sha256(ssl.PEM_cert_to_DER_cert(text[begin:end])).digest().hex(":").upper()


def _made(names: list[str]) -> bytes:
    """A new certificate for these names and addresses, with its key."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    def general(name: str) -> x509.GeneralName:
        try:
            return x509.IPAddress(ip_address(name))
        except ValueError:
            return x509.DNSName(name)

    key = rsa.generate_private_key(public_exponent=_EXPONENT, key_size=_BITS)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[-1])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName([general(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
