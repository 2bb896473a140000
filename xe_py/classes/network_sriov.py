"""SR-IOV network: a network whose VIFs are virtual functions of a network card."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.derived import Computed
from xe_py.schema.fields import CASCADE, Bool, Choice, Int, Ref
from xe_py.schema.xenclass import Unique, XenClass, rule
from xe_py.xapi.sriov import remaining_capacity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

MODES = ("unknown", "sysfs", "modprobe", "manual")


@rule("physical-PIF/physical")
def sriov_is_on_a_network_card(state: State, sriov: Record) -> Iterator[Failure]:
    """The physical PIF is a network card."""
    physical = state.ref(sriov, "physical-PIF")
    if not physical["physical"]:
        yield Failure("PIF_IS_NOT_PHYSICAL", physical)


@rule(*(f"{side}/{field}" for side in ("physical-PIF", "logical-PIF") for field in ("host-uuid", "device")))
def both_pifs_are_one_device(state: State, sriov: Record) -> Iterator[Failure]:
    """The logical PIF has the host and device of the physical PIF."""
    physical, logical = state.ref(sriov, "physical-PIF"), state.ref(sriov, "logical-PIF")
    for field in ("host-uuid", "device"):
        if physical[field] != logical[field]:
            yield Failure("PIF_CONFIGURATION_ERROR", logical, f"its {field} is not the same as on the PIF below")


NETWORK_SRIOV = XenClass(
    "network-sriov",
    label="network_sriov",
    section=64,
    doc="An SR-IOV network: its VIFs are virtual functions of a network card.",
    fields=(
        Ref("physical-PIF", "pif", required=True, on_delete=CASCADE, doc="The PIF of the network card."),
        Ref(
            "logical-PIF",
            "pif",
            required=True,
            on_delete=CASCADE,
            doc="The PIF of the SR-IOV network; it connects the card to the network.",
        ),
        Bool("requires-reboot", doc="Whether the host must reboot before the virtual functions are there."),
        Computed(
            "remaining-capacity",
            Int,
            remaining_capacity,
            expensive=True,
            doc="How many virtual functions of the card no VIF uses.",
        ),
        Choice("configuration-mode", MODES, default="unknown", hidden=True, doc="How the virtual functions are made."),
    ),
    unique=(
        Unique("physical-PIF", refusal="NETWORK_SRIOV_ALREADY_ENABLED"),
        Unique("logical-PIF", refusal="PIF_IS_SRIOV_LOGICAL"),
    ),
    rules=(sriov_is_on_a_network_card, both_pifs_are_one_device),
    list_fields=("uuid", "requires-reboot"),
)
