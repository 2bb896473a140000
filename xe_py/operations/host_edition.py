"""The editions and the licences of hosts."""

from __future__ import annotations

from xe_py.operations.effects import editions
from xe_py.operations.effects.calls import note_call
from xe_py.schema.command import COMMANDS, IMPORTS, READS, RECORDED, command
from xe_py.schema.fields import Ref, Text
from xe_py.schema.listing import Facts, Texts
from xe_py.xapi.hosts import coordinator
from xe_py.xapi.licensing import EDITIONS, restrictions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client
    from xe_py.state.record import Record
    from xe_py.state.state import State

_ADD = "host-license-add"
_HOST = Ref("host-uuid", "host", doc="The host; without it, the coordinator of the pool.")


@command("host-all-editions", doc="List the editions that a host can have.", kind=READS)
def all_editions(_state: State) -> Texts:
    """The names of all editions."""
    return Texts(*EDITIONS)


@command(
    "host-apply-edition",
    required=(editions.EDITION,),
    optional=(_HOST, editions.ADDRESS, editions.PORT),
    doc="Give a host another edition of the software.",
    grammar=editions.has_a_port,
)
def apply_edition(state: State, *, edition: str, host: Record | None = None, **server: str) -> None:
    """Give the host, or the coordinator, the edition."""
    editions.apply(state, [host or coordinator(state)], edition, **server)


@command(
    _ADD,
    required=(Text("license-file", doc="The file with the licence."),),
    optional=(_HOST,),
    doc="Give a host a licence file.",
    kind=IMPORTS,
    coverage=RECORDED,
)
def add(state: State, *, license_file: str, client: Client | None, **given: object) -> Texts:
    """Read the file; what it allows is not known."""
    if client is not None:
        with client.source(license_file) as file:
            file.read(1)
    note_call(state, COMMANDS[_ADD], None, {"license_file": license_file, **given})
    return Texts("The licence is applied.")


@command("host-license-view", optional=(_HOST,), doc="Show what the licence of a host allows.", kind=READS)
def view(state: State, host: Record | None = None) -> Facts:
    """The licence: how long it is valid, for how many sockets, and each feature."""
    sockets = (host or coordinator(state))["cpu_info"].get("socket_count", "1")
    return Facts([("sockets", sockets), ("expiry", "never"), *restrictions(state).items()])
