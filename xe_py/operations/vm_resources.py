"""How much memory a VM has, and how many CPUs."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.schema.command import CONTROL_DOMAINS, READS, TEMPLATES, VM, command
from xe_py.schema.fields import Int
from xe_py.schema.values import Float, Size
from xe_py.xapi import memory
from xe_py.xapi.vm_lifecycle import refusals
from xe_py.xapi.vm_settings import can_have_memory, shadow_multiplier_is_valid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_ALL = VM.also(TEMPLATES, CONTROL_DOMAINS)
_MIN, _MAX = Size("min", doc="The least, in bytes."), Size("max", doc="The most, in bytes.")


@command(
    "vm-memory-dynamic-range-set",
    required=(_MIN, _MAX),
    doc="Set the memory that a VM may have at present.",
    selector=_ALL,
)
def set_dynamic_range(state: State, vm: Record, min: int, max: int) -> None:
    """Set within what bounds the guest may be squeezed."""
    _set(state, vm, dynamic_min=min, dynamic_max=max)


@command(
    "vm-memory-static-range-set",
    required=(_MIN, _MAX),
    doc="Set the memory that a VM can ever have.",
    selector=_ALL,
)
def set_static_range(state: State, vm: Record, min: int, max: int) -> None:
    """Set the bounds of the bounds."""
    _set(state, vm, static_min=min, static_max=max)


@command(
    "vm-memory-limits-set",
    required=(
        Size("static-min", doc="The least it can ever have, in bytes."),
        Size("static-max", doc="The most it can ever have."),
        Size("dynamic-min", doc="The least at present."),
        Size("dynamic-max", doc="The most at present."),
    ),
    doc="Set all limits of a VM's memory.",
    selector=_ALL,
)
def set_limits(state: State, vm: Record, **limits: int) -> None:
    """Set all four limits at once."""
    _set(state, vm, **limits)


@command(
    "vm-memory-set",
    required=(Size("memory", doc="The bytes."),),
    doc="Give a VM exactly so much memory.",
    selector=_ALL,
)
def set_memory(state: State, vm: Record, memory: int) -> None:
    """Set all limits but the least one to the same."""
    _set(state, vm, static_min=vm["memory-static-min"], dynamic_min=memory, dynamic_max=memory, static_max=memory)


@command(
    "vm-memory-target-set",
    required=(Size("target", doc="The bytes."),),
    doc="Give a VM exactly so much memory at present.",
    selector=VM.also(CONTROL_DOMAINS),
)
def set_target(state: State, vm: Record, target: int) -> None:
    """Set the range at present to one value."""
    _set(state, vm, dynamic_min=target, dynamic_max=target)


@command(
    "vm-memory-shadow-multiplier-set",
    required=(Float("multiplier", doc="1 or more."),),
    doc="Make the tables of pages of a running VM larger.",
    selector=VM,
)
def set_shadow_multiplier(state: State, vm: Record, multiplier: float) -> None:
    """Set by how much the tables of pages are larger than they need to be."""
    refuse(refusals(state, vm, "changing_shadow_memory_live"))
    refuse(shadow_multiplier_is_valid(multiplier))
    state.update(vm, {"HVM-shadow-multiplier": multiplier})


@command(
    "vm-compute-memory-overhead",
    doc="Show how much memory Xen needs for a VM besides the guest's.",
    selector=VM.also(CONTROL_DOMAINS),
    kind=READS,
)
def compute_overhead(_state: State, vm: Record) -> str:
    """The bytes."""
    return str(memory.overhead(vm))


@command(
    "vm-vcpu-hotplug",
    required=(Int("new-vcpus", doc="How many it is to have."),),
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
    """Set the limits given; those of a running control domain count from its next boot."""
    refuse(can_have_memory(state, vm, **limits))
    state.update(vm, {f"memory-{name.replace('_', '-')}": value for name, value in limits.items()})
    if vm["is-control-domain"] and vm["power-state"] == "running" and "static_max" in limits:
        state.update(vm, {"requires-reboot": True})
