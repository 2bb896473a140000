"""The memory and the CPUs of a VM."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.schema.command import CONTROL_DOMAINS, READS, TEMPLATES, VM, command
from xe_py.schema.fields import Bool, Int
from xe_py.schema.values import Float, Size
from xe_py.xapi import memory
from xe_py.xapi.hosts import answers
from xe_py.xapi.vm_lifecycle import refusals
from xe_py.xapi.vm_settings import can_have_memory, shadow_multiplier_is_valid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_MANY_VCPUS = 64
_ALL = VM.also(TEMPLATES, CONTROL_DOMAINS)
_MIN, _MAX = (
    Size("min", doc="The lower limit, in bytes or with a suffix such as GiB."),
    Size("max", doc="The upper limit, in bytes or with a suffix such as GiB."),
)


@command(
    "vm-memory-dynamic-range-set",
    required=(_MIN, _MAX),
    doc="Set the limits for the memory of a running VM: dynamic-min and dynamic-max.",
    selector=_ALL,
)
def set_dynamic_range(state: State, vm: Record, min: int, max: int) -> None:
    """Set the limits for the memory of the running guest."""
    _set(state, vm, dynamic_min=min, dynamic_max=max)


@command(
    "vm-memory-static-range-set",
    required=(_MIN, _MAX),
    doc="Set the limits for the memory that a VM can ever have: static-min and static-max.",
    selector=_ALL,
)
def set_static_range(state: State, vm: Record, min: int, max: int) -> None:
    """Set the limits that the other limits must stay within."""
    _set(state, vm, static_min=min, static_max=max)


@command(
    "vm-memory-limits-set",
    required=(
        Size("static-min", doc="The least memory that the VM can ever have."),
        Size("static-max", doc="The most memory that the VM can ever have."),
        Size("dynamic-min", doc="The least memory that the running VM may have."),
        Size("dynamic-max", doc="The most memory that the running VM may have."),
    ),
    doc="Set all four memory limits of a VM.",
    selector=_ALL,
)
def set_limits(state: State, vm: Record, **limits: int) -> None:
    """Set all four limits at once."""
    _set(state, vm, **limits)


@command(
    "vm-memory-set",
    required=(Size("memory", doc="The amount, in bytes or with a suffix such as GiB."),),
    doc="Give a VM a fixed amount of memory; only static-min stays as it is.",
    selector=_ALL,
)
def set_memory(state: State, vm: Record, memory: int) -> None:
    """Set all limits except static-min to the same value."""
    _set(state, vm, static_min=vm["memory-static-min"], dynamic_min=memory, dynamic_max=memory, static_max=memory)


@command(
    "vm-memory-target-set",
    required=(Size("target", doc="The amount, in bytes or with a suffix such as GiB."),),
    doc="Set dynamic-min and dynamic-max of a VM to one amount.",
    selector=VM.also(CONTROL_DOMAINS),
)
def set_target(state: State, vm: Record, target: int) -> None:
    """Set both dynamic limits to the same value."""
    _set(state, vm, dynamic_min=target, dynamic_max=target)


@command(
    "vm-memory-balloon",
    required=(Size("target", doc="The amount, in bytes or with a suffix such as GiB."),),
    doc="Use vm-memory-dynamic-range-set: this sets both limits, dynamic-min and dynamic-max, to one amount.",
    selector=VM.also(CONTROL_DOMAINS),
    hidden=True,
    deprecated=True,
)
def balloon(state: State, vm: Record, target: int) -> None:
    """Do what vm-memory-target-set does."""
    set_target(state, vm, target)


@command(
    "vm-memory-target-wait",
    doc="Wait until a running VM has the memory that it should have.",
    selector=VM.also(CONTROL_DOMAINS),
    kind=READS,
    hidden=True,
)
def wait_for_target(state: State, vm: Record) -> None:
    """Check that the VM runs; a simulated guest has its memory at once."""
    refuse(refusals(state, vm, "awaiting_memory_live"))
    refuse(answers(state, state.ref(vm, "resident-on")))


@command(
    "vm-memory-shadow-multiplier-set",
    required=(Float("multiplier", doc="The new multiplier, 1 or more."),),
    doc="Make the shadow page tables of a running VM larger.",
    selector=VM,
)
def set_shadow_multiplier(state: State, vm: Record, multiplier: float) -> None:
    """Set how many times larger than necessary the shadow page tables are."""
    refuse(refusals(state, vm, "changing_shadow_memory_live"))
    refuse(shadow_multiplier_is_valid(multiplier))
    state.update(vm, {"HVM-shadow-multiplier": multiplier})


@command(
    "vm-compute-memory-overhead",
    doc="Show how much memory Xen needs for a VM besides the guest's memory.",
    selector=VM.also(CONTROL_DOMAINS),
    kind=READS,
)
def compute_overhead(_state: State, vm: Record) -> str:
    """How much memory Xen needs for the VM besides the guest's, in bytes."""
    return str(memory.overhead(vm))


@command(
    "vm-compute-maximum-memory",
    required=(Size("total", doc="The memory of the host that the VM may use, overhead included."),),
    optional=(Bool("approximate", doc="Leave room for the overhead of 64 CPUs, whatever VCPUs-max says."),),
    doc="Show how much memory a VM can have if it and its overhead may use a given total.",
    selector=VM,
    kind=READS,
    standard=True,
)
def compute_maximum(_state: State, vm: Record, total: int, *, approximate: bool = False) -> str:
    """The largest memory-static-max that fits into the total, in bytes, rounded down to MiB."""
    return str(memory.most(vm, total, _MANY_VCPUS if approximate else vm["VCPUs-max"]))


@command(
    "vm-vcpu-hotplug",
    required=(Int("new-vcpus", doc="The new number of CPUs."),),
    doc="Change the number of CPUs of a running VM.",
    selector=VM,
)
def hotplug_vcpus(state: State, vm: Record, new_vcpus: int) -> None:
    """Give the running VM this many CPUs, now and at its next start."""
    refuse(refusals(state, vm, "changing_VCPUs_live"))
    if not 0 < new_vcpus <= vm["VCPUs-max"]:
        raise Failure("INVALID_VALUE", "VCPU values must satisfy: 0 < VCPUs ≤ VCPUs_max", str(new_vcpus))
    state.update(vm, {"VCPUs-at-startup": new_vcpus, "VCPUs-number": new_vcpus})


def _set(state: State, vm: Record, **limits: int) -> None:
    """Set the given limits; those of a running control domain take effect at its next boot."""
    refuse(can_have_memory(state, vm, **limits))
    state.update(vm, {f"memory-{name.replace('_', '-')}": value for name, value in limits.items()})
    if vm["is-control-domain"] and vm["power-state"] == "running" and "static_max" in limits:
        state.update(vm, {"requires-reboot": True})
