"""Whether a host shows its console on a screen."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.schema.command import command
from xe_py.schema.fields import Ref
from xe_py.schema.listing import Sentence
from xe_py.xapi.hosts import answers
from xe_py.xapi.licensing import allows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_HOST = Ref("uuid", "host", doc="The host.")
# What each value becomes. The screen itself changes when the host boots again.
_ON = {"disabled": "enable_on_reboot", "disable_on_reboot": "enabled"}
_OFF = {"enabled": "disable_on_reboot", "enable_on_reboot": "disabled"}


@command(
    "host-enable-display",
    required=(_HOST,),
    doc="Let a host show its console on a screen, from its next boot on.",
)
def enable(state: State, host: Record) -> Sentence:
    """Show the console again; what the display is now."""
    refuse(answers(state, host))
    return _set(state, host, _ON)


@command(
    "host-disable-display",
    required=(_HOST,),
    doc="Let a host show no console on a screen, from its next boot on, so that a VM can have the graphics card.",
)
def disable(state: State, host: Record) -> Sentence:
    """Show the console no longer; what the display is now."""
    refuse(answers(state, host))
    if not allows(state, "Integrated_GPU"):
        raise Failure("FEATURE_RESTRICTED")
    return _set(state, host, _OFF)


def _set(state: State, host: Record, following: dict[str, str]) -> Sentence:
    display = str(following.get(host["display"], host["display"]))
    state.update(host, {"display": display})
    return Sentence(display)
