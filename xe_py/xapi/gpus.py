"""GPUs: when they may move and change, and what follows from the PCI device, the group and the types."""

from __future__ import annotations

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from xe_py.state.record import Record
    from xe_py.state.state import State


PASSTHROUGH = "passthrough"
"""The name and the implementation of the type that a whole physical GPU has."""
_GROUP = "pgpu.gpu-group-uuid"
# How many virtual GPUs a VM has room for.
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


def implementation(state: State, vgpu: Record) -> str:
    """How the VM gets it."""
    type = state.ref_or_none(vgpu, "type-uuid")
    return PASSTHROUGH if type is None else str(type["implementation"])


def is_whole(state: State, vgpu: Record) -> bool:
    """Whether the VM gets a physical GPU as a whole."""
    return implementation(state, vgpu) == PASSTHROUGH


def room(state: State, pgpu: Record, type: Record | None, planned: int = 0) -> int:
    """How many more virtual GPUs of the type the GPU has room for, besides those of the type that are planned for it.

    All that a GPU runs is of one type. A whole GPU, and one of a type without a size, runs nothing besides.
    """
    if type is None or type["uuid"] not in pgpu["enabled-VGPU-types"]:
        return 0
    running = state.pointing_at(pgpu, "vgpu.resident-on")
    if type["implementation"] == PASSTHROUGH or type["size"] == 0:
        pci = state.ref_or_none(pgpu, "pci-uuid")
        is_taken = running or planned or (pci is not None and pci["attached-VMs"])
        return 0 if is_taken else 1
    if any(vgpu["type-uuid"] != type["uuid"] for vgpu in running):
        return 0
    return max(0, int(pgpu["size"]) // int(type["size"]) - len(running) - planned)


def room_on(state: State, vgpu: Record, host: Record) -> int:
    """For how many virtual GPUs of its kind the host has room."""
    type = state.ref_or_none(vgpu, "type-uuid")
    return sum(room(state, pgpu, type) for pgpu in _on(state, vgpu, host))


def spreads(state: State, vgpu: Record) -> bool:
    """Whether the GPU with most room is used first, and not the one with least."""
    group = state.ref_or_none(vgpu, "gpu-group-uuid")
    return group is not None and group["allocation-algorithm"] == "breadth-first"


def chosen(state: State, vm: Record, host: Record) -> dict[str, Record]:
    """The GPU for each virtual GPU of the VM that has none on the host, by uuid; Failure if one of them finds none."""
    found: dict[str, Record] = {}
    for vgpu in state.pointing_at(vm, "vgpu.vm-uuid"):
        now = state.ref_or_none(vgpu, "resident-on")
        if now is None or now["host-uuid"] != host["uuid"]:
            found[vgpu["uuid"]] = _choose(state, vgpu, host, list(found.values()))
    return found


def _choose(state: State, vgpu: Record, host: Record, planned: list[Record]) -> Record:
    vm, type = state.ref(vgpu, "vm-uuid"), state.ref_or_none(vgpu, "type-uuid")
    rooms = [(pgpu, room(state, pgpu, type, planned.count(pgpu))) for pgpu in _on(state, vgpu, host)]
    fit = [(pgpu, left) for pgpu, left in rooms if left > 0]
    if fit:
        sign = -1 if spreads(state, vgpu) else 1
        return min(fit, key=lambda each: sign * each[1])[0]
    group = state.ref_or_none(vgpu, "gpu-group-uuid") or "OpaqueRef:NULL"
    if type is None or is_whole(state, vgpu):
        raise Failure("VM_REQUIRES_GPU", vm, group)
    raise Failure("VM_REQUIRES_VGPU", vm, group, type)


def _on(state: State, vgpu: Record, host: Record) -> list[Record]:
    """The GPUs of its group that the host has."""
    group = state.ref_or_none(vgpu, "gpu-group-uuid")
    return [] if group is None else [pgpu for pgpu in of(state, group) if pgpu["host-uuid"] == host["uuid"]]


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
    return _note_access(state, pci)


def hide_after_boot(state: State, host: Record) -> None:
    """Hide from the control domain what was to be hidden from this boot of the host on, and show it the rest."""
    for pci in state.pointing_at(host, "pci.host-uuid"):
        if pci["is-hidden"] != pci["will-be-hidden"]:
            state.update(pci, {"is-hidden": pci["will-be-hidden"]})
            _note_access(state, pci)


def _note_access(state: State, pci: Record) -> str:
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
    """The address of the PCI device that the VM has as a whole."""
    pgpu = state.ref_or_none(vgpu, "resident-on")
    return of_pci("pci-id")(state, pgpu) if pgpu is not None and is_whole(state, vgpu) else None
