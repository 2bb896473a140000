"""The TPMs of VMs; what a TPM keeps is a secret."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def add_tpm(state: State, vm: Record, content: str = "", *, is_unique: bool) -> Record:
    """Give the VM a TPM that keeps the content."""
    secret = state.add("secret", {"value": content})
    return state.add("vtpm", {"vm-uuid": vm["uuid"], "is_unique": is_unique, "contents": secret["uuid"]})


def copy_tpms(state: State, source: Record, vm: Record) -> None:
    """Give the VM copies of the TPMs of the other one; of a unique TPM, a copy with nothing in it."""
    for vtpm in state.pointing_at(source, "vtpm.vm-uuid"):
        secret = None if vtpm["is_unique"] else state.ref_or_none(vtpm, "contents")
        add_tpm(state, vm, "" if secret is None else secret["value"], is_unique=vtpm["is_unique"])


def remove_tpms(state: State, vm: Record) -> None:
    """Destroy the TPMs of the VM with what they keep."""
    for vtpm in state.pointing_at(vm, "vtpm.vm-uuid"):
        remove_tpm(state, vtpm)


def remove_tpm(state: State, vtpm: Record) -> None:
    """Destroy the TPM with what it keeps."""
    secret = state.ref_or_none(vtpm, "contents")
    state.delete(vtpm)
    if secret is not None:
        state.delete(secret)
