"""Exporting a VM: which objects go into the archive, and with what; and writing the archive."""

from __future__ import annotations

import time

from xe_py.classes import vdi as vdi_guards
from xe_py.errors import Failure, refuse
from xe_py.operations.effects.disk_data import content_of
from xe_py.schema.fields import Bool, Choice, Text
from xe_py.schema.values import EPOCH
from xe_py.state.state import new_uuid
from xe_py.xapi import vm_copies
from xe_py.xapi.guest import has_report
from xe_py.xapi.isos import is_on_iso_sr
from xe_py.xapi.vm_lifecycle import refusals
from xe_py.xapi.vm_settings import now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import Any

    from xe_py.schema.client import Client
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
EXCLUDED = Text("excluded-device-types", doc="With metadata=true: the kinds of devices to leave out, such as vif,vbd.")
SNAPSHOTS = Bool("include-snapshots", doc="With metadata=true: export the snapshots of the VM, too.")
_DEVICES = ("vif", "vbd", "vgpu", "vtpm")

# What only an archive without disks keeps: a VM in another one comes without its relatives.
_ALONE = {
    "is_a_snapshot": False,
    "snapshot_of": "OpaqueRef:NULL",
    "snapshots": [],
    "snapshot_time": EPOCH,
    "parent": "OpaqueRef:NULL",
    "children": [],
}
_DONE = "Export succeeded"
# Where XenAPI keeps what it measures of a VM, and the field of the VM that refers to it.
_METRICS_WITHOUT_GUEST = {"VM_metrics": "metrics"}
_METRICS = {**_METRICS_WITHOUT_GUEST, "VM_guest_metrics": "guest_metrics"}
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
    excluded_device_types: str = "",
    among: tuple[int, int] = (1, 1),
    client: Client | None,
    **_without_effect: object,
) -> str | None:
    """Write the VM, and unless `metadata` the contents of its disks, to a new file or to standard output.

    The first VM `among` several is in the file of this name; the number of each other one follows the name.
    """
    refuse(refusals(state, vm, "metadata_export" if metadata else "export"))
    packed = _Packed(
        state,
        vm,
        with_power=preserve_power_state or metadata,
        with_relatives=metadata and include_snapshots,
        excluded=_kinds(excluded_device_types) if metadata else (),
    )
    disks = {} if metadata else packed.disks()
    for vdi in disks.values():
        refuse(_can_read(state, vm, vdi))
    if client is None or client.rehearses:
        return None
    from xe_py.xva import blocks, compression, ova, tape

    text = packed.text()
    way = compression.GZIP if compress == "true" else compress
    number, _ = among
    name = filename if number == 1 else f"{filename}{number}"
    with client.target(name) as target, compression.packing(way, target.write) as put:
        put(tape.member(ova.NAME, text, int(time.time())))
        for id, vdi in sorted(disks.items()):
            with content_of(state, vdi) as content:
                blocks.write(id, content, vdi["virtual-size"], put)
        put(tape.END)
    return None if target.file is None else _DONE


def _kinds(text: str) -> list[str]:
    """The kinds of devices in the text, which separates them by commas."""
    kinds = [kind.lower() for kind in text.split(",")] if text else []
    for kind in kinds:
        if kind not in _DEVICES:
            raise Failure("INTERNAL_ERROR", f"Type '{kind}' not one of [{'; '.join(_DEVICES)}]")
    return kinds


def _can_read(state: State, vm: Record, vdi: Record) -> Iterator[Failure]:
    """Why the VDI cannot be read; that the VM itself, which is suspended, has it attached is no reason."""
    for failure in vdi_guards.can_export(state, vdi):
        if not failure.blockers or any(each.get("vm-uuid") != vm["uuid"] for each in failure.blockers):
            yield failure


class _Packed:
    """What goes into an archive of a VM: each object gets its id as it is met.

    The metrics of a VM are objects in XenAPI: they have ids too, under the uuid of the VM and the name of their class.
    """

    def __init__(
        self, state: State, vm: Record, *, with_power: bool, with_relatives: bool, excluded: Collection[str]
    ) -> None:
        self._state = state
        self._with_power = with_power
        self._with_relatives = with_relatives
        self._excluded = excluded
        self._objects: dict[str, Record] = {}
        self._ids: dict[str, str] = {}
        self._vm = vm
        self._add_vm(vm, with_relatives=with_relatives)

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
        from xe_py.xva.records import GUEST_METRICS, METRICS

        by_class: dict[str, list[ova.Entry]] = {}
        for obj in self._objects.values():
            for entry in self._entries(obj):
                by_class.setdefault(entry.cls, []).append(entry)
        order = ("host", "VM", METRICS, GUEST_METRICS, "VBD", "VIF", "network", "VDI", "SR")
        entries = [entry for cls in order for entry in by_class.get(cls, ())]
        return ova.write(entries, self._state.all("host")[0]["software-version"], now())

    def _entries(self, obj: Record) -> list[Any]:
        """The object as XenAPI has it; of a VM, its metrics too."""
        from xe_py.xva.ova import Entry, Moment
        from xe_py.xva.records import described, row

        snapshot = described(self._state, obj, self._ids)
        cls = obj.cls.label
        found = [Entry(cls, self._ids[obj["uuid"]], snapshot)]
        if not self._with_relatives:
            alone = {name: value for name, value in _ALONE.items() if name in snapshot}
            snapshot |= {name: Moment(value) if name == "snapshot_time" else value for name, value in alone.items()}
        if not self._with_power and cls in {"VM", "VBD", "VIF"}:
            snapshot |= _OFF if cls == "VM" else {"currently_attached": False}
        if cls == "VM" and obj["reverts-to"]:
            snapshot["snapshot_metadata"] = row(obj.cls, obj["reverts-to"]["uuid"], vm_copies.reverted(obj))
        for place, reference in _METRICS.items() if cls == "VM" else ():
            id = self._ids.get(_part(obj, place))
            if id is not None:
                snapshot[reference] = id
                part = described(self._state, obj, self._ids, place)
                found.append(Entry(place, id, {"uuid": new_uuid(), **part}))
        return found

    def _add_vm(self, vm: Record, *, with_relatives: bool) -> None:
        if vm["uuid"] in self._ids:
            return
        self._add(vm)
        for vif in self._devices(vm, "vif"):
            self._add(vif)
            self._add(self._state.ref(vif, "network-uuid"))
        for vbd in self._devices(vm, "vbd"):
            self._add(vbd)
            self._add_vdi(self._state.ref_or_none(vbd, "vdi-uuid"))
        for snapshot in self._state.pointing_at(vm, "vm.snapshot-of") if with_relatives else ():
            self._add_vm(snapshot, with_relatives=False)
        self._add_vdi(self._image(vm))
        for place in _METRICS if has_report(vm) else _METRICS_WITHOUT_GUEST:
            self._add_id(_part(vm, place))
        for reference in ("resident-on", "affinity"):
            host = self._state.ref_or_none(vm, reference)
            if host is not None:
                self._add(host)
        parent = self._state.ref_or_none(vm, "parent")
        if with_relatives and parent is not None:
            self._add_vm(parent, with_relatives=False)

    def _devices(self, vm: Record, cls: str) -> list[Record]:
        return [] if cls in self._excluded else self._state.pointing_at(vm, f"{cls}.vm-uuid")

    def _image(self, vm: Record) -> Record | None:
        return self._state.ref_or_none(vm, "suspend-VDI-uuid") if self._with_power else None

    def _add_vdi(self, vdi: Record | None) -> None:
        if vdi is not None:
            self._add(vdi)
            self._add(self._state.ref(vdi, "sr-uuid"))

    def _add(self, obj: Record) -> None:
        if obj["uuid"] not in self._ids:
            self._add_id(obj["uuid"])
            self._objects[obj["uuid"]] = obj

    def _add_id(self, of: str) -> None:
        self._ids[of] = f"Ref:{len(self._ids)}"


def _part(vm: Record, place: str) -> str:
    return f"{vm['uuid']} {place}"
