"""What can be done to PBDs."""

from __future__ import annotations

from xe_py.classes import pbd as guards
from xe_py.errors import refuse
from xe_py.operations.effects.passwords import drop_secrets, with_secrets
from xe_py.operations.effects.storage import attach
from xe_py.schema.command import command
from xe_py.schema.fields import Map, Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_PBD = Ref("uuid", "pbd", doc="The PBD.")


@command(
    "pbd-create",
    required=(Ref("host-uuid", "host", doc="The host."), Ref("sr-uuid", "sr", doc="The SR.")),
    optional=(Map("device-config", doc="Where and how the host finds the storage."),),
    doc="Make a PBD, so that a host can use an SR.",
)
def create(state: State, host: Record, sr: Record, device_config: dict[str, str] | None = None) -> Record:
    """Make a PBD that is not plugged yet; the driver checks the device-config when the PBD is plugged."""
    refuse(guards.can_create(state, sr, host, device_config or {}))
    config = with_secrets(state, device_config or {})
    fields = {"host-uuid": host["uuid"], "sr-uuid": sr["uuid"], "device-config": config}
    return state.add("pbd", fields)


@command("pbd-plug", required=(_PBD,), doc="Plug a PBD: attach its SR to its host.")
def plug(state: State, pbd: Record) -> None:
    """Attach the SR to the host; do nothing if it is attached."""
    if not pbd["currently-attached"]:
        refuse(guards.can_plug(state, pbd))
        attach(state, pbd)


@command("pbd-unplug", required=(_PBD,), doc="Unplug a PBD: detach its SR from its host.")
def unplug(state: State, pbd: Record) -> None:
    """Detach the SR from the host; do nothing if it is detached."""
    if pbd["currently-attached"]:
        refuse(guards.can_unplug(state, pbd))
        state.update(pbd, {"currently-attached": False})


@command("pbd-destroy", required=(_PBD,), doc="Destroy a PBD; the SR stays.")
def destroy(state: State, pbd: Record) -> None:
    """Destroy a PBD that is not plugged."""
    refuse(guards.can_destroy(state, pbd))
    drop_secrets(state, pbd)
    state.delete(pbd)
