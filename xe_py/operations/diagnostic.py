"""Reports about what could be wrong."""

from __future__ import annotations

from xe_py.codes import describe
from xe_py.errors import named
from xe_py.schema.command import READS, command
from xe_py.schema.fields import Ref
from xe_py.schema.listing import Facts, Listing, Sentence
from xe_py.xapi.agility import is_agile
from xe_py.xapi.placement import can_run_on

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.errors import Failure
    from xe_py.state.record import Record
    from xe_py.state.state import State

_OF_LICENCES = ("Hostname", "UUID", "Features", "Edition", "Expiry", "Days left")
_UNKNOWN = ("-",) * len(_OF_LICENCES)
_OF_VMS = ("uuid", "name-label", "power-state", "possible-hosts")
_OF_VDIS = ("uuid", "name-label", "sr-uuid", "read-only", "sharable", "storage-lock")
_OF_ITS_VBDS = ("uuid", "empty", "device", "userdevice", "mode", "type", "storage-lock")
_OF_VBDS = ("uuid", "vdi-uuid", "empty", "device", "userdevice", "mode", "type", "attachable", "storage-lock")


@command(
    "diagnostic-vm-status",
    required=(Ref("uuid", "vm", doc="The VM."),),
    doc="Show whether the disks of a VM can be attached, and on which hosts it can start.",
    kind=READS,
    standard=True,
)
def vm_status(state: State, vm: Record) -> list[Listing | Facts | str]:
    """The VM, its VBDs, what each host says of it, and whether every host could run it."""
    hosts = [(host["name-label"], next(can_run_on(state, vm, host), None)) for host in state.all("host")]
    immobile = next(is_agile(state, vm), None)
    return [
        _shown(vm, _OF_VMS),
        "Can the disks be attached?",
        *(_shown(vbd, _OF_VBDS) for vbd in state.pointing_at(vm, "vbd.vm-uuid")),
        "Can the VM start on each host?",
        Facts([(name, "OK" if no is None else f"Cannot start here [{_said(no)}]") for name, no in hosts]),
        "The VM is agile." if immobile is None else f"The VM is not agile: {_said(immobile)}",
    ]


@command(
    "diagnostic-license-status",
    doc="Show the edition of each host and when its licence expires, and the features of the pool.",
    kind=READS,
)
def license_status(state: State) -> list[Sentence]:
    """A table: the hosts, and below them the pool. The real xe shows no more of a licence that never expires."""
    from xe_py.xapi.licensing import allowed

    hosts = [(host["hostname"], host["uuid"][:8], *_UNKNOWN[2:]) for host in state.all("host")]
    pool = (*_UNKNOWN[:2], allowed(state), *_UNKNOWN[3:])
    rows = [_OF_LICENCES, _UNKNOWN, *hosts, _UNKNOWN, pool]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [Sentence(" ".join(map(str.ljust, row, widths))) for row in rows]


@command(
    "diagnostic-vdi-status",
    required=(Ref("uuid", "vdi", doc="The VDI."),),
    doc="Show a VDI, with the VBDs that use it and those that could.",
    kind=READS,
)
def vdi_status(state: State, vdi: Record) -> list[Listing | Facts | str]:
    """The VDI, the VBDs that are attached, and the others."""
    vbds = state.pointing_at(vdi, "vbd.vdi-uuid")
    active = [_shown(vbd, _OF_ITS_VBDS) for vbd in vbds if vbd["currently-attached"]]
    others = [_shown(vbd, _OF_ITS_VBDS) for vbd in vbds if not vbd["currently-attached"]]
    parts: list[Listing | Facts | str] = [_shown(vdi, _OF_VDIS)]
    parts += ["Attached VBDs:", *active] if active else ["No VBD is attached."]
    return [*parts, "Other VBDs:", *others] if others else parts


def _shown(obj: Record, names: tuple[str, ...]) -> Listing:
    return Listing(obj.cls, [obj], tuple(field for field in obj.cls.fields if field.name in names), one=True)


def _said(failure: Failure) -> str:
    sentence, values = describe(failure)
    return " ".join([sentence, *(f"{label}: {named(value)}" for label, value in values)])
