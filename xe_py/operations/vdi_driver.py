"""What only a driver needs to know of a VDI: its lock, and how a host attaches it before the toolstack runs."""

from __future__ import annotations

from xe_py.classes import vdi as guards
from xe_py.errors import Misuse, refuse
from xe_py.operations.vm_power import UNFORCED
from xe_py.schema.command import READS, command
from xe_py.schema.fields import Bool, Ref
from xe_py.xapi.hosts import answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def _must_be_forced(_state: State, _vdi: Record, *, force: bool = False) -> None:
    if not force:
        raise Misuse(f"Error: {UNFORCED}")


@command(
    "vdi-unlock",
    required=(Ref("uuid", "vdi", doc="The VDI."),),
    optional=(Bool("force", doc="Required, because a host may still write to the VDI."),),
    doc="Remove the lock of a driver; XAPI can no longer do this.",
    grammar=_must_be_forced,
    kind=READS,
)
def unlock(state: State, vdi: Record, **_forced: object) -> None:
    """Refuse, as XAPI does since drivers lock VDIs by other means."""
    refuse(guards.can_unlock(state, vdi))


@command(
    "vdi-generate-config",
    required=(Ref("host-uuid", "host", doc="The host that is to attach the VDI."), Ref("uuid", "vdi", doc="The VDI.")),
    doc="Show what a host needs to attach a VDI before its toolstack runs.",
    called={"uuid": "vdi"},
    kind=READS,
    hidden=True,
)
def generate_config(state: State, host: Record, vdi: Record) -> str:
    """The call, in XML-RPC and packed into an answer, with which the driver attaches the VDI."""
    from xmlrpc.client import dumps

    refuse(guards.can_generate_config(state, vdi))
    refuse(answers(state, host))
    sr = state.ref(vdi, "sr-uuid")
    pbds = state.find("pbd", sr_uuid=sr["uuid"], host_uuid=host["uuid"]) or state.pointing_at(sr, "pbd.sr-uuid")
    shown = pbds[0].cls.by_name["device-config"].shown(pbds[0]["device-config"])
    config = {
        "device_config": shown,
        "sr_uuid": sr["uuid"],
        "vdi_uuid": vdi["uuid"],
        "command": "vdi_attach_from_config",
    }
    return dumps((dumps((config,), "vdi_attach_from_config"),), "", methodresponse=True)
