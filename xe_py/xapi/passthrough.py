"""Physical devices for VMs: which hosts have those that a VM needs, the best ones first."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.xapi import gpus
from xe_py.xapi.licence import allows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

_OF_THE_BUS = (gpus.PASSTHROUGH, "nvidia_sriov", "mxgpu")
_MODEL = "device-model"
_MODELS_WITH_USB = ("qemu-upstream-compat", "qemu-upstream-uefi", "qemu-upstream")


def has_devices(state: State, vm: Record, host: Record) -> Iterator[Failure]:
    """Why the host does not have the GPUs and the USB devices that the VM needs."""
    vgpus = state.pointing_at(vm, "vgpu.vm-uuid")
    if any(gpus.implementation(state, vgpu) in _OF_THE_BUS for vgpu in vgpus):
        yield from _has_iommu(host)
    try:
        gpus.chosen(state, vm, host)
    except Failure as failure:
        yield failure
    for vusb in state.pointing_at(vm, "vusb.vm-uuid"):
        pusbs = state.pointing_at(state.ref(vusb, "usb-group-uuid"), "pusb.usb-group-uuid")
        if not pusbs or pusbs[0]["host-uuid"] != host["uuid"]:
            said = f"Host {host.name} does not have the USB device that the VM needs"
            yield Failure("OPERATION_NOT_ALLOWED", said, blockers=(vusb,))


def _has_iommu(host: Record) -> Iterator[Failure]:
    if host["chipset-info"].get("iommu") != "true":
        yield Failure("VM_REQUIRES_IOMMU", host)


def can_get(state: State, vm: Record) -> Iterator[Failure]:
    """Why the VM gets none of its GPUs and USB devices, on whichever host it starts."""
    vgpus = state.pointing_at(vm, "vgpu.vm-uuid")
    if vgpus and vm["domain-type"] != "hvm":
        yield Failure("FEATURE_REQUIRES_HVM", "Only an HVM guest can have a GPU", blockers=(vgpus[0],))
    if any(gpus.implementation(state, vgpu) != gpus.PASSTHROUGH for vgpu in vgpus):
        yield from allows(state, "VGPU", "vgpu")
    model = vm["platform"].get(_MODEL, _MODELS_WITH_USB[0] if vm["domain-type"] == "hvm" else "undefined")
    if model not in _MODELS_WITH_USB and (vusbs := state.pointing_at(vm, "vusb.vm-uuid")):
        yield Failure("INVALID_VALUE", f"platform:{_MODEL} when vm has VUSBs", model, blockers=tuple(vusbs))


def can_take(pci: Record, vm: Record) -> Iterator[Failure]:
    """Why the VM cannot have the PCI device: another VM has it."""
    for other in pci["attached-VMs"]:
        if other != vm["uuid"]:
            yield Failure(
                "OPERATION_NOT_ALLOWED", f"PCI device {pci['pci-id']} is attached to another VM", blockers=(pci,)
            )


def ranked(state: State, vgpu: Record, hosts: list[Record]) -> list[list[Record]]:
    """The hosts with GPUs for the VM in groups, of which the first is tried first; `vgpu` is its first virtual GPU."""
    vm = state.ref(vgpu, "vm-uuid")
    rooms = {host["uuid"]: gpus.room_on(state, vgpu, host) for host in hosts if _finds_gpus(state, vm, host)}
    counts = sorted(set(rooms.values()), reverse=gpus.spreads(state, vgpu))
    return [[host for host in hosts if rooms.get(host["uuid"]) == count] for count in counts]


def _finds_gpus(state: State, vm: Record, host: Record) -> bool:
    try:
        gpus.chosen(state, vm, host)
    except Failure:
        return False
    return True


def given_pcis(state: State, vm: Record, host: Record) -> list[Record]:
    """The PCI devices of the host that the VM names: as `other-config:pci=0/0000:04:00.0,0/0000:04:00.1`."""
    words = vm["other-config"].get("pci", "").split(",")
    wanted = {address for _, _, address in (word.strip().partition("/") for word in words)}
    return [pci for pci in state.pointing_at(host, "pci.host-uuid") if pci["pci-id"] in wanted]


def pcis_of_gpu(state: State, pgpu: Record) -> list[Record]:
    """The PCI device of a GPU, and those that a VM gets with it."""
    pci = state.ref_or_none(pgpu, "pci-uuid")
    if pci is None:
        return []
    others = state.having("pci", "host-uuid", pci["host-uuid"])
    return [pci, *(other for other in others if other["pci-id"] in pci["dependencies"])]
