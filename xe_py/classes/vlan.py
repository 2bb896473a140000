"""VLAN: connects its own PIF, which is untagged, to the PIF below it, which sends tagged packets."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.fields import CASCADE, Int, Ref
from xe_py.schema.xenclass import Unique, XenClass, rule
from xe_py.xapi.networks import LARGEST_TAG
from xe_py.xapi.pif_kinds import is_no_tunnel_access

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


# Guards, in the order in which XAPI asks them


def can_stand_on(state: State, pif: Record) -> Iterator[Failure]:
    """Why the PIF cannot carry a VLAN."""
    if pif["bond-slave-of"]:
        yield Failure("CANNOT_ADD_VLAN_TO_BOND_SLAVE", pif)
    if pif["VLAN"] >= 0:
        yield Failure("PIF_IS_VLAN", pif)
    yield from is_no_tunnel_access(state, pif)


# Rules


@rule("tag")
def tag_is_in_range(_state: State, vlan: Record) -> Iterator[Failure]:
    """A tag is a number from 0 to 4094."""
    if not 0 <= vlan["tag"] <= LARGEST_TAG:
        yield Failure("VLAN_TAG_INVALID", str(vlan["tag"]))


@rule("tagged-PIF/bond-slave-of", "tagged-PIF/VLAN", "tagged-PIF/tunnel.access-PIF")
def vlan_stands_on_whole_pif(state: State, vlan: Record) -> Iterator[Failure]:
    """The PIF below a VLAN is physical or the PIF of a bond, not a VLAN, a tunnel or a member of a bond."""
    yield from can_stand_on(state, state.ref(vlan, "tagged-PIF"))


@rule(
    "tag", *(f"{side}/{field}" for side in ("untagged-PIF", "tagged-PIF") for field in ("host-uuid", "device", "VLAN"))
)
def both_pifs_belong_together(state: State, vlan: Record) -> Iterator[Failure]:
    """The untagged PIF has the tag of the VLAN, and the host and device of the tagged PIF."""
    untagged, tagged = state.ref(vlan, "untagged-PIF"), state.ref(vlan, "tagged-PIF")
    if untagged["VLAN"] != vlan["tag"]:
        yield Failure(
            "PIF_CONFIGURATION_ERROR", untagged, f"its field VLAN is not {vlan['tag']}, the tag of its VLAN object"
        )
    for field in ("host-uuid", "device"):
        if untagged[field] != tagged[field]:
            yield Failure("PIF_CONFIGURATION_ERROR", untagged, f"its {field} is not the same as on the PIF below")


VLAN = XenClass(
    "vlan",
    label="VLAN",
    section=60,
    doc="A VLAN: carries a network over a PIF in packets with a tag.",
    fields=(
        Ref("tagged-PIF", "pif", required=True, on_delete=CASCADE, doc="The PIF below, which sends tagged packets."),
        Ref(
            "untagged-PIF",
            "pif",
            required=True,
            on_delete=CASCADE,
            doc="The PIF of the VLAN; it carries the VLAN's network.",
        ),
        Int("tag", doc="The tag of the packets, from 0 to 4094."),
    ),
    unique=(Unique("untagged-PIF", refusal="PIF_VLAN_EXISTS"),),
    rules=(tag_is_in_range, vlan_stands_on_whole_pif, both_pifs_belong_together),
    list_fields=("uuid", "tagged-PIF", "untagged-PIF", "tag"),
)
