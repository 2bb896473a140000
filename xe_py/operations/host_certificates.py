"""The certificates that hosts show: one to clients, and one to the other hosts of the pool."""

from __future__ import annotations

from datetime import UTC, datetime

from xe_py.errors import Failure, refuse
from xe_py.operations.effects.texts import text_of
from xe_py.schema.collections import OnceText
from xe_py.schema.command import HOST, IMPORTS, ONE, READS, command
from xe_py.schema.fields import Text
from xe_py.schema.listing import Sentence
from xe_py.schema.values import Named
from xe_py.xapi import certificates
from xe_py.xapi.hosts import answers, this_host
from xe_py.xapi.protection import ha_is_off
from xe_py.xapi.x509 import pem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client
    from xe_py.state.record import Record
    from xe_py.state.state import State
    from xe_py.xapi.x509 import Certificate


@command(
    "host-get-server-certificate",
    doc="Show the certificate that a host shows to clients, in PEM form.",
    selector=HOST.taking(ONE),
    kind=READS,
)
def get(state: State, host: Record) -> Sentence:
    """The certificate that was installed last, or the one with which the host was installed."""
    refuse(answers(state, host))
    return Sentence(certificates.pem_of(state, host))


@command(
    "host-server-certificate-install",
    required=(
        Text("certificate", doc="The PEM file with the certificate."),
        Text("private-key", doc="The PEM file with its private key, an RSA key of 2048 to 4096 bits. It is not kept."),
    ),
    optional=(
        OnceText("certificate-chain", doc="The PEM file with the certificates between this one and an authority."),
    ),
    doc="Give a host another certificate to show to clients.",
    selector=HOST.taking(ONE),
    kind=IMPORTS,
)
def install(
    state: State,
    host: Record,
    certificate: str,
    private_key: str,
    certificate_chain: str | None = None,
    *,
    client: Client | None,
) -> None:
    """Read the files, and let the certificate take the place of the one that the host has."""
    names = [certificate, private_key, *([] if certificate_chain is None else [certificate_chain])]
    texts = [] if client is None else [text_of(client, name) for name in names]
    refuse(answers(state, host))
    refuse(ha_is_off(state))
    if texts:
        _replace(state, host, certificates.SERVER, certificates.server(*texts))


@command(
    "host-reset-server-certificate",
    doc="Let a host make a new certificate for itself, to show to clients.",
    selector=HOST.taking(ONE),
)
def reset(state: State, host: Record) -> None:
    """Make one for the name and the address of the host."""
    refuse(answers(state, host))
    _renew(state, host, certificates.SERVER)


@command(
    "host-emergency-reset-server-certificate",
    doc="Let the host make a new certificate for itself, to show to clients.",
)
def emergency_reset(state: State) -> None:
    """Make one for the host that xe talks to."""
    _renew(state, this_host(state), certificates.SERVER)


@command(
    "host-refresh-server-certificate",
    required=(Named("host", HOST, doc="The host, by name or uuid."),),
    doc="Let a host make a new certificate for itself, to show to the other hosts of the pool.",
    selector=HOST.taking(ONE),
)
def refresh(state: State, host: Record) -> None:
    """Make one, which all hosts must learn."""
    refuse(answers(state, host))
    for other in state.all("host"):
        if not other["host-metrics-live"]:
            raise Failure("CANNOT_CONTACT_HOST", other)
    _renew(state, host, certificates.INTERNAL)


def _renew(state: State, host: Record, type: str) -> None:
    refuse(certificates.can_make(host, type))
    _replace(state, host, type, certificates.made_by(host, type, datetime.now(UTC).replace(microsecond=0)))


def _replace(state: State, host: Record, type: str, certificate: Certificate) -> None:
    """Let the host have this certificate of the type, and no other one."""
    old = certificates.shown_by(state, host, type)
    state.add("certificate", {"type": type, "host": host["uuid"], "pem": pem(certificate.data), **certificate.fields()})
    for each in old:
        state.delete(each)
