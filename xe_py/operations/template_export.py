"""Exporting templates."""

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
    "template-export",
    required=(
        exporting.FILENAME,
        Ref("template-uuid", "vm", doc="The template."),
    ),
    optional=(exporting.COMPRESS, exporting.METADATA, exporting.EXCLUDED),
    undeclared=(exporting.KEEPS_POWER, exporting.SNAPSHOTS),
    grammar=must_be_template,
    doc="Write a template with its disks to a file (XVA).",
    kind=EXPORTS,
    standard=True,
)
def export(state: State, filename: str, template: Record, **given: Any) -> str | None:
    """Write the template to a new file."""
    return exporting.export(state, template, filename, **given)
