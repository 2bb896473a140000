"""Importing VMs: from the objects of an archive, and the contents of its disks, to objects of the state."""

from __future__ import annotations

from xe_py import classes
from xe_py.classes import vif as vif_guards
from xe_py.errors import Failure, refuse
from xe_py.operations import network as networks
from xe_py.operations.effects.disk_data import write_archived
from xe_py.operations.effects.import_disks import IMPORT_TASK, find_disks, make_disks
from xe_py.schema.numbers import is_uuid
from xe_py.state.core import verify
from xe_py.state.state import new_uuid
from xe_py.xapi.addresses import derived_mac, random_mac
from xe_py.xapi.guest import HALTED, SUSPENDED, Told, reported_as
from xe_py.xapi.vm_copies import SEED, described, fresh_generation
from xe_py.xapi.vm_lifecycle import is_default_template, refusals
from xe_py.xva import blocks, ova
from xe_py.xva.compression import unpacked
from xe_py.xva.objects import Objects, refers, says, text
from xe_py.xva.records import GUEST_METRICS, METRICS, of_row, reported, stored
from xe_py.xva.tape import Members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from xe_py.schema.client import Stream
    from xe_py.schema.xenclass import XenClass
    from xe_py.state.record import Record
    from xe_py.state.state import State
    from xe_py.xva.ova import Entry

_HOST_ACCESS = "grant_api_access"
_DEFAULT_TEMPLATE = "default_template"
_DEVICE_MODEL = {"device-model": "qemu-upstream-compat"}
_OLD_PRIORITIES = frozenset("0123")
# The addresses follow from the MACs, which only a VM that is restored keeps.
_BY_MAC = "networks"


def import_archive(
    state: State,
    source: Stream,
    sr: Record | None,
    chosen: Mapping[str, str],
    *,
    preserve: bool = False,
    force: bool = False,
    task: str = "",
) -> list[Record]:
    """Make the VMs of the archive; its disks are made on the SR and written.

    Without an SR only the objects count: the disks must be there already. `chosen` says which VDI stands for another.
    What is made says in which `task`.
    """
    if sr is not None:
        refuse(_can_take_disks(sr))
    mark = state.mark()
    with unpacked(source) as stream:
        members = Members(stream)
        objects = Objects(_entries(members))
        act = _Import(state, objects, task or f"OpaqueRef:{new_uuid()}", preserve=preserve, force=force)
        if preserve:
            act.check_seeds()
        act.find_hosts()
        if sr is None:
            find_disks(state, objects, chosen, force=force)
        disks = [] if sr is None else make_disks(state, objects, sr, act.task)
        vms = act.make_vms()
        verify(state, state.changes(mark))  # Before much is read for nothing.
        for id, vdi, size in disks:
            write_archived(state, vdi, blocks.Disk(members, id, size, forced=force))
    return vms


def _can_take_disks(sr: Record) -> Iterator[Failure]:
    if sr["content-type"] == "iso":
        yield Failure("SR_OPERATION_NOT_SUPPORTED", sr)


def _entries(members: Members) -> list[Entry]:
    name, size = members.next() or ("", 0)
    if name != ova.NAME:
        raise Failure("IMPORT_ERROR_UNEXPECTED_FILE", ova.NAME, ascii(name)[1:-1])
    if size > ova.LARGEST:
        raise Failure("IMPORT_ERROR", f"{ova.NAME} in the archive has {size} bytes.")
    return ova.read(members.read(size))


class _Import:
    """Makes the VMs of an archive with their devices, in the order in which XAPI does it."""

    def __init__(self, state: State, objects: Objects, task: str, *, preserve: bool, force: bool) -> None:
        self._state = state
        self._objects = objects
        self._preserve = preserve
        self._force = force
        self._vms: list[Record] = []
        self._new: dict[str, tuple[Entry, Record]] = {}
        self.task = task

    def check_seeds(self) -> None:
        """DUPLICATE_MAC_SEED if a VM that is no relative has the mac_seed of one of the archive."""
        seeds: dict[str, list[Record]] = {}
        for vm in self._state.all("vm"):
            if SEED in vm["other-config"]:
                seeds.setdefault(vm["other-config"][SEED], []).append(vm)
        for entry in self._objects.of("VM"):
            config = entry.snapshot.get("other_config")
            seed = config.get(SEED) if isinstance(config, dict) else None
            of_snapshot = says(entry, "is_a_snapshot")
            own = self._objects.uuid_of(entry, "snapshot_of") if of_snapshot else text(entry, "uuid")
            for vm in seeds.get(seed, ()) if isinstance(seed, str) else ():
                if _original(vm) != own:
                    raise Failure("DUPLICATE_MAC_SEED", seed, blockers=(vm,))

    def find_hosts(self) -> None:
        """Find the hosts that are here too."""
        for entry in self._objects.of("host"):
            host = self._state.get("host", text(entry, "uuid"))
            if host is not None:
                self._objects.made[entry.id] = host

    def make_vms(self) -> list[Record]:
        """Make the VMs with their devices; those that are no snapshots, or all if all are."""
        if not self._objects.of("VM"):
            raise Failure("IMPORT_ERROR", "The archive has no VM.")
        for entry in self._objects.of("VM"):
            self._vm(entry)
        for entry in self._objects.of("network"):
            self._objects.made[entry.id] = self._network(entry)
        for entry in self._objects.of("VBD"):
            self._vbd(entry)
        for entry in self._objects.of("VIF"):
            self._vif(entry)
        for entry, vm in self._new.values():
            self._relate(entry, vm)
            self._report(entry, vm)
        plain = [vm for vm in self._vms if not vm["is-a-snapshot"]]
        return plain or self._vms

    # VMs

    def _vm(self, entry: Entry) -> None:
        """Make the VM or, if it is a default template that is here too, or must not be touched, do not."""
        fields = stored(classes.get("vm"), entry.snapshot)
        known = self._default_template(fields)
        if known is not None:
            self._objects.made[entry.id] = known
            self._vms.append(known)
            return
        uuid = _uuid(entry) if self._preserve else None
        present = self._state.get("vm", uuid)
        if present is not None and not self._can_be_replaced(present, fields.get("version", 0)):
            return
        fields = self._fields(entry, fields, is_here=present is not None)
        vm = self._state.add("vm", fields, uuid) if present is None else self._replaced(present, fields)
        self._objects.made[entry.id] = vm
        self._vms.append(vm)
        self._new[vm["uuid"]] = entry, vm

    def _default_template(self, fields: dict[str, Any]) -> Record | None:
        marked = fields.get("is-a-template") and fields.get("other-config", {}).get(_DEFAULT_TEMPLATE) == "true"
        if not (marked or fields.get("is-default-template")):
            return None
        named = self._state.find("vm", name_label=fields.get("name-label", ""), is_a_template=True)
        return next((vm for vm in named if is_default_template(vm)), None)

    def _can_be_replaced(self, vm: Record, version: int) -> bool:
        """Whether the VM may be replaced; with force, one that runs is left as it is, and otherwise that is refused."""
        if vm["power-state"] != HALTED:
            if self._force:
                return False
            raise Failure("VM_BAD_POWER_STATE", vm, "Halted", vm["power-state"].capitalize())
        if vm["version"] >= version and not self._force:
            raise Failure("VM_TO_IMPORT_IS_NOT_NEWER_VERSION", vm, vm["version"], version)
        refuse(refusals(self._state, vm, "destroy"))
        return True

    def _replaced(self, vm: Record, fields: dict[str, Any]) -> Record:
        """The VM without its devices, and with these fields."""
        state = self._state
        for device in (*state.pointing_at(vm, "vbd.vm-uuid"), *state.pointing_at(vm, "vif.vm-uuid")):
            state.delete(device)
        state.update(vm, {name: value for name, value in vm.cls.defaults.items() if name != "uuid"} | fields)
        return vm

    def _fields(self, entry: Entry, fields: dict[str, Any], *, is_here: bool) -> dict[str, Any]:
        """The fields of the VM that is made."""
        metrics = self._objects.target(entry, "metrics")
        if metrics is not None:
            fields |= stored(classes.get("vm"), metrics.snapshot, METRICS)
        keeps_marks = self._force or is_here
        sr = self._state.get("sr", self._objects.uuid_of(entry, "suspend_SR"))
        host = self._objects.find(entry, "affinity", "host")
        fields |= self._power(entry, fields.get("power-state"))
        fields |= {
            "suspend-SR-uuid": None if sr is None else sr["uuid"],
            "affinity": None if host is None else host["uuid"],
            "dom-id": -1,
            "is-control-domain": False,
            "is-default-template": keeps_marks and fields.get("is-default-template", False),
            "version": fields.get("version", 0) + 1 if self._preserve else 0,
            "other-config": self._other_config(fields.get("other-config", {}), keeps_marks=keeps_marks),
        }
        fields.setdefault("domain-type", "hvm" if fields.get("HVM-boot-policy") else "pv")
        if not fields.get("is-a-template"):
            fields["generation-id"] = fresh_generation({"generation-id": fields.get("generation-id", "")})
            if fields["domain-type"] == "hvm":
                fields["platform"] = _DEVICE_MODEL | fields.get("platform", {})
        if "parent" not in entry.snapshot:
            most = fields.get("memory-static-max", 0)
            least = min(fields.get("memory-static-min", 0), most)
            fields |= {"memory-static-min": least, "memory-dynamic-min": most, "memory-dynamic-max": most}
        priority = fields.get("ha-restart-priority", "")
        if priority in _OLD_PRIORITIES:
            fields |= {"ha-restart-priority": "restart", "order": int(priority)}
        return fields

    def _power(self, entry: Entry, power_state: str | None) -> dict[str, Any]:
        """Whether the VM is suspended, which it is only with its memory."""
        image = None
        if power_state == SUSPENDED:
            look = self._objects.find if self._force else self._objects.need
            image = look(entry, "suspend_VDI", "vdi")
        state, uuid = (HALTED, None) if image is None else (SUSPENDED, image["uuid"])
        return {"power-state": state, "suspend-VDI-uuid": uuid}

    def _other_config(self, config: dict[str, str], *, keeps_marks: bool) -> dict[str, str]:
        dropped = {_HOST_ACCESS} if keeps_marks else {_HOST_ACCESS, _DEFAULT_TEMPLATE}
        config = {key: value for key, value in config.items() if key not in dropped}
        if not self._preserve:
            config[SEED] = new_uuid()
        config[IMPORT_TASK] = self.task
        return config

    def _relate(self, entry: Entry, vm: Record) -> None:
        """Let a snapshot be one of the VM that came with it, and the VM come from its snapshot."""
        if vm["is-a-snapshot"] and refers(entry, "snapshot_of"):
            self._state.update(vm, {"snapshot-of": self._objects.need(entry, "snapshot_of", "vm")["uuid"]})
        if vm["is-a-snapshot"] and text(entry, "snapshot_metadata"):
            self._state.update(vm, {"reverts-to": _described(vm.cls, text(entry, "snapshot_metadata"))})
        parent = self._objects.find(entry, "parent", "vm")
        if parent is not None:
            self._state.update(vm, {"parent": parent["uuid"]})

    def _report(self, entry: Entry, vm: Record) -> None:
        """Let the guest report what it reported, where it would report something else by itself."""
        metrics = self._objects.target(entry, "guest_metrics")
        if metrics is None or metrics.cls != GUEST_METRICS:
            return
        for name, said in reported(vm.cls, metrics.snapshot).items():
            if name == _BY_MAC and not self._preserve:
                continue
            told = vm.cls.by_name[name]
            own = told.by_itself(self._state, vm) if isinstance(told, Told) else {}
            wanted = {key: value for key, value in said.items() if own.get(key) != value}
            self._state.update(vm, {reported_as(name): wanted | {key: "" for key in own if key not in said}})

    # Devices

    def _vbd(self, entry: Entry) -> None:
        vm = self._needs_device("vbd", entry)
        if vm is None:
            return
        fields = stored(classes.get("vbd"), entry.snapshot)
        vdi = self._objects.find(entry, "VDI", "vdi")
        is_drive = fields.get("type") == "CD"
        if vdi is None and fields.get("currently-attached") and not (is_drive and vm["domain-type"] == "hvm"):
            raise Failure("IMPORT_ERROR_ATTACHED_DISKS_NOT_FOUND")
        if vdi is not None or fields.get("type") in {"CD", "Floppy"}:
            self._device("vbd", entry, vm, fields | {"vdi-uuid": None if vdi is None else vdi["uuid"]})

    def _vif(self, entry: Entry) -> None:
        vm = self._needs_device("vif", entry)
        if vm is None:
            return
        network = self._objects.need(entry, "network", "network")
        fields = stored(classes.get("vif"), entry.snapshot)
        vif = self._device("vif", entry, vm, fields | {"network-uuid": network["uuid"]})
        refuse(vif_guards.device_is_a_number.check(self._state, vif))
        if not (self._preserve and vif["MAC"]):
            seed = vm["other-config"].get(SEED)
            mac = random_mac() if seed is None else derived_mac(seed, vif["device"])
            self._state.update(vif, {"MAC": mac, "MAC-autogenerated": True})

    def _needs_device(self, cls: str, entry: Entry) -> Record | None:
        """The VM that needs the device; None if the device is here already, or the VM is a default template."""
        if self._preserve and self._state.get(cls, _uuid(entry)) is not None:
            return None
        vm = self._objects.need(entry, "VM", "vm")
        return vm if vm["uuid"] in self._new else None

    def _device(self, cls: str, entry: Entry, vm: Record, fields: dict[str, Any]) -> Record:
        attached = vm["power-state"] == SUSPENDED and fields.get("currently-attached", False)
        fields |= {"vm-uuid": vm["uuid"], "currently-attached": attached}
        return self._state.add(cls, fields, _uuid(entry) if self._preserve else None)

    # Networks

    def _network(self, entry: Entry) -> Record:
        """A network of the same name, else one with the same bridge, else a new one."""
        fields = stored(classes.get("network"), entry.snapshot)
        name, bridge = fields.get("name-label", ""), fields.pop("bridge", "")
        found = self._state.find("network", name_label=name) or self._state.find("network", bridge=bridge)
        if found:
            return found[0]
        made = networks.create(self._state, name)
        config = fields.get("other-config", {}) | {IMPORT_TASK: self.task}
        self._state.update(made, fields | {"other-config": config})
        return made


def _described(cls: XenClass, row: str) -> dict[str, str]:
    """What a snapshot says of its VM, from the row that the archive has of it."""
    was = of_row(cls, row)
    if not is_uuid(was["uuid"]):
        raise Failure("IMPORT_ERROR", "The field VM.snapshot_metadata in the archive has no uuid.")
    return described({name: value for name, value in was.items() if value != cls.defaults.get(name)})


def _original(vm: Record) -> str:
    """The uuid of the VM or, of a snapshot, that of the VM that it is a snapshot of."""
    return str(vm["snapshot-of"] or vm["reverts-to"].get("uuid", "")) if vm["is-a-snapshot"] else str(vm["uuid"])


def _uuid(entry: Entry) -> str:
    uuid = text(entry, "uuid")
    if not is_uuid(uuid):
        raise Failure("IMPORT_ERROR", f"The {entry.cls} {entry.id!a} in the archive has no uuid.")
    return uuid
