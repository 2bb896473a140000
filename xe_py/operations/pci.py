"""Whether the control domain uses PCI devices, or leaves them to VMs from the next boot on."""

from __future__ import annotations

from xe_py.schema.command import READS, command
from xe_py.schema.fields import Ref
from xe_py.xapi.gpus import access, hide

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_PCI = Ref("uuid", "pci", doc="The device.")


@command(
    "pci-disable-dom0-access", required=(_PCI,), doc="Hide a device from the control domain from the next boot on."
)
def disable_dom0_access(state: State, pci: Record) -> str:
    """Hide the device, and say what is so now."""
    return hide(state, pci, hidden=True)


@command("pci-enable-dom0-access", required=(_PCI,), doc="Show a device to the control domain from the next boot on.")
def enable_dom0_access(state: State, pci: Record) -> str:
    """Hide the device no more, and say what is so now."""
    return hide(state, pci, hidden=False)


@command(
    "pci-get-dom0-access-status", required=(_PCI,), doc="Show whether the control domain uses a device.", kind=READS
)
def get_dom0_access_status(_state: State, pci: Record) -> str:
    """What is so now, and what will be."""
    return access(pci)
