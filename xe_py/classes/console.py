"""Console: where clients reach the screen of a VM, which follows from the VM while it runs."""

from __future__ import annotations

from xe_py.schema.derived import Computed, NameOf
from xe_py.schema.fields import Choice, Map, Ref, Text
from xe_py.schema.xenclass import XenClass
from xe_py.xapi import consoles

CONSOLE = XenClass(
    "console",
    label="console",
    doc="Where clients reach the screen of a VM. It follows from the VM while the VM runs.",
    fields=(
        Ref("vm-uuid", "vm", required=True, doc="The VM."),
        NameOf("vm-name-label", "vm-uuid", doc="The name of that VM."),
        Choice("protocol", (consoles.SCREEN, consoles.TEXT, "RDP"), default=consoles.SCREEN, doc="The protocol."),
        Text("location", doc="The address."),
        Computed(
            "other-config",
            Map,
            consoles.other_config,
            mode="MRW",
            effect=consoles.other_config_was_set,
            doc="Extra settings that clients keep.",
        ),
    ),
    follows=consoles.consoles,
    list_fields=("uuid", "vm-uuid", "vm-name-label", "protocol", "location"),
)
