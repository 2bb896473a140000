"""Backing up a host to a file, and restoring it from there."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.schema.command import EXPORTS, HOST, IMPORTS, ONE, command
from xe_py.schema.fields import Text
from xe_py.xapi.hosts import answers, coordinator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client
    from xe_py.state.record import Record
    from xe_py.state.state import State

_MOST = 1 << 30


@command(
    "host-backup",
    required=(Text("file-name", doc="The new file; - writes to standard output."),),
    doc="Write a backup of a host to a file: the whole state, without the contents of disks.",
    selector=HOST.taking(ONE),
    kind=EXPORTS,
)
def backup(state: State, host: Record, file_name: str, *, client: Client | None) -> None:
    """Write the state as a state file has it, with all passwords; the file is for the user alone."""
    refuse(answers(state, host))
    if client is None or client.rehearses:
        return
    from xe_py.store import text_of

    with client.target(file_name) as target:
        target.write(text_of(state))


@command(
    "host-restore",
    required=(Text("file-name", doc="A file that host-backup has written; - reads standard input."),),
    doc="Restore a host from a backup. If it is the coordinator, the whole state is as it was then.",
    selector=HOST.taking(ONE),
    kind=IMPORTS,
)
def restore(state: State, host: Record, file_name: str, *, client: Client | None) -> None:
    """Make the state what it was; a member takes its state from the coordinator, so nothing changes."""
    refuse(answers(state, host))
    if client is None:
        return
    from xe_py.state.differences import between
    from xe_py.store import state_in

    with client.source(file_name) as source:
        data = source.read(_MOST + 1)
    then = state_in(data) if len(data) <= _MOST else None
    if then is None:
        raise Failure("RESTORE_SCRIPT_FAILED", f"{file_name} is no backup of a host")
    if then.get("host", host["uuid"]) is None:
        raise Failure(
            "RESTORE_SCRIPT_FAILED", f"{file_name} is a backup without the host {host.name}", blockers=(host,)
        )
    if host is coordinator(state):
        state.repeat(between(state, then), then.header)
