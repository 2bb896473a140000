"""What a host gets that is new in a pool: the bonds, the VLANs and the shared SRs that all hosts of the pool have.

Like XAPI, it does what it can: what the host refuses is left out.
"""

from __future__ import annotations

from functools import partial

from xe_py.classes.bond import slaves
from xe_py.operations import bond, vlan
from xe_py.operations.effects.best_effort import if_possible, plug_if_possible
from xe_py.xapi.hosts import coordinator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def equip(state: State, host: Record) -> None:
    """Give the host what the coordinator has."""
    model_host = coordinator(state)
    pifs = state.pointing_at(model_host, "pif.host-uuid")
    for pif in pifs:
        for model in state.pointing_at(pif, "bond.master"):
            if_possible(state, partial(_bond_like, state, model, host))
    for pif in pifs:
        for model in state.pointing_at(pif, "vlan.tagged-PIF"):
            if_possible(state, partial(_vlan_like, state, model, host))
    for model in state.pointing_at(model_host, "pbd.host-uuid"):
        if state.ref(model, "sr-uuid")["shared"]:
            plug_if_possible(state, _pbd_like(state, model, host))


def _bond_like(state: State, model: Record, host: Record) -> None:
    """A bond of the cards that are on the same networks."""
    networks = [state.ref(pif, "network-uuid") for pif in slaves(state, model)]
    members = [pif for network in networks for pif in _on(state, network, host)]
    network = state.ref(state.ref(model, "master"), "network-uuid")
    if members:
        bond.create(state, network, members, mode=model["mode"], properties=model["properties"])


def _vlan_like(state: State, model: Record, host: Record) -> None:
    """A VLAN with the same tag on the same networks."""
    below = state.ref(state.ref(model, "tagged-PIF"), "network-uuid")
    above = state.ref(state.ref(model, "untagged-PIF"), "network-uuid")
    for pif in _on(state, below, host):
        vlan.create(state, pif, model["tag"], above)


def _on(state: State, network: Record, host: Record) -> list[Record]:
    return state.find("pif", network_uuid=network["uuid"], host_uuid=host["uuid"])


def _pbd_like(state: State, model: Record, host: Record) -> Record:
    fields = {"sr-uuid": model["sr-uuid"], "host-uuid": host["uuid"], "device-config": model["device-config"]}
    return state.add("pbd", fields)
