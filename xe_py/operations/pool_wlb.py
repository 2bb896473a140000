"""Workload balancing: a server outside the pool that recommends where VMs should run. None is asked here."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.schema.command import command
from xe_py.schema.fields import Text
from xe_py.xapi.licensing import is_licensed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.state import State


@command(
    "pool-initialize-wlb",
    required=(
        Text("wlb_url", doc="The address of the server, with its port."),
        Text("wlb_username", doc="The name of a user there; every name will do."),
        Text("wlb_password", doc="The password of that user; it is not kept."),
        Text("xenserver_username", doc="The name with which the server logs in to the pool; every name will do."),
        Text("xenserver_password", doc="The password for that; it is not kept."),
    ),
    doc="Name the workload balancing server of the pool; it is not asked.",
)
def initialize(state: State, *, wlb_url: str, wlb_username: str, **_unused: str) -> None:
    """Note where the server is."""
    refuse(is_licensed(state, "WLB"))
    state.update(state.all("pool")[0], {"wlb-url": wlb_url, "wlb-username": wlb_username})


@command("pool-deconfigure-wlb", doc="Forget the workload balancing server of the pool.")
def deconfigure(state: State) -> None:
    """Forget the server, and use none any more."""
    pool = state.all("pool")[0]
    if not pool["wlb-url"]:
        raise Failure("WLB_NOT_INITIALIZED")
    state.update(pool, {"wlb-url": "", "wlb-username": "", "wlb-enabled": False})
