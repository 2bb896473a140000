"""Sharing: which VBDs may have a VDI at once, and where its SR has to be plugged."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.xenclass import STRICT, rule
from xe_py.xapi.guest import is_live

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


def others_do_not_write(state: State, vbd: Record, vdi: Record) -> Iterator[Failure]:
    """One VBD that writes excludes all others, except those of control domains."""
    if vdi["sharable"] or vdi["read-only"] or _is_of_control_domain(state, vbd):
        return
    live = [other for other in state.pointing_at(vdi, "vbd.vdi-uuid") if other is not vbd and holds(state, other)]
    blockers = tuple(other for other in live if "RW" in {other["mode"], vbd["mode"]})
    if blockers:
        yield Failure("VDI_IN_USE", vdi, blockers=blockers)


def does_not_write(vbd: Record, vdi: Record) -> Iterator[Failure]:
    """Nobody writes to a read-only VDI."""
    if vbd["mode"] == "RW" and vdi["read-only"]:
        yield Failure("VDI_READONLY", vdi)


def holds(state: State, vbd: Record) -> bool:
    """Whether others have to reckon with the VBD: it is attached, its VM is neither suspended nor a control domain."""
    if not vbd["currently-attached"]:
        return False
    vm = state.ref(vbd, "vm-uuid")
    return vm["power-state"] != "suspended" and not vm["is-control-domain"]


def _is_of_control_domain(state: State, vbd: Record) -> bool:
    return bool(state.ref(vbd, "vm-uuid")["is-control-domain"])


# Rules. Those that hold between two VBDs are broken by a change of one of the two: its own side is all they watch.


@rule("mode", "vdi-uuid", "vdi-uuid/read-only")
def read_only_vdis_are_not_written(state: State, vbd: Record) -> Iterator[Failure]:
    """A VBD that writes does not present a read-only VDI."""
    vdi = state.ref_or_none(vbd, "vdi-uuid")
    if vdi is not None:
        yield from does_not_write(vbd, vdi)


@rule(
    "vdi-uuid",
    "vdi-uuid/sharable",
    "vdi-uuid/read-only",
    "vm-uuid",
    "vm-uuid/is-control-domain",
    profile=STRICT,
)
def a_vdi_has_one_vbd(state: State, vbd: Record) -> Iterator[Failure]:
    """A VDI has one VBD, unless it is declared sharable or read-only; what control domains attach does not count."""
    vdi = state.ref_or_none(vbd, "vdi-uuid")
    if vdi is None or vdi["sharable"] or vdi["read-only"] or _is_of_control_domain(state, vbd):
        return
    vbds = state.pointing_at(vdi, "vbd.vdi-uuid")
    others = [other for other in vbds if other is not vbd] if len(vbds) > 1 else []
    blockers = tuple(other for other in others if not _is_of_control_domain(state, other))
    if blockers:
        yield Failure("VDI_IN_USE", vdi, "attach", blockers=blockers)


@rule(
    "currently-attached",
    "mode",
    "vdi-uuid",
    "vdi-uuid/sharable",
    "vdi-uuid/read-only",
    "vm-uuid",
    "vm-uuid/power-state",
    "vm-uuid/is-control-domain",
)
def one_that_writes_is_alone(state: State, vbd: Record) -> Iterator[Failure]:
    """Among the VBDs that have a VDI attached, one that writes excludes all others, unless the VDI is sharable."""
    vdi = state.ref_or_none(vbd, "vdi-uuid") if holds(state, vbd) else None
    if vdi is not None:
        yield from others_do_not_write(state, vbd, vdi)


_PBD = "vdi-uuid/sr-uuid/pbd.sr-uuid"


@rule(
    "currently-attached",
    "vdi-uuid",
    "vm-uuid",
    "vm-uuid/power-state",
    "vm-uuid/resident-on",
    "vdi-uuid/sr-uuid",
    _PBD,
    f"{_PBD}/host-uuid",
    f"{_PBD}/currently-attached",
)
def attached_vdis_are_within_reach(state: State, vbd: Record) -> Iterator[Failure]:
    """What a live VM has attached lives on an SR that is plugged on the VM's host."""
    if not vbd["currently-attached"]:
        return
    vdi, vm = state.ref_or_none(vbd, "vdi-uuid"), state.ref(vbd, "vm-uuid")
    if vdi is None or not is_live(vm):
        return
    pbds = tuple(state.find("pbd", sr_uuid=vdi["sr-uuid"], host_uuid=vm["resident-on"]))
    if not any(pbd["currently-attached"] for pbd in pbds):
        yield Failure("VM_REQUIRES_SR", vm, state.ref(vdi, "sr-uuid"), blockers=pbds)
