"""VM group: VMs that are to run on different hosts."""

from __future__ import annotations

from xe_py.schema.derived import Back
from xe_py.schema.fields import Choice
from xe_py.schema.xenclass import NAMES, XenClass
from xe_py.xapi.vm_settings import ANTI_AFFINITY

PLACEMENTS = ("normal", ANTI_AFFINITY)

VM_GROUP = XenClass(
    "vm-group",
    label="VM_group",
    section=233,
    doc="VMs that are placed together: those of an anti-affinity group start on different hosts if they can.",
    fields=(
        *NAMES,
        Choice(
            "placement",
            PLACEMENTS,
            otherwise="Invalid VM placement policy, got {}",
            default="normal",
            doc="Whether the VMs of the group are to run on different hosts.",
        ),
        Back("vm-uuids", "vm.groups", mode="SRO", doc="The VMs in the group."),
    ),
    list_fields=("uuid", "name-label", "name-description", "placement", "vm-uuids"),
)
