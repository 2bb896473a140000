"""What becomes of a VM that is reverted to a snapshot: its disks, its devices and its settings."""

from __future__ import annotations

from xe_py.classes import vdi as guards
from xe_py.errors import Failure, refuse
from xe_py.operations.effects.copies import copy_disk, copy_medium, give_devices
from xe_py.operations.effects.tpms import copy_tpms, remove_tpms
from xe_py.xapi import vm_copies
from xe_py.xapi.disk_copies import CLONE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State

# Refusals that XAPI passes on; all others become VM_REVERT_FAILED.
_PASSED_ON = frozenset(("SR_BACKEND_FAILURE_44", "SR_BACKEND_FAILURE_109", "VDI_INCOMPATIBLE_TYPE"))
_GONE = "<not in database>"


def revert(state: State, vm: Record, snapshot: Record) -> None:
    """Give the halted VM the settings, disks and devices that the snapshot has."""
    state.update(vm, _settings(state, snapshot))
    state.update(vm, {"generation-id": vm_copies.fresh_generation(vm)})
    try:
        _revert_devices(state, vm, snapshot)
    except Failure as failure:
        if failure.code in _PASSED_ON:
            raise
        raise Failure("VM_REVERT_FAILED", snapshot, vm, reasons=((snapshot, failure),)) from failure
    state.update(vm, {"parent": snapshot["uuid"]})


def make_again(state: State, snapshot: Record) -> Record:
    """Make the VM of the snapshot again, which is gone, and make all its snapshots belong to it."""
    uuid = snapshot["reverts-to"].get("uuid")
    if uuid is None or state.class_of(uuid) is not None:
        raise Failure("VM_REVERT_FAILED", snapshot, uuid or _GONE)
    vm = state.add("vm", vm_copies.kept_of_vm(snapshot) | _settings(state, snapshot), uuid)
    # No reference leads from one snapshot of a VM that is gone to the others.
    for other in state.having("vm", "is-a-snapshot", value=True):
        if other["snapshot-of"] is None and other["reverts-to"].get("uuid") == uuid:
            state.update(other, {"snapshot-of": uuid})
    return vm


def _settings(state: State, snapshot: Record) -> dict[str, Any]:
    """The fields that the VM gets back; an SR or an appliance that is gone is not among them."""
    settings = vm_copies.reverted(snapshot)
    for name in ("suspend-SR-uuid", "appliance"):
        if state.get(snapshot.cls.references[name].to, settings[name]) is None:
            settings[name] = None
    return settings


def _revert_devices(state: State, vm: Record, snapshot: Record) -> None:
    vbds = state.pointing_at(snapshot, "vbd.vm-uuid")
    taken = [state.ref(vbd, "vdi-uuid") for vbd in vbds if vbd["type"] == "Disk"]
    related = {vdi["uuid"]: _related(state, vdi) for vdi in taken}
    _remove_devices(state, vm, {vdi["snapshot-of"] for vdi in taken})
    disks = [(vbd, copy_medium(state, vbd, CLONE)) for vbd in vbds]
    for vbd, disk in disks:
        for vdi in related.get(vbd["vdi-uuid"], ()):
            state.update(vdi, {"snapshot-of": disk})
    image = state.ref_or_none(snapshot, "suspend-VDI-uuid")
    copied = None if image is None else copy_disk(state, image, CLONE)["uuid"]
    state.update(vm, {"power-state": snapshot["power-state"], "suspend-VDI-uuid": copied})
    give_devices(state, vm, disks, state.pointing_at(snapshot, "vif.vm-uuid"), same_macs=True)
    copy_tpms(state, snapshot, vm)


def _related(state: State, vdi: Record) -> list[Record]:
    """All snapshots of the disk that this one is a snapshot of; only this one if the disk is gone."""
    disk = state.ref_or_none(vdi, "snapshot-of")
    if disk is not None:
        return state.pointing_at(disk, "vdi.snapshot-of")
    return [vdi] if vdi["is-a-snapshot"] else []


def _remove_devices(state: State, vm: Record, replaced: set[str | None]) -> None:
    """Remove the devices of the VM, and those of its disks that are replaced; the other disks stay on their SRs."""
    for vbd in state.pointing_at(vm, "vbd.vm-uuid"):
        vdi = state.ref_or_none(vbd, "vdi-uuid")
        state.delete(vbd)
        if vdi is not None and vdi["uuid"] in replaced and state.ref(vdi, "sr-uuid")["content-type"] != "iso":
            refuse(guards.can_destroy(state, vdi))
            state.delete(vdi)
    for vif in state.pointing_at(vm, "vif.vm-uuid"):
        state.delete(vif)
    remove_tpms(state, vm)
