"""Snapshot: a VM as it was at one moment, kept as a VM that never runs."""

from __future__ import annotations

from xe_py.schema.xenclass import View

SNAPSHOT = View(
    "snapshot",
    "vm",
    doc="A snapshot: a VM as it was at one moment.",
    filters={"is-a-snapshot": "true"},
    list_fields=("name-label", "name-description", "uuid", "snapshot-of", "snapshot-time", "is-vmss-snapshot"),
)
