"""The command `state-tree`: the pool at a glance. Only xe_py has it, not the real xe."""

from __future__ import annotations

from xe_py.operations.state_orphans import orphans
from xe_py.schema.command import READS, command
from xe_py.schema.fields import Bool
from xe_py.schema.listing import Node
from xe_py.schema.numbers import size_in_words
from xe_py.xapi.chains import bar, carriers, guest, image, with_driver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_SHOWN = 12


@command(
    "state-tree",
    optional=(Bool("all", doc=f"Show all of what there are many of; by default the first {_SHOWN}."),),
    doc="Show the pool at a glance: its hosts with their memory and VMs, its SRs with their space and VDIs, its "
    "networks with the VMs on them, and what nothing uses.",
    kind=READS,
    ours=True,
)
def tree(state: State, *, all: bool = False) -> Node:
    """The tree of the whole state."""
    most = None if all else _SHOWN
    pool = state.all("pool")[0]
    stopped = [vm for vm in _guests(state) if vm["resident-on"] is None]
    groups = [
        Node("hosts", [_host(state, host, most) for host in state.all("host")]),
        Node("VMs on no host", _cut([Node(guest(state, vm), (), vm) for vm in stopped], most)),
        Node("storage", [_sr(state, sr, most) for sr in state.all("sr")]),
        Node("networks", _cut([_network(state, network) for network in state.all("network")], most)),
        Node(f"orphans: {_unused(state)}"),
    ]
    name = pool.name or pool["uuid"]
    head = f"pool {name}, {state.rules} rules, serial {state.serial}"
    return Node(head, [group for group in groups if group.below or ":" in group.text], pool)


def _guests(state: State) -> list[Record]:
    return [vm for vm in state.all("vm") if not (vm["is-a-template"] or vm["is-control-domain"])]


def _cut(nodes: list[Node], most: int | None) -> list[Node]:
    """The first of the lines, and how many more there are."""
    left = 0 if most is None else len(nodes) - most
    return nodes if left <= 0 else [*nodes[:most], Node(f"{left} more; to see all: --all")]


def _host(state: State, host: Record, most: int | None) -> Node:
    total, free = state.value(host, "memory-total"), state.value(host, "memory-free")
    marks = "" if host["enabled"] else ", disabled"
    vms = [vm for vm in state.pointing_at(host, "vm.resident-on") if not vm["is-control-domain"]]
    below = _cut([Node(guest(state, vm), (), vm) for vm in vms], most)
    return Node(f"{host.name}{marks}  memory {bar(total - free, total)}", below, host)


def _sr(state: State, sr: Record, most: int | None) -> Node:
    size = bar(state.value(sr, "physical-utilisation"), state.value(sr, "physical-size"))
    vdis = [Node(f"{image(vdi)}{_users(state, vdi)}", (), vdi) for vdi in state.pointing_at(sr, "vdi.sr-uuid")]
    return Node(f"{with_driver(state, sr)}  {size}", _cut(vdis, most), sr)


def _users(state: State, vdi: Record) -> str:
    """The VMs that see the VDI."""
    names = [state.ref(vbd, "vm-uuid").name for vbd in state.pointing_at(vdi, "vbd.vdi-uuid")]
    return f"  of {', '.join(names)}" if names else "  of no VM"


def _network(state: State, network: Record) -> Node:
    vms = [state.ref(vif, "vm-uuid").name for vif in state.pointing_at(network, "vif.network-uuid")]
    below = carriers(state, network)
    where = f" = {below}" if below else ", internal"
    users = f": {', '.join(vms)}" if vms else ""
    return Node(f"{network.name or network['uuid']}{where}{users}", (), network)


def _unused(state: State) -> str:
    """How much nothing uses any more; `state-orphans` lists it."""
    rows = orphans(state).rows
    if not rows:
        return "none"
    size = sum(int(row[3]) for row in rows if row[3])
    return f"{len(rows)}, {size_in_words(size)}; to list them: xe state-orphans"
