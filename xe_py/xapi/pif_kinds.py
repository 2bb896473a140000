"""What a PIF stands on, and what stands on it."""

from __future__ import annotations

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


# Above


def standing_on(state: State, pif: Record) -> list[Record]:
    """The PIFs of the VLANs, tunnels and SR-IOV networks on the PIF."""
    return [*vlans_on(state, pif), *tunnels_on(state, pif), *sriovs_on(state, pif)]


def vlans_on(state: State, pif: Record) -> list[Record]:
    """The untagged PIFs of the VLANs on the PIF."""
    return [state.ref(vlan, "untagged-PIF") for vlan in state.pointing_at(pif, "vlan.tagged-PIF")]


def tunnels_on(state: State, pif: Record) -> list[Record]:
    """The access PIFs of the tunnels over the PIF."""
    return [state.ref(tunnel, "access-PIF") for tunnel in state.pointing_at(pif, "tunnel.transport-PIF")]


def sriovs_on(state: State, pif: Record) -> list[Record]:
    """A list with the logical PIF of the SR-IOV network on the card, or an empty list."""
    return [state.ref(sriov, "logical-PIF") for sriov in state.pointing_at(pif, "network-sriov.physical-PIF")]


# Below


def sriovs_of(state: State, pif: Record) -> list[Record]:
    """A list with the SR-IOV network whose logical PIF this is, or an empty list."""
    return state.pointing_at(pif, "network-sriov.logical-PIF")


def cards(state: State, pif: Record) -> list[Record]:
    """A list with the network card below the logical PIF of an SR-IOV network, or an empty list."""
    return [state.ref(sriov, "physical-PIF") for sriov in sriovs_of(state, pif)]


def transports(state: State, pif: Record) -> list[Record]:
    """A list with the transport PIF below the access PIF of a tunnel, or an empty list."""
    return [state.ref(tunnel, "transport-PIF") for tunnel in state.pointing_at(pif, "tunnel.access-PIF")]


def sriovs_below(state: State, pif: Record) -> list[Record]:
    """A list with the logical PIF of an SR-IOV network below the PIF of a VLAN, or an empty list."""
    tagged = [state.ref(vlan, "tagged-PIF") for vlan in state.pointing_at(pif, "vlan.untagged-PIF")]
    return [below for below in tagged if sriovs_of(state, below)]


def card_below(state: State, pif: Record) -> Record | None:
    """The network card of the SR-IOV network that the PIF stands for, or on which the PIF is a VLAN."""
    if pif["physical"]:
        return None
    return next(iter([card for each in (pif, *sriovs_below(state, pif)) for card in cards(state, each)]), None)


# What can stand on a PIF


def is_no_tunnel_access(state: State, pif: Record) -> Iterator[Failure]:
    """Why nothing else can stand on the PIF or take it in: it is the access PIF of a tunnel."""
    for tunnel in state.pointing_at(pif, "tunnel.access-PIF"):
        yield Failure("IS_TUNNEL_ACCESS_PIF", pif, blockers=(tunnel,))


def is_no_sriov_logical(state: State, pif: Record) -> Iterator[Failure]:
    """Why no bond can take the PIF in: it is the logical PIF of an SR-IOV network."""
    for sriov in sriovs_of(state, pif):
        yield Failure("PIF_IS_SRIOV_LOGICAL", pif, blockers=(sriov,))


def can_carry_tunnels(state: State, pif: Record) -> Iterator[Failure]:
    """Why the PIF cannot be the transport PIF of a tunnel."""
    if pif["bond-slave-of"]:
        yield Failure("CANNOT_ADD_TUNNEL_TO_BOND_SLAVE", pif)
    yield from is_no_tunnel_access(state, pif)
    if sriovs_of(state, pif):
        yield Failure("CANNOT_ADD_TUNNEL_TO_SRIOV_LOGICAL", pif)
    if sriovs_below(state, pif):
        yield Failure("CANNOT_ADD_TUNNEL_TO_VLAN_ON_SRIOV_LOGICAL", pif)
