"""What happens on a host when interfaces go up and down, and when its management interface changes."""

from __future__ import annotations

from xe_py.schema.numbers import decimal_of
from xe_py.xapi.addresses import lease
from xe_py.xapi.networks import pifs_on
from xe_py.xapi.pif_guards import management_pifs
from xe_py.xapi.pif_kinds import sriovs_below, sriovs_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def bring_up(state: State, pif: Record) -> None:
    """Plug the PIF with its MTU; members of a bond are unplugged, since the bond works for them.

    Nothing passes through the PIFs of SR-IOV networks: such a PIF is up when there are virtual functions.
    """
    if not pif["physical"] and _bring_up_virtual(state, pif):
        return
    of_network = state.ref(pif, "network-uuid")["MTU"]
    for bond in state.pointing_at(pif, "bond.master"):
        for slave in state.pointing_at(bond, "pif.bond-slave-of"):
            state.update(slave, {"currently-attached": False})
            state.update(state.ref(slave, "network-uuid"), {"MTU": of_network})
    state.update(pif, {"currently-attached": True, "MTU": _mtu(pif, of_network)})
    if pif["VLAN"] < 0:
        snooping = any(pool["igmp-snooping-enabled"] for pool in state.all("pool"))
        state.update(pif, {"igmp-snooping-status": "enabled" if snooping else "disabled"})
    get_address(state, pif)


def _bring_up_virtual(state: State, pif: Record) -> bool:
    """Plug the PIF if it is that of an SR-IOV network or of a VLAN on one; whether it is."""
    for sriov in sriovs_of(state, pif):
        mode = sriov["configuration-mode"]
        state.update(sriov, {"configuration-mode": "sysfs" if mode == "unknown" else mode, "requires-reboot": False})
        state.update(pif, {"currently-attached": True})
        return True
    for logical in sriovs_below(state, pif):
        state.update(pif, {"currently-attached": logical["currently-attached"]})
        return True
    return False


def bring_down(state: State, pif: Record) -> None:
    """Unplug the PIF."""
    state.update(pif, {"currently-attached": False})
    for sriov in sriovs_of(state, pif):
        state.update(sriov, {"requires-reboot": False})


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
        tell_address(state, state.ref(pif, "host-uuid"))


def tell_address(state: State, host: Record) -> None:
    """Give the host the address of its management interface, or none if it has no such interface."""
    address = ""
    for pif in management_pifs(state, host["uuid"]):
        of_v6 = next((cidr.partition("/")[0] for cidr in pif["IPv6"]), "")
        address = of_v6 if pif["primary-address-type"] == "IPv6" else pif["IP"]
    state.update(host, {"address": address})


def manage_through(state: State, pif: Record) -> None:
    """Make the PIF the management interface of its host, instead of the present one."""
    for other in management_pifs(state, pif["host-uuid"]):
        state.update(other, {"management": False})
    state.update(pif, {"management": True})
    bring_up(state, pif)


def _mtu(pif: Record, of_network: int) -> int:
    """The MTU of the PIF: that of its network, unless its other-config sets another."""
    own = decimal_of(pif["other-config"].get("mtu", ""))
    return of_network if own is None else own
