"""Changed block tracking: which blocks of a VDI changed since a snapshot."""

from __future__ import annotations

from xe_py.classes import vdi as guards
from xe_py.errors import Failure, refuse
from xe_py.operations.effects.changed_blocks import METADATA, changed, forget_data
from xe_py.schema.command import READS, command
from xe_py.schema.fields import Ref
from xe_py.xapi.drivers import reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


_VDI = Ref("uuid", "vdi", doc="The VDI.")


@command("vdi-enable-cbt", required=(_VDI,), doc="Track which blocks of a VDI change.")
def enable(state: State, vdi: Record) -> None:
    """Note that the blocks are tracked; the snapshots that are taken from now on have this too."""
    refuse(guards.can_set_cbt(state, vdi))
    state.update(vdi, {"cbt-enabled": True})


@command("vdi-disable-cbt", required=(_VDI,), doc="Track no longer which blocks of a VDI change.")
def disable(state: State, vdi: Record) -> None:
    """Note that the blocks are no longer tracked."""
    refuse(guards.can_set_cbt(state, vdi))
    state.update(vdi, {"cbt-enabled": False})


@command(
    "vdi-data-destroy",
    required=(Ref("uuid", "vdi", doc="The VDI, a snapshot whose changed blocks are tracked."),),
    doc="Destroy the data of a snapshot, and keep what tells which blocks changed since.",
)
def data_destroy(state: State, vdi: Record) -> None:
    """Make a VDI of type CBT metadata of the snapshot; once more changes nothing."""
    refuse(guards.can_destroy_data(state, vdi))
    if vdi["type"] != METADATA:
        forget_data(state, vdi)


@command(
    "vdi-list-changed-blocks",
    required=(
        Ref("vdi-from-uuid", "vdi", doc="The earlier snapshot."),
        Ref("vdi-to-uuid", "vdi", doc="A later snapshot of the same VDI, or the VDI itself."),
    ),
    doc="Show which blocks of 64 KiB changed from one VDI to the other, as the base64 text of a bitmap.",
    kind=READS,
)
def list_changed_blocks(state: State, vdi_from: Record, vdi_to: Record) -> str:
    """The bitmap, with the first block in the highest bit."""
    for vdi in (vdi_from, vdi_to):
        refuse(guards.can_list_changed_blocks(state, vdi))
    if vdi_from is vdi_to:
        raise _no_bitmap("both are the same VDI")
    if not (vdi_from["cbt-enabled"] and vdi_to["cbt-enabled"]):
        raise _no_bitmap("changed blocks are not tracked for both")
    if not _follows(vdi_from, vdi_to):
        raise _no_bitmap("the second VDI does not follow the first, a snapshot of the same VDI")
    from base64 import b64encode

    return b64encode(changed(state, vdi_from, vdi_to)).decode()


def _follows(earlier: Record, later: Record) -> bool:
    """Whether one VDI is a snapshot, and the other one is what it is of, or a later snapshot of the same."""
    source = earlier["snapshot-of"]
    if source is None:
        return False
    is_later = later["snapshot-of"] == source and later["snapshot-time"] >= earlier["snapshot-time"]
    return bool(is_later or later["uuid"] == source)


def _no_bitmap(detail: str) -> Failure:
    return Failure("SR_BACKEND_FAILURE_460", "", reason("The driver cannot tell the changed blocks", detail), "")
