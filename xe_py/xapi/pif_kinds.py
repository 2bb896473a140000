"""What a PIF stands on, and what stands on it."""

from __future__ import annotations

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


def standing_on(state: State, pif: Record) -> list[Record]:
    """The PIFs of the VLANs and tunnels on the PIF."""
    vlans = [state.ref(vlan, "untagged-PIF") for vlan in state.pointing_at(pif, "vlan.tagged-PIF")]
    return vlans + tunnels_on(state, pif)


def tunnels_on(state: State, pif: Record) -> list[Record]:
    """The access PIFs of the tunnels over the PIF."""
    return [state.ref(tunnel, "access-PIF") for tunnel in state.pointing_at(pif, "tunnel.transport-PIF")]


def transports(state: State, pif: Record) -> list[Record]:
    """A list with the transport PIF below the access PIF of a tunnel, or an empty list."""
    return [state.ref(tunnel, "transport-PIF") for tunnel in state.pointing_at(pif, "tunnel.access-PIF")]


def is_no_tunnel_access(state: State, pif: Record) -> Iterator[Failure]:
    """Why nothing else can stand on the PIF or take it in: it is the access PIF of a tunnel."""
    for tunnel in state.pointing_at(pif, "tunnel.access-PIF"):
        yield Failure("IS_TUNNEL_ACCESS_PIF", pif, blockers=(tunnel,))


def can_carry_tunnels(state: State, pif: Record) -> Iterator[Failure]:
    """Why the PIF cannot be the transport PIF of a tunnel."""
    if pif["bond-slave-of"]:
        yield Failure("CANNOT_ADD_TUNNEL_TO_BOND_SLAVE", pif)
    yield from is_no_tunnel_access(state, pif)
