"""Importing VMs."""

from __future__ import annotations

from xe_py.errors import Failure, Misuse
from xe_py.schema.command import IMPORTS, command
from xe_py.schema.fields import Bool, Map, Ref, Text
from xe_py.xapi.placement import default_sr
from xe_py.xapi.vm_settings import now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client
    from xe_py.state.record import Record
    from xe_py.state.state import State

# What the real xe prints for a dry run, which has no uuid to print.
_NO_UUID = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
# What `type` may be: an archive, by two names, or another kind of host that has the VM.
_ARCHIVE = "default"
_ARCHIVES = frozenset((_ARCHIVE, "XenServer"))
_OTHER_HOSTS = frozenset(("ESXServer", "VirtualCenter", "HyperVServer"))
# The first file of an export from before 2007, which is a folder. The real xe takes this name for the folder's.
_IN_FOLDER = "ova.xml"


def _can_import(
    state: State,
    *,
    filename: str | None = None,
    url: str | None = None,
    sr: Record | None = None,
    type: str = _ARCHIVE,
    host_username: str | None = None,
    host_password: str | None = None,
    metadata: bool = False,
    dry_run: bool = False,
    **_others: object,
) -> None:
    if sr is None and default_sr(state) is None:
        raise Misuse("Error: No SR specified and Pool default SR is null")
    if filename is not None and url is not None:
        raise Misuse("Invalid arguments. The 'url' and 'filename' parameters should not both be specified.")
    if type in _OTHER_HOSTS:
        for name, given in (("host-username", host_username), ("host-password", host_password)):
            if given is None:
                raise Misuse(f"Error: Required parameter not found: {name}")
    elif type not in _ARCHIVES:
        raise Failure("INVALID_VALUE", "type", type)
    elif filename is None and url is None:
        raise Misuse("Error: Required parameter not found: filename")
    if url is None and dry_run and not metadata:
        raise Misuse("Only metadata import function support dry-run")


@command(
    "vm-import",
    optional=(
        Text("filename", doc="The file with the VM; - reads standard input."),
        Bool("preserve", doc="Keep uuids and MACs, to restore a VM that is gone."),
        Ref("sr-uuid", "sr", doc="The SR for the disks; the default SR of the pool if left out."),
        Bool("force", doc="Ignore wrong checksums, and replace a VM that is as new as the one in the file."),
        Text("host-username", doc="With another type: the user of this pool. No host is asked."),
        Text("host-password", doc="With another type: the password of this user. No host is asked."),
        Text("type", doc="What the VM is imported from: an archive (default), or a host, which needs a converter."),
        Text("remote-config", doc="Has no effect: no host is asked."),
        Bool("dry-run", doc="With metadata=true: only say whether the import would be refused."),
        Bool("metadata", doc="Import only what the VM is; its disks must be there already."),
        Text(
            "url", doc="The address of the file instead of its name: http, https, or file for a file of this machine."
        ),
        Map("vdi", doc="With metadata=true: the VDI that stands for one in the file, both by uuid or SCSIid."),
    ),
    undeclared=(Ref("task-uuid", "task", doc="The task that gets the result."),),
    grammar=_can_import,
    doc="Make VMs from a file (XVA).",
    kind=IMPORTS,
    standard=True,
)
def import_(
    state: State,
    filename: str = "",
    sr: Record | None = None,
    vdi: dict[str, str] | None = None,
    task: Record | None = None,
    *,
    url: str | None = None,
    type: str = _ARCHIVE,
    preserve: bool = False,
    force: bool = False,
    dry_run: bool = False,
    metadata: bool = False,
    client: Client | None,
    **_without_effect: object,
) -> Record | str | None:
    """Make the VMs of an archive, with its disks; all of them, or none if anything is wrong.

    From a URL, XAPI always imports all that is in the archive.
    """
    if type in _OTHER_HOSTS:
        failure = Failure("XENAPI_MISSING_PLUGIN", "conversion")
        failure.notes = (f"The converter for VMs of {type} is an appliance beside the pool; xe_py has none.",)
        raise failure
    if url is not None:
        metadata = dry_run = False
        vdi = task = None
    elif filename.lower().endswith(_IN_FOLDER):
        failure = Failure("IMPORT_ERROR_UNEXPECTED_FILE", "an archive", filename)
        failure.notes = (f"{filename} belongs to an export from before 2007. Import the file that vm-export has made.",)
        raise failure
    if client is None:
        return None
    from xe_py.operations.effects.importing import import_archive

    target = None if metadata else sr or default_sr(state)
    of_task = "" if task is None else f"OpaqueRef:{task['uuid']}"
    mark = state.mark()
    with client.source(filename) if url is None else client.download(url) as source:
        made = import_archive(state, source, target, vdi or {}, preserve=preserve, force=force, task=of_task)
    if dry_run:
        state.rollback(mark)
        return _NO_UUID
    if task is not None:
        state.update(task, {"status": "success", "progress": 1.0, "finished": now(), "result": _result(made)})
    return made[0] if len(made) == 1 else ",".join(vm["uuid"] for vm in made)


def _result(vms: list[Record]) -> str:
    """The references to the VMs, as XML-RPC writes a list."""
    values = "".join(f"<value>OpaqueRef:{vm['uuid']}</value>" for vm in vms)
    return f"<value><array><data>{values}</data></array></value>"
