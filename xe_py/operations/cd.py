"""What CDs there are."""

from __future__ import annotations

from xe_py import classes
from xe_py.schema.command import READS, command
from xe_py.schema.fields import Text
from xe_py.schema.listing import Listing, columns
from xe_py.xapi.isos import cds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.state import State


@command(
    "cd-list",
    optional=(Text("params", doc="The fields to show, separated by commas, or all."),),
    doc="List the CDs: the VDIs on SRs whose content type is iso.",
    kind=READS,
    standard=True,
)
def cd_list(state: State, params: str | None = None) -> Listing:
    """The CDs of all SRs."""
    vdi = classes.get("vdi")
    return Listing(vdi, cds(state), columns(vdi, params, ("uuid", "name-label")), chosen=params)
