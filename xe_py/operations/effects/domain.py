"""The domain of a VM: what changes when Xen makes it on a host, and when it ends."""

from __future__ import annotations

from itertools import count

from xe_py.classes.vbd import can_attach
from xe_py.errors import refuse
from xe_py.operations.effects import messages
from xe_py.operations.effects.bring_up import attach_network
from xe_py.operations.effects.disks import connect
from xe_py.xapi import vm_settings as settings
from xe_py.xapi.guest import HALTED, PAUSED, RUNNING, SUSPENDED, note_next_act

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_PHYSICAL = ("vgpu.vm-uuid", "vusb.vm-uuid", "pci.attached-VMs")
_NO_DOMAIN = {"resident-on": None, "dom-id": -1, "VCPUs-number": 0, "ha-always-run": False}
_RECORDED = ("uuid", "domain-type", "memory-static-max", "memory-dynamic-max", "memory-dynamic-min", "VCPUs-at-startup")


def check_disks(state: State, vm: Record) -> None:
    """Refuse unless each VBD of the VM could be attached."""
    for vbd in state.pointing_at(vm, "vbd.vm-uuid"):
        refuse(can_attach(state, vbd))


def make(state: State, vm: Record, host: Record, *, paused: bool = False) -> None:
    """Make a domain for the VM on the host, with the devices that are already attached, its GPUs and PCI devices."""
    if _has_physical_devices(state, vm):
        from xe_py.operations.effects import passthrough

        passthrough.take(state, vm, host)
    state.update(
        vm,
        {
            "power-state": PAUSED if paused else RUNNING,
            "resident-on": host["uuid"],
            "dom-id": _free_number(state, host),
            "VCPUs-number": vm["VCPUs-at-startup"],
            "ha-always-run": settings.is_kept_running(vm),
        },
    )
    for vbd in state.pointing_at(vm, "vbd.vm-uuid"):
        if vbd["currently-attached"]:
            connect(state, vbd)
    for vif in state.pointing_at(vm, "vif.vm-uuid"):
        if vif["currently-attached"]:
            attach_network(state, state.ref(vif, "network-uuid"), host)


def boot(state: State, vm: Record, host: Record, *, paused: bool = False) -> None:
    """Make a domain for the VM with all its devices, and boot its guest."""
    for vbd in state.pointing_at(vm, "vbd.vm-uuid"):
        is_seen = vbd["vdi-uuid"] is not None or vm["domain-type"] == "hvm"
        state.update(vbd, {"currently-attached": is_seen})
    for vif in state.pointing_at(vm, "vif.vm-uuid"):
        state.update(vif, {"currently-attached": True})
    make(state, vm, host, paused=paused)
    state.update(vm, {"start-time": settings.now(), "last-boot-record": _record(vm)})
    note_next_act(state, vm)


def start(state: State, vm: Record, host: Record, *, paused: bool = False) -> None:
    """Boot the halted VM, with all its USB devices."""
    for vusb in state.pointing_at(vm, "vusb.vm-uuid"):
        state.update(vusb, {"currently-attached": True})
    boot(state, vm, host, paused=paused)


def reboot(state: State, vm: Record) -> None:
    """Boot the VM again on its host, with the physical devices that it has."""
    host = state.ref(vm, "resident-on")
    _end(state, vm)
    check_disks(state, vm)
    boot(state, vm, host)


def end(state: State, vm: Record) -> None:
    """End the domain of the VM, which is halted then."""
    if _has_physical_devices(state, vm):
        from xe_py.operations.effects import passthrough

        passthrough.leave(state, vm)
    _end(state, vm)


def _has_physical_devices(state: State, vm: Record) -> bool:
    """Whether the VM has devices of its host, or asks for some."""
    return "pci" in vm["other-config"] or any(state.pointing_at(vm, reference) for reference in _PHYSICAL)


def _end(state: State, vm: Record) -> None:
    for reference in ("vbd.vm-uuid", "vif.vm-uuid"):
        for device in state.pointing_at(vm, reference):
            state.update(device, {"currently-attached": False})
    state.update(vm, {**_NO_DOMAIN, "power-state": HALTED, "requires-reboot": False})


def migrate(state: State, vm: Record, host: Record) -> None:
    """Move the domain of the VM to the host, where it gets another number; its devices stay attached."""
    before = state.ref(vm, "resident-on")
    state.update(vm, {"resident-on": host["uuid"], "dom-id": _free_number(state, host)})
    for vif in state.pointing_at(vm, "vif.vm-uuid"):
        if vif["currently-attached"]:
            attach_network(state, state.ref(vif, "network-uuid"), host)
    messages.tell_of(state, vm, "VM_MIGRATED", f"migrated from {messages.quoted(before)} to {messages.quoted(host)}")


def suspend(state: State, vm: Record, image: Record) -> None:
    """End the domain of the VM and keep its memory on a VDI; its devices stay attached."""
    state.update(vm, {**_NO_DOMAIN, "power-state": SUSPENDED, "suspend-VDI-uuid": image["uuid"]})


def _free_number(state: State, host: Record) -> int:
    """The number for a new domain on the host: the first free one, counted from the number of its domains."""
    numbers = count(max(1, state.sum_of(host, "vm.resident-on", "domains")))
    return next(number for number in numbers if not state.find("vm", resident_on=host["uuid"], dom_id=number))


def _record(vm: Record) -> str:
    fields = " ".join(f"('{name}' '{vm[name]}')" for name in _RECORDED)
    return f"'('struct' {fields})'"
