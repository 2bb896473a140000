"""What happens when a host goes down and when it comes up again."""

from __future__ import annotations

from xe_py.classes.pbd import can_unplug
from xe_py.operations.effects.best_effort import plug_if_possible
from xe_py.operations.effects.bring_up import bring_up
from xe_py.schema.fields import with_key
from xe_py.xapi.gpus import hide_after_boot
from xe_py.xapi.pif_guards import ip_mode
from xe_py.xapi.vm_settings import now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_DISPLAY_AFTER = {"disable_on_reboot": "disabled", "enable_on_reboot": "enabled"}


def leave_storage(state: State, host: Record) -> None:
    """Unplug the PBDs of the host, those that can be unplugged."""
    for pbd in state.pointing_at(host, "pbd.host-uuid"):
        if pbd["currently-attached"] and not any(can_unplug(state, pbd)):
            state.update(pbd, {"currently-attached": False})


def go_down(state: State, host: Record) -> None:
    """Let the host leave its storage and stop answering."""
    leave_storage(state, host)
    state.update(host, {"host-metrics-live": False})


def come_up(state: State, host: Record) -> None:
    """Let the host boot: it takes its network cards and all its storage, and is enabled again if it may be."""
    from time import time

    texts = host["other-config"]
    for key in ("boot_time", "agent_start_time"):
        texts = with_key(texts, key, f"{time():.0f}.")
    state.update(
        host,
        {
            "host-metrics-live": True,
            "enabled": host["auto-enable"],
            "disabled-until-reboot": False,
            "display": _DISPLAY_AFTER.get(host["display"], host["display"]),
            "other-config": texts,
        },
    )
    for domain in state.find("vm", resident_on=host["uuid"], dom_id=0):
        state.update(domain, {"start-time": now()})
    for pif in state.pointing_at(host, "pif.host-uuid"):
        needed = pif["management"] or ip_mode(pif) != "None"
        if needed and pif["managed"] and not pif["bond-slave-of"] and not pif["currently-attached"]:
            bring_up(state, pif)
    hide_after_boot(state, host)
    for pbd in state.pointing_at(host, "pbd.host-uuid"):
        plug_if_possible(state, pbd)
