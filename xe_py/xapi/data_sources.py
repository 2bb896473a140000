"""What a host measures of itself and of its guests, by the names that the statistics of XAPI have for it.

A simulated guest does nothing: what counts work is 0. What counts memory and CPUs follows from the state.
"""

from __future__ import annotations

from xe_py.xapi import memory
from xe_py.xapi.hosts import MOST_CPUS, cpus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

_KIB = 1024
_FRACTION, _BYTES, _KIBS, _SPEED, _COUNT = "(fraction)", "B", "KiB", "B/s", "count"


class DataSource:
    """Something that is measured: its name, what it says, its unit, and its value now."""

    __slots__ = ("doc", "name", "units", "value")

    def __init__(self, name: str, doc: str, units: str, value: int = 0) -> None:
        self.name = name
        self.doc = doc
        self.units = units
        self.value = value

    def rows(self) -> list[tuple[str, str]]:
        """What xe shows of it. The least value is 0; a fraction of CPUs is at most 1."""
        return [
            ("name_label", self.name),
            ("name_description", self.doc),
            ("enabled", "true"),
            ("standard", "true"),
            ("min", "0."),
            ("max", "1." if self.units == _FRACTION and self.name.startswith("cpu") else "inf"),
            ("units", self.units),
        ]


def of_host(state: State, host: Record) -> list[DataSource]:
    """What is measured of the host, by name."""
    return _sorted(_of_host(state, host))


def of_vm(state: State, vm: Record) -> list[DataSource]:
    """What is measured of the VM, by name."""
    return _sorted(_of_vm(state, vm))


def of_sr(_state: State, _sr: Record) -> list[DataSource]:
    """What is measured of the SR: nothing, because no driver here measures."""
    return []


def _of_host(state: State, host: Record) -> Iterator[DataSource]:
    for number in range(cpus(host)):
        yield DataSource(f"cpu{number}", f"How busy the physical CPU {number} is", _FRACTION)
    yield DataSource("cpu_avg", "How busy the physical CPUs are on average", _FRACTION)
    yield DataSource("loadavg", "The load of the control domain", _FRACTION)
    yield DataSource("hostload", "The load of the host for each CPU", _FRACTION)
    total = host["memory-total"] // _KIB
    yield DataSource("memory_total_kib", "The memory of the host", _KIBS, total)
    yield DataSource("memory_free_kib", "The free memory of the host", _KIBS, memory.unused(state, host) // _KIB)
    yield DataSource("memory_reclaimed", "The memory that guests have given back", _BYTES)
    yield DataSource("memory_reclaimed_max", "The memory that guests could give back", _BYTES)
    running = [vm for vm in state.pointing_at(host, "vm.resident-on") if vm["power-state"] == "running"]
    yield DataSource("running_domains", "How many domains run", _COUNT, len(running))
    yield DataSource("running_vcpus", "How many virtual CPUs run", _COUNT)
    devices = [pif["device"] for pif in state.pointing_at(host, "pif.host-uuid") if pif["physical"]]
    for device in (*devices, "aggr"):
        name = f"interface {device}" if device != "aggr" else "all interfaces together"
        yield DataSource(f"pif_{device}_rx", f"What arrives on {name}", _SPEED)
        yield DataSource(f"pif_{device}_tx", f"What is sent on {name}", _SPEED)


def _of_vm(state: State, vm: Record) -> Iterator[DataSource]:
    for number in range(min(vm["VCPUs-number"], MOST_CPUS)):
        yield DataSource(f"cpu{number}", f"How busy the virtual CPU {number} is", _FRACTION)
    used = memory.target(state, vm)
    yield DataSource("memory", "The memory of the VM", _BYTES, used)
    yield DataSource("memory_target", "The memory that the VM is to have", _BYTES, used)
    for vbd in state.pointing_at(vm, "vbd.vm-uuid"):
        if vbd["currently-attached"]:
            device = state.value(vbd, "device")
            yield DataSource(f"vbd_{device}_read", f"What is read from {device}", _SPEED)
            yield DataSource(f"vbd_{device}_write", f"What is written to {device}", _SPEED)
    for vif in state.pointing_at(vm, "vif.vm-uuid"):
        if vif["currently-attached"]:
            yield DataSource(f"vif_{vif['device']}_rx", f"What arrives on the VIF {vif['device']}", _SPEED)
            yield DataSource(f"vif_{vif['device']}_tx", f"What is sent on the VIF {vif['device']}", _SPEED)


def _sorted(sources: Iterator[DataSource]) -> list[DataSource]:
    return sorted(sources, key=lambda source: source.name)
