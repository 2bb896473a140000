"""The external directory that checks the logins of all hosts."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.operations.effects import directory
from xe_py.schema.command import command
from xe_py.schema.fields import Bool, Ref
from xe_py.xapi.hosts import answers, coordinator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xe_py.state.record import Record
    from xe_py.state.state import State

_POOL = Ref("uuid", "pool", doc="The pool.")
_SILENT = "the host does not answer"


@command(
    "pool-enable-external-auth",
    required=(directory.AUTH_TYPE, directory.SERVICE_NAME),
    optional=(_POOL, directory.CONFIG),
    doc="Let an external directory check the logins of all hosts.",
)
def enable(
    state: State, *, auth_type: str, service_name: str, config: Mapping[str, str] | None = None, **_pool: object
) -> None:
    """Join all hosts to the directory, the coordinator first, or none."""
    hosts = _coordinator_first(state)
    refuse(_can_enable(hosts))
    for host in hosts:
        refuse(_can_join(host, auth_type, service_name, config or {}))
        directory.join(state, host, auth_type, service_name, config or {})


@command(
    "pool-disable-external-auth",
    optional=(_POOL, directory.CONFIG),
    doc="Let no external directory check the logins of any host.",
)
def disable(state: State, **_given: object) -> None:
    """Take all hosts out of the directory, or none."""
    for host in _coordinator_first(state):
        if not host["host-metrics-live"]:
            raise Failure("POOL_AUTH_DISABLE_FAILED", host, _SILENT)
        directory.leave(state, host)


@command(
    "pool-external-auth-set-ldaps",
    required=(Bool("ldaps", doc="Whether LDAPS is used."),),
    optional=(_POOL, Bool("force", doc="Do not check the certificate; without effect, because none is checked.")),
    doc="Choose whether all hosts talk to Active Directory by LDAPS.",
)
def set_ldaps(state: State, *, ldaps: bool, **_given: object) -> None:
    """Choose it for all hosts, or for none."""
    for host in _coordinator_first(state):
        refuse(answers(state, host))
        refuse(directory.can_encrypt(host))
        directory.encrypt(state, host, ldaps=ldaps)


def _coordinator_first(state: State) -> list[Record]:
    first = coordinator(state)
    return [first, *(host for host in state.all("host") if host is not first)]


def _can_enable(hosts: list[Record]) -> Iterator[Failure]:
    """Why no directory can check the logins of these hosts."""
    for host in hosts:
        if host["external-auth-type"]:
            yield Failure("POOL_AUTH_ALREADY_ENABLED", host, blockers=(host,))
    if len({host["hostname"] for host in hosts}) < len(hosts):
        reason = "two hosts have the same hostname"
        yield Failure("POOL_AUTH_ENABLE_FAILED_DUPLICATE_HOSTNAME", hosts[0], reason)


def _can_join(host: Record, auth_type: str, service_name: str, config: Mapping[str, str]) -> Iterator[Failure]:
    """Why the host cannot be joined, as the pool says it."""
    if not host["host-metrics-live"]:
        yield Failure("POOL_AUTH_ENABLE_FAILED", host, _SILENT)
    for failure in directory.can_join(host, auth_type, service_name, config):
        unknown = failure.code == "AUTH_UNKNOWN_TYPE"
        yield failure if unknown else Failure("POOL_AUTH_ENABLE_FAILED", host, *failure.values)
