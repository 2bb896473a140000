"""Starting and stopping VMs, and the states between."""

from __future__ import annotations

from xe_py.classes import vdi as vdi_guards
from xe_py.errors import Failure, Misuse, refuse
from xe_py.operations.effects import domain, messages
from xe_py.schema.command import CONTROL_DOMAINS, HOST, VM, command
from xe_py.schema.fields import Bool, Text
from xe_py.schema.values import Named
from xe_py.xapi import placement
from xe_py.xapi import vm_settings as settings
from xe_py.xapi.guest import SUSPENDED, is_live, note_next_act
from xe_py.xapi.hosts import answers
from xe_py.xapi.memory import MIB
from xe_py.xapi.vm_lifecycle import refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_ON = Named("on", HOST, doc="The name or uuid of the host; the pool chooses one if left out.")
_PROGRESS = Text("progress", doc="Show the progress; without effect, because nothing takes long.")
UNFORCED = "This operation is dangerous and may cause data loss. This operation must be forced (use --force)."


@command(
    "vm-start",
    optional=(
        Bool(
            "force",
            doc="Start even if the CPUs lack features that the VM has used, or its memory limits are not in order.",
        ),
        _ON,
        Bool("paused", doc="Start the VM paused, before the first instruction of its guest."),
    ),
    undeclared=(_PROGRESS,),
    doc="Start a VM.",
    selector=VM.also(CONTROL_DOMAINS),
    standard=True,
)
def start(
    state: State,
    vm: Record,
    on: Record | None = None,
    *,
    force: bool = False,
    paused: bool = False,
    **_without_effect: object,
) -> None:
    """Start the VM on the given host, or on the best host that can run it."""
    refuse(refusals(state, vm, "start_on" if on else "start"))
    refuse(settings.can_boot(vm, force=force))
    domain.check_disks(state, vm)
    if not vm["bios-strings"]:
        settings.bios_strings_were_given(state, vm, {})
    host = _host(state, vm, on)
    domain.start(state, vm, host, paused=paused)
    messages.tell_of(state, vm, "VM_STARTED", f"started on host: {messages.where(host)}")


@command(
    "vm-resume",
    optional=(Bool("force", doc="Resume even if the CPUs lack features that the VM uses."), _ON),
    undeclared=(_PROGRESS,),
    doc="Resume a suspended VM.",
    selector=VM,
    standard=True,
)
def resume(state: State, vm: Record, on: Record | None = None, **_without_effect: object) -> None:
    """Resume the VM from its suspend VDI, on any host that can run it, and destroy that VDI."""
    refuse(refusals(state, vm, "resume_on" if on else "resume"))
    domain.check_disks(state, vm)
    host = _host(state, vm, on)
    refuse(settings.has_image(vm))
    domain.make(state, vm, host)
    note_next_act(state, vm)
    forget_image(state, vm)
    messages.tell_of(state, vm, "VM_RESUMED", f"resumed on host: {messages.where(host)}")


@command(
    "vm-shutdown",
    optional=(Bool("force", doc="Do not ask the guest."),),
    undeclared=(_PROGRESS,),
    doc="Shut a VM down.",
    selector=VM,
    standard=True,
)
def shutdown(state: State, vm: Record, *, force: bool = False, **_without_effect: object) -> None:
    """Shut the guest down or, with force, destroy its domain; a suspended VM loses its memory."""
    refuse(refusals(state, vm, "hard_shutdown" if force else "clean_shutdown"))
    check_host(state, vm)
    if vm["power-state"] == SUSPENDED:
        forget_image(state, vm)
    domain.end(state, vm)
    messages.tell_of(state, vm, "VM_SHUTDOWN", "shutdown forcibly" if force else "shutdown")


@command(
    "vm-reboot",
    optional=(Bool("force", doc="Do not ask the guest."),),
    doc="Reboot a VM.",
    selector=VM,
    standard=True,
)
def reboot(state: State, vm: Record, *, force: bool = False) -> None:
    """Boot the guest again on the same host; devices that it did not see before are attached."""
    refuse(refusals(state, vm, "hard_reboot" if force else "clean_reboot"))
    check_host(state, vm)
    domain.reboot(state, vm)
    messages.tell_of(state, vm, "VM_REBOOTED", "rebooted forcibly" if force else "rebooted cleanly")


@command(
    "vm-suspend",
    undeclared=(_PROGRESS,),
    doc="Suspend a VM: save its memory on a VDI and stop it.",
    selector=VM,
    standard=True,
)
def suspend(state: State, vm: Record, **_without_effect: object) -> None:
    """Suspend the running VM to a new VDI."""
    refuse(refusals(state, vm, "suspend"))
    check_host(state, vm)
    domain.suspend(state, vm, make_image(state, vm))
    messages.tell_of(state, vm, "VM_SUSPENDED", "suspended")


@command("vm-pause", doc="Pause a running VM.", selector=VM, standard=True)
def pause(state: State, vm: Record) -> None:
    """Pause the VM: its domain stays but does not run."""
    refuse(refusals(state, vm, "pause"))
    check_host(state, vm)
    state.update(vm, {"power-state": "paused"})
    messages.tell_of(state, vm, "VM_PAUSED", "paused")


@command("vm-unpause", doc="Continue a paused VM.", selector=VM, standard=True)
def unpause(state: State, vm: Record) -> None:
    """Continue the paused VM."""
    refuse(refusals(state, vm, "unpause"))
    check_host(state, vm)
    state.update(vm, {"power-state": "running"})
    note_next_act(state, vm)
    messages.tell_of(state, vm, "VM_UNPAUSED", "unpaused")


def _must_be_forced(_state: State, _obj: Record, *, force: bool = False) -> None:
    if not force:
        raise Misuse(f"Error: {UNFORCED}")


@command(
    "vm-reset-powerstate",
    optional=(Bool("force", doc="Required, because the VM's host must really be lost."),),
    doc="Record a VM as halted after its host was lost.",
    selector=VM,
    grammar=_must_be_forced,
    standard=True,
)
def reset_powerstate(state: State, vm: Record, **_forced: object) -> None:
    """Record the VM as halted without touching its domain, which must no longer exist."""
    refuse(refusals(state, vm, "power_state_reset"))
    host = state.ref_or_none(vm, "resident-on")
    if host is not None and host["host-metrics-live"]:
        if state.find("pool", master=host["uuid"]):
            raise Failure("DOMAIN_EXISTS", vm, blockers=(vm,))
        raise Failure("HOST_IS_LIVE", host, blockers=(vm,))
    domain.end(state, vm)


def _host(state: State, vm: Record, on: Record | None) -> Record:
    """The given host, if the VM can run there; without one, the best host."""
    if on is not None:
        refuse(placement.can_run_on(state, vm, on))
    host = on or placement.choose(state, vm)
    refuse(placement.keeps_failover_plan(state, vm, host))
    return host


def check_host(state: State, vm: Record) -> None:
    """Refuse if the VM runs on a host that does not answer."""
    if is_live(vm):
        refuse(answers(state, state.ref(vm, "resident-on")))


def make_image(state: State, vm: Record) -> Record:
    """Make the VDI for the memory of the running VM."""
    from xe_py.operations import vdi
    from xe_py.xapi.drivers import whole_size

    sr = _suspend_sr(state, vm)
    size = whole_size(sr["type"], {}, _image_size(vm))
    if 0 < sr["physical-size"] < state.value(sr, "physical-utilisation") + size:
        raise Failure("SR_SUSPEND_SPACE_INSUFFICIENT", sr)
    image = vdi.create(state, sr, "Suspend image", size, type="suspend")
    state.update(image, {"name-description": "Suspend image"})
    return image


def _suspend_sr(state: State, vm: Record) -> Record:
    """The SR for the VM's memory: that of the VM, the pool or the host, the first that is plugged on the host."""
    host = state.ref(vm, "resident-on")
    choices = [state.ref_or_none(vm, "suspend-SR-uuid")]
    choices += [state.ref_or_none(pool, "suspend-image-SR") for pool in state.all("pool")]
    choices.append(state.ref_or_none(host, "suspend-image-sr-uuid"))
    for sr in choices:
        if sr is not None and placement.sees(state, host, sr):
            return sr
    raise Failure("VM_NO_SUSPEND_SR", vm)


def _image_size(vm: Record) -> int:
    """The bytes that XAPI reserves for a VM's memory: over a quarter more than the VM can ever have."""
    return int(vm["memory-static-max"]) * 126 // 100 + 100 * MIB


def forget_image(state: State, vm: Record) -> None:
    """Destroy the VDI with the memory of the VM, unless something stands in the way."""
    image = state.ref_or_none(vm, "suspend-VDI-uuid")
    state.update(vm, {"suspend-VDI-uuid": None})
    if image is not None and not any(vdi_guards.can_destroy(state, image)):
        state.delete(image)
