"""Exporting VMs."""

from __future__ import annotations

from xe_py.operations.effects import exporting
from xe_py.schema.command import EXPORTS, VM, command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "vm-export",
    required=(exporting.FILENAME,),
    optional=(
        exporting.KEEPS_POWER,
        exporting.COMPRESS,
        exporting.METADATA,
        exporting.EXCLUDED,
        exporting.SNAPSHOTS,
    ),
    doc="Write a VM with its disks to a file (XVA).",
    selector=VM,
    kind=EXPORTS,
    standard=True,
)
def export(state: State, vm: Record, filename: str, **given: Any) -> None:
    """Write the VM to a new file."""
    exporting.export(state, vm, filename, **given)
