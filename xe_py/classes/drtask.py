"""Disaster recovery task: it makes the SRs of a lost pool visible, as long as it is there."""

from __future__ import annotations

from xe_py.schema.derived import Back
from xe_py.schema.xenclass import XenClass

DRTASK = XenClass(
    "drtask",
    label="DR_task",
    section=485,
    doc="A disaster recovery task, which makes the SRs of a lost pool visible.",
    fields=(Back("introduced-SRs", "sr.introduced-by", doc="The SRs that it made visible."),),
    list_fields=(),
)
