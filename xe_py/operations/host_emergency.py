"""What helps a host that has lost its coordinator, or whose settings keep it from work: the host that xe talks to."""

from __future__ import annotations

from xe_py.errors import Failure, Misuse
from xe_py.operations.vm_power import UNFORCED
from xe_py.schema.command import READS, command
from xe_py.schema.fields import show
from xe_py.xapi.hosts import is_leaderless, this_host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.state import State


def _is_forced(_state: State, *, force: bool = False, **_others: object) -> None:
    if not force:
        raise Misuse(f"Error: {UNFORCED}")


@command(
    "host-is-in-emergency-mode",
    doc="Show whether the hosts that answer have lost their coordinator.",
    kind=READS,
)
def is_in_emergency_mode(state: State) -> str:
    """True or false, as xe prints it."""
    return show(is_leaderless(state))


@command(
    "host-emergency-disable-tls-verification",
    doc="Let the host trust other hosts without looking at their certificates.",
)
def disable_tls_verification(state: State) -> None:
    """Switch the verification off on the host; the setting of the pool stays."""
    state.update(this_host(state), {"tls-verification-enabled": False})


@command(
    "host-emergency-reenable-tls-verification",
    doc="Let the host look at the certificates of other hosts again.",
)
def reenable_tls_verification(state: State) -> None:
    """Switch the verification on again on the host."""
    pool = state.all("pool")[0]
    if not pool["tls-verification-enabled"]:
        raise Failure("TLS_VERIFICATION_NOT_ENABLED_IN_POOL", blockers=(pool,))
    state.update(this_host(state), {"tls-verification-enabled": True})


@command(
    "host-emergency-clear-mandatory-guidance",
    doc="Forget what updates still require of the host before it can be used.",
)
def clear_mandatory_guidance(state: State) -> None:
    """Empty the list of what the host must do."""
    state.update(this_host(state), {"pending-guidances": []})
