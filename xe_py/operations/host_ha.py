"""High availability on one host."""

from __future__ import annotations

from xe_py.errors import Misuse, refuse
from xe_py.schema.command import READS, command
from xe_py.schema.fields import Bool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.state import State


def _must_be_forced(_state: State, *, force: bool = False, **_soft: object) -> None:
    if not force:
        from xe_py.operations.vm_power import UNFORCED

        raise Misuse(f"Error: {UNFORCED}")


@command(
    "host-emergency-ha-disable",
    optional=(
        Bool("force", doc="Required, because the host no longer protects its VMs."),
        Bool("soft", doc="Only until the next start of the host; no error if high availability is off."),
    ),
    grammar=_must_be_forced,
    doc="Switch high availability off on the coordinator alone, if the pool cannot do it.",
)
def emergency_disable(state: State, *, soft: bool = False, **_forced: object) -> None:
    """Let the coordinator watch nothing any more; for the pool, high availability stays on."""
    from xe_py.classes.pool import can_disable_ha

    pool = state.all("pool")[0]
    if pool["ha-enabled"] or not soft:
        refuse(can_disable_ha(state, pool))
        state.update(state.ref(pool, "master"), {"ha-statefiles": [], "ha-network-peers": []})


@command("host-ha-xapi-healthcheck", doc="Check whether the toolstack works.", kind=READS, hidden=True)
def healthcheck(_state: State) -> str:
    """It works, because this command ran."""
    return "xapi is healthy."
