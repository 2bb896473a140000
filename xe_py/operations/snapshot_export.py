"""Exporting snapshots."""

from __future__ import annotations

from xe_py.operations.effects import exporting
from xe_py.operations.effects.templates import must_be_template
from xe_py.schema.command import EXPORTS, command
from xe_py.schema.fields import Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "snapshot-export-to-template",
    required=(
        exporting.FILENAME,
        Ref("snapshot-uuid", "vm", doc="The snapshot."),
    ),
    optional=(exporting.KEEPS_POWER, exporting.COMPRESS, exporting.METADATA, exporting.EXCLUDED),
    undeclared=(exporting.SNAPSHOTS,),
    grammar=must_be_template,
    doc="Write a snapshot with its disks to a file (XVA), as a template.",
    kind=EXPORTS,
    standard=True,
)
def export(state: State, filename: str, snapshot: Record, **given: Any) -> str | None:
    """Write the snapshot to a new file; with its disks, it is a template of its own."""
    return exporting.export(state, snapshot, filename, **given)
