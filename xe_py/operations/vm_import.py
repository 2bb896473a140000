"""Importing VMs."""

from __future__ import annotations

from xe_py.errors import Misuse
from xe_py.schema.command import IMPORTS, command
from xe_py.schema.fields import Bool, Map, Ref, Text
from xe_py.xapi.placement import default_sr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.command import Client
    from xe_py.state.record import Record
    from xe_py.state.state import State

# What the real xe prints for a dry run, which has no uuid to print.
_NO_UUID = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"


def _can_import(
    state: State,
    *,
    filename: str | None = None,
    url: str | None = None,
    sr: Record | None = None,
    metadata: bool = False,
    dry_run: bool = False,
    **_others: object,
) -> None:
    if filename is not None and url is not None:
        raise Misuse("Invalid arguments. The 'url' and 'filename' parameters should not both be specified.")
    if url is not None:
        raise Misuse("Error: xe_py imports no VM from a URL. Download the file, and give its name with filename=.")
    if filename is None:
        raise Misuse("Error: Required parameter not found: filename")
    if dry_run and not metadata:
        raise Misuse("Only metadata import function support dry-run")
    if not metadata and sr is None and default_sr(state) is None:
        raise Misuse("Error: No SR specified and Pool default SR is null")


@command(
    "vm-import",
    optional=(
        Text("filename", doc="The file with the VM; - reads standard input."),
        Bool("preserve", doc="Keep uuids and MACs, to restore a VM that is gone."),
        Ref("sr-uuid", "sr", doc="The SR for the disks; the default SR of the pool if left out."),
        Bool("force", doc="Ignore wrong checksums, and replace a VM that is as new as the one in the file."),
        Text("host-username", doc="Has no effect: no host is asked."),
        Text("host-password", doc="Has no effect: no host is asked."),
        Text("type", doc="Has no effect: the file says what it is."),
        Text("remote-config", doc="Has no effect: no host is asked."),
        Bool("dry-run", doc="With metadata=true: only say whether the import would be refused."),
        Bool("metadata", doc="Import only what the VM is; its disks must be there already."),
        Text("url", doc="The address of a file; xe_py refuses it."),
        Map("vdi", doc="With metadata=true: the uuid of a VDI, for the uuid that it had in the file."),
    ),
    undeclared=(Text("task-uuid", doc="Has no effect."),),
    grammar=_can_import,
    doc="Make VMs from a file (XVA).",
    kind=IMPORTS,
    standard=True,
)
def import_(
    state: State,
    filename: str,
    sr: Record | None = None,
    vdi: dict[str, str] | None = None,
    *,
    preserve: bool = False,
    force: bool = False,
    dry_run: bool = False,
    metadata: bool = False,
    client: Client | None,
    **_without_effect: object,
) -> Record | str | None:
    """Make the VMs of an archive, with its disks; all of them, or none if anything is wrong."""
    if client is None:
        return None
    from xe_py.operations.effects.importing import import_archive
    from xe_py.xva.compression import unpacked

    target = None if metadata else sr or default_sr(state)
    mark = state.mark()
    with client.source(filename) as source, unpacked(source) as stream:
        made = import_archive(state, stream, target, vdi or {}, preserve=preserve, force=force)
    if dry_run:
        state.rollback(mark)
        return _NO_UUID
    return made[0] if len(made) == 1 else ",".join(vm["uuid"] for vm in made)
