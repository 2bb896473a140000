"""SM: a storage driver. Its objects are those that the package knows; no state file holds them."""

from __future__ import annotations

from xe_py.schema.fields import MRO, Map, Set, Text
from xe_py.schema.xenclass import XenClass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xe_py.state.state import State


def _drivers(state: State) -> Iterator[dict[str, Any]]:
    from xe_py.xapi.driver_records import records

    return records(state)


SM = XenClass(
    "sm",
    label="SM",
    follows=_drivers,
    doc="A storage driver: it serves the SRs of one type.",
    fields=(
        Text("name-label", doc="The name."),
        Text("name-description", doc="What the driver does."),
        Text("type", doc="The type of the SRs, such as ext or nfs."),
        Text("vendor", doc="Who made the driver."),
        Text("copyright", doc="Who holds the rights."),
        Text("required-api-version", doc="The version of the interface of drivers that the driver needs."),
        Set("capabilities", deprecated=True, doc="What the driver can do; features says it with versions."),
        Map("features", mode=MRO, doc="What the driver can do, with the version of each."),
        Map("configuration", doc="The keys of device-config, and what they mean."),
        Text("driver-filename", doc="The file of the driver on a real host."),
        Set("required-cluster-stack", join=", ", doc="The kinds of cluster that the driver needs."),
        Set("supported-image-formats", doc="The formats of disks that the driver lets a user choose from."),
    ),
    list_fields=("uuid", "type", "name-label", "name-description", "vendor", "copyright", "configuration"),
)
