"""Certificates that the pool trusts, and lists of certificates that are revoked."""

from __future__ import annotations

import os

from xe_py.classes.certificate import PURPOSES
from xe_py.errors import Failure, refuse
from xe_py.operations.effects.texts import text_of
from xe_py.schema.collections import Choices
from xe_py.schema.command import IMPORTS, READS, command
from xe_py.schema.fields import Bool, Ref, Text
from xe_py.schema.listing import Texts
from xe_py.xapi import certificates
from xe_py.xapi.hosts import answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client
    from xe_py.state.record import Record
    from xe_py.state.state import State

_POOL = Ref("uuid", "pool", doc="The pool.")
_FILE = Text("filename", doc="The PEM file with the certificate. Its name is then the name of the certificate.")
_NAME = Text("name", doc="The name of the file from which the certificate was installed.")
_FORCE = Bool("force", doc="Go on even if the hosts have lost the file.")


# Authorities that are trusted for all connections


@command(
    "pool-certificate-install",
    required=(_FILE,),
    doc="Let the pool trust the certificate of an authority. Use pool-install-ca-certificate.",
    kind=IMPORTS,
    deprecated=True,
)
@command(
    "pool-install-ca-certificate",
    required=(_FILE,),
    doc="Let the pool trust the certificate of an authority, for all connections.",
    kind=IMPORTS,
)
def install(state: State, filename: str, *, client: Client | None) -> None:
    """Read the certificate, and make a record of it under the name of its file."""
    if client is None:
        return
    found = certificates.authority(text_of(client, filename))
    name = os.path.basename(filename)
    refuse(certificates.can_be_name(name))
    refuse(certificates.is_free(state, name))
    refuse(certificates.reaches_members(state))
    state.add("certificate", {"type": certificates.CA, "name": name, **found.fields()})


@command(
    "pool-certificate-uninstall",
    required=(_NAME,),
    undeclared=(_FORCE,),
    doc="Let the pool no longer trust the certificate of an authority. Use pool-uninstall-ca-certificate.",
    deprecated=True,
)
@command(
    "pool-uninstall-ca-certificate",
    required=(_NAME,),
    optional=(_FORCE,),
    doc="Let the pool no longer trust the certificate of an authority.",
)
def uninstall(state: State, name: str, *, force: bool = False) -> None:
    """Drop the record."""
    refuse(certificates.can_be_name(name))
    found = certificates.authorities(state, name)
    if not found and not force:
        raise Failure("CERTIFICATE_DOES_NOT_EXIST", name)
    refuse(certificates.reaches_members(state))
    if not found:
        raise Failure("INVALID_VALUE", "certificate:name", name)
    for certificate in found:
        state.delete(certificate)


@command(
    "pool-certificate-list",
    doc="Show the names of the certificates that the pool trusts. Use certificate-list type=ca.",
    kind=READS,
    deprecated=True,
)
def names(state: State) -> Texts:
    """The names of the files."""
    return Texts(*[each["name"] for each in state.find("certificate", type=certificates.CA) if each["name"]])


@command("pool-certificate-sync", doc="Give all hosts of the pool the certificates and revocation lists.")
def sync(state: State) -> None:
    """Do nothing, because all hosts have them; but each must answer."""
    for host in state.all("host"):
        refuse(answers(state, host))


# Certificates that are trusted for some purposes


@command(
    "pool-install-trusted-certificate",
    required=(
        _FILE,
        Bool("ca", doc="Whether it is of an authority. If not, only the server with this very certificate is trusted."),
    ),
    optional=(
        _POOL,
        Choices(
            "purpose", PURPOSES, doc="What the pool trusts it for, with commas between them; if left out, for all."
        ),
    ),
    doc="Let the pool trust a certificate, for some purposes or for all.",
    kind=IMPORTS,
)
def install_trusted(
    state: State,
    filename: str,
    purpose: list[str] | None = None,
    *,
    ca: bool,
    client: Client | None,
    **_pool: object,
) -> None:
    """Read the certificate, and make a record of it, which has no name."""
    if client is None:
        return
    purposes = purpose or []
    found = certificates.trusted(text_of(client, filename))
    if not ca and not purposes:
        raise Failure("CERTIFICATE_LACKS_PURPOSE")
    fields = {"type": certificates.CA if ca else certificates.PINNED, "purpose": purposes, **found.fields()}
    refuse(certificates.is_new(state, fields))
    refuse(certificates.reaches_members(state))
    state.add("certificate", fields)


@command(
    "pool-uninstall-trusted-certificate",
    required=(Ref("certificate-uuid", "certificate", doc="The certificate."),),
    optional=(_POOL,),
    doc="Let the pool no longer trust a certificate.",
)
def uninstall_trusted(state: State, certificate: Record, **_pool: object) -> None:
    """Drop the record."""
    if certificate["type"] not in {certificates.CA, certificates.PINNED}:
        raise Failure("NOT_TRUSTED_CERTIFICATE", certificate)
    refuse(certificates.reaches_members(state))
    state.delete(certificate)


# Lists of revoked certificates


@command(
    "pool-crl-install",
    required=(Text("filename", doc="The PEM file. Its name is then the name of the list."),),
    doc="Let the pool refuse the certificates in a list of revoked ones.",
    kind=IMPORTS,
)
def install_crl(state: State, filename: str, *, client: Client | None) -> None:
    """Note the name of the list. As in XAPI, nobody looks at what is in it."""
    if client is None:
        return
    text_of(client, filename)
    name = os.path.basename(filename)
    if not certificates.is_name(name):
        raise Failure("CRL_NAME_INVALID", name)
    pool = state.all("pool")[0]
    if name in pool["crls"]:
        raise Failure("CRL_ALREADY_EXISTS", name)
    refuse(certificates.reaches_members(state))
    state.update(pool, {"crls": [*pool["crls"], name]})


@command(
    "pool-crl-uninstall",
    required=(Text("name", doc="The name of the file from which the list was installed."),),
    doc="Drop a list of revoked certificates.",
)
def uninstall_crl(state: State, name: str) -> None:
    """Forget the name."""
    if not certificates.is_name(name):
        raise Failure("CRL_NAME_INVALID", name)
    pool = state.all("pool")[0]
    if name not in pool["crls"]:
        raise Failure("CRL_DOES_NOT_EXIST", name)
    refuse(certificates.reaches_members(state))
    state.update(pool, {"crls": [each for each in pool["crls"] if each != name]})


@command("pool-crl-list", doc="Show the names of the lists of revoked certificates.", kind=READS)
def crls(state: State) -> Texts:
    """The names of the files."""
    return Texts(*state.all("pool")[0]["crls"])
