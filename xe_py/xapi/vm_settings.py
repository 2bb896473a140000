"""Which settings a VM accepts: the guards of `param-set`, and what else a setting changes."""

from __future__ import annotations

import time

from xe_py.errors import Failure
from xe_py.schema.values import TIME_FORM
from xe_py.xapi.guest import SUSPENDED, platform_says
from xe_py.xapi.vm_lifecycle import is_domain_zero, is_operation, refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xe_py.schema.fields import Guard
    from xe_py.state.record import Record
    from xe_py.state.state import State

BIOS_ORDER = "BIOS order"
# The BIOS strings that can be given.
BIOS_STRINGS = (
    "bios-vendor",
    "bios-version",
    "system-manufacturer",
    "system-product-name",
    "system-version",
    "system-serial-number",
    "baseboard-manufacturer",
    "baseboard-product-name",
    "baseboard-version",
    "baseboard-serial-number",
    "baseboard-asset-tag",
    "baseboard-location-in-chassis",
    "enclosure-asset-tag",
)
ANTI_AFFINITY = "anti-affinity"
"""The placement of a group whose VMs are to run on different hosts."""
RESTART = "restart"
"""The restart priority of a VM that high availability protects."""


# Memory

MEMORY_LIMITS = ("memory-static-min", "memory-dynamic-min", "memory-dynamic-max", "memory-static-max")


def memory_is_ordered(limits: Mapping[str, int]) -> Iterator[Failure]:
    """Why the four limits are refused: they are not in the right order."""
    values = [limits[field] for field in MEMORY_LIMITS]
    if values[0] < 0 or values != sorted(values):
        yield Failure("MEMORY_CONSTRAINT_VIOLATION_ORDER")


def can_have_memory(state: State, vm: Record, **changed: int) -> Iterator[Failure]:
    """Why new memory limits, given as `static_min=` and so on, are refused."""
    limits = {field: vm[field] for field in MEMORY_LIMITS}
    limits |= {f"memory-{name.replace('_', '-')}": value for name, value in changed.items()}
    kinds = {name.partition("_")[0] for name in changed}
    operation = "changing_memory_limits" if len(kinds) > 1 else f"changing_{kinds.pop()}_range"
    yield from refusals(state, vm, operation)
    pinned = "control domain" if vm["is-control-domain"] else "nested virt" if platform_says(vm, "nested-virt") else ""
    if pinned and not limits["memory-dynamic-min"] == limits["memory-dynamic-max"] == limits["memory-static-max"]:
        yield Failure("MEMORY_CONSTRAINT_VIOLATION_MAXPIN", pinned)
    yield from memory_is_ordered(limits)


def memory(limit: str) -> Guard:
    """The guard of one limit, named as `static_min` and so on."""
    return lambda state, vm, value: can_have_memory(state, vm, **{limit: value})


# CPUs


def vcpus_are_ordered(vm: Record, *, at_startup: int, most: int, value: int) -> Iterator[Failure]:
    """Why the numbers of CPUs are refused; the refusal shows `value`."""
    if not 0 < at_startup <= most:
        yield Failure(
            "INVALID_VALUE", "VCPU values must satisfy: 0 < VCPUs_at_startup ≤ VCPUs_max", str(value), blockers=(vm,)
        )


def vcpus_max(state: State, vm: Record, value: int) -> Iterator[Failure]:
    """Why the VM cannot have this number as VCPUs-max."""
    yield from refusals(state, vm, "changing_VCPUs")
    yield from vcpus_are_ordered(vm, at_startup=vm["VCPUs-at-startup"], most=value, value=value)


def vcpus_at_startup(_state: State, vm: Record, value: int) -> Iterator[Failure]:
    """Why the VM cannot start with this many CPUs; a running VM gets them at its next start."""
    if is_domain_zero(vm):
        yield Failure("OPERATION_NOT_ALLOWED", "set_VCPUs_at_startup is not allowed on dom0")
    yield from vcpus_are_ordered(vm, at_startup=value, most=vm["VCPUs-max"], value=value)


def shadow_multiplier(state: State, vm: Record, value: float) -> Iterator[Failure]:
    """Why the multiplier is refused."""
    yield from refusals(state, vm, "changing_shadow_memory")
    yield from shadow_multiplier_is_valid(value)


def shadow_multiplier_is_valid(value: float) -> Iterator[Failure]:
    """Why the multiplier is refused, whatever the VM does."""
    if value < 1:
        yield Failure("INVALID_VALUE", "HVM_shadow_multiplier", str(value))


# What the VM is


def is_a_template(state: State, vm: Record, value: bool) -> Iterator[Failure]:
    """Why the VM cannot become a template, or the template a VM."""
    if value:
        yield from refusals(state, vm, "make_into_template")
        if is_protected(vm) and any(pool["ha-enabled"] for pool in state.all("pool")):
            yield Failure("VM_IS_PROTECTED", vm)


def template_was_set(state: State, vm: Record, value: bool) -> None:
    """A template is in no group, not kept running and without times; what was one counts as installed now."""
    if value:
        state.update(vm, {"ha-always-run": False, "start-time": None, "install-time": None, "VCPUs-number": 0})
        state.update(vm, {"groups": []})
    else:
        state.update(vm, {"install-time": now()})


def is_default_template(state: State, vm: Record, value: bool) -> Iterator[Failure]:
    """Why the VM cannot become a default template."""
    if value and not vm["is-a-template"]:
        yield from refusals(state, vm, "make_into_template")


def default_template_was_set(state: State, vm: Record, value: bool) -> None:
    """A default template is a template, and its other-config says first of all that it is one."""
    if value and not vm["is-a-template"]:
        state.update(vm, {"is-a-template": True})
        template_was_set(state, vm, value=True)
    others = {key: text for key, text in vm["other-config"].items() if key != "default_template"}
    state.update(vm, {"other-config": {"default_template": str(value).lower(), **others}})


def domain_type_was_set(state: State, vm: Record, value: str) -> None:
    """A hardware-virtualised guest gets the boot policy of a BIOS."""
    state.update(vm, {"HVM-boot-policy": BIOS_ORDER if value == "hvm" else ""})


def boot_policy_was_set(state: State, vm: Record, value: str) -> None:
    """With a boot policy the VM is hardware-virtualised, without one it is paravirtualised."""
    state.update(vm, {"domain-type": "hvm" if value else "pv"})


def actions_after_crash(_state: State, vm: Record, value: str) -> Iterator[Failure]:
    """Why the action is refused: it would keep the domain, or dump the memory of a hardware-virtualised guest."""
    from xe_py.xapi.api_values import CRASH_ACTIONS, in_api

    reason = ""
    if value == "Rename restart":
        reason = "option would leak a domain; VMs and not domains are managed by this API"
    elif value.startswith("Core dump") and vm["domain-type"] != "pv":
        reason = "cannot invoke a coredump of an HVM, PVH or PV-in-PVH domain"
    if reason:
        yield Failure("VALUE_NOT_SUPPORTED", "VM.actions_after_crash", in_api(CRASH_ACTIONS, value), reason)


def bios_strings(state: State, vm: Record, value: Mapping[str, str]) -> Iterator[Failure]:
    """Why the VM cannot have these BIOS strings."""
    from xe_py.xapi.bios import can_be_given

    yield from can_be_given(state, vm, value)


def bios_strings_were_given(state: State, vm: Record, value: Mapping[str, str]) -> None:
    """Strings that were not given get generic texts."""
    from xe_py.xapi.bios import with_generic

    state.update(vm, {"bios-strings": with_generic(BIOS_STRINGS, value)})


# Appliances, groups, schedules


def appliance(_state: State, vm: Record, _value: str | None) -> Iterator[Failure]:
    """Why the VM cannot be part of an appliance, or of none."""
    if not _is_a_guest(vm):
        yield Failure("OPERATION_NOT_ALLOWED", "Control domains, templates and snapshots cannot be in an appliance")


def groups(_state: State, vm: Record, value: list[str]) -> Iterator[Failure]:
    """Why the VM cannot be in these groups: it can be in one."""
    if not _is_a_guest(vm):
        yield Failure("OPERATION_NOT_ALLOWED", "Control domains, templates and snapshots cannot be in a group")
    if len(value) > 1:
        yield Failure("TOO_MANY_GROUPS")


def schedule(state: State, vm: Record, value: str | None) -> Iterator[Failure]:
    """Why the VM cannot have this schedule for its snapshots."""
    vmss = state.get("vmss", value)
    if vmss is not None and vm["is-control-domain"]:
        yield Failure("INVALID_VALUE", vmss)
    if vmss is not None and vm["is-a-template"]:
        yield Failure("VM_IS_TEMPLATE", vm)
    if vmss is not None and vmss["type"] == "snapshot_with_quiesce":
        yield Failure("VM_SNAPSHOT_WITH_QUIESCE_NOT_SUPPORTED", vm)


def _is_a_guest(vm: Record) -> bool:
    return not (vm["is-control-domain"] or vm["is-a-template"] or vm["is-a-snapshot"])


# Operations, protection, order


def blocked_operations(_state: State, _vm: Record, value: Mapping[str, str]) -> Iterator[Failure]:
    """Only operations can be blocked."""
    for operation in value:
        if not is_operation(operation):
            yield Failure("INVALID_VALUE", "blocked_operation", operation)


def is_kept_running(vm: Record) -> bool:
    """Whether high availability would keep the VM running after its start."""
    return bool(vm["ha-restart-priority"] == RESTART)


def is_protected(vm: Record) -> bool:
    """Whether high availability keeps the VM running."""
    return bool(vm["ha-always-run"]) and is_kept_running(vm)


def not_negative(field: str) -> Guard:
    """The guard of a number that counts from 0."""

    def guard(_state: State, _vm: Record, value: int) -> Iterator[Failure]:
        if value < 0:
            yield Failure("INVALID_VALUE", f"{field} must be non-negative", str(value))

    return guard


def has_image(vm: Record) -> Iterator[Failure]:
    """Why the VM cannot be resumed: it has no suspend VDI."""
    if vm["suspend-VDI-uuid"] is None:
        yield Failure("VM_HAS_NO_SUSPEND_VDI", "VM", vm, blockers=(vm,))


def can_boot(vm: Record, *, force: bool) -> Iterator[Failure]:
    """Why the VM cannot start with its settings; a VM from elsewhere may break the rules of the setters."""
    for field in ("VCPUs-max", "VCPUs-at-startup"):
        if vm[field] < 1:
            yield Failure("INVALID_VALUE", field, str(vm[field]))
    if vm["VCPUs-at-startup"] > vm["VCPUs-max"]:
        reason = "value greater than VCPUs-max"
        yield Failure("VALUE_NOT_SUPPORTED", "VCPUs-at-startup", str(vm["VCPUs-at-startup"]), reason)
    if not force and any(memory_is_ordered(vm)):
        yield Failure("MEMORY_CONSTRAINT_VIOLATION")


def suspend_vdi(state: State, vm: Record, value: str | None) -> Iterator[Failure]:
    """Why the suspend VDI cannot be changed: the VM is not suspended, or the VDI does not fit."""
    if vm["power-state"] != SUSPENDED:
        yield Failure("VM_BAD_POWER_STATE", vm, SUSPENDED, vm["power-state"])
    vdi = state.get("vdi", value)
    if vdi is not None and vdi["type"] == "CBT metadata":
        yield Failure("VDI_INCOMPATIBLE_TYPE", vm, "CBT metadata")
    if value != vm["suspend-VDI-uuid"]:
        yield Failure("SUSPEND_VDI_REPLACEMENT_IS_NOT_IDENTICAL", *map(_content, (vm["suspend-VDI-uuid"], value)))


def _content(vdi: str | None) -> str:
    """A VDI and the checksum of its content; no two suspend VDIs here hold the memory of the same VM."""
    from hashlib import sha1

    return f"{vdi} : {sha1(str(vdi).encode(), usedforsecurity=False).hexdigest()}"


def now() -> str:
    """The present time in UTC, in whole seconds."""
    return time.strftime(TIME_FORM, time.gmtime())
