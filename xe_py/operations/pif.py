"""What can be done to PIFs."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.operations.effects import plugging
from xe_py.operations.network import free_bridge
from xe_py.schema.command import command
from xe_py.schema.fields import Bool, Ref, Text
from xe_py.xapi import pif_guards as guards
from xe_py.xapi.addresses import is_mac
from xe_py.xapi.hosts import answers
from xe_py.xapi.networks import has_no_pif_on
from xe_py.xapi.pif_nic import NIC, bridge_of, network_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_PIF = Ref("uuid", "pif", doc="The PIF.")
_HOST = Ref("host-uuid", "host", doc="The host.")


@command(
    "pif-introduce",
    required=(_HOST, Text("device", doc="The name of the interface on the host.")),
    optional=(
        Text("mac", doc="The MAC of the interface; by default the one that the host knows."),
        Bool("managed", doc="Whether the host brings the interface up and down."),
    ),
    doc="Make a PIF for a network card of a host.",
)
def introduce(state: State, host: Record, device: str, mac: str = "", *, managed: bool = True) -> Record:
    """Make a PIF, not yet plugged, for a network card of the host that has none."""
    refuse(answers(state, host))
    physical = _physical_pifs(state, host)
    nics = _nics(host, physical)
    mac = mac.lower() or nics.get(device, "")
    if not is_mac(mac):
        raise Failure("MAC_INVALID", mac)
    if device in physical:
        raise Failure("DUPLICATE_PIF_DEVICE_NAME", device, blockers=(physical[device],))
    if nics.get(device) != mac:
        raise Failure("COULD_NOT_FIND_NETWORK_INTERFACE_WITH_SPECIFIED_DEVICE_NAME_AND_MAC_ADDRESS", device, mac)
    return _introduce(state, host, device, mac, managed=managed)


@command("pif-scan", required=(_HOST,), doc="Make PIFs for the network cards of a host that have none.")
def scan(state: State, host: Record) -> None:
    """Make a PIF for each network card of the host that has none."""
    refuse(answers(state, host))
    physical = _physical_pifs(state, host)
    for device, mac in _nics(host, physical).items():
        if device not in physical:
            _introduce(state, host, device, mac)


@command("pif-forget", required=(_PIF,), doc="Forget a PIF; the network card stays in the host.")
def forget(state: State, pif: Record) -> None:
    """Forget the PIF; its network card stays in the host, where `pif-scan` finds it."""
    refuse(guards.can_forget(state, pif))
    _forget(state, pif)


@command(
    "pif-db-forget",
    required=(_PIF,),
    hidden=True,
    doc="Forget a PIF and all that stands on it, whatever still uses it.",
)
def db_forget(state: State, pif: Record) -> None:
    """Forget the PIF and all that stands on it, without asking what still uses them."""
    _forget(state, pif)


@command("pif-plug", required=(_PIF,), doc="Plug a PIF: bring its interface up.")
def plug(state: State, pif: Record) -> None:
    """Bring the PIF up, and what it needs below."""
    plugging.plug(state, pif)


@command("pif-unplug", required=(_PIF,), doc="Unplug a PIF: bring its interface down.")
def unplug(state: State, pif: Record) -> None:
    """Bring the PIF down, and the tunnels over it."""
    plugging.unplug(state, pif)


def _forget(state: State, pif: Record) -> None:
    if pif["physical"]:
        host = state.ref(pif, "host-uuid")
        state.update(host, {"nics": _nics(host, {pif["device"]: pif})})
    plugging.remove(state, pif)


def _physical_pifs(state: State, host: Record) -> dict[str, Record]:
    return {pif["device"]: pif for pif in state.pointing_at(host, "pif.host-uuid") if pif["physical"]}


def _nics(host: Record, physical: dict[str, Record]) -> dict[str, str]:
    """The MAC of each network card in the host, by device: the cards that the host lists, and those with a PIF."""
    return {device: mac.lower() for device, mac in host["nics"].items()} | {
        device: pif["MAC"].lower() for device, pif in physical.items()
    }


def _introduce(state: State, host: Record, device: str, mac: str, *, managed: bool = True) -> Record:
    network = _network_for(state, host, device, managed=managed)
    place = {"host-uuid": host["uuid"], "network-uuid": network["uuid"], "managed": managed}
    return state.add("pif", {"device": device, "MAC": mac, **place, **NIC})


def _network_for(state: State, host: Record, device: str, *, managed: bool) -> Record:
    """The network that PIFs of this device share in the pool; a new one if this host already has a PIF on it."""
    bridge = bridge_of(device)
    for network in state.having("network", "bridge", bridge):
        if not any(has_no_pif_on(state, network, host)):
            return network
        bridge = free_bridge(state)
    return state.add("network", {"name-label": network_name(device), "bridge": bridge, "managed": managed})
