"""SDN controller: the program that steers the virtual switches of all hosts."""

from __future__ import annotations

from xe_py.schema.fields import Choice, Int, Text
from xe_py.schema.xenclass import XenClass

PROTOCOLS = ("ssl", "pssl")

SDN_CONTROLLER = XenClass(
    "sdn-controller",
    label="SDN_controller",
    section=66,
    doc="An SDN controller: a program elsewhere that steers the virtual switches of all hosts.",
    fields=(
        Choice(
            "protocol",
            PROTOCOLS,
            default="ssl",
            doc="Who calls whom: with ssl the hosts call the controller, with pssl the controller calls the hosts.",
        ),
        Text("address", doc="The IPv4 address of the controller."),
        Int("port", doc="The TCP port of the controller."),
    ),
    list_fields=("uuid", "protocol", "address", "port"),
)
