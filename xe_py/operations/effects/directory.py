"""The external directory that checks logins: joining hosts to it, and taking them out."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.fields import Map, Text, with_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xe_py.state.record import Record
    from xe_py.state.state import State

AUTH_TYPE = Text("auth-type", doc="AD for Active Directory, PAM for the users of the host itself.")
SERVICE_NAME = Text("service-name", doc="The name of the domain.")
CONFIG = Map("config", doc="Settings for it: with AD, config:user= and config:pass= of an administrator there.")

_ACTIVE_DIRECTORY = "AD"
_TYPES = (_ACTIVE_DIRECTORY, "PAM")
_NEEDED = ("user", "pass")
_ENCRYPTED = "ldaps"


def can_join(host: Record, auth_type: str, service_name: str, config: Mapping[str, str]) -> Iterator[Failure]:
    """Why the host cannot be joined to a directory of this type and name."""
    if host["external-auth-type"]:
        joined = (host["external-auth-type"], host["external-auth-service-name"])
        yield Failure("AUTH_ALREADY_ENABLED", *joined, blockers=(host,))
    if auth_type not in _TYPES:
        yield Failure("AUTH_UNKNOWN_TYPE", auth_type)
    if auth_type == _ACTIVE_DIRECTORY:
        for key in _NEEDED:
            if not config.get(key):
                yield Failure("AUTH_ENABLE_FAILED", f"config:{key} is missing")
        if config.get("domain", service_name) != service_name:
            yield Failure("AUTH_ENABLE_FAILED", "config:domain is not the service-name")


def join(state: State, host: Record, auth_type: str, service_name: str, config: Mapping[str, str]) -> None:
    """Let the directory check the logins of the host; the password is not kept."""
    kept = {}
    if auth_type == _ACTIVE_DIRECTORY:
        encrypted = config.get(_ENCRYPTED, "false")
        kept = {"domain": service_name, "user": config.get("user", ""), _ENCRYPTED: encrypted}
    _set(state, host, auth_type, service_name, kept)


def leave(state: State, host: Record) -> None:
    """Let only the host itself check its logins."""
    _set(state, host, "", "", {})


def can_encrypt(host: Record) -> Iterator[Failure]:
    """Why it cannot be chosen how the host talks to its directory."""
    if not host["external-auth-type"]:
        yield Failure("AUTH_IS_DISABLED")
    elif host["external-auth-type"] != _ACTIVE_DIRECTORY:
        yield Failure("AUTH_SET_LDAPS_FAILED", host, "only Active Directory can use LDAPS")


def encrypt(state: State, host: Record, *, ldaps: bool) -> None:
    """Choose whether the host talks to its directory by LDAPS."""
    kept = with_key(host["external-auth-configuration"], _ENCRYPTED, str(ldaps).lower())
    state.update(host, {"external-auth-configuration": kept})


def _set(state: State, host: Record, auth_type: str, service_name: str, kept: dict[str, str]) -> None:
    values = {"type": auth_type, "service-name": service_name, "configuration": kept}
    state.update(host, {f"external-auth-{name}": value for name, value in values.items()})
