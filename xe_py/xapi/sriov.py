"""SR-IOV networks: the networks whose VIFs are virtual functions of a network card."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.xapi.guest import LIVE
from xe_py.xapi.networks import pifs_on
from xe_py.xapi.pif_kinds import card_below, sriovs_of, standing_on

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

CAPABILITY = "sriov"
"""What the capabilities of a PIF say of a network card that has virtual functions."""
_FUNCTIONS = 8
_MODEL = ("vendor-id", "device-id")


def first_pif(state: State, network: Record) -> Record | None:
    """The first PIF of the network; XAPI takes it for an example of all."""
    return next(iter(state.pointing_at(network, "pif.network-uuid")), None)


def is_sriov(state: State, network: Record) -> bool:
    """Whether the VIFs on the network are virtual functions."""
    pif = first_pif(state, network)
    return pif is not None and card_below(state, pif) is not None


def is_no_sriov(state: State, network: Record) -> Iterator[Failure]:
    """Why the VIFs on the network cannot be plugged and unplugged."""
    if is_sriov(state, network):
        yield Failure("OPERATION_NOT_ALLOWED", "Network SR-IOV VIF plug/unplug not allowed")


def can_be_on_sriov(state: State, pif: Record) -> Iterator[Failure]:
    """Why the PIF cannot have an SR-IOV network on it."""
    if not pif["physical"]:
        yield Failure("PIF_IS_NOT_PHYSICAL", pif)
    for sriov in state.pointing_at(pif, "network-sriov.physical-PIF"):
        yield Failure("NETWORK_SRIOV_ALREADY_ENABLED", pif, blockers=(sriov,))
    if CAPABILITY not in pif["capabilities"]:
        yield Failure("PIF_IS_NOT_SRIOV_CAPABLE", pif)


def can_join_card(state: State, network: Record, card: Record) -> Iterator[Failure]:
    """Why the network cannot have an SR-IOV PIF on the card: its other PIFs are of another kind."""
    other = first_pif(state, network)
    if other is None:
        return
    if not sriovs_of(state, other):
        yield Failure("NETWORK_INCOMPATIBLE_WITH_SRIOV", network, blockers=(other,))
    elif not _are_alike(card, card_below(state, other)):
        yield Failure("NETWORK_HAS_INCOMPATIBLE_SRIOV_PIFS", card, network, blockers=(other,))


def can_have_vlan(state: State, network: Record, tagged: Record) -> Iterator[Failure]:
    """Why the network cannot have a VLAN on the PIF: its other PIFs are of another kind."""
    other = first_pif(state, network)
    if other is None:
        return
    card, below = card_below(state, tagged), card_below(state, other)
    if card is None:
        if below is not None:
            yield Failure("NETWORK_INCOMPATIBLE_WITH_VLAN_ON_BRIDGE", network, blockers=(other,))
    elif below is None or sriovs_of(state, other):
        yield Failure("NETWORK_INCOMPATIBLE_WITH_VLAN_ON_SRIOV", network, blockers=(other,))
    elif not _are_alike(card, below):
        yield Failure("NETWORK_HAS_INCOMPATIBLE_VLAN_ON_SRIOV_PIFS", tagged, network, blockers=(other,))


def remaining_capacity(state: State, sriov: Record) -> int:
    """How many virtual functions of the card no VIF uses; there are none while the SR-IOV network is down."""
    logical = state.ref(sriov, "logical-PIF")
    if not logical["currently-attached"]:
        return 0
    networks = [state.ref(pif, "network-uuid") for pif in (logical, *standing_on(state, logical))]
    vifs = [vif for network in networks for vif in state.pointing_at(network, "vif.network-uuid")]
    return _FUNCTIONS - sum(_is_used_on(state, vif, logical["host-uuid"]) for vif in vifs)


def has_functions(state: State, vm: Record, host: Record) -> Iterator[Failure]:
    """Why the host has no virtual functions for the VIFs of the VM."""
    wanted: dict[str, list[Record]] = {}
    for vif in state.pointing_at(vm, "vif.vm-uuid"):
        network = state.ref(vif, "network-uuid")
        if any(card_below(state, pif) for pif in pifs_on(state, network, host)[:1]):
            wanted.setdefault(network["uuid"], []).append(vif)
    for uuid, vifs in wanted.items():
        network = state.need("network", uuid)
        card = card_below(state, pifs_on(state, network, host)[0])
        sriovs = [] if card is None else state.pointing_at(card, "network-sriov.physical-PIF")
        if sum(remaining_capacity(state, sriov) for sriov in sriovs) < len(vifs):
            yield Failure("NETWORK_SRIOV_INSUFFICIENT_CAPACITY", network)


def ranked(state: State, network: Record) -> list[list[Record]]:
    """The hosts on the SR-IOV network in groups, those with most virtual functions first, then those where it is down.

    Failure if none of them has any left.
    """
    rooms: dict[str, int] = {}
    down: list[Record] = []
    for pif in state.pointing_at(network, "pif.network-uuid"):
        card, host = card_below(state, pif), state.ref(pif, "host-uuid")
        sriovs = [] if card is None else state.pointing_at(card, "network-sriov.physical-PIF")
        if not pif["currently-attached"]:
            down.append(host)
        elif left := sum(remaining_capacity(state, sriov) for sriov in sriovs):
            rooms[host["uuid"]] = left
    groups = [
        [state.need("host", uuid) for uuid, left in rooms.items() if left == count]
        for count in sorted(set(rooms.values()), reverse=True)
    ]
    if down:
        groups.append(down)
    if not groups:
        raise Failure("NETWORK_SRIOV_INSUFFICIENT_CAPACITY", network)
    return groups


def _is_used_on(state: State, vif: Record, host: str) -> bool:
    vm = state.ref(vif, "vm-uuid")
    return bool(vif["currently-attached"]) and vm["power-state"] in LIVE and vm["resident-on"] == host


def _are_alike(card: Record, other: Record | None) -> bool:
    """Whether two network cards are of the same model."""
    return other is not None and all(card[field] == other[field] for field in _MODEL)
