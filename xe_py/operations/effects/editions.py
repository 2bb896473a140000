"""Giving hosts an edition of the software."""

from __future__ import annotations

from xe_py.errors import Misuse, refuse
from xe_py.schema.fields import Text, with_key
from xe_py.schema.numbers import decimal_of
from xe_py.xapi.hosts import answers
from xe_py.xapi.licensing import can_be_applied

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from xe_py.state.record import Record
    from xe_py.state.state import State

EDITION = Text("edition", doc="The edition; xe host-all-editions shows them.")
ADDRESS = Text("license-server-address", doc="The address of the licence server from now on.")
PORT = Text("license-server-port", doc="The port of the licence server from now on.")
_PORTS = range(65536)


def has_a_port(_state: State, *, license_server_port: str | None = None, **_others: object) -> None:
    """Refuse words that are no port."""
    port = license_server_port
    if port is not None and decimal_of(port) not in _PORTS:
        raise Misuse(f"Error: The license-server-port must be a number from 0 to {_PORTS[-1]}, not {port}.")


def apply(
    state: State,
    hosts: Iterable[Record],
    edition: str,
    *,
    license_server_address: str | None = None,
    license_server_port: str | None = None,
) -> None:
    """Give the hosts the edition, with licences from this server."""
    for host in hosts:
        server = host["license-server"]
        for key, value in (("address", license_server_address), ("port", license_server_port)):
            server = server if value is None else with_key(server, key, value)
        refuse(answers(state, host))
        refuse(can_be_applied(edition, server))
        state.update(host, {"edition": edition, "license-server": server})
