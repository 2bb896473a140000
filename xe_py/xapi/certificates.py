"""Certificates and lists of revoked ones: which files XAPI takes, under which names, and who must answer."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address

from xe_py.errors import Failure
from xe_py.xapi import x509
from xe_py.xapi.hosts import answers, coordinator, wrong_hostname

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State
    from xe_py.xapi.x509 import Certificate

INSTALLED = datetime(2026, 1, 1, tzinfo=UTC)
"""From when on the certificates are valid with which a simulated host was installed."""
CA, PINNED, SERVER, INTERNAL = "ca", "pinned", "host", "host_internal"
"""The types of certificates: that of an authority, that of one server, and the two that a host shows."""
_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_ENDING = ".pem"


class _Check:
    """One thing that may be wrong with a certificate, and the code for it."""

    __slots__ = ("refusal",)

    def __init__(self, refusal: str) -> None:
        self.refusal = refusal


# By what a certificate is for: it is malformed, not valid yet, or no longer valid.
_AUTHORITY = (
    _Check(refusal="CA_CERTIFICATE_INVALID"),
    _Check(refusal="CA_CERTIFICATE_NOT_VALID_YET"),
    _Check(refusal="CA_CERTIFICATE_EXPIRED"),
)
_TRUSTED = (
    _Check(refusal="TRUSTED_CERTIFICATE_INVALID"),
    _Check(refusal="TRUSTED_CERTIFICATE_NOT_VALID_YET"),
    _Check(refusal="TRUSTED_CERTIFICATE_EXPIRED"),
)
_SERVER = (
    _Check(refusal="SERVER_CERTIFICATE_INVALID"),
    _Check(refusal="SERVER_CERTIFICATE_NOT_VALID_YET"),
    _Check(refusal="SERVER_CERTIFICATE_EXPIRED"),
)


def is_name(name: str) -> bool:
    """Whether a file that the hosts keep may have this name."""
    return not name.startswith(".") and name.endswith(_ENDING) and _SAFE.issuperset(name)


def reaches_members(state: State) -> Iterator[Failure]:
    """Why the coordinator cannot hand something to all members: one does not answer."""
    first = coordinator(state)
    for host in state.all("host"):
        if host is not first:
            yield from answers(state, host)


# Certificates of the pool


def authority(text: str) -> Certificate:
    """The certificate of an authority in a file, to be trusted for all connections; a Failure if it is not usable."""
    return _usable(text, _AUTHORITY)


def trusted(text: str) -> Certificate:
    """A certificate in a file, to be trusted for some purposes; a Failure if it is not usable."""
    return _usable(text, _TRUSTED)


def authorities(state: State, name: str) -> list[Record]:
    """The certificates of authorities that were installed under this name."""
    return [each for each in state.find("certificate", type=CA) if name and each["name"] == name]


def can_be_name(name: str) -> Iterator[Failure]:
    """Why no certificate can have this name."""
    if not is_name(name):
        yield Failure("CERTIFICATE_NAME_INVALID", name)


def is_free(state: State, name: str) -> Iterator[Failure]:
    """Why the certificate of an authority cannot get this name: another one has it."""
    known = tuple(authorities(state, name))
    if known:
        yield Failure("CERTIFICATE_ALREADY_EXISTS", name, blockers=known)


def is_new(state: State, fields: Mapping[str, Any]) -> Iterator[Failure]:
    """Why the pool cannot trust a certificate with these fields: for one of its purposes it does so already."""
    fingerprint, purposes = fields["fingerprint_sha256"], set(fields["purpose"])
    for known in state.find("certificate", type=fields["type"]):
        known_for = set(known["purpose"])
        overlaps = known_for == purposes or not known_for.isdisjoint(purposes)
        if not known["name"] and known["fingerprint_sha256"] == fingerprint and overlaps:
            yield Failure("TRUSTED_CERTIFICATE_ALREADY_EXISTS", fingerprint, blockers=(known,))


# Certificates of a host


def server(text: str, key: str, chain: str = "") -> Certificate:
    """The certificate in a file, for a host that has the private key; a Failure if XAPI does not use it.

    The chain is the text of a file with certificates that lead to an authority; it may be empty.
    """
    private = _private_key(key)
    found = _usable(text, _SERVER)
    if found.key != private.public:
        raise Failure("SERVER_CERTIFICATE_KEY_MISMATCH")
    if not found.is_signed_well:
        raise Failure("SERVER_CERTIFICATE_SIGNATURE_NOT_SUPPORTED")
    if chain and not _are_certificates(chain):
        raise Failure("SERVER_CERTIFICATE_CHAIN_INVALID")
    return found


def _private_key(text: str) -> x509.Key:
    try:
        found = x509.key_in(text)
    except x509.MultiPrimeError:
        raise Failure("SERVER_CERTIFICATE_KEY_RSA_MULTI_NOT_SUPPORTED") from None
    except x509.KeyAlgorithmError as error:
        raise Failure("SERVER_CERTIFICATE_KEY_ALGORITHM_NOT_SUPPORTED", str(error)) from None
    except ValueError:
        raise Failure("SERVER_CERTIFICATE_KEY_INVALID") from None
    if found.kind != x509.RSA:
        raise Failure("SERVER_CERTIFICATE_KEY_ALGORITHM_NOT_SUPPORTED", found.kind)
    if not x509.SHORTEST <= found.bits <= x509.LONGEST:
        raise Failure("SERVER_CERTIFICATE_KEY_RSA_LENGTH_NOT_SUPPORTED", str(found.bits))
    return found


def _are_certificates(text: str) -> bool:
    try:
        return bool(x509.certificates_in(text))
    except ValueError:
        return False


def _usable(text: str, checks: tuple[_Check, _Check, _Check]) -> Certificate:
    """The one certificate in the text; a Failure if there is none, or if it is not valid now."""
    malformed, early, late = checks
    try:
        found = x509.certificate_in(text)
    except ValueError:
        raise Failure(malformed.refusal) from None
    now = datetime.now(UTC).replace(microsecond=0)
    if now < found.not_before:
        raise Failure(early.refusal, x509.in_refusal(now), x509.in_refusal(found.not_before))
    if now > found.not_after:
        raise Failure(late.refusal, x509.in_refusal(now), x509.in_refusal(found.not_after))
    return found


# Certificates that hosts make for themselves


def shown_by(state: State, host: Record, type: str) -> list[Record]:
    """The certificates of the type that the host has; none if it still has the one with which it was installed."""
    return [each for each in state.pointing_at(host, "certificate.host") if each["type"] == type]


def pem_of(state: State, host: Record) -> str:
    """The certificate that the host shows to clients, in PEM form; a Failure if only its fingerprint is known."""
    known = shown_by(state, host, SERVER)
    if not known:
        return x509.pem(made_by(host, SERVER, INSTALLED).data)
    found: str = known[-1]["pem"]
    if not found:
        raise Failure("CERTIFICATE_LIBRARY_CORRUPT", blockers=(host,))
    return found


def can_make(host: Record, type: str) -> Iterator[Failure]:
    """Why the host cannot make such a certificate for itself: clients reach it at no address."""
    if type == SERVER and not _addresses(host):
        yield Failure("INTERNAL_ERROR", f"The host {host.name} has no address for which it could make a certificate.")


def made_by(host: Record, type: str, start: datetime) -> Certificate:
    """The certificate of the type that the host makes for itself at this moment."""
    from xe_py.xapi.self_signed import self_signed

    if type == INTERNAL:
        return self_signed({"CN": host["uuid"], "serialNumber": f"{start.timestamp():.0f}."}, start)
    addresses, name = _addresses(host), host["hostname"]
    names = [] if wrong_hostname(name) else [name]
    return self_signed({"CN": [*names, *addresses, host["uuid"]][0]}, start, names, addresses)


def _addresses(host: Record) -> list[str]:
    """The address at which clients reach the host, if it has one."""
    try:
        ip_address(host["address"])
    except ValueError:
        return []
    return [host["address"]]
