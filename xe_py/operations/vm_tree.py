"""What stands behind a VM: VM → VBD → VDI → SR → PBD → HOST, and VM → VIF → NETWORK → PIF → HOST."""

from __future__ import annotations

from xe_py.schema.command import CONTROL_DOMAINS, TEMPLATES, command
from xe_py.schema.listing import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "vm-tree",
    doc="Show what stands behind a VM, down to the hosts: its disks and storage, its network cards and networks.",
    selectors="vm",
    also=(TEMPLATES, CONTROL_DOMAINS),
    reads=True,
    ours=True,
)
def tree(state: State, vm: Record) -> Node:
    """The tree from the VM down both chains to the hosts."""
    disks = [_disk(state, vbd) for vbd in state.pointing_at(vm, "vbd.vm-uuid")]
    cards = [_card(state, vif) for vif in state.pointing_at(vm, "vif.vm-uuid")]
    return Node(_line(vm, "VM", vm["power-state"]), disks + cards)


def _disk(state: State, vbd: Record) -> Node:
    vdi = state.ref_or_none(vbd, "vdi-uuid")
    facts = (state.value(vbd, "device"), vbd["type"], vbd["mode"], _attached(vbd))
    return Node(_line(vbd, "VBD", *facts), [_image(state, vdi)] if vdi else [Node("empty", [])])


def _image(state: State, vdi: Record) -> Node:
    sr = state.ref(vdi, "sr-uuid")
    pbds = [
        Node(_line(pbd, "PBD", _attached(pbd)), [_host(state, pbd)]) for pbd in state.pointing_at(sr, "pbd.sr-uuid")
    ]
    return Node(_line(vdi, "VDI", f"{vdi['virtual-size']} bytes"), [Node(_line(sr, "SR", sr["type"]), pbds)])


def _card(state: State, vif: Record) -> Node:
    network = state.ref(vif, "network-uuid")
    pifs = [state.need("pif", uuid) for uuid in state.value(network, "PIF-uuids")]
    below = Node(_line(network, "NETWORK", network["bridge"]), [_interface(state, pif) for pif in pifs])
    return Node(_line(vif, "VIF", vif["device"], vif["MAC"], _attached(vif)), [below])


def _interface(state: State, pif: Record) -> Node:
    """A PIF over those it is made of: the members of a bond, the PIF that carries a VLAN; else over its host."""
    vlan = f"VLAN {pif['VLAN']}" if pif["VLAN"] >= 0 else ""
    members = [
        member
        for bond in state.pointing_at(pif, "bond.master")
        for member in state.pointing_at(bond, "pif.bond-slave-of")
    ]
    carriers = [state.ref(vlan, "tagged-PIF") for vlan in state.pointing_at(pif, "vlan.untagged-PIF")]
    below = [_interface(state, part) for part in members + carriers] or [_host(state, pif)]
    return Node(_line(pif, "PIF", pif["device"], vlan, _attached(pif)), below)


def _host(state: State, obj: Record) -> Node:
    return Node(_line(state.ref(obj, "host-uuid"), "HOST"), [])


def _attached(obj: Record) -> str:
    return "attached" if obj["currently-attached"] else "not attached"


def _line(obj: Record, kind: str, *facts: str) -> str:
    name = f" ({obj.name})" if obj.name else ""
    return ", ".join([f"{kind} {obj['uuid']}{name}", *(fact for fact in facts if fact)])
