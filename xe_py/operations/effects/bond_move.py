"""What moves to a bond when it is made, and back when it is destroyed: addresses, VLANs, tunnels, networks, VIFs."""

from __future__ import annotations

from xe_py.operations.effects.bring_up import bring_up, manage_through
from xe_py.operations.tunnel import stack as stack_tunnel
from xe_py.operations.vlan import stack
from xe_py.xapi.pif_kinds import standing_on

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from xe_py.state.record import Record
    from xe_py.state.state import State

_IP = {"IP-configuration-mode": "None", "IP": "", "netmask": "", "gateway": "", "DNS": ""}


def local_vifs(state: State, host: Record, networks: Iterable[Record]) -> list[Record]:
    """The VIFs on the networks whose VMs run on the host, or could start on this host alone or on no host."""
    vifs = [vif for network in networks for vif in state.pointing_at(network, "vif.network-uuid")]
    vms = {vif["vm-uuid"]: state.ref(vif, "vm-uuid") for vif in vifs}
    local = {uuid for uuid, vm in vms.items() if _is_local(state, vm, host)}
    return [vif for vif in vifs if vif["vm-uuid"] in local]


def _is_local(state: State, vm: Record, host: Record) -> bool:
    if vm["resident-on"] is not None:
        return bool(vm["resident-on"] == host["uuid"])
    return state.value(vm, "possible-hosts") in ([], [host["uuid"]])


def move_tunnel(state: State, tunnel: Record, target: Record) -> None:
    """Put a tunnel on the target instead, with a PIF of its own that is new."""
    old = state.ref(tunnel, "access-PIF")
    new = stack_tunnel(state, target, state.ref(old, "network-uuid"), tunnel["protocol"])
    move_joined_networks(state, old, new)
    was_up = old["currently-attached"]
    state.delete(old)
    if was_up:
        bring_up(state, new)


def manages(state: State, pif: Record) -> bool:
    """Whether the host is managed through the PIF or through a VLAN on it."""
    return any(each["management"] for each in (pif, *standing_on(state, pif)))


def move_vifs(state: State, vifs: Iterable[Record], network: Record) -> None:
    """Put the VIFs on the network."""
    for vif in vifs:
        state.update(vif, {"network-uuid": network["uuid"]})


def move_ip_configuration(state: State, source: Record, target: Record) -> None:
    """Give the target the IPv4 configuration of the source, and take it from the source."""
    state.update(target, {field: source[field] for field in _IP})
    state.update(source, _IP)


def move_joined_networks(state: State, source: Record, target: Record) -> None:
    """Let the target serve the networks that the source joined directly, except its own."""
    joined = [*target["joined-network-uuids"], *source["joined-network-uuids"]]
    own = target["network-uuid"]
    state.update(target, {"joined-network-uuids": [uuid for uuid in dict.fromkeys(joined) if uuid != own]})
    state.update(source, {"joined-network-uuids": []})


def move_vlan(state: State, vlan: Record, target: Record) -> None:
    """Put a VLAN on the target instead; its VIFs change their network if the target already has this tag."""
    old = state.ref(vlan, "untagged-PIF")
    network, host = state.ref(old, "network-uuid"), state.ref(old, "host-uuid")
    same = state.find("vlan", tagged_PIF=target["uuid"], tag=vlan["tag"])
    if same:
        new = state.ref(same[0], "untagged-PIF")
        move_vifs(state, local_vifs(state, host, [network]), state.ref(new, "network-uuid"))
    else:
        new = stack(state, target, vlan["tag"], network)
    move_ip_configuration(state, old, new)
    move_joined_networks(state, old, new)
    for tunnel in state.pointing_at(old, "tunnel.transport-PIF"):
        move_tunnel(state, tunnel, new)
    was_up, was_management = old["currently-attached"], old["management"]
    state.delete(old)
    if was_management:
        manage_through(state, new)
    elif was_up:
        bring_up(state, new)
