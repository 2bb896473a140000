"""What happens on a host when interfaces go up and down, and when its management interface changes."""

from __future__ import annotations

from xe_py.xapi.addresses import lease
from xe_py.xapi.networks import pifs_on
from xe_py.xapi.pif_guards import management_pifs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def bring_up(state: State, pif: Record) -> None:
    """Plug the PIF with the MTU of its network; members of a bond are unplugged, since the bond works for them."""
    mtu = state.ref(pif, "network-uuid")["MTU"]
    for bond in state.pointing_at(pif, "bond.master"):
        for slave in state.pointing_at(bond, "pif.bond-slave-of"):
            state.update(slave, {"currently-attached": False})
            state.update(state.ref(slave, "network-uuid"), {"MTU": mtu})
    state.update(pif, {"currently-attached": True, "MTU": mtu})
    if pif["VLAN"] < 0:
        snooping = any(pool["igmp-snooping-enabled"] for pool in state.all("pool"))
        state.update(pif, {"igmp-snooping-status": "enabled" if snooping else "disabled"})
    get_address(state, pif)


def bring_down(state: State, pif: Record) -> None:
    """Unplug the PIF."""
    state.update(pif, {"currently-attached": False})


def attach_network(state: State, network: Record, host: Record) -> None:
    """Plug the PIFs that VMs on the host need for the network."""
    for pif in pifs_on(state, network, host):
        if pif["managed"] and not pif["currently-attached"] and not pif["bond-slave-of"]:
            bring_up(state, pif)


def get_address(state: State, pif: Record) -> None:
    """Get an address by DHCP for a plugged PIF that has none; the management PIF gives it to its host."""
    if pif["IP-configuration-mode"] == "DHCP" and pif["currently-attached"] and not pif["IP"]:
        state.update(pif, lease(state))
    if pif["management"]:
        address = pif["IP"]
        if pif["primary-address-type"] == "IPv6":
            address = next((cidr.partition("/")[0] for cidr in pif["IPv6"]), "")
        state.update(state.ref(pif, "host-uuid"), {"address": address})


def manage_through(state: State, pif: Record) -> None:
    """Make the PIF the management interface of its host, instead of the present one."""
    for other in management_pifs(state, pif["host-uuid"]):
        state.update(other, {"management": False})
    state.update(pif, {"management": True})
    bring_up(state, pif)
