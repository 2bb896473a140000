"""Adding a new host to the pool. Only xe_py has this; real hosts join with `pool-join`."""

from __future__ import annotations

from xe_py.errors import Misuse, refuse
from xe_py.fresh.presets import CPUS, DISK, GIB, NICS
from xe_py.schema.command import command
from xe_py.schema.fields import Int, Text
from xe_py.schema.values import Size
from xe_py.xapi import hosts
from xe_py.xapi.protection import ha_is_off

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def _can_be(_state: State, *, name_label: str, **hardware: int) -> None:
    from xe_py.fresh.host import wrong_hardware

    del name_label
    if wrong := wrong_hardware(**hardware):
        raise Misuse(f"Error: {wrong}")


@command(
    "host-add",
    required=(Text("name-label", doc="The name of the host."),),
    optional=(
        Int("nics", doc="How many network cards it has; as many as the coordinator if it is not given."),
        Int("cpus", doc="How many CPUs it has; as many as the coordinator if it is not given."),
        Size("memory", doc="Its memory, in bytes or with a suffix; that of the coordinator if it is not given."),
        Size("disk", doc=f"Its local storage, in bytes or with a suffix; {DISK // GIB}GiB if it is not given."),
    ),
    grammar=_can_be,
    doc="Add a new host to the pool. It gets the bonds, the VLANs and the shared SRs that the coordinator has.",
    ours=True,
)
def add(
    state: State,
    name_label: str,
    *,
    nics: int | None = None,
    cpus: int | None = None,
    memory: int | None = None,
    disk: int = DISK,
) -> Record:
    """Make a host with the software of the coordinator, and with its hardware where nothing else is given."""
    from xe_py.fresh.host import add_host, hardware_of
    from xe_py.fresh.storage import add_host_storage
    from xe_py.operations.effects.joining import equip

    refuse(ha_is_off(state))
    model = hosts.coordinator(state)
    refuse(hosts.answers(state, model))
    cards: list[dict[str, object]] = [{} for _ in range(nics or len(model["nics"]) or NICS)]
    cpu_info = {**model["cpu_info"], "cpu_count": str(cpus or hosts.cpus(model) or CPUS)}
    hardware = hardware_of(memory or model["memory-total"], cpu_info)
    host = add_host(state, name_label, cards, {**hardware, "software-version": model["software-version"]})
    add_host_storage(state, host, disk)
    equip(state, host)
    return host
