"""The GPU and the USB device that each host of a new pool has, if the pool is to have some."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_MIB = 1 << 20
_GPU = {"vendor-name": "NVIDIA Corporation", "device-name": "GP104GL [Tesla P4]", "driver-name": "nvidia"}
_MEMORY, _SIZE = 8192 * _MIB, 1 << 20
# How many virtual GPUs of a type share the GPU, and how many screens each of them has at most.
_TYPES = {"GRID P4-1Q": (8, 2), "GRID P4-2Q": (4, 4), "GRID P4-4Q": (2, 4), "GRID P4-8Q": (1, 4)}
_SCREEN = (4096, 2160)
_STICK = {
    "path": "1-2",
    "vendor-id": "0781",
    "vendor-desc": "SanDisk Corp.",
    "product-id": "5591",
    "product-desc": "Ultra Flair",
    "version": "2.00",
    "description": "SanDisk Corp._Ultra Flair",
    "speed": 480.0,
}


def add_devices(state: State) -> None:
    """Give each host a GPU that VMs can share, and a USB device; the GPUs are in one group."""
    types = [state.add("vgpu-type", {"model-name": "passthrough"})["uuid"], *_add_types(state)]
    name = f"Group of {_GPU['vendor-name']} {_GPU['device-name']} GPUs"
    group = state.add("gpu-group", {"name-label": name})
    for host in state.all("host"):
        state.update(host, {"chipset-info": {**host["chipset-info"], "iommu": "true"}})
        where = {"host-uuid": host["uuid"]}
        pci = state.add("pci", {**_GPU, **where, "pci-id": "0000:81:00.0"})
        gpu = {**where, "pci-uuid": pci["uuid"], "gpu-group-uuid": group["uuid"], "size": _SIZE}
        state.add("pgpu", {**gpu, "supported-VGPU-types": types, "enabled-VGPU-types": types})
        _add_stick(state, host)


def _add_types(state: State) -> list[str]:
    width, height = _SCREEN
    found = []
    for name, (share, heads) in _TYPES.items():
        type = {
            "vendor-name": _GPU["vendor-name"],
            "model-name": name,
            "framebuffer-size": _MEMORY // share,
            "max-heads": heads,
            "max-resolution-x": width,
            "max-resolution-y": height,
            "size": _SIZE // share,
            "implementation": "nvidia",
        }
        found.append(str(state.add("vgpu-type", type)["uuid"]))
    return found


def _add_stick(state: State, host: Record) -> None:
    """A stick in a group of its own, as XAPI makes one for each device."""
    name = f"Group of {_STICK['vendor-id']} {_STICK['product-id']} USBs"
    group = state.add("usb-group", {"name-label": name})
    state.add("pusb", {**_STICK, "host-uuid": host["uuid"], "usb-group-uuid": group["uuid"]})
