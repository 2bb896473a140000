"""Importing VMs: from the objects of an archive, and the contents of its disks, to objects of the state."""

from __future__ import annotations

from xe_py import classes
from xe_py.classes import vif as vif_guards
from xe_py.errors import Failure, refuse
from xe_py.operations import network as networks
from xe_py.operations import vdi as vdis
from xe_py.operations.effects.disk_data import write_archived
from xe_py.schema.numbers import is_uuid
from xe_py.state.state import new_uuid
from xe_py.xapi.addresses import derived_mac
from xe_py.xapi.guest import HALTED, SUSPENDED
from xe_py.xapi.isos import cds
from xe_py.xapi.vm_copies import SEED, fresh_generation
from xe_py.xapi.vm_lifecycle import is_default_template
from xe_py.xva import blocks, ova
from xe_py.xva.records import METRICS, stored
from xe_py.xva.tape import Members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State
    from xe_py.xva.ova import Entry
    from xe_py.xva.tape import Stream

_IMPORT_TASK = "import_task"
_HOST_ACCESS = "grant_api_access"
_CHAIN = "vhd-parent"
_KEPT_OF_DISK = (
    *("name-description", "type", "sharable", "read-only", "other-config", "xenstore-data", "tags"),
    *("on-boot", "allow-caching"),
)
_DEVICE_MODEL = {"device-model": "qemu-upstream-compat"}
_OLD_PRIORITIES = frozenset("0123")
_NOTHING = "OpaqueRef:NULL"


def import_archive(
    state: State,
    stream: Stream,
    sr: Record | None,
    chosen: Mapping[str, str],
    *,
    preserve: bool = False,
    force: bool = False,
) -> list[Record]:
    """Make the VMs of the archive; its disks are made on the SR and written.

    Without an SR only the objects count: the disks must be there already. `chosen` says which VDI stands for another.
    """
    members = Members(stream)
    archive = _Archive(state, _objects(members), preserve=preserve, force=force)
    if sr is not None:
        refuse(archive.can_take(sr))
    disks = archive.find_disks(chosen) if sr is None else archive.make_disks(sr)
    vms = archive.make_vms()
    for id, vdi, size in disks:
        write_archived(state, vdi, blocks.Disk(members, id, size, forced=force))
    return vms


def _objects(members: Members) -> list[Entry]:
    name, size = members.next() or ("", 0)
    if name != ova.NAME:
        raise Failure("IMPORT_ERROR_UNEXPECTED_FILE", ova.NAME, ascii(name)[1:-1])
    if size > ova.LARGEST:
        raise Failure("IMPORT_ERROR", f"{ova.NAME} in the archive has {size} bytes.")
    return ova.read(members.read(size))


class _Archive:
    """The objects of an archive, and what becomes of them in the state, by their ids."""

    def __init__(self, state: State, entries: list[Entry], *, preserve: bool, force: bool) -> None:
        self._state = state
        self._entries = {entry.id: entry for entry in entries}
        self._preserve = preserve
        self._force = force
        self._task = f"OpaqueRef:{new_uuid()}"
        self._made: dict[str, Record | None] = {}

    # Disks

    def make_disks(self, sr: Record) -> list[tuple[str, Record, int]]:
        """Make a VDI on the SR for each disk; those to be written, with their ids and sizes, in the archive's order."""
        found = []
        for entry in sorted(self._of("VDI"), key=lambda entry: entry.id):
            if self._is_cd(entry):
                self._made[entry.id] = self._cd(entry)
                continue
            fields = stored(classes.get("vdi"), entry.snapshot)
            config = {key: text for key, text in fields.pop("sm-config", {}).items() if key != _CHAIN}
            size = fields.pop("virtual-size", 0)
            config[_IMPORT_TASK] = self._task
            made = vdis.create(self._state, sr, fields.pop("name-label", ""), size, config)
            self._state.update(made, {name: fields[name] for name in _KEPT_OF_DISK if name in fields})
            self._made[entry.id] = made
            found.append((entry.id, made, size))
        return found

    def find_disks(self, chosen: Mapping[str, str]) -> list[tuple[str, Record, int]]:
        """Find the VDI of each disk: the chosen one, or the one at its place. Nothing is to be written."""
        for entry in self._of("VDI"):
            self._made[entry.id] = self._cd(entry) if self._is_cd(entry) else self._there(entry, chosen)
        return []

    def can_take(self, sr: Record) -> Any:
        """Why the disks cannot be made on the SR."""
        if sr["content-type"] == "iso":
            yield Failure("SR_OPERATION_NOT_SUPPORTED", sr)

    def _there(self, entry: Entry, chosen: Mapping[str, str]) -> Record | None:
        """The VDI in the state that the disk is."""
        uuid = chosen.get(_text(entry, "uuid"))
        if uuid is not None:
            return self._state.need("vdi", uuid)
        sr = self._state.get("sr", self._uuid_of(entry, "SR"))
        location = _text(entry, "location")
        at_place = [] if sr is None else self._state.find("vdi", location=location, sr_uuid=sr["uuid"])
        if at_place or self._force:
            return next(iter(at_place), None)
        if sr is None:
            raise Failure("VDI_CONTENT_ID_MISSING")
        raise Failure("VDI_LOCATION_MISSING", sr, location)

    def _is_cd(self, entry: Entry) -> bool:
        sr = self._target(entry, "SR")
        return sr is not None and sr.snapshot.get("content_type") == "iso"

    def _cd(self, entry: Entry) -> Record | None:
        """The disc with the same name in any library; None ejects it."""
        location = _text(entry, "location")
        discs = (disc for disc in cds(self._state) if disc["location"] == location)
        return next((disc for disc in discs if self._state.ref(disc, "sr-uuid")["type"] != "udev"), None)

    # VMs

    def make_vms(self) -> list[Record]:
        """Make the VMs with their devices; those that are no snapshots, or all if all are."""
        entries = self._of("VM")
        if not entries:
            raise Failure("IMPORT_ERROR", "The archive has no VM.")
        made = [(entry, self._vm(entry)) for entry in entries]
        for entry, vm in made:
            if self._made.get(entry.id) is vm:
                self._relate(entry, vm)
        plain = [vm for _, vm in made if not vm["is-a-snapshot"]]
        return plain or [vm for _, vm in made]

    def _vm(self, entry: Entry) -> Record:
        fields = stored(classes.get("vm"), entry.snapshot)
        known = self._default_template(fields)
        if known is not None:
            return known
        fields = self._fields_of_vm(entry, fields)
        vm = self._added("vm", entry, fields) if self._preserve else self._state.add("vm", fields)
        self._made[entry.id] = vm
        for each in self._of("VBD"):
            if each.snapshot.get("VM") == entry.id:
                self._vbd(each, vm)
        for each in self._of("VIF"):
            if each.snapshot.get("VM") == entry.id:
                self._vif(each, vm)
        return vm

    def _default_template(self, fields: dict[str, Any]) -> Record | None:
        if not fields.get("is-default-template"):
            return None
        named = self._state.find("vm", name_label=fields.get("name-label", ""), is_a_template=True)
        return next((vm for vm in named if is_default_template(vm)), None)

    def _fields_of_vm(self, entry: Entry, fields: dict[str, Any]) -> dict[str, Any]:
        metrics = self._target(entry, "metrics")
        if metrics is not None:
            fields |= stored(classes.get("vm"), metrics.snapshot, METRICS)
        image = self._made.get(_text(entry, "suspend_VDI"))
        suspended = fields.get("power-state") == SUSPENDED and image is not None
        config = {key: text for key, text in fields.get("other-config", {}).items() if key != _HOST_ACCESS}
        if not self._preserve:
            config |= {SEED: new_uuid()}
            config.pop("default_template", None)
        config[_IMPORT_TASK] = self._task
        sr = self._state.get("sr", self._uuid_of(entry, "suspend_SR"))
        fields |= {
            "power-state": SUSPENDED if suspended else HALTED,
            "suspend-VDI-uuid": image["uuid"] if suspended and image is not None else None,
            "suspend-SR-uuid": None if sr is None else sr["uuid"],
            "dom-id": -1,
            "is-control-domain": False,
            "is-default-template": self._preserve and fields.get("is-default-template", False),
            "version": fields.get("version", 0) + 1 if self._preserve else 0,
            "other-config": config,
        }
        if not fields.get("is-a-template"):
            fields["generation-id"] = fresh_generation({"generation-id": fields.get("generation-id", "")})
            if fields.get("domain-type") == "hvm":
                fields["platform"] = _DEVICE_MODEL | fields.get("platform", {})
        if "parent" not in entry.snapshot:
            most = fields.get("memory-static-max", 0)
            fields |= {"memory-dynamic-min": most, "memory-dynamic-max": most}
        priority = fields.get("ha-restart-priority", "")
        if priority in _OLD_PRIORITIES:
            fields |= {"ha-restart-priority": "restart", "order": int(priority)}
        return fields

    def _relate(self, entry: Entry, vm: Record) -> None:
        """Let a snapshot be one of the VM that came with it."""
        for name, field in (("snapshot_of", "snapshot-of"), ("parent", "parent")):
            other = self._made.get(_text(entry, name))
            if other is not None:
                self._state.update(vm, {field: other["uuid"]})

    def _vbd(self, entry: Entry, vm: Record) -> None:
        fields = stored(classes.get("vbd"), entry.snapshot)
        vdi = self._made[self._known(entry, "VDI")] if _text(entry, "VDI") not in {"", _NOTHING} else None
        if vdi is None and fields.get("type") not in {"CD", "Floppy"}:
            return
        self._device("vbd", entry, vm, fields | {"vdi-uuid": None if vdi is None else vdi["uuid"]})

    def _vif(self, entry: Entry, vm: Record) -> None:
        fields = stored(classes.get("vif"), entry.snapshot) | {"network-uuid": self._network(entry)["uuid"]}
        vif = self._device("vif", entry, vm, fields)
        refuse(vif_guards.device_is_a_number.check(self._state, vif))
        if not self._preserve:
            mac = derived_mac(vm["other-config"][SEED], vif["device"])
            self._state.update(vif, {"MAC": mac, "MAC-autogenerated": True})

    def _device(self, cls: str, entry: Entry, vm: Record, fields: dict[str, Any]) -> Record:
        attached = vm["power-state"] == SUSPENDED and fields.get("currently-attached", False)
        fields |= {"vm-uuid": vm["uuid"], "currently-attached": attached}
        if not self._preserve:
            return self._state.add(cls, fields)
        known = self._state.get(cls, _text(entry, "uuid"))
        if known is not None:
            self._state.delete(known)
        return self._state.add(cls, fields, _uuid(entry))

    def _added(self, cls: str, entry: Entry, fields: dict[str, Any]) -> Record:
        """The VM with the uuid that it had: a new one, or in place of an older one."""
        uuid, state = _uuid(entry), self._state
        self._check_seed(uuid, fields)
        known = state.get(cls, uuid)
        if known is None:
            return state.add(cls, fields, uuid)
        if known["power-state"] != HALTED and not self._force:
            raise Failure("VM_BAD_POWER_STATE", known, "Halted", known["power-state"].capitalize())
        version = fields["version"] - 1
        if known["version"] >= version and not self._force:
            raise Failure("VM_TO_IMPORT_IS_NOT_NEWER_VERSION", known, known["version"], version)
        for device in (*state.pointing_at(known, "vbd.vm-uuid"), *state.pointing_at(known, "vif.vm-uuid")):
            state.delete(device)
        state.update(known, {name: value for name, value in known.cls.defaults.items() if name != "uuid"} | fields)
        return known

    def _check_seed(self, uuid: str, fields: dict[str, Any]) -> None:
        seed = fields["other-config"].get(SEED)
        if seed is None:
            return
        made = {vm["uuid"] for vm in self._made.values() if vm is not None}
        for vm in self._state.all("vm"):
            same = vm["uuid"] == uuid or vm["snapshot-of"] == uuid or vm["uuid"] in made
            if vm["other-config"].get(SEED) == seed and not same:
                raise Failure("DUPLICATE_MAC_SEED", seed, blockers=(vm,))

    # Networks

    def _network(self, entry: Entry) -> Record:
        """The network of the VIF: one of the same name, else one with the same bridge, else a new one."""
        id = self._known(entry, "network")
        found = self._made.get(id)
        if found is None:
            found = self._made[id] = self._found_network(self._entries[id])
        return found

    def _found_network(self, entry: Entry) -> Record:
        fields = stored(classes.get("network"), entry.snapshot)
        name, bridge = fields.get("name-label", ""), fields.pop("bridge", "")
        found = self._state.find("network", name_label=name) or self._state.find("network", bridge=bridge)
        if found:
            return found[0]
        made = networks.create(self._state, name)
        config = fields.get("other-config", {}) | {_IMPORT_TASK: self._task}
        self._state.update(made, fields | {"other-config": config})
        return made

    # Entries

    def _of(self, cls: str) -> list[Entry]:
        return [entry for entry in self._entries.values() if entry.cls == cls]

    def _target(self, entry: Entry, reference: str) -> Entry | None:
        return self._entries.get(_text(entry, reference))

    def _uuid_of(self, entry: Entry, reference: str) -> str:
        """The uuid of what the reference points to; of nothing if it is not in the archive."""
        target = self._target(entry, reference)
        return "" if target is None else _text(target, "uuid")

    def _known(self, entry: Entry, reference: str) -> str:
        """The id of what the reference points to, which must be an object of the archive that it may point to."""
        id = _text(entry, reference)
        if id not in self._entries or self._entries[id].cls != reference:
            raise Failure("IMPORT_ERROR_FAILED_TO_FIND_OBJECT", ascii(id)[1:-1])
        return id


def _text(entry: Entry, name: str) -> str:
    found = entry.snapshot.get(name, "")
    return found if isinstance(found, str) else ""


def _uuid(entry: Entry) -> str:
    uuid = _text(entry, "uuid")
    if not is_uuid(uuid):
        raise Failure("IMPORT_ERROR", f"The {entry.cls} {entry.id!a} in the archive has no uuid.")
    return uuid
