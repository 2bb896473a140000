"""What can be done to SR-IOV networks."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.operations.effects.plugging import plug, remove, unplug
from xe_py.operations.vlan import MAC
from xe_py.schema.command import command
from xe_py.schema.fields import Ref
from xe_py.xapi import networks, pif_guards, sriov

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "network-sriov-create",
    required=(
        Ref("pif-uuid", "pif", doc="The PIF of the network card."),
        Ref("network-uuid", "network", doc="The network whose VIFs become virtual functions of the card."),
    ),
    doc="Make an SR-IOV network on a network card.",
)
def create(state: State, pif: Record, network: Record) -> Record:
    """Make an SR-IOV network on the card, and plug its logical PIF."""
    refuse(pif_guards.host_answers(state, pif))
    refuse(networks.is_managed(network))
    refuse(pif_guards.is_managed(pif))
    refuse(sriov.can_be_on_sriov(state, pif))
    refuse(networks.has_no_pif_on(state, network, state.ref(pif, "host-uuid")))
    refuse(sriov.can_join_card(state, network, pif))
    shared = ("host-uuid", "device", "MTU", "primary-address-type", "carrier", "speed", "duplex")
    logical = state.add("pif", {"network-uuid": network["uuid"], "MAC": MAC, **{field: pif[field] for field in shared}})
    made = state.add("network-sriov", {"physical-PIF": pif["uuid"], "logical-PIF": logical["uuid"]})
    plug(state, logical)
    return made


@command(
    "network-sriov-destroy",
    required=(Ref("uuid", "network-sriov", doc="The SR-IOV network."),),
    doc="Destroy an SR-IOV network and its logical PIF; the network itself stays.",
)
def destroy(state: State, made: Record) -> None:
    """Destroy the SR-IOV network and its logical PIF; the network itself stays."""
    logical = state.ref(made, "logical-PIF")
    refuse(pif_guards.host_answers(state, logical))
    vlans = state.pointing_at(logical, "vlan.tagged-PIF")
    if vlans:
        raise Failure("PIF_VLAN_STILL_EXISTS", logical, blockers=tuple(vlans))
    unplug(state, logical)
    remove(state, logical)
