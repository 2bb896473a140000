"""VMSS: a schedule for snapshots of VMs."""

from __future__ import annotations

from xe_py.schema.derived import Back
from xe_py.schema.fields import MRW, RW, Bool, Choice, Int, Map
from xe_py.schema.values import EPOCH, Time
from xe_py.schema.xenclass import NAMES, XenClass
from xe_py.xapi import schedules

VMSS = XenClass(
    "vmss",
    label="VMSS",
    section=239,
    doc="A schedule for snapshots of VMs. Nothing here takes them by itself: vmss-snapshot-now does.",
    fields=(
        *NAMES,
        Bool("enabled", default=True, mode=RW, doc="Whether the schedule is in force."),
        Choice(
            "type",
            schedules.TYPES,
            mode=RW,
            required=True,
            guard=schedules.type_fits,
            doc="What is taken of a VM: a snapshot, or a checkpoint, which has its memory too.",
        ),
        Int(
            "retained-snapshots",
            default=7,
            mode=RW,
            guard=schedules.kept_snapshots,
            doc="How many snapshots of each VM are kept, from 1 to 10.",
        ),
        Choice(
            "frequency",
            schedules.FREQUENCIES,
            mode=RW,
            required=True,
            effect=schedules.frequency_was_set,
            doc="How often snapshots are to be taken.",
        ),
        Map(
            "schedule",
            mode=MRW,
            guard=schedules.keys,
            effect=schedules.keys_were_set,
            doc="When: min is 0, 15, 30 or 45; hour is 0 to 23; days has names of days with commas between them.",
        ),
        Time("last-run-time", unknown=EPOCH, doc="When snapshots were last taken."),
        Back("VMs", "vm.snapshot-schedule", mode="SRO", doc="The VMs of which snapshots are taken."),
    ),
    list_fields=(
        "uuid",
        "name-label",
        "name-description",
        "enabled",
        "type",
        "retained-snapshots",
        "frequency",
        "schedule",
        "last-run-time",
        "VMs",
    ),
)
