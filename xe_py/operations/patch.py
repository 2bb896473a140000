"""Patches of old: uploading them, applying those that are known, and dropping them."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.schema.command import IMPORTS, READS, command
from xe_py.schema.fields import Ref, Text
from xe_py.xapi import updates
from xe_py.xapi.placement import default_sr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client
    from xe_py.state.record import Record
    from xe_py.state.state import State

_PATCH = Ref("uuid", "patch", doc="The patch.")
_HOST = Ref("host-uuid", "host", doc="The host.")


@command(
    "patch-upload",
    required=(
        Text("file-name", doc="The ISO file with the update that the patch stands for; - reads standard input."),
    ),
    doc="Upload an update to a new VDI on the default SR, and make it known to the pool. Use update-upload.",
    kind=IMPORTS,
)
def upload(state: State, file_name: str, *, client: Client | None) -> Record | None:
    """Upload the update; what is returned is the patch that stands for it."""
    sr = default_sr(state)
    if sr is None:
        raise Failure("HANDLE_INVALID", "SR", "OpaqueRef:NULL")
    if client is None:
        return None
    from xe_py.operations.effects import uploads

    update = uploads.upload(state, file_name, sr, client)
    return None if update is None else next(iter(state.pointing_at(update, "patch.update")), None)


@command("patch-precheck", required=(_PATCH, _HOST), doc="Show whether a host can take a patch.", kind=READS)
def precheck(_state: State, patch: Record, host: Record) -> None:
    """Whether the host can take it."""
    refuse(updates.is_new_on(patch, host))


@command("patch-apply", required=(_PATCH, _HOST), doc="Apply a patch to a host.")
def apply(state: State, patch: Record, host: Record) -> None:
    """Note that the host has it."""
    refuse(updates.is_new_on(patch, host))
    updates.note_applied(state, patch, host)


@command("patch-pool-apply", required=(_PATCH,), doc="Apply a patch to all hosts that lack it.")
def pool_apply(state: State, patch: Record) -> None:
    """Apply it to the hosts that lack it."""
    for host in state.all("host"):
        if host["uuid"] not in patch["hosts"]:
            updates.note_applied(state, patch, host)


@command("patch-clean", required=(_PATCH,), doc="Remove the file of a patch from the coordinator.")
def clean(_state: State, patch: Record) -> None:
    """Do nothing, because there is no such file."""
    del patch


@command("patch-pool-clean", required=(_PATCH,), doc="Remove the file of a patch from all hosts.")
def pool_clean(_state: State, patch: Record) -> None:
    """Do nothing, because there is no such file."""
    del patch


@command("patch-destroy", required=(_PATCH,), doc="Drop a patch that no host has.")
def destroy(state: State, patch: Record) -> None:
    """Drop the patch."""
    if patch["hosts"]:
        raise Failure("PATCH_IS_APPLIED", blockers=tuple(state.need("host", uuid) for uuid in patch["hosts"]))
    state.delete(patch)
