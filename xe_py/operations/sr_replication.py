"""Writing the database of the pool to a disk on an SR, from which another site can bring it back."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.operations import vbd as vbds
from xe_py.operations import vdi as vdis
from xe_py.schema.command import command
from xe_py.schema.fields import Ref
from xe_py.xapi.drivers import MIB, capabilities

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

_SR = Ref("uuid", "sr", doc="The SR.")
_TYPE, _SIZE, _RAW = "Metadata", 3804 * MIB, {"type": "raw"}
# XAPI writes to no more disks than these.
_MOST = 8


@command(
    "sr-enable-database-replication",
    required=(_SR,),
    doc="Keep a copy of the database of the pool on an SR, for disaster recovery.",
)
def enable(state: State, sr: Record) -> None:
    """Find or make the disk for the database, and attach it to the control domain of the coordinator."""
    refuse(_can_replicate(state, sr))
    pool = state.all("pool")[0]
    kept = state.find("vdi", type=_TYPE, metadata_latest=True)
    if len(kept) >= _MOST:
        raise Failure("NO_MORE_REDO_LOGS_ALLOWED", blockers=tuple(kept))
    own = [vdi for vdi in _databases(state, pool, sr) if vdi["virtual-size"] >= _SIZE]
    if any(vdi["metadata-latest"] for vdi in own):
        return
    vdi = own[0] if own else vdis.create(state, sr, "Metadata for DR", _SIZE, _RAW, type=_TYPE.lower())
    for vbd in state.pointing_at(vdi, "vbd.vdi-uuid"):
        state.delete(vbd)
    host = state.ref(pool, "master")
    vbd = vbds.create(state, state.need("vm", state.value(host, "control-domain-uuid")), "autodetect", vdi)
    vbds.plug(state, vbd)
    description = {"name-description": "The database of the pool, for disaster recovery"}
    state.update(vdi, {**description, "metadata-of-pool": pool["uuid"], "metadata-latest": True})


@command(
    "sr-disable-database-replication",
    required=(_SR,),
    doc="Destroy the copy of the database of the pool on an SR.",
)
def disable(state: State, sr: Record) -> None:
    """Destroy the disks on the SR that hold the database of the pool, with their VBDs."""
    for vdi in _databases(state, state.all("pool")[0], sr):
        for vbd in state.pointing_at(vdi, "vbd.vdi-uuid"):
            state.delete(vbd)
        vdis.destroy(state, vdi)


def _can_replicate(state: State, sr: Record) -> Iterator[Failure]:
    """Why the SR cannot hold a copy: every host must reach it, and its driver must know such disks."""
    pbds = state.pointing_at(sr, "pbd.sr-uuid")
    unplugged = tuple(pbd for pbd in pbds if not pbd["currently-attached"])
    if unplugged or len(pbds) < state.count("host"):
        yield Failure("SR_HAS_NO_PBDS", sr, blockers=unplugged)
    if "SR_METADATA" not in capabilities(sr["type"]):
        yield Failure("SR_OPERATION_NOT_SUPPORTED", sr)


def _databases(state: State, pool: Record, sr: Record) -> list[Record]:
    return [
        vdi
        for vdi in state.pointing_at(sr, "vdi.sr-uuid")
        if vdi["type"] == _TYPE and vdi["metadata-of-pool"] == pool["uuid"]
    ]
