"""Secure Boot of VMs: whether the firmware has what it needs, and new certificates for it."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.command import READS, VM, command
from xe_py.schema.fields import Bool, Ref
from xe_py.schema.listing import Sentence
from xe_py.xapi.guest import platform_says

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_CERTIFICATES = "secureboot-certificates-state"
_AVAILABLE, _ON_BOOT = "update_available", "update_on_boot"


@command(
    "vm-get-secureboot-readiness",
    required=(Ref("uuid", "vm", doc="The VM."),),
    doc="Show whether a VM is ready for Secure Boot.",
    kind=READS,
)
def readiness(_state: State, vm: Record) -> Sentence:
    """What is missing, in a word; variables that the VM brought along count as complete."""
    if vm["HVM-boot-params"].get("firmware") != "uefi":
        return Sentence("not_supported")
    if not platform_says(vm, "secureboot"):
        return Sentence("disabled")
    return Sentence("ready" if "EFI-variables" in vm["NVRAM"] else "first_boot")


@command(
    "vm-update-secureboot-certificates-on-boot",
    required=(Bool("mark", doc="Whether the VM gets them at its next start."),),
    doc="Choose whether a VM gets new Secure Boot certificates at its next start.",
    selector=VM,
)
def update_on_boot(state: State, vm: Record, *, mark: bool) -> None:
    """Mark the VM, or take the mark away; only a VM for which there are new certificates can have it."""
    if vm[_CERTIFICATES] not in {_AVAILABLE, _ON_BOOT}:
        raise Failure("OPERATION_NOT_ALLOWED", f"There are no new Secure Boot certificates for VM '{vm['uuid']}'")
    state.update(vm, {_CERTIFICATES: _ON_BOOT if mark else _AVAILABLE})
