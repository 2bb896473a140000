"""What can be done to VLANs."""

from __future__ import annotations

from xe_py.classes.vlan import can_stand_on
from xe_py.errors import Failure, refuse
from xe_py.operations.effects.bring_up import bring_up
from xe_py.operations.effects.plugging import remove, unplug
from xe_py.schema.command import command
from xe_py.schema.fields import Int, Ref, Text
from xe_py.xapi import networks, pif_guards
from xe_py.xapi.hosts import answers
from xe_py.xapi.networks import LARGEST_TAG
from xe_py.xapi.sriov import can_have_vlan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

MAC = "fe:ff:ff:ff:ff:ff"


@command(
    "vlan-create",
    required=(
        Ref("pif-uuid", "pif", doc="The PIF below the VLAN."),
        Int("vlan", doc="The tag, from 0 to 4094."),
        Ref("network-uuid", "network", doc="The network that the VLAN carries."),
    ),
    doc="Make a VLAN on a PIF, and print the uuid of the PIF of the VLAN.",
)
def create(state: State, pif: Record, vlan: int, network: Record) -> Record:
    """Make a VLAN on the PIF, plug the VLAN's own PIF, and return it."""
    untagged = make(state, pif, vlan, network)
    bring_up(state, untagged)
    return untagged


@command(
    "vlan-destroy",
    required=(Text("uuid", doc="The VLAN, or the PIF of the VLAN."),),
    doc="Destroy a VLAN and its PIF; the network stays.",
)
def destroy(state: State, uuid: str) -> None:
    """Destroy a VLAN, named by its own uuid or by that of its PIF; the network stays."""
    pif = state.get("pif", uuid)
    if pif is not None and pif["VLAN"] < 0:
        raise Failure("PIF_IS_PHYSICAL")
    if pif is None:
        pif = state.ref(state.need("vlan", uuid), "untagged-PIF")
    refuse(pif_guards.host_answers(state, pif))
    refuse(pif_guards.is_not_in_bond(state, pif))
    refuse(pif_guards.manages_no_member(state, pif))
    unplug(state, pif)
    remove(state, pif)


def make(state: State, tagged: Record, tag: int, network: Record) -> Record:
    """Make a VLAN on the PIF, and return the VLAN's own PIF, which is not plugged yet."""
    host = state.ref(tagged, "host-uuid")
    refuse(answers(state, host))
    refuse(networks.is_managed(network))
    refuse(networks.has_no_pif_on(state, network, host))
    refuse(pif_guards.is_managed(tagged))
    refuse(can_stand_on(state, tagged))
    refuse(can_have_vlan(state, network, tagged))
    if not 0 <= tag <= LARGEST_TAG:
        raise Failure("VLAN_TAG_INVALID", str(tag))
    for vlan in state.find("vlan", tagged_PIF=tagged["uuid"], tag=tag):
        raise Failure("PIF_VLAN_EXISTS", tagged["device"], blockers=(vlan,))
    return stack(state, tagged, tag, network)


def stack(state: State, tagged: Record, tag: int, network: Record) -> Record:
    """Make the two objects of a VLAN, and return its untagged PIF."""
    shared = ("host-uuid", "device", "MTU", "primary-address-type", "carrier", "speed", "duplex")
    untagged = state.add(
        "pif",
        {"network-uuid": network["uuid"], "MAC": MAC, "VLAN": tag, **{field: tagged[field] for field in shared}},
    )
    state.add("vlan", {"tagged-PIF": tagged["uuid"], "untagged-PIF": untagged["uuid"], "tag": tag})
    return untagged
