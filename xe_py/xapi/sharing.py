"""Sharing: which VBDs may use a VDI at the same time, and where its SR must be plugged."""

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
    """Why the VBD cannot be attached now: it or another attached VBD of the VDI can write to it."""
    if vdi["sharable"] or vdi["read-only"] or _is_of_control_domain(state, vbd):
        return
    live = [other for other in state.pointing_at(vdi, "vbd.vdi-uuid") if other is not vbd and holds(state, other)]
    blockers = tuple(other for other in live if "RW" in {other["mode"], vbd["mode"]})
    if blockers:
        yield Failure("VDI_IN_USE", vdi, blockers=blockers)


def does_not_write(vbd: Record, vdi: Record) -> Iterator[Failure]:
    """Why the VBD cannot write: its VDI is read-only."""
    if vbd["mode"] == "RW" and vdi["read-only"]:
        yield Failure("VDI_READONLY", vdi)


def holds(state: State, vbd: Record) -> bool:
    """Whether the VBD keeps others from its VDI: it is attached, and its VM is no suspended VM or control domain."""
    if not vbd["currently-attached"]:
        return False
    vm = state.ref(vbd, "vm-uuid")
    return vm["power-state"] != "suspended" and not vm["is-control-domain"]


def _is_of_control_domain(state: State, vbd: Record) -> bool:
    return bool(state.ref(vbd, "vm-uuid")["is-control-domain"])


# Rules. Some compare two VBDs. Breaking them takes a change of one of them, so they watch only their own VBD.


@rule("mode", "vdi-uuid", "vdi-uuid/read-only")
def read_only_vdis_are_not_written(state: State, vbd: Record) -> Iterator[Failure]:
    """A VBD in mode RW does not have a read-only VDI."""
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
    """A VDI has at most one VBD, unless it is sharable or read-only; VBDs of control domains do not count."""
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
    """If an attached VBD can write, its VDI has no other attached VBD, unless the VDI is sharable."""
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
    """The attached VDIs of a running VM are on SRs that are plugged on its host."""
    if not vbd["currently-attached"]:
        return
    vdi, vm = state.ref_or_none(vbd, "vdi-uuid"), state.ref(vbd, "vm-uuid")
    if vdi is None or not is_live(vm):
        return
    pbds = tuple(state.find("pbd", sr_uuid=vdi["sr-uuid"], host_uuid=vm["resident-on"]))
    if not any(pbd["currently-attached"] for pbd in pbds):
        yield Failure("VM_REQUIRES_SR", vm, state.ref(vdi, "sr-uuid"), blockers=pbds)
