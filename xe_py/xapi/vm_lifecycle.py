"""What may be done to a VM: XAPI's table of power states, and its checks before every operation, in order."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.xapi.guest import HALTED, PAUSED, RUNNING, SUSPENDED, cooperates, is_live, platform_says

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.schema.fields import Guard
    from xe_py.state.record import Record
    from xe_py.state.state import State


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# The power states in which an operation is allowed, in the order in which refusals name them.

_ALLOWED_IN = (
    ((HALTED,), _words("start start_on provision make_into_template create_vtpm changing_NVRAM clone copy")),
    ((HALTED,), _words("changing_VCPUs changing_static_range changing_memory_limits changing_shadow_memory")),
    ((SUSPENDED,), _words("resume resume_on csvm")),
    ((PAUSED,), _words("unpause")),
    ((RUNNING,), _words("pause suspend clean_shutdown clean_reboot pool_migrate changing_VCPUs_live")),
    ((RUNNING,), _words("changing_memory_live changing_shadow_memory_live awaiting_memory_live send_sysrq")),
    ((RUNNING,), _words("send_trigger data_source_op call_plugin snapshot_with_quiesce sysprep")),
    ((PAUSED, RUNNING), _words("hard_reboot")),
    ((PAUSED, SUSPENDED, RUNNING), _words("hard_shutdown shutdown checkpoint get_boot_record")),
    ((HALTED, SUSPENDED), _words("destroy export create_template")),
    ((HALTED, SUSPENDED, RUNNING), _words("migrate_send")),
    ((HALTED, RUNNING), _words("changing_dynamic_range")),
    ((HALTED, PAUSED, SUSPENDED, RUNNING), _words("snapshot revert reverting power_state_reset")),
    ((HALTED, PAUSED, SUSPENDED, RUNNING), _words("metadata_export update_allowed_operations")),
)
_STATES = {operation: states for states, operations in _ALLOWED_IN for operation in operations}
_CONTROL_DOMAINS_ALSO_RUNNING = _words("changing_VCPUs changing_static_range changing_memory_limits")
_SNAPSHOTS_ALSO_SUSPENDED = _words("clone copy")
_ALL_SUSPENDED = "allow_clone_suspended_vm"
"""The key in the other-config of the pool that says, with `true`, that the same holds for all VMs."""

# How xe spells the operations that it does not spell as XAPI does, and those besides that can be blocked.

_UNKNOWN = "(unknown operation)"
_SPELLED = {
    "changing_VCPUs": _UNKNOWN,
    "changing_memory_limits": _UNKNOWN,
    "create_template": _UNKNOWN,
    "data_source_op": "data_sources_op",
}
_ALSO_BLOCKED = _words("assertoperationvalid import reverting")

# The operations of the other checks.

_ON_TEMPLATES = _words(
    "changing_dynamic_range changing_static_range changing_memory_limits changing_shadow_memory changing_VCPUs "
    "changing_NVRAM clone copy export metadata_export provision"
)
_ON_TEMPLATES_OF_USERS = _words("destroy migrate_send")
_ON_SNAPSHOTS = _words("revert clone copy export metadata_export destroy hard_shutdown")
_ON_CONTROL_DOMAINS = _words(
    "data_source_op changing_memory_live awaiting_memory_live metadata_export changing_dynamic_range "
    "changing_memory_limits changing_static_range start start_on changing_VCPUs destroy"
)
_NOT_ON_DOMAIN_ZERO = _words("changing_VCPUs destroy")
_OF_MOBILE_VMS = _words("suspend checkpoint pool_migrate migrate_send")
_BY_COOPERATION = _OF_MOBILE_VMS + _words("clean_shutdown clean_reboot changing_VCPUs_live")
_ALWAYS_BY_COOPERATION = _words("changing_VCPUs_live")
_NOT_WITH_RESET_DISKS = _words("suspend checkpoint snapshot snapshot_with_quiesce")
_NOT_WITH_CACHED_RESET_DISKS = _words("pool_migrate")
_NOT_OF_MEMBERS = _words("make_into_template")

# The operations in `allowed-operations`, in XAPI's order.

_SHOWN = _words(
    "sysprep create_vtpm destroy metadata_export export make_into_template changing_NVRAM changing_VCPUs_live "
    "changing_shadow_memory changing_static_range changing_dynamic_range migrate_send pool_migrate resume_on resume "
    "suspend hard_reboot hard_shutdown clean_reboot clean_shutdown unpause pause start_on start provision "
    "snapshot_with_quiesce checkpoint revert copy clone snapshot"
)


_NOT_WITH_GPUS = _words("suspend checkpoint pool_migrate migrate_send")
_NOT_WITH_USBS = (*_NOT_WITH_GPUS, "snapshot")


def can(operation: str) -> Guard:
    """The guard of the operation."""
    return lambda state, vm: refusals(state, vm, operation)


def operations() -> dict[str, Guard]:
    """The guard of each operation in `allowed-operations`."""
    return {operation: can(operation) for operation in _SHOWN}


def is_operation(word: str) -> bool:
    """Whether xe knows an operation on VMs by this name."""
    return word in _ALSO_BLOCKED or (word != _UNKNOWN and word in map(spelled, _STATES))


def spelled(operation: str) -> str:
    """The operation as xe names it."""
    return _SPELLED.get(operation, operation)


def refusals(state: State, vm: Record, operation: str, *, forced: bool = False) -> Iterator[Failure]:
    """Why the operation on the VM is refused, in XAPI's order; `forced` leaves out what force overcomes."""
    if spelled(operation) in vm["blocked-operations"]:
        yield Failure("OPERATION_BLOCKED", vm, vm["blocked-operations"][spelled(operation)])
    yield from _power_state(state, vm, operation)
    yield from _kind(vm, operation)
    if not forced:
        yield from _is_mobile(vm, operation)
    yield from _has_no_nested_virt(vm, operation)
    yield from _control_domain(vm, operation)
    by_cooperation = _ALWAYS_BY_COOPERATION if forced else _BY_COOPERATION
    if operation in by_cooperation and is_live(vm) and not cooperates(vm):
        yield Failure("VM_LACKS_FEATURE", vm)
    if operation == "snapshot_with_quiesce":
        yield Failure("VM_SNAPSHOT_WITH_QUIESCE_NOT_SUPPORTED", vm)
    if operation in _NOT_WITH_RESET_DISKS:
        yield from _disks_are_kept(state, vm, {"on_boot": "reset"})
    elif operation in _NOT_WITH_CACHED_RESET_DISKS:
        yield from _disks_are_kept(state, vm, {"on_boot": "reset", "caching": "true"})
    elif operation in _NOT_OF_MEMBERS and vm["appliance"] is not None:
        yield Failure("VM_IS_PART_OF_AN_APPLIANCE", vm, state.ref(vm, "appliance"))
    elif operation in _NOT_OF_MEMBERS and vm["snapshot-schedule"] is not None:
        yield Failure("VM_ASSIGNED_TO_SNAPSHOT_SCHEDULE", vm, state.ref(vm, "snapshot-schedule"))
    yield from _devices_allow(state, vm, operation)
    if operation == "create_vtpm" and (vtpms := state.pointing_at(vm, "vtpm.vm-uuid")):
        yield Failure("VTPM_MAX_AMOUNT_REACHED", str(len(vtpms)), blockers=tuple(vtpms))


def _power_state(state: State, vm: Record, operation: str) -> Iterator[Failure]:
    states, actual = _STATES[operation], vm["power-state"]
    if operation in _CONTROL_DOMAINS_ALSO_RUNNING and vm["is-control-domain"]:
        states = (*states, RUNNING)
    if actual in states:
        return
    if operation in _SNAPSHOTS_ALSO_SUSPENDED and (vm["is-a-snapshot"] or _suspended_vms_are_cloned(state)):
        states = (*states, SUSPENDED)
    if actual not in states:
        yield Failure("VM_BAD_POWER_STATE", vm, ", ".join(states), actual)


def _suspended_vms_are_cloned(state: State) -> bool:
    return any(pool["other-config"].get(_ALL_SUSPENDED) == "true" for pool in state.all("pool"))


def _kind(vm: Record, operation: str) -> Iterator[Failure]:
    """What templates and snapshots do not allow, and what only they allow."""
    if vm["is-a-snapshot"]:
        if operation not in _ON_SNAPSHOTS:
            yield Failure("VM_IS_SNAPSHOT", vm, spelled(operation))
    elif vm["is-a-template"]:
        of_users = operation in _ON_TEMPLATES_OF_USERS and not is_default_template(vm)
        if operation not in _ON_TEMPLATES and not of_users:
            yield Failure("VM_IS_TEMPLATE", vm, spelled(operation))
    elif operation == "provision":
        yield Failure("PROVISION_ONLY_ALLOWED_ON_TEMPLATE")
    if operation == "revert" and not vm["is-a-snapshot"]:
        yield Failure("REVERT_ONLY_ALLOWED_ON_SNAPSHOT")


def is_default_template(vm: Record) -> bool:
    """Whether the template came with XenServer."""
    return bool(vm["is-default-template"]) or vm["other-config"].get("default_template") == "true"


def _is_mobile(vm: Record, operation: str) -> Iterator[Failure]:
    if operation in _OF_MOBILE_VMS and (platform_says(vm, "nested-virt") or platform_says(vm, "nomigrate")):
        yield Failure("VM_IS_IMMOBILE", vm)


def _has_no_nested_virt(vm: Record, operation: str) -> Iterator[Failure]:
    if operation == "changing_dynamic_range" and platform_says(vm, "nested-virt"):
        yield Failure("VM_IS_USING_NESTED_VIRT", vm)


def _control_domain(vm: Record, operation: str) -> Iterator[Failure]:
    if operation in _NOT_ON_DOMAIN_ZERO and is_domain_zero(vm):
        yield Failure("OPERATION_NOT_ALLOWED", "This operation is not allowed on dom0")
    elif vm["is-control-domain"] and operation not in _ON_CONTROL_DOMAINS:
        yield Failure("OPERATION_NOT_ALLOWED", "This operation is not allowed on a control domain")


def is_domain_zero(vm: Record) -> bool:
    """Whether the VM is the control domain with the number 0, which manages its host."""
    return bool(vm["is-control-domain"]) and vm["dom-id"] == 0


def _devices_allow(state: State, vm: Record, operation: str) -> Iterator[Failure]:
    """Why the PCI devices, GPUs and USB devices of the VM stop the operation."""
    takes_none = {("migrate_send", HALTED), ("checkpoint", SUSPENDED)}
    if operation in _NOT_WITH_GPUS:
        for pci in state.pointing_at(vm, "pci.attached-VMs"):
            yield Failure("VM_HAS_PCI_ATTACHED", vm, blockers=(pci,))
    if operation in _NOT_WITH_GPUS and (operation, vm["power-state"]) not in takes_none:
        for vgpu in state.pointing_at(vm, "vgpu.vm-uuid"):
            yield Failure("VM_HAS_VGPU", vm, blockers=(vgpu,))
    if operation in _NOT_WITH_USBS:
        for vusb in state.pointing_at(vm, "vusb.vm-uuid"):
            yield Failure("VM_HAS_VUSBS", vm, blockers=(vusb,))


def _disks_are_kept(state: State, vm: Record, forgetting: dict[str, str]) -> Iterator[Failure]:
    """Why a disk stops the operation: its sm-config has all of what is given."""
    for vbd in state.pointing_at(vm, "vbd.vm-uuid"):
        vdi = state.ref_or_none(vbd, "vdi-uuid")
        if vdi is not None and forgetting.items() <= vdi["sm-config"].items():
            yield Failure("VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION", blockers=(vdi,))
            return
