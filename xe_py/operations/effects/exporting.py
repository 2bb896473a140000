"""Exporting a VM: which objects go into the archive, and with what; and writing the archive."""

from __future__ import annotations

import time

from xe_py.classes import vdi as vdi_guards
from xe_py.errors import refuse
from xe_py.operations.effects.disk_data import content_of
from xe_py.schema.fields import Bool, Choice, Text
from xe_py.schema.values import EPOCH
from xe_py.state.state import new_uuid
from xe_py.xapi.isos import is_on_iso_sr
from xe_py.xapi.vm_lifecycle import refusals
from xe_py.xapi.vm_settings import now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xe_py.errors import Failure
    from xe_py.schema.command import Client
    from xe_py.state.record import Record
    from xe_py.state.state import State

KEEPS_POWER = Bool("preserve-power-state", doc="Export the memory of a suspended VM, too; it stays suspended.")
FILENAME = Text("filename", doc="The new file; - writes to standard output.")
COMPRESS = Choice(
    "compress",
    ("false", "true", "gzip", "zstd"),
    otherwise="Unknown compression: {} (it must be true, false, gzip or zstd)",
    doc="How to pack the file: gzip (also true) or zstd; false, the default, does not pack it.",
)
METADATA = Bool("metadata", doc="Export only what the VM is, without the contents of its disks.")
EXCLUDED = Text("excluded-device-types", doc="The kinds of devices to leave out; only vtpm, which no VM has.")
SNAPSHOTS = Bool("include-snapshots", doc="With metadata=true: export the snapshots of the VM, too.")

# What only an archive without disks keeps: a VM in another one comes without its relatives.
_ALONE = {
    "is_a_snapshot": False,
    "snapshot_of": "OpaqueRef:NULL",
    "snapshots": [],
    "snapshot_time": EPOCH,
    "parent": "OpaqueRef:NULL",
    "children": [],
}
_OFF = {"power_state": "Halted", "suspend_VDI": "OpaqueRef:NULL"}


def export(
    state: State,
    vm: Record,
    filename: str,
    compress: str = "false",
    *,
    preserve_power_state: bool = False,
    metadata: bool = False,
    include_snapshots: bool = False,
    client: Client | None,
    **_without_effect: object,
) -> None:
    """Write the VM, and unless `metadata` the contents of its disks, to a new file or to standard output."""
    refuse(refusals(state, vm, "metadata_export" if metadata else "export"))
    packed = _Packed(state, vm, with_power=preserve_power_state or metadata, with_relatives=metadata)
    if metadata and include_snapshots:
        packed.add_snapshots()
    disks = {} if metadata else packed.disks()
    for vdi in disks.values():
        refuse(_can_read(state, vm, vdi))
    if client is None or client.rehearses:
        return
    from xe_py.xva import blocks, compression, ova, tape

    text = packed.text()
    way = compression.GZIP if compress == "true" else compress
    with client.target(filename) as target, compression.packing(way, target.write) as put:
        put(tape.member(ova.NAME, text, int(time.time())))
        for id, vdi in sorted(disks.items()):
            with content_of(state, vdi) as content:
                blocks.write(id, content, vdi["virtual-size"], put)
        put(tape.END)


def _can_read(state: State, vm: Record, vdi: Record) -> Iterator[Failure]:
    """Why the VDI cannot be read; that the VM itself, which is suspended, has it attached is no reason."""
    for failure in vdi_guards.can_export(state, vdi):
        if not failure.blockers or any(each.get("vm-uuid") != vm["uuid"] for each in failure.blockers):
            yield failure


class _Packed:
    """What goes into an archive of a VM: each object gets its id as it is met."""

    def __init__(self, state: State, vm: Record, *, with_power: bool, with_relatives: bool) -> None:
        self._state = state
        self._with_power = with_power
        self._with_relatives = with_relatives
        self._objects: dict[str, Record] = {}
        self._ids: dict[str, str] = {}
        self._vm = vm
        self._add_vm(vm)

    def add_snapshots(self) -> None:
        """Add the snapshots of the VM."""
        for snapshot in self._state.pointing_at(self._vm, "vm.snapshot-of"):
            self._add_vm(snapshot)

    def disks(self) -> dict[str, Record]:
        """The VDIs whose contents go along, by id."""
        vbds = self._state.pointing_at(self._vm, "vbd.vm-uuid")
        found = [self._state.ref_or_none(vbd, "vdi-uuid") for vbd in vbds if vbd["type"] != "CD"]
        kept = [vdi for vdi in found if vdi is not None and not is_on_iso_sr(self._state, vdi)]
        image = self._image(self._vm)
        return {self._ids[vdi["uuid"]]: vdi for vdi in ([*kept, image] if image is not None else kept)}

    def text(self) -> bytes:
        """The text of ova.xml."""
        from xe_py.xva import ova

        by_class: dict[str, list[ova.Entry]] = {}
        for obj in self._objects.values():
            for entry in self._entries(obj):
                by_class.setdefault(entry.cls, []).append(entry)
        order = ("VM", "VM_metrics", "VBD", "VIF", "network", "VDI", "SR")
        entries = [entry for cls in order for entry in by_class.get(cls, ())]
        return ova.write(entries, self._state.all("host")[0]["software-version"], now())

    def _entries(self, obj: Record) -> list[Any]:
        from xe_py.xva.ova import Entry, Moment
        from xe_py.xva.records import METRICS, described

        snapshot = described(self._state, obj, self._ids)
        cls = obj.cls.label
        found = [Entry(cls, self._ids[obj["uuid"]], snapshot)]
        if not self._with_relatives:
            alone = {name: value for name, value in _ALONE.items() if name in snapshot}
            snapshot |= {name: Moment(value) if name == "snapshot_time" else value for name, value in alone.items()}
        if not self._with_power and cls in {"VM", "VBD", "VIF"}:
            snapshot |= _OFF if cls == "VM" else {"currently_attached": False}
        if cls == "VM":
            snapshot["metrics"] = id = f"Ref:{len(self._ids) + list(self._objects).index(obj['uuid'])}"
            found.append(Entry(METRICS, id, {"uuid": new_uuid(), **described(self._state, obj, self._ids, METRICS)}))
        return found

    def _add_vm(self, vm: Record) -> None:
        self._add(vm)
        for vif in self._state.pointing_at(vm, "vif.vm-uuid"):
            self._add(vif)
            self._add(self._state.ref(vif, "network-uuid"))
        for vbd in self._state.pointing_at(vm, "vbd.vm-uuid"):
            self._add(vbd)
            self._add_vdi(self._state.ref_or_none(vbd, "vdi-uuid"))
        self._add_vdi(self._image(vm))

    def _image(self, vm: Record) -> Record | None:
        return self._state.ref_or_none(vm, "suspend-VDI-uuid") if self._with_power else None

    def _add_vdi(self, vdi: Record | None) -> None:
        if vdi is not None:
            self._add(vdi)
            self._add(self._state.ref(vdi, "sr-uuid"))

    def _add(self, obj: Record) -> None:
        if obj["uuid"] not in self._ids:
            self._ids[obj["uuid"]] = f"Ref:{len(self._ids)}"
            self._objects[obj["uuid"]] = obj
