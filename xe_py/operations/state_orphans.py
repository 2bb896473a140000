"""The command `state-orphans`: what nothing uses any more, and the commands that clean it up."""

from __future__ import annotations

from xe_py import classes
from xe_py.classes.sr import driver_can
from xe_py.schema.command import READS, command
from xe_py.schema.listing import Table
from xe_py.xapi.networks import INTERNAL_MANAGEMENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

_HEAD = ("uuid", "class", "name", "bytes", "why", "to clean up")
# Types of VDIs that a VM fills; the others belong to the SR or the pool, and nothing needs to refer to them.
_OF_VMS = ("System", "User", "Crashdump", "Suspend")


@command(
    "state-orphans",
    doc="List what nothing uses any more, with the commands that clean it up.",
    kind=READS,
    ours=True,
)
def orphans(state: State) -> Table:
    """A row for each: its uuid, class, name, bytes on the storage, why it is here, and a command.

    These are snapshots whose VM is gone, VDIs that no VM uses, PBDs that are not attached, networks without a PIF and a
    VIF, and contents of disks that no version has. (A disk's VBD without a VDI cannot be here: the core refuses it.)
    """
    found = [*_snapshots(state), *_vdis(state), *_pbds(state), *_networks(state), *_contents(state)]
    return Table(_HEAD, found)


def _row(obj: Record, name: str, size: int, why: str, command: str) -> tuple[str, ...]:
    taken = str(size) if size else ""
    return obj["uuid"], obj.cls.label, name, taken, why, f"xe {command} uuid={obj['uuid']}"


def _snapshots(state: State) -> Iterator[tuple[str, ...]]:
    for vm in state.all("vm"):
        if vm["is-a-snapshot"] and vm["snapshot-of"] is None:
            yield _row(vm, vm.name, _size_of_disks(state, vm), "a snapshot whose VM is gone", "snapshot-uninstall")


def _size_of_disks(state: State, vm: Record) -> int:
    vdis = (state.ref_or_none(vbd, "vdi-uuid") for vbd in state.pointing_at(vm, "vbd.vm-uuid") if vbd["type"] == "Disk")
    return sum(state.value(vdi, "physical-utilisation") for vdi in vdis if vdi is not None)


def _vdis(state: State) -> Iterator[tuple[str, ...]]:
    for vdi in state.all("vdi"):
        if vdi["type"] not in _OF_VMS or not vdi["managed"] or _is_referred_to(state, vdi):
            continue
        if any(driver_can(state.ref(vdi, "sr-uuid"), "VDI_DELETE")):
            continue  # What lies on such an SR belongs to whoever put it there.
        is_left = vdi["is-a-snapshot"] and vdi["snapshot-of"] is None
        why = "a snapshot whose VDI is gone" if is_left else "no VM uses it"
        yield _row(vdi, vdi.name, state.value(vdi, "physical-utilisation"), why, "vdi-destroy")


def _is_referred_to(state: State, vdi: Record) -> bool:
    """Whether an object that is no VDI refers to it."""
    return any(state.having(cls, field, vdi["uuid"]) for cls, field in classes.referrers("vdi") if cls != "vdi")


def _pbds(state: State) -> Iterator[tuple[str, ...]]:
    for pbd in state.all("pbd"):
        if not pbd["currently-attached"]:
            sr, host = state.ref(pbd, "sr-uuid"), state.ref(pbd, "host-uuid")
            yield _row(pbd, f"{sr.name} on {host.name}", 0, "it is not attached", "pbd-destroy")


def _networks(state: State) -> Iterator[tuple[str, ...]]:
    for network in state.all("network"):
        is_used = state.value(network, "VIF-uuids") or state.value(network, "PIF-uuids")
        if not is_used and INTERNAL_MANAGEMENT not in network["other-config"]:
            yield _row(network, network.name, 0, "no PIF and no VIF is on it", "network-destroy")


def _contents(state: State) -> Iterator[tuple[str, ...]]:
    for name, size in sorted(state.contents.strays().items()):
        yield name, "content", "", str(size), "no disk has it; the next command that changes a disk removes it", ""
