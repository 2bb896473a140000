"""Template: a VM that only serves to make other VMs."""

from __future__ import annotations

from xe_py.schema.xenclass import View

TEMPLATE = View(
    "template",
    "vm",
    doc="A template: a VM that only serves to make other VMs.",
    filters={"is-a-template": "true", "is-a-snapshot": "false"},
    list_fields=("name-label", "name-description", "uuid"),
)
