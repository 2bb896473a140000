"""The firmware of a VM: its BIOS strings and its UEFI mode."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.command import READS, VM, command
from xe_py.schema.fields import Choice, Ref
from xe_py.schema.listing import Sentence
from xe_py.xapi.bios import of_host, with_generic
from xe_py.xapi.vm_settings import BIOS_STRINGS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "vm-copy-bios-strings",
    required=(Ref("host-uuid", "host", doc="The host."),),
    doc="Give a VM the BIOS strings of a host, and let it start there if it can.",
    selector=VM,
)
def copy_bios_strings(state: State, vm: Record, host: Record) -> None:
    """Give the VM the BIOS strings of the host, which becomes its affinity; a VM gets BIOS strings only once."""
    if vm["bios-strings"]:
        raise Failure("VM_BIOS_STRINGS_ALREADY_SET")
    state.update(vm, {"bios-strings": of_host(BIOS_STRINGS, host), "affinity": host["uuid"]})


@command(
    "vm-is-bios-customized",
    doc="Show whether a VM has BIOS strings, and whether they are the generic ones.",
    selector=VM,
    kind=READS,
)
def is_bios_customized(_state: State, vm: Record) -> Sentence:
    """Whether the VM has BIOS strings of its own."""
    strings = vm["bios-strings"]
    if not strings:
        return Sentence("The VM has no BIOS strings yet.")
    return Sentence(f"The VM is BIOS-{'generic' if strings == with_generic(BIOS_STRINGS, {}) else 'customized'}.")


@command(
    "vm-set-uefi-mode",
    required=(
        Ref("uuid", "vm", doc="The VM."),
        Choice(
            "mode",
            ("setup", "user"),
            otherwise="The UEFI mode must be 'setup' or 'user', not {}",
            doc="setup: keys may be enrolled; user: Secure Boot checks them.",
        ),
    ),
    doc="Set the UEFI mode of a VM; the variables of a simulated firmware are not kept.",
    kind=READS,
)
def set_uefi_mode(_state: State, vm: Record, mode: str) -> Sentence:
    """Say that the firmware is in this mode; nothing here keeps its variables."""
    return Sentence(f"The firmware of VM {vm.name or vm['uuid']} is in {mode} mode.")
