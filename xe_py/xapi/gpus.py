"""GPUs: what follows from the PCI device, the group and the types, and when a GPU may change them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from xe_py.state.record import Record
    from xe_py.state.state import State


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


_GROUP = "pgpu.gpu-group-uuid"
