"""GPUs: when they may move and change, and what follows from the PCI device, the group and the types."""

from __future__ import annotations

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from xe_py.state.record import Record
    from xe_py.state.state import State


PASSTHROUGH = "passthrough"
# The type that a whole physical GPU has, and how many devices a VM has room for.
_GROUP = "pgpu.gpu-group-uuid"
_DEVICES = 21


# Guards, in the order in which XAPI asks them


def can_move(state: State, pgpu: Record, uuid: str) -> Iterator[Failure]:
    """Why the GPU cannot move to the group: a VM runs on it, or the GPUs of the group are others."""
    yield from _runs_nothing(state.pointing_at(pgpu, "vgpu.resident-on"))
    kinds = {_kind(state, other) for other in of(state, state.need("gpu-group", uuid)) if other is not pgpu}
    if kinds and _kind(state, pgpu) not in kinds:
        yield Failure("PGPU_NOT_COMPATIBLE_WITH_GPU_GROUP", _kind(state, pgpu), f"[{', '.join(sorted(kinds))}]")


def can_enable(state: State, pgpu: Record, uuids: Sequence[str]) -> Iterator[Failure]:
    """Why the GPU may not be of just these types: it cannot be, or runs one of another."""
    for uuid in uuids:
        if uuid not in pgpu["enabled-VGPU-types"] and uuid not in pgpu["supported-VGPU-types"]:
            types = [state.need("vgpu-type", each) for each in (uuid, *pgpu["supported-VGPU-types"])]
            yield Failure("VGPU_TYPE_NOT_SUPPORTED", *types)
    gone = [uuid for uuid in pgpu["enabled-VGPU-types"] if uuid not in uuids]
    yield from _runs_nothing(
        [each for each in state.pointing_at(pgpu, "vgpu.resident-on") if each["type-uuid"] in gone]
    )


def _runs_nothing(vgpus: list[Record]) -> Iterator[Failure]:
    if vgpus:
        yield Failure("PGPU_IN_USE_BY_VM", *(vgpu["vm-uuid"] for vgpu in vgpus), blockers=tuple(vgpus))


def can_destroy_group(state: State, group: Record) -> Iterator[Failure]:
    """Why the group cannot be destroyed."""
    attached = [vgpu for vgpu in state.pointing_at(group, "vgpu.gpu-group-uuid") if vgpu["currently-attached"]]
    if attached:
        yield Failure("GPU_GROUP_CONTAINS_VGPU", *attached)
    inside = of(state, group)
    if inside:
        yield Failure("GPU_GROUP_CONTAINS_PGPU", *inside)


def goes_with(state: State, vm: Record, type: Record) -> Iterator[Failure]:
    """Why the VM cannot have a virtual GPU of the type besides those that it has."""
    for vgpu in state.pointing_at(vm, "vgpu.vm-uuid"):
        other = state.ref_or_none(vgpu, "type-uuid")
        if other is None or type["uuid"] not in other["compatible-types-in-vm"]:
            yield Failure("VGPU_TYPE_NOT_COMPATIBLE", type, blockers=(vgpu,))


# What follows


def of(state: State, group: Record) -> list[Record]:
    """The physical GPUs in the group."""
    return state.pointing_at(group, _GROUP)


def is_free_for(state: State, pgpu: Record, type: Record) -> bool:
    """Whether the GPU may be of the type, and runs none; the sizes of virtual GPUs are not simulated."""
    return type["uuid"] in pgpu["enabled-VGPU-types"] and not state.pointing_at(pgpu, "vgpu.resident-on")


def passthrough_type(state: State) -> Record:
    """The type of a whole physical GPU, which is made when it is first asked for."""
    found = state.having("vgpu-type", "model-name", PASSTHROUGH)
    return found[0] if found else state.add("vgpu-type", {"model-name": PASSTHROUGH})


def free_device(state: State, vm: Record, device: int) -> str:
    """The device of a new virtual GPU: the given one or, for 0, the first free one; Failure if it is taken."""
    taken = {vgpu["device"] for vgpu in state.pointing_at(vm, "vgpu.vm-uuid")}
    if device == 0:
        free = [str(number) for number in range(_DEVICES) if str(number) not in taken]
        if not free:
            raise Failure("VM_PCI_BUS_FULL", vm)
        return free[0]
    if str(device) in taken:
        raise Failure("DEVICE_ALREADY_EXISTS", str(device))
    if not 0 < device < _DEVICES:
        raise Failure("INVALID_DEVICE", str(device))
    return str(device)


def access(pci: Record) -> str:
    """Whether the control domain uses the device, now and from the next boot on."""
    if pci["is-hidden"]:
        return "disabled" if pci["will-be-hidden"] else "enable_on_reboot"
    return "disable_on_reboot" if pci["will-be-hidden"] else "enabled"


def hide(state: State, pci: Record, *, hidden: bool) -> str:
    """Hide the device from the control domain from the next boot on, or no more; what is so then."""
    state.update(pci, {"will-be-hidden": hidden})
    for pgpu in state.pointing_at(pci, "pgpu.pci-uuid"):
        state.update(pgpu, {"dom0-access": access(pci)})
    return access(pci)


def _kind(state: State, pgpu: Record) -> str:
    pci = state.ref(pgpu, "pci-uuid")
    return f"{pci['vendor-name']}/{pci['device-name']}"


def of_pci(field: str) -> Callable[[State, Record], str | None]:
    """What the PCI device of a physical GPU says."""

    def value(state: State, pgpu: Record) -> str | None:
        pci = state.ref_or_none(pgpu, "pci-uuid")
        return None if pci is None else str(pci[field])

    return value


def dependencies(state: State, pgpu: Record) -> list[str]:
    """The addresses of the PCI devices that belong to the GPU."""
    found: list[str] = state.ref(pgpu, "pci-uuid")["dependencies"]
    return found


def of_group(field: str) -> Callable[[State, Record], list[str]]:
    """The types that the GPUs of a group have in the field, each once."""

    def types(state: State, group: Record) -> list[str]:
        return list(dict.fromkeys(uuid for pgpu in state.pointing_at(group, _GROUP) for uuid in pgpu[field]))

    return types


def groups_with(field: str) -> Callable[[State, Record], list[str]]:
    """The groups whose GPUs have the type in the field."""

    def groups(state: State, type: Record) -> list[str]:
        found = (pgpu["gpu-group-uuid"] for pgpu in state.pointing_at(type, f"pgpu.{field}"))
        return list(dict.fromkeys(uuid for uuid in found if uuid is not None))

    return groups


def resolution(_state: State, type: Record) -> str:
    """The width and the height of the largest screen of a type."""
    return f"{type['max-resolution-x']}x{type['max-resolution-y']}"


def model_name(state: State, vgpu: Record) -> str | None:
    """What the type of a virtual GPU is called."""
    type = state.ref_or_none(vgpu, "type-uuid")
    return None if type is None else str(type["model-name"])


def pci_of_vgpu(state: State, vgpu: Record) -> str | None:
    """The address of the PCI device that a virtual GPU runs on."""
    pgpu = state.ref_or_none(vgpu, "resident-on")
    return None if pgpu is None else of_pci("pci-id")(state, pgpu)
