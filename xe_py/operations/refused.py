"""Commands that are always refused, because they need hardware, a kernel or a service that no state file has."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.schema.command import COMMANDS, HOST, ONE, READS, REFUSED, VM, Command
from xe_py.schema.fields import Bool, Choice, Int, Ref, Text
from xe_py.xapi.hosts import answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xe_py.schema.fields import Guard
    from xe_py.state.record import Record
    from xe_py.state.state import State


def _refused(name: str, why: str, guard: Guard | None = None, **declaration: Any) -> Command:
    """A command that is refused whatever it is given; the guard is asked first, about the object and the arguments."""

    def run(state: State, obj: Record | None = None, **given: Any) -> None:
        if guard is not None:
            refuse(guard(state, obj, **given))
        failure = Failure("NOT_IMPLEMENTED", name)
        failure.notes = (why,)
        raise failure

    return Command(name, run, kind=READS, coverage=REFUSED, why=why, **declaration)


def _can_upload(state: State, dump: Record, url: str = "", **_given: Any) -> Iterator[Failure]:
    yield from answers(state, state.ref(dump, "host-uuid"))
    if not url:
        yield Failure("INVALID_VALUE", "url", url)


_HOST = Ref("uuid", "host", doc="The host.")
_NO_FILES = "A simulated host has no logs and no system files."
_NO_SERVER = "No server runs here, so there is nothing that it could have counted."
_NO_WLB = "xe_py asks no workload balancing server."
_NO_REPOSITORY = "xe_py connects to no repository, so there are no updates."

_ROWS = (
    _refused(
        "diagnostic-db-stats",
        _NO_SERVER,
        doc="Show how long the toolstack waited for its database.",
    ),
    _refused(
        "diagnostic-gc-stats",
        _NO_SERVER,
        selector=HOST.taking(ONE),
        doc="Show how the toolstack of a host uses its memory.",
    ),
    _refused(
        "diagnostic-net-stats",
        _NO_SERVER,
        selector=HOST.taking(ONE),
        optional=(
            Text("uri", doc="Only requests for this address."),
            Text("method", doc="Only requests of this method."),
            Text("params", doc="The columns to show."),
        ),
        undeclared=tuple(Text(name, doc="A column to show.") for name in ("requests", "connections", "framed")),
        doc="Show how many requests the toolstack of a host has answered.",
    ),
    _refused(
        "diagnostic-timing-stats",
        _NO_SERVER,
        undeclared=(Bool("counts", doc="Show how often, too."),),
        doc="Show how long the operations of the toolstack took.",
    ),
    _refused(
        "host-apply-updates",
        _NO_REPOSITORY,
        selector=HOST.taking(ONE),
        required=(Text("hash", doc="The checksum of the updates that the pool has synced."),),
        doc="Apply the updates that the pool has synced to a host.",
    ),
    _refused(
        "host-bugreport-upload",
        _NO_FILES,
        selector=HOST,
        optional=(Text("url", doc="Where the report goes."), Text("http_proxy", doc="The proxy on the way there.")),
        doc="Upload the bug report of a host to a server.",
    ),
    _refused(
        "host-crashdump-upload",
        "xe_py connects to no server.",
        _can_upload,
        required=(Ref("uuid", "host-crashdump", doc="The crash dump."),),
        optional=(Text("url", doc="Where the dump goes."), Text("http_proxy", doc="The proxy on the way there.")),
        doc="Upload a crash dump of a host to a server.",
    ),
    _refused(
        "host-dmesg",
        "A simulated host runs no Xen, so there are no messages of it.",
        selector=HOST,
        doc="Show the messages of the Xen of a host.",
    ),
    _refused(
        "host-get-sm-diagnostics",
        _NO_SERVER,
        required=(_HOST,),
        doc="Show what the storage manager of a host is doing.",
    ),
    _refused(
        "host-get-system-status",
        _NO_FILES,
        selector=HOST,
        required=(Text("filename", doc="The new file."),),
        optional=(
            Text("entries", doc="The parts of the report, with commas between them."),
            Choice(
                "output",
                ("tar.bz2", "tar", "zip"),
                otherwise="The output must be tar.bz2, tar or zip, not {}",
                doc="The format of the file.",
            ),
        ),
        doc="Write the status report of a host to a file.",
    ),
    _refused(
        "host-get-thread-diagnostics",
        _NO_SERVER,
        required=(_HOST,),
        doc="Show what the threads of the toolstack of a host are waiting for.",
    ),
    _refused(
        "host-logs-download",
        _NO_FILES,
        selector=HOST,
        optional=(Text("file-name", doc="The new file."),),
        doc="Write the logs of a host to a file.",
    ),
    _refused(
        "host-retrieve-wlb-evacuate-recommendations",
        _NO_WLB,
        required=(_HOST,),
        doc="Show where workload balancing would move the VMs of a host.",
        hidden=True,
    ),
    _refused(
        "pool-retrieve-wlb-configuration",
        _NO_WLB,
        doc="Show the settings of the workload balancing server.",
    ),
    _refused(
        "pool-retrieve-wlb-diagnostics",
        _NO_WLB,
        optional=(Text("filename", doc="The new file."),),
        doc="Write the logs of the workload balancing server to a file.",
    ),
    _refused(
        "pool-retrieve-wlb-recommendations",
        _NO_WLB,
        doc="Show which VMs workload balancing would move.",
    ),
    _refused(
        "pool-retrieve-wlb-report",
        _NO_WLB,
        required=(Text("report", doc="The name of the report."),),
        optional=(Text("filename", doc="The new file."),),
        doc="Write a report of the workload balancing server to a file.",
    ),
    _refused(
        "pool-send-test-post",
        "xe_py connects to no server.",
        required=(
            Text("dest-host", doc="The name or address of the server."),
            Int("dest-port", doc="Its port."),
            Text("body", doc="What is sent."),
        ),
        doc="Send a text to a server by HTTPS, and show the answer.",
    ),
    _refused(
        "pool-sync-bundle",
        _NO_REPOSITORY,
        required=(Text("filename", doc="The file with the updates."),),
        doc="Take the updates in a file into the pool.",
    ),
    _refused(
        "pool-sync-updates",
        _NO_REPOSITORY,
        optional=(
            Bool("force", doc="Sync all again."),
            Text("token", doc="The token for the repository."),
            Text("token-id", doc="The name of the token."),
            Text("username", doc="The user name for a pool that serves as repository."),
            Text("password", doc="The password of that user."),
        ),
        undeclared=(Ref("uuid", "pool", doc="The pool."),),
        doc="Sync updates from the repositories of the pool.",
    ),
    _refused(
        "vm-retrieve-wlb-recommendations",
        _NO_WLB,
        selector=VM.taking(ONE).saying(none="Error: No matching VMs found", several="Error: Multiple VMs found. {}"),
        doc="Show on which hosts workload balancing would start a VM.",
    ),
)
COMMANDS.update({command.name: command for command in _ROWS})
