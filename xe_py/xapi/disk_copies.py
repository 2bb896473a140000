"""Copies of disks: how a VDI is made from another one, and what it keeps of it."""

from __future__ import annotations

from xe_py.xapi.drivers import layout, whole_size
from xe_py.xapi.vm_settings import now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


class Kind:
    """A way in which a VDI is made from another one; `keeps` are the fields that the new one takes over.

    `shares` says that both are in one chain of the driver, which makes the new one at once and notes the time.
    """

    __slots__ = ("keeps", "shares")

    def __init__(self, keeps: tuple[str, ...], *, shares: bool = False) -> None:
        self.keeps = keeps
        self.shares = shares


_NAMES = ("name-label", "name-description", "type", "sharable")
_SETTINGS = (*_NAMES, "other-config", "xenstore-data")
_ALL = (*_SETTINGS, "tags", "on-boot", "allow-caching")
# The keys of sm-config that drivers hand on within a chain.
_OF_CHAIN = frozenset(("key_hash", "base_mirror"))

SNAPSHOT = Kind((*_ALL, "cbt-enabled"), shares=True)
CLONE = Kind(_ALL, shares=True)
COPY = Kind(_ALL)
# What XAPI makes where a driver turns out to be unable to clone the VDI.
CLONE_BY_COPY = Kind((*_SETTINGS, "read-only"))
MIGRATION = Kind((*_NAMES, "read-only", "is-a-snapshot", "snapshot-of", "snapshot-time"))


def make(state: State, source: Record, kind: Kind, sr: Record | None = None) -> Record:
    """Make a VDI from the source, on the given SR or beside it. The driver must have been asked whether it can.

    Both name the same content, which never changes: whoever writes to one of them gives it another.
    """
    target = sr or state.ref(source, "sr-uuid")
    fields = {name: source[name] for name in (*kind.keeps, "content")} | {"sr-uuid": target["uuid"]}
    if kind.shares:
        handed_on = {key: text for key, text in source["sm-config"].items() if key in _OF_CHAIN}
        fields["sm-config"] = handed_on | ({"vdi_type": "vhd"} if layout(target["type"]) == "lvm" else {})
        fields["virtual-size"] = source["virtual-size"]
        fields["snapshot-time"] = now()
    else:
        fields["virtual-size"] = whole_size(target["type"], {}, source["virtual-size"])
    if kind is SNAPSHOT:
        fields |= {"is-a-snapshot": True, "snapshot-of": source["uuid"]}
    vdi = state.add("vdi", fields)
    state.update(vdi, {"location": vdi["uuid"]})
    return vdi
