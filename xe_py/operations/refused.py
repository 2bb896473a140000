"""Commands that are always refused, because they need hardware, a kernel or a service that no state file has."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.command import COMMANDS, HOST, READS, REFUSED, Command
from xe_py.schema.fields import Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State


def _refused(name: str, why: str, **declaration: Any) -> Command:
    """A command that is refused whatever it is given."""

    def run(_state: State, *_about: Record, **_given: Any) -> None:
        failure = Failure("NOT_IMPLEMENTED", name)
        failure.notes = (why,)
        raise failure

    return Command(name, run, kind=READS, coverage=REFUSED, why=why, **declaration)


_ROWS = (
    _refused(
        "host-bugreport-upload",
        "A simulated host has no logs that could be uploaded.",
        selector=HOST,
        optional=(
            Text("url", doc="Where the report goes."),
            Text("http_proxy", doc="The proxy on the way there."),
        ),
        doc="Upload the bug report of a host to a server.",
    ),
    _refused(
        "host-dmesg",
        "A simulated host runs no Xen, so there are no messages of it.",
        selector=HOST,
        doc="Show the messages of the Xen of a host.",
    ),
)
COMMANDS.update({command.name: command for command in _ROWS})
