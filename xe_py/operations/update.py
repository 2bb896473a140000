"""Updates: uploading them, applying those that are known, and dropping them."""

from __future__ import annotations

from xe_py.errors import Failure, Misuse, refuse
from xe_py.operations import vdi
from xe_py.schema.command import HOST, IMPORTS, READS, command
from xe_py.schema.fields import Ref, Text
from xe_py.xapi import updates
from xe_py.xapi.placement import default_sr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client
    from xe_py.state.record import Record
    from xe_py.state.state import State

_UPDATE = Ref("uuid", "update", doc="The update.")


def _has_an_sr(state: State, *, sr: Record | None = None, **_others: object) -> None:
    if sr is None and default_sr(state) is None:
        raise Misuse("Error: Give sr-uuid=, because the pool has no default SR.")


@command(
    "update-upload",
    required=(Text("file-name", doc="The ISO file with the update; - reads standard input."),),
    optional=(Ref("sr-uuid", "sr", doc="The SR for the VDI that holds it; the default SR of the pool if left out."),),
    doc="Upload an update to a new VDI, and make it known to the pool.",
    grammar=_has_an_sr,
    kind=IMPORTS,
)
def upload(state: State, file_name: str, sr: Record | None = None, *, client: Client | None) -> Record | None:
    """Write the file to a VDI, and read there what it says of itself."""
    chosen = sr or default_sr(state)
    if client is None or chosen is None:
        return None
    from xe_py.operations.effects import uploads

    return uploads.upload(state, file_name, chosen, client)


@command(
    "update-introduce",
    required=(Ref("vdi-uuid", "vdi", doc="The VDI that holds the update."),),
    doc="Make the update on a VDI known to the pool.",
)
def introduce(state: State, vdi: Record) -> Record:
    """Read what the update says of itself."""
    from xe_py.operations.effects import uploads

    return uploads.introduce(state, vdi)


@command(
    "update-precheck", required=(_UPDATE,), doc="Show whether a host can take an update.", selector=HOST, kind=READS
)
def precheck(_state: State, host: Record, uuid: Record) -> str:
    """Whether the host can take it."""
    refuse(updates.is_new_on(uuid, host))
    return "Ok."


@command("update-apply", required=(_UPDATE,), doc="Apply an update to hosts.", selector=HOST)
def apply(state: State, host: Record, uuid: Record) -> None:
    """Note that the host has it; one that asks for a reboot waits for that."""
    refuse(updates.is_new_on(uuid, host))
    updates.note_applied(state, uuid, host)
    if "restartHost" in uuid["after-apply-guidance"]:
        state.update(host, {"updates-requiring-reboot": [*host["updates-requiring-reboot"], uuid["uuid"]]})


@command("update-pool-apply", required=(_UPDATE,), doc="Apply an update to all hosts that lack it.")
def pool_apply(state: State, update: Record) -> None:
    """Apply it to the hosts that lack it."""
    lacking = [host for host in state.all("host") if host["uuid"] not in update["hosts"]]
    if not lacking:
        raise Failure("UPDATE_ALREADY_APPLIED_IN_POOL", update)
    for host in lacking:
        apply(state, host, update)


@command("update-pool-clean", required=(_UPDATE,), doc="Destroy the VDI that holds an update.")
def pool_clean(state: State, update: Record) -> None:
    """Destroy the VDI; the update stays known."""
    held = state.ref_or_none(update, "vdi")
    if held is not None:
        vdi.destroy(state, held)


@command("update-destroy", required=(_UPDATE,), doc="Drop an update that no host has.")
def destroy(state: State, update: Record) -> None:
    """Drop the update, and the patch that it stands behind."""
    if update["hosts"]:
        raise Failure("UPDATE_IS_APPLIED", blockers=tuple(state.need("host", uuid) for uuid in update["hosts"]))
    for patch in state.pointing_at(update, "patch.update"):
        state.delete(patch)
    state.delete(update)


@command(
    "update-resync-host",
    required=(Ref("host-uuid", "host", doc="The host."),),
    doc="Read from a host which updates it has.",
    hidden=True,
)
def resync_host(_state: State, host: Record) -> None:
    """Find what is known."""
    del host
