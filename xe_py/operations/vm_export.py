"""Exporting VMs."""

from __future__ import annotations

from xe_py.errors import Misuse
from xe_py.operations.effects import exporting
from xe_py.schema.client import STANDARD_OUTPUT
from xe_py.schema.command import EXPORTS, VM, command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State


def _one_to_standard_output(
    _state: State, _vm: Record, *, filename: str, among: tuple[int, int], **_others: object
) -> None:
    if filename in STANDARD_OUTPUT and among[1] > 1:
        raise Misuse("Error: Standard output takes one VM only. Choose one VM, or name a file: filename=<file>")


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
    grammar=_one_to_standard_output,
    doc="Write a VM with its disks to a file (XVA); of several VMs, the second to <filename>2, and so on.",
    selector=VM,
    counts=True,
    kind=EXPORTS,
    standard=True,
)
def export(state: State, vm: Record, filename: str, **given: Any) -> str | None:
    """Write the VM to a new file."""
    return exporting.export(state, vm, filename, **given)
