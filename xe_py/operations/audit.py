"""The audit log: who changed the state, when, and by which command line. It is made from the history."""

from __future__ import annotations

from xe_py.errors import Misuse
from xe_py.schema.command import DOWNLOADS, command
from xe_py.schema.fields import Text
from xe_py.xapi.hosts import coordinator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client
    from xe_py.state.state import State
    from xe_py.store.promise import Store, Version

# The length of `20261122T09:00:00.000`, with which XAPI compares times as texts.
_TIME = 21
_LETTERS = frozenset("0123456789-:. TZ")


def _is_a_time(_state: State, *, since: str = "", **_others: object) -> None:
    if not _LETTERS.issuperset(since):
        raise Misuse(f"Error: since must be a time such as 2026-11-22T09:00, or its beginning, not {since}.")


@command(
    "audit-log-get",
    required=(Text("filename", doc="The new file; - writes to standard output."),),
    optional=(Text("since", doc="Only what was done since this time, as 2026-11-22T09:00 or a part of that."),),
    doc="Write who changed the state, when, and by which command line, to a file.",
    grammar=_is_a_time,
    kind=DOWNLOADS,
)
def log_get(store: Store, *, filename: str, since: str = "", client: Client | None) -> None:
    """A line for each version in the history, the oldest first, in the form of the real audit log."""
    if client is None or client.rehearses:
        return
    host = coordinator(store.read().state)["hostname"]
    oldest = since.replace("-", "").replace("Z", "").replace(" ", "T")
    lines = [_line(each, host) for each in store.versions() if _time(each) >= oldest]
    with client.target(filename) as target:
        target.write("".join(lines).encode())


def _time(version: Version) -> str:
    return version.when.replace("-", "").replace("Z", "").ljust(_TIME - 4, "0")[: _TIME - 4] + ".000"


def _line(version: Version, host: str) -> str:
    who = version.who.partition(" ")[0]
    done = version.command.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"[{_time(version)}Z|info|{host}|0 |xe|audit] ('{version.name}' '{who}' '' 'ALLOWED' 'OK' 'CLI' '{done}')\n"
