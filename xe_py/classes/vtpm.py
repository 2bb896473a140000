"""vTPM: a TPM that the guest of a VM sees."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.derived import Computed, NameOf
from xe_py.schema.fields import CASCADE, CLEAR, Bool, Ref, Text
from xe_py.schema.xenclass import OPERATIONS, XenClass
from xe_py.xapi.guest import HALTED, SUSPENDED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


def can_destroy(state: State, vtpm: Record) -> Iterator[Failure]:
    """Why the TPM cannot be destroyed."""
    vm = state.ref(vtpm, "vm-uuid")
    if vm["power-state"] not in {HALTED, SUSPENDED}:
        yield Failure("VM_BAD_POWER_STATE", vm, f"{HALTED}, {SUSPENDED}", vm["power-state"])


def _checksum(state: State, vtpm: Record) -> str:
    """What can be told of the content without telling it."""
    from hashlib import md5

    secret = state.ref_or_none(vtpm, "contents")
    content = b"" if secret is None else secret["value"].encode()
    return f"MD5={md5(content, usedforsecurity=False).hexdigest()} size={len(content)} bytes"


VTPM = XenClass(
    "vtpm",
    label="VTPM",
    section=490,
    doc="A TPM that the guest of a VM sees.",
    fields=(
        Ref("vm-uuid", "vm", required=True, on_delete=CASCADE, doc="The VM."),
        NameOf("vm-name-label", "vm-uuid", doc="The name of that VM."),
        Computed("secret", Text, _checksum, doc="The checksum and the size of what the TPM keeps."),
        Bool("is_unique", doc="Whether copies of the VM get a TPM with nothing in it."),
        Bool("is_protected", doc="Whether what the TPM keeps is encrypted."),
        OPERATIONS[0],
        Ref("contents", "secret", on_delete=CLEAR, hidden=True, doc="The secret with what the TPM keeps."),
    ),
    operations={"destroy": can_destroy},
    list_fields=("uuid", "vm-uuid"),
)
