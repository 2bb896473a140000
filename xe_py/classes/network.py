"""Network: the virtual switch that connects VIFs with each other and, through PIFs, with the outside world."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.derived import Back, Computed
from xe_py.schema.fields import RW, Bool, Choice, Refs, Set, Text
from xe_py.schema.values import BareInt
from xe_py.schema.xenclass import NAMES, OTHER_CONFIG, STRICT, TAGS, Unique, XenClass, rule
from xe_py.xapi import blobs
from xe_py.xapi.networks import INTERNAL_MANAGEMENT, is_managed, pifs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

_LEAST_MTU, _MOST_MTU = 68, 65535
_OPPOSITE_PURPOSES = {"nbd": "insecure_nbd", "insecure_nbd": "nbd"}


# Guards, in the order in which XAPI asks them


def can_destroy(state: State, network: Record) -> Iterator[Failure]:
    """Why the network cannot be destroyed."""
    vifs = [vif for vif in state.pointing_at(network, "vif.network-uuid") if vif["currently-attached"]]
    if vifs:
        yield Failure("NETWORK_CONTAINS_VIF", *vifs, blockers=tuple(vifs))
    if found := pifs(state, network):
        yield Failure("NETWORK_CONTAINS_PIF", *found)
    if network["other-config"].get(INTERNAL_MANAGEMENT) == "true":
        yield Failure("CANNOT_DESTROY_SYSTEM_NETWORK", network)


def _no_vif_is_attached(state: State, network: Record, _mode: str) -> Iterator[Failure]:
    for vif in state.pointing_at(network, "vif.network-uuid"):
        if vif["currently-attached"]:
            yield Failure("VIF_IN_USE", network, vif, blockers=(vif,))


def _can_have_purpose(_state: State, network: Record, purposes: list[str]) -> Iterator[Failure]:
    if set(purposes) - set(network["purpose"]):
        yield from is_managed(network)


# Rules


@rule("MTU", profile=STRICT)
def packets_have_a_possible_size(_state: State, network: Record) -> Iterator[Failure]:
    """The MTU is a packet size that IP allows."""
    if not _LEAST_MTU <= network["MTU"] <= _MOST_MTU:
        yield Failure("INVALID_VALUE", "MTU", str(network["MTU"]), blockers=(network,))


@rule("purpose")
def purposes_do_not_conflict(state: State, network: Record) -> Iterator[Failure]:
    """A purpose is nbd or insecure_nbd, and the networks of a pool do not have both."""
    for purpose in network["purpose"]:
        opposite = _OPPOSITE_PURPOSES.get(purpose)
        if opposite is None:
            yield Failure("INVALID_VALUE", "purpose", purpose)
            return
        for other in state.having("network", "purpose", opposite):
            yield Failure("NETWORK_INCOMPATIBLE_PURPOSES", purpose, opposite, blockers=(other,))
            return


NETWORK = XenClass(
    "network",
    label="network",
    section=30,
    doc="A virtual switch: connects VIFs with each other and, through PIFs, with the outside world.",
    fields=(
        *NAMES,
        Back("VIF-uuids", "vif.network-uuid", mode="SRO", doc="The VIFs on the network."),
        Computed(
            "PIF-uuids",
            Refs,
            lambda state, network: [pif["uuid"] for pif in pifs(state, network)],
            to="pif",
            mode="SRO",
            doc="The PIFs on the network: first those whose own network it is, then those that joined it.",
        ),
        BareInt("MTU", default=1500, mode=RW, doc="The largest packet, in bytes."),
        Text("bridge", doc="The name of the bridge on each host."),
        Bool("managed", default=True, doc="Whether XenServer makes and removes the bridge as needed."),
        OTHER_CONFIG,
        blobs.of("network"),
        TAGS,
        Choice(
            "default-locking-mode",
            ("unlocked", "disabled"),
            default="unlocked",
            mode=RW,
            guard=_no_vif_is_attached,
            doc="Which traffic VIFs with locking-mode=network_default may send.",
        ),
        Set(
            "purpose",
            mode="SRW",
            join=", ",
            guard=_can_have_purpose,
            doc="What the hosts use the network for: nbd or insecure_nbd.",
        ),
    ),
    unique=(Unique("bridge", refusal="BRIDGE_NAME_EXISTS"),),
    rules=(purposes_do_not_conflict, packets_have_a_possible_size),
    list_fields=("uuid", "name-label", "name-description", "bridge"),
)
