"""What people call an object: its class and name or, if it has none, what it belongs to."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

# The fields that say which of several an object without a name is, and those that say whose it is, with the word
# before.
_PLACES = ("device", "userdevice", "name", "number")
_OWNERS = {"vm-uuid": "of VM", "sr-uuid": "of SR", "host-uuid": "on host"}


def spoken(state: State, obj: Record) -> str:
    """The object as a person calls it: `VM web`, `VBD xvda of VM web`, `PBD of SR NFS on host xen1`."""
    label = obj.cls.label
    if obj.name:
        return f"{label} {obj.name}"
    parts = [label, place(state, obj), *_owners(state, obj)]
    known = [part for part in parts if part]
    return " ".join(known) if len(known) > 1 else f"{label} {obj['uuid']}"


def place(state: State, obj: Record) -> str:
    """The word by which an object without a name is told from others of its owner: a device, or a device and a VLAN."""
    values = (str(state.value(obj, field)) for field in _PLACES if field in obj.cls.by_name)
    found = next(filter(None, values), "")
    return f"{found}.{obj['VLAN']}" if obj.cls.name == "pif" and obj["VLAN"] >= 0 else found


def _owners(state: State, obj: Record) -> list[str]:
    found = []
    for field, before in _OWNERS.items():
        owner = state.ref_or_none(obj, field) if field in obj.cls.references else None
        if owner is not None:
            found.append(f"{before} {owner.name or owner['uuid']}")
    return found
