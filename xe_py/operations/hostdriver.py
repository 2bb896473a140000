"""Which variants of the drivers of hosts are loaded at the next boot."""

from __future__ import annotations

from xe_py.errors import Failure, Misuse, refuse
from xe_py.schema.command import HOST, ONE, command
from xe_py.schema.fields import Bool, Ref, Text
from xe_py.xapi import hostdrivers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

_DRIVER = Ref("uuid", "hostdriver", doc="The driver.")


def _has_hardware(variant: Record) -> Iterator[Failure]:
    if not variant["hw-present"]:
        yield Failure("HOST_DRIVER_NO_HARDWARE", variant)


def _has_the_variant(state: State, hostdriver: Record, variant_name: str) -> None:
    if variant_name not in {variant["name"] for variant in hostdrivers.variants(state, hostdriver)}:
        raise Misuse(f"Error: {variant_name} does not identify a variant of this driver")


@command(
    "hostdriver-select",
    required=(_DRIVER, Text("variant-name", doc="The name of the variant.")),
    doc="Choose the variant of a driver that is loaded at the next boot.",
    grammar=_has_the_variant,
)
def select(state: State, hostdriver: Record, variant_name: str) -> None:
    """Choose the variant of this name."""
    found = [variant for variant in hostdrivers.variants(state, hostdriver) if variant["name"] == variant_name]
    if not found:
        raise Failure("INVALID_VALUE", "variant", variant_name)
    variant_select(state, found[0])


@command(
    "hostdriver-variant-select",
    required=(Ref("uuid", "hostdriver-variant", doc="The variant."),),
    doc="Choose this variant of its driver for the next boot.",
)
def variant_select(state: State, hostdriver_variant: Record) -> None:
    """Choose the variant."""
    refuse(_has_hardware(hostdriver_variant))
    state.update(state.ref(hostdriver_variant, "driver-uuid"), {"selected": hostdriver_variant["uuid"]})


def _is_forced(_state: State, _hostdriver: Record, *, force: bool = False) -> None:
    if not force:
        from xe_py.operations.vm_power import UNFORCED

        raise Misuse(f"Error: {UNFORCED}")


@command(
    "hostdriver-deselect",
    required=(_DRIVER,),
    optional=(Bool("force", doc="Do it indeed."),),
    doc="Choose no variant of a driver.",
    grammar=_is_forced,
)
def deselect(state: State, hostdriver: Record, *, force: bool = False) -> None:
    """Choose no variant; none counts as loaded either."""
    del force
    state.update(hostdriver, {"active": None, "selected": None})


@command("hostdriver-rescan", doc="Look for drivers of a host.", selector=HOST.taking(ONE))
def rescan(_state: State, host: Record) -> None:
    """Find what is known: no driver comes to a simulated host but by whoever writes it into the file."""
    del host
