"""Observer: notes what the toolstack does, to find out what takes how long."""

from __future__ import annotations

from xe_py.schema.collections import Words
from xe_py.schema.fields import KEYS_TOGETHER, MRW, RW, SRW, WHOLE, Bool, Map, Refs, Text
from xe_py.schema.xenclass import XenClass

OBSERVER = XenClass(
    "observer",
    label="Observer",
    section=495,
    doc="An observer: it notes what the toolstack does.",
    fields=(
        Refs("host-uuids", "host", mode=SRW, param_set=WHOLE, doc="The hosts that it observes; without any, all."),
        Text("name-label", doc="The name."),
        Text("name-description", doc="The description."),
        Map(
            "attributes",
            mode=MRW,
            param_set=KEYS_TOGETHER,
            doc="What it adds to each of its notes.",
        ),
        Words("endpoints", mode=SRW, param_set=WHOLE, doc="Where it sends its notes: bugtool, or an address."),
        Words("components", mode=SRW, param_set=WHOLE, doc="The programs that it observes; without any, all."),
        Bool("enabled", mode=RW, doc="Whether it is switched on."),
    ),
    list_fields=("uuid", "name-label", "name-description", "host-uuids", "endpoints", "enabled"),
)
