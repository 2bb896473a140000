"""The external directory that checks the logins of single hosts."""

from __future__ import annotations

from xe_py.errors import Misuse, refuse
from xe_py.operations.effects import directory
from xe_py.schema.command import command
from xe_py.schema.fields import Bool, Ref
from xe_py.xapi.hosts import answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from xe_py.state.record import Record
    from xe_py.state.state import State

_HOST = Ref("host-uuid", "host", doc="The host.")
_FORCE = Bool("force", doc="Needed: only to mend one host that differs from the others.")


def _is_forced(_state: State, *, force: bool | None = None, **_others: object) -> None:
    if force is None:
        raise Misuse("Error: Use pool-enable-external-auth or pool-disable-external-auth; for one host use --force.")


@command(
    "host-enable-external-auth",
    required=(_HOST, directory.AUTH_TYPE, directory.SERVICE_NAME),
    optional=(directory.CONFIG,),
    undeclared=(_FORCE,),
    doc="Let an external directory check the logins of one host; pool-enable-external-auth does it for all.",
    grammar=_is_forced,
    hidden=True,
)
def enable(
    state: State,
    *,
    host: Record,
    auth_type: str,
    service_name: str,
    config: Mapping[str, str] | None = None,
    **_forced: bool,
) -> None:
    """Join the host to the directory."""
    refuse(answers(state, host))
    refuse(directory.can_join(host, auth_type, service_name, config or {}))
    directory.join(state, host, auth_type, service_name, config or {})


@command(
    "host-disable-external-auth",
    required=(_HOST,),
    optional=(directory.CONFIG,),
    undeclared=(_FORCE,),
    doc="Let no external directory check the logins of one host; pool-disable-external-auth does it for all.",
    grammar=_is_forced,
    hidden=True,
)
def disable(state: State, *, host: Record, **_forced: object) -> None:
    """Take the host out of its directory."""
    refuse(answers(state, host))
    directory.leave(state, host)


@command(
    "host-external-auth-set-ldaps",
    required=(_HOST, Bool("ldaps", doc="Whether LDAPS is used.")),
    optional=(Bool("force", doc="Do not check the certificate; without effect, because none is checked."),),
    doc="Choose whether a host talks to Active Directory by LDAPS.",
    hidden=True,
)
def set_ldaps(state: State, *, host: Record, ldaps: bool, **_forced: bool) -> None:
    """Choose it for the host."""
    refuse(answers(state, host))
    refuse(directory.can_encrypt(host))
    directory.encrypt(state, host, ldaps=ldaps)
