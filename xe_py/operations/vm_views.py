"""What a VM has: lists of its devices, and a tree of all that it depends on.

The tree: VM → VBD → VDI → SR → PBD → HOST, and VM → VIF → NETWORK → PIF → HOST.
"""

from __future__ import annotations

from xe_py import classes
from xe_py.codes import in_words
from xe_py.schema.command import ALL, CONTROL_DOMAINS, READS, TEMPLATES, VM, command
from xe_py.schema.fields import Bool, Text
from xe_py.schema.listing import Listing, Node, columns
from xe_py.xapi import chains
from xe_py.xapi.placement import can_run_on

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


_COLUMNS = (
    Text("vbd-params", doc="The fields of the VBDs to show, separated by commas, or all."),
    Text("vdi-params", doc="The fields of the VDIs to show, separated by commas, or all."),
)
_OF_DISKS = ("uuid", "vm-name-label", "userdevice")
_OF_CDS = (*_OF_DISKS, "empty")
_OF_VDIS = ("uuid", "name-label", "virtual-size", "sr-name-label")
_OF_VIFS = ("uuid", "device", "MAC", "network-uuid", "network-name-label", "vm-name-label")


@command("vm-disk-list", optional=_COLUMNS, doc="List the disks of a VM.", selector=VM, kind=READS, standard=True)
def disk_list(state: State, vm: Record, vbd_params: str | None = None, vdi_params: str | None = None) -> list[Listing]:
    """The VBD of each disk, and its VDI."""
    return _drives(state, vm, "Disk", (vbd_params, vdi_params), _OF_DISKS)


@command("vm-cd-list", optional=_COLUMNS, doc="List the CD drives of a VM.", selector=VM, kind=READS, standard=True)
def cd_list(state: State, vm: Record, vbd_params: str | None = None, vdi_params: str | None = None) -> list[Listing]:
    """The VBD of each CD drive, and the disc in it."""
    return _drives(state, vm, "CD", (vbd_params, vdi_params), _OF_CDS)


@command(
    "vm-vif-list",
    undeclared=(Text("params", doc="The fields to show, separated by commas, or all."),),
    doc="List the VIFs of VMs.",
    selector=VM.taking(ALL),
    kind=READS,
    standard=True,
)
def vif_list(state: State, vm: Record, params: str | None = None) -> Listing:
    """The VIFs of the VM."""
    vif = classes.get("vif")
    return Listing(vif, state.pointing_at(vm, "vif.vm-uuid"), columns(vif, params, _OF_VIFS), chosen=params)


def _drives(
    state: State, vm: Record, type: str, chosen: tuple[str | None, str | None], otherwise: tuple[str, ...]
) -> list[Listing]:
    """Two parts for each drive of the type, each under a head; one part for an empty drive."""
    found = []
    vbds = [vbd for vbd in state.pointing_at(vm, "vbd.vm-uuid") if vbd["type"] == type]
    for number, vbd in enumerate(vbds):
        found.append(_drive(vbd, chosen[0], otherwise, f"{type} {number} VBD:"))
        vdi = state.ref_or_none(vbd, "vdi-uuid")
        if vdi is not None:
            found.append(_drive(vdi, chosen[1], _OF_VDIS, f"{type} {number} VDI:"))
    return found


def _drive(obj: Record, chosen: str | None, otherwise: tuple[str, ...], head: str) -> Listing:
    return Listing(obj.cls, [obj], columns(obj.cls, chosen, otherwise), chosen=chosen, head=head)


@command(
    "vm-tree",
    optional=(Bool("all", doc="Show every object down to the hosts with its uuid, in a line of its own."),),
    doc="Show all that a VM depends on, down to the hosts: its disks and storage, its network cards and networks.",
    selector=VM.also(TEMPLATES, CONTROL_DOMAINS),
    kind=READS,
    ours=True,
)
def tree(state: State, vm: Record, *, all: bool = False) -> Node:
    """The tree from the VM along both chains, a line for each device or, with `all`, for each object."""
    vbds, vifs = state.pointing_at(vm, "vbd.vm-uuid"), state.pointing_at(vm, "vif.vm-uuid")
    if all:
        below = [*(_disk(state, vbd) for vbd in vbds), *(_card(state, vif) for vif in vifs)]
        return Node(_line(vm, "VM", vm["power-state"]), below, vm)
    disks = [Node(chains.disk(state, vbd), (), vbd) for vbd in vbds]
    cards = [Node(chains.card(state, vif), (), vif) for vif in vifs]
    return Node(chains.guest(state, vm), [*disks, *cards, *_hosts(state, vm)], vm)


def _hosts(state: State, vm: Record) -> list[Node]:
    """The other hosts, each with what prevents the VM from running there."""
    if vm["is-a-template"] or vm["is-control-domain"]:
        return []
    told = []
    for host in state.all("host"):
        if host["uuid"] != vm["resident-on"]:
            why = next(can_run_on(state, vm, host), None)
            told.append(f"{host.name} ({in_words(why) if why else 'could run here'})")
    return [Node(f"{'other ' if vm['resident-on'] else ''}hosts: {', '.join(told)}")] if told else []


def _disk(state: State, vbd: Record) -> Node:
    vdi = state.ref_or_none(vbd, "vdi-uuid")
    facts = (state.value(vbd, "device") or vbd["userdevice"], vbd["type"], vbd["mode"], _attached(vbd))
    return Node(_line(vbd, "VBD", *facts), [_image(state, vdi)] if vdi else [Node("empty")], vbd)


def _image(state: State, vdi: Record) -> Node:
    sr = state.ref(vdi, "sr-uuid")
    pbds = [
        Node(_line(pbd, "PBD", _attached(pbd)), [_host(state, pbd)], pbd)
        for pbd in state.pointing_at(sr, "pbd.sr-uuid")
    ]
    below = Node(_line(sr, "SR", sr["type"]), pbds, sr)
    return Node(_line(vdi, "VDI", f"{vdi['virtual-size']} bytes"), [below], vdi)


def _card(state: State, vif: Record) -> Node:
    network = state.ref(vif, "network-uuid")
    pifs = [state.need("pif", uuid) for uuid in state.value(network, "PIF-uuids")]
    below = Node(_line(network, "NETWORK", network["bridge"]), [_interface(state, pif) for pif in pifs], network)
    return Node(_line(vif, "VIF", vif["device"], vif["MAC"], _attached(vif)), [below], vif)


def _interface(state: State, pif: Record, above: tuple[Record, ...] = ()) -> Node:
    """A PIF above those it stands on: the members of a bond, the PIF below a VLAN or tunnel; else its host.

    In an unsound file, PIFs may stand on each other; each is shown once.
    """
    vlan = f"VLAN {pif['VLAN']}" if pif["VLAN"] >= 0 else ""
    line = (*above, pif)
    parts = [part for part in chains.below(state, pif) if not any(part is each for each in line)]
    below = [_interface(state, part, line) for part in parts] or [_host(state, pif)]
    return Node(_line(pif, "PIF", pif["device"], vlan, _attached(pif)), below, pif)


def _host(state: State, obj: Record) -> Node:
    host = state.ref(obj, "host-uuid")
    return Node(_line(host, "HOST"), (), host)


def _attached(obj: Record) -> str:
    return "attached" if obj["currently-attached"] else "not attached"


def _line(obj: Record, kind: str, *facts: str) -> str:
    name = f" ({obj.name})" if obj.name else ""
    return ", ".join([f"{kind} {obj['uuid']}{name}", *(fact for fact in facts if fact)])
