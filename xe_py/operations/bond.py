"""What can be done to bonds."""

from __future__ import annotations

from xe_py.classes import bond as guards
from xe_py.errors import Failure, refuse
from xe_py.operations.effects import bond_move as move
from xe_py.operations.effects.bring_up import bring_up, manage_through
from xe_py.schema.command import command
from xe_py.schema.fields import Choice, Map, Ref, Refs, Text
from xe_py.schema.numbers import decimal_of
from xe_py.xapi import networks, pif_guards
from xe_py.xapi.addresses import is_mac
from xe_py.xapi.hosts import answers
from xe_py.xapi.sriov import is_sriov

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

_BOND = Ref("uuid", "bond", doc="The bond.")
_MODE = Choice(
    "mode",
    guards.MODES,
    otherwise="Invalid bond mode. Got {}",
    default="balance-slb",
    doc="How the members share the traffic.",
)


@command(
    "bond-create",
    required=(
        Ref("network-uuid", "network", doc="The network of the bond."),
        Refs("pif-uuids", "pif", doc="The PIFs that become members."),
    ),
    optional=(
        Text("mac", doc="The MAC of the bond; that of a member if left out."),
        _MODE,
        Map("properties", doc="Extra settings of the mode."),
    ),
    doc="Make a bond: several PIFs of a host that work as one.",
)
def create(
    state: State,
    network: Record,
    pifs: list[Record],
    *,
    mac: str = "",
    mode: str = "balance-slb",
    properties: dict[str, str] | None = None,
) -> Record:
    """Bond the PIFs; addresses, VLANs, tunnels and VIFs move from them to the bond."""
    members = list({pif["uuid"]: pif for pif in pifs}.values())
    if not members:
        raise Failure("PIF_BOND_NEEDS_MORE_MEMBERS")
    host = state.ref(members[0], "host-uuid")
    refuse(_can_have_bond(state, network, host))
    if mac and not is_mac(mac):
        raise Failure("MAC_INVALID", mac)
    refuse(guards.invalid_properties(mode, properties or {}))
    primary = _primary(members)
    _check_members(state, members, primary)
    joined = [state.ref(pif, "network-uuid") for pif in members]
    vifs = move.local_vifs(state, host, joined)
    master = state.add("pif", _master(state, members, primary, network, mac))
    bond = state.add(
        "bond",
        {
            "master": master["uuid"],
            "mode": mode,
            "properties": guards.with_defaults(mode, properties or {}),
            "primary-slave": primary["uuid"],
            "auto-update-mac": not mac,
        },
    )
    for pif in members:
        state.update(pif, {"bond-slave-of": bond["uuid"]})
        move.move_joined_networks(state, pif, master)
    move.move_ip_configuration(state, primary, master)
    _bring_up_instead(state, primary, master)
    for pif in members:
        for vlan in state.pointing_at(pif, "vlan.tagged-PIF"):
            move.move_vlan(state, vlan, master)
    for pif in members:
        for tunnel in state.pointing_at(pif, "tunnel.transport-PIF"):
            move.move_tunnel(state, tunnel, master)
    move.move_vifs(state, vifs, network)
    if any(pif["disallow-unplug"] for pif in members):
        state.update(master, {"disallow-unplug": True})
        for pif in members:
            state.update(pif, {"disallow-unplug": False})
    return bond


@command("bond-destroy", required=(_BOND,), doc="Destroy a bond, so that its members work on their own again.")
def destroy(state: State, bond: Record) -> None:
    """Destroy the bond; its addresses, VLANs, tunnels and VIFs move to its primary slave."""
    master, members = state.ref(bond, "master"), guards.slaves(state, bond)
    primary = state.ref_or_none(bond, "primary-slave") or members[0]
    network, host = state.ref(master, "network-uuid"), state.ref(master, "host-uuid")
    refuse(answers(state, host))
    refuse(pif_guards.keeps_management(state, master))
    vifs = move.local_vifs(state, host, [network])
    was_up = master["currently-attached"] or move.manages(state, master)
    for pif in members:
        state.update(pif, {"bond-slave-of": None})
    state.update(master, {"currently-attached": False})
    move.move_ip_configuration(state, master, primary)
    move.move_joined_networks(state, master, primary)
    if was_up:
        for pif in members:
            bring_up(state, pif)
    _hand_over_management(state, master, primary)
    for vlan in state.pointing_at(master, "vlan.tagged-PIF"):
        move.move_vlan(state, vlan, primary)
    move.move_vifs(state, vifs, state.ref(primary, "network-uuid"))
    for tunnel in state.pointing_at(master, "tunnel.transport-PIF"):
        move.move_tunnel(state, tunnel, primary)
    if master["disallow-unplug"]:
        state.update(primary, {"disallow-unplug": True})
    state.delete(master)


@command("bond-set-mode", required=(_BOND, _MODE), doc="Change how the members of a bond share the traffic.")
def set_mode(state: State, bond: Record, mode: str) -> None:
    """Change the mode, take out properties that it does not have, and add those that it has by default."""
    master = state.ref(bond, "master")
    refuse(pif_guards.host_answers(state, master))
    kept = {name: value for name, value in bond["properties"].items() if guards.is_property(mode, name, value)}
    state.update(bond, {"mode": mode, "properties": guards.with_defaults(mode, kept)})
    bring_up(state, master)


def _can_have_bond(state: State, network: Record, host: Record) -> Iterator[Failure]:
    yield from answers(state, host)
    yield from networks.is_managed(network)
    yield from networks.has_no_pif_on(state, network, host)
    if is_sriov(state, network):
        yield Failure("NETWORK_INCOMPATIBLE_WITH_BOND", network)


def _primary(members: list[Record]) -> Record:
    """The management interface, else the first member with an IP configuration, else the first."""
    management = [pif for pif in members if pif["management"]]
    return (management or _with_ip(members) or members)[0]


def _with_ip(members: list[Record]) -> list[Record]:
    return [pif for pif in members if pif_guards.ip_mode(pif) != "None"]


def _check_members(state: State, members: list[Record], primary: Record) -> None:
    for pif in members:
        if pif["primary-address-type"] != primary["primary-address-type"]:
            raise Failure("PIF_INCOMPATIBLE_PRIMARY_ADDRESS_TYPE", pif)
    for pif in members:
        refuse(pif_guards.can_be_bonded(state, pif))
    if any(pif["host-uuid"] != primary["host-uuid"] for pif in members):
        raise Failure("PIF_CANNOT_BOND_CROSS_HOST")
    if any(pif["properties"] != primary["properties"] for pif in members):
        raise Failure("INCOMPATIBLE_PIF_PROPERTIES")
    if len(_with_ip(members)) > 1:
        raise Failure("PIF_BOND_MORE_THAN_ONE_IP", blockers=tuple(_with_ip(members)))


def _master(state: State, members: list[Record], primary: Record, network: Record, mac: str) -> dict[str, object]:
    """The fields of the PIF that stands for the members."""
    taken = {pif["device"] for pif in state.having("pif", "host-uuid", primary["host-uuid"])}
    speeds = [speed for pif in members if (speed := decimal_of(pif["speed"].partition(" ")[0])) is not None]
    return {
        "device": next(name for number in range(len(taken) + 1) if (name := f"bond{number}") not in taken),
        "MAC": mac or primary["MAC"],
        "host-uuid": primary["host-uuid"],
        "network-uuid": network["uuid"],
        "primary-address-type": primary["primary-address-type"],
        "properties": primary["properties"],
        "carrier": any(pif["carrier"] for pif in members),
        "speed": f"{sum(speeds)} Mbit/s",
        "duplex": primary["duplex"],
    }


def _bring_up_instead(state: State, source: Record, target: Record) -> None:
    bring_up(state, target)
    _hand_over_management(state, source, target)


def _hand_over_management(state: State, source: Record, target: Record) -> None:
    if source["management"]:
        manage_through(state, target)
